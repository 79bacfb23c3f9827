// The home view: the podcasts and the newest episodes.

import { write } from "../address.js";
import { element, isolated } from "../element.js";
import { hits } from "../parts/hit.js";
import { ask } from "../service.js";
import { counted } from "../words.js";

const NEWEST = 5;
const PODCASTS = 24;

export const name = "home";

export async function load(_state, options) {
  const paths = [`episodes?limit=${NEWEST}`, `podcasts?sort=episodes&limit=${PODCASTS}`];
  const [newest, podcasts] = await Promise.all(paths.map((path) => ask({ path }, options)));
  return { newest, podcasts };
}

export function draw({ newest, podcasts }, state) {
  return [
    element("h1", {}, "What would you like to hear about?"),
    element("p", { class: "lead" }, scope(newest.total, podcasts.total), "."),
    podcasts.total > 0 && catalogue(podcasts.podcasts),
    element("h2", { class: "section" }, "Newest"),
    hits(
      newest.episodes.map((episode) => ({ episode })),
      state,
    ),
  ];
}

export const title = () => "Episode Search";

export const said = ({ newest, podcasts }) => `${scope(newest.total, podcasts.total)}.`;

function scope(episodes, podcasts) {
  const shows = podcasts ? ` of ${counted(podcasts, "podcast")}` : "";
  return `Ask ${counted(episodes, "episode")}${shows} in your own words`;
}

function catalogue(podcasts) {
  const chips = podcasts.map(({ title: show, episodes }) =>
    element(
      "a",
      { class: "chip", href: write({ podcast: [show] }) },
      isolated(show),
      element("span", { class: "count" }, episodes),
    ),
  );
  return element("section", { "aria-label": "Podcasts" }, element("p", { class: "chips" }, chips));
}

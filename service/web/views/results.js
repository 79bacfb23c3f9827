// The view of results: answers to a question, filtered episodes, or similar episodes.

import { changed, isRefined } from "../address.js";
import { element, isolated, isolatedText } from "../element.js";
import { inForce, offered } from "../parts/filters.js";
import { hits } from "../parts/hit.js";
import { refinedBy } from "../parts/refined.js";
import { understoodAs } from "../parts/understood.js";
import { feed, MOST, question, wanted } from "../question.js";
import { ask } from "../service.js";
import { counted } from "../words.js";

const MORE = 20;

export const name = "results";

export async function load(state, options) {
  const named = (ids) => Promise.all(ids.map((id) => episodeOf(id, options)));
  const [answer, like, unlike] = await Promise.all([
    ask(question(state), options),
    named(state.like),
    named(state.unlike),
  ]);
  const found = answer.hits ?? answer.episodes.map((episode) => ({ episode }));
  return { answer, found, named: { like, unlike } };
}

export function draw({ answer, found, named }, state) {
  const timed = found.some(({ episode }) => episode.duration_s > 0);
  return [
    element("h1", { class: "unseen" }, heading(state)),
    refinedBy(state, named),
    inForce(state),
    understoodAs(state, answer.understood),
    element(
      "div",
      { class: "columns" },
      element(
        "section",
        { "aria-label": "Episodes" },
        element(
          "div",
          { class: "above" },
          element("p", { class: "verdict" }, verdict(answer, found, state)),
          orders(state),
        ),
        meant(state, answer.did_you_mean),
        hits(found, state, isRefined(state) && ["You chose", "Here"], answer.good_match),
        below(found, state),
      ),
      offered(state, answer.facets, timed),
    ),
  ];
}

export const title = (_found, state) => `${heading(state)} · Episode Search`;

export const said = ({ answer, found }, state) =>
  `${verdict(answer, found, state)} ${counted(found.length, "episode")} shown.`;

function episodeOf(id, options) {
  return ask({ path: `episodes/${encodeURIComponent(id)}` }, { ...options, again: true });
}

function heading(state) {
  if (isRefined(state)) return "Episodes like those you chose";
  return state.q ? isolatedText(state.q) : "Episodes";
}

function verdict({ answered, total }, found, state) {
  if (!found.length) return "Nothing here fits these filters.";
  if (isRefined(state)) return "Most similar to your choice:";
  if (!state.q) return `${counted(total, "episode")}, newest first.`;
  return answered ? "Best answers first." : "Nothing here answers that; the nearest are:";
}

/** The question as it is probably meant, where a word of it is in no episode. */
function meant(state, instead) {
  if (!instead) return null;
  const link = element(
    "a",
    { href: changed(state, { q: instead.query }), "data-key": "meant" },
    isolated(instead.query),
  );
  return element("p", { class: "meant" }, "Did you mean ", link, "?");
}

function orders(state) {
  if (!state.q || isRefined(state)) return null;
  return element(
    "p",
    { class: "orders" },
    order(state, null, "Best first"),
    order(state, "date", "Newest first"),
  );
}

function order(state, sort, label) {
  const on = (state.sort === "date") === (sort === "date");
  return element(
    "a",
    {
      class: "plain",
      href: changed(state, { sort }),
      "data-key": `sort:${sort}`,
      "aria-current": on && "true",
    },
    label,
  );
}

function below(found, state) {
  const k = wanted(state);
  const more = found.length >= k && k < MOST;
  return element(
    "p",
    { class: "below" },
    more &&
      element(
        "a",
        { class: "button", href: changed(state, { k: k + MORE }), "data-key": "more" },
        "Show more",
      ),
    state.q &&
      !isRefined(state) &&
      element(
        "a",
        { class: "plain", href: feed(state), type: "application/rss+xml" },
        "Follow by RSS",
      ),
  );
}

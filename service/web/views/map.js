// The map of all episodes; a question highlights its hits.

import { ofEpisode, write } from "../address.js";
import { Chart } from "../chart/chart.js";
import { element, isolated } from "../element.js";
import { go } from "../navigation.js";
import { everyHit } from "../question.js";
import { ask } from "../service.js";
import { counted, titleOf } from "../words.js";

const LISTED = 8;
const NEAREST = 10; // hits highlighted if none is relevant
const MAP = { path: "map" };

export const name = "map";

let chart = null; // kept, so that a new question does not change the pan and zoom

export async function load(state, options) {
  const [answer, known] = await Promise.all([
    state.q ? ask(everyHit(state), options) : null,
    ask(MAP, { ...options, again: true }),
  ]);
  const isOld = answer && answer.snapshot !== known.snapshot;
  return { answer, lit: lit(answer), map: isOld ? await ask(MAP, options) : known };
}

export function draw({ answer, lit: hits, map }, state) {
  if (chart?.map !== map) chart = new Chart(map, (id) => go(ofEpisode(id)));
  chart.light(hits);
  return [
    element("h1", { class: "unseen" }, "Map of all episodes"),
    chart.node,
    element(
      "aside",
      { class: "legend", "aria-label": "What the map shows" },
      legend(answer, hits, map, state),
    ),
  ];
}

export const title = (_found, state) =>
  `${state.q ? `${state.q} on the map` : "Map"} · Episode Search`;

export const said = ({ answer, lit: hits, map }) => verdict(answer, hits, map);

function lit(answer) {
  const hits = answer?.hits ?? [];
  const relevant = hits.filter(({ relevance }) => relevance >= answer.good_match / 2);
  return relevant.length ? relevant : hits.slice(0, NEAREST);
}

function legend(answer, hits, map, state) {
  const clusters = element(
    "details",
    { open: !answer },
    element("summary", {}, "Subjects"),
    named(map.clusters, state),
  );
  return [
    element("p", { class: "verdict" }, verdict(answer, hits, map)),
    answer && listed(hits),
    clusters,
  ];
}

function verdict(answer, hits, map) {
  if (!answer) return `${counted(map.ids.length, "episode")}; similar ones lie close together.`;
  if (!answer.answered) return "Nothing here answers that; the nearest are highlighted.";
  return `${counted(hits.length, "episode")} highlighted, the best largest.`;
}

function listed(hits) {
  const links = hits
    .slice(0, LISTED)
    .map(({ episode }) =>
      element(
        "li",
        {},
        element("a", { class: "title", href: ofEpisode(episode.id) }, isolated(titleOf(episode))),
      ),
    );
  return element("ol", {}, links);
}

function named(clusters, state) {
  const largest = clusters.toSorted((one, other) => other.size - one.size);
  const links = largest.map((cluster) =>
    element(
      "li",
      {},
      element("a", { href: write({ ...state, q: cluster.name }) }, isolated(cluster.name)),
      element("span", { class: "count" }, cluster.size),
    ),
  );
  return element("ul", {}, links);
}

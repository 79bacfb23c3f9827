// Texts for people: dates, durations, counts, and how relevant an episode is.

import { element } from "./element.js";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const NUMBER = new Intl.NumberFormat();
const TITLE_CHARACTERS = 90; // of the summary, if there is neither title nor headline
const LIKELIHOODS = ["Strong match", "Good match", "Fair match", "Faint match"];

export function date(moment) {
  const at = new Date(moment ?? NaN);
  return Number.isNaN(at.valueOf()) ? null : element("time", { datetime: moment }, DAY.format(at));
}

export function duration(seconds) {
  if (!(seconds > 0)) return null;
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** 12:34, or 1:02:03. */
export function clock(seconds) {
  const [hours, minutes, rest] = [3600, 60, 1].map((unit, place) =>
    Math.floor((place ? seconds % (60 * unit) : seconds) / unit),
  );
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function counted(count, one, several = `${one}s`) {
  return `${NUMBER.format(count)} ${count === 1 ? one : several}`;
}

/** The title, or the headline, or the beginning of the summary, or the id; shown_title in
 * indexer/episode.py is the same for the feed, the map, the command and notebooks. */
export function titleOf({ title, headline, summary, id }) {
  return title || headline || beginning(summary, TITLE_CHARACTERS) || id;
}

/** The first words of a text, and an ellipsis if there are more. */
export function beginning(text, characters) {
  const all = [...text.trim()];
  if (all.length <= characters) return all.join("");
  const cut = all.slice(0, characters).join("");
  return `${cut.slice(0, cut.lastIndexOf(" ")).trimEnd() || cut}…`;
}

/** Bars and a word; the probability is in the tooltip and for screen readers. A good match has at
 * least the probability `good`; strong and fair ones are halfway from it to certain and to none. */
export function relevance(probability, good) {
  const level = [(1 + good) / 2, good, good / 2, 0].findIndex((least) => probability >= least);
  const percent = `${Math.round(probability * 100)}%`;
  return element(
    "span",
    { class: "relevance", "data-level": 4 - level, title: `${percent} likely to answer` },
    element(
      "span",
      { class: "bars", "aria-hidden": "true" },
      LIKELIHOODS.map(() => element("i")),
    ),
    LIKELIHOODS[level],
    element("span", { class: "unseen" }, `, ${percent}`),
  );
}

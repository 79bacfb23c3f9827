// The requests to the service for a state of the page.

import { isRefined } from "./address.js";

const FACETS = "podcast,year,person,tag,language";
const FIRST = 10; // hits shown at first
export const MOST = 100;
const HOUR_S = 3600;
const SEVERAL = ["podcast", "person", "tag", "language"];
const LENGTHS = {
  short: { max_duration_s: HOUR_S / 3 },
  medium: { min_duration_s: HOUR_S / 3, max_duration_s: HOUR_S },
  long: { min_duration_s: HOUR_S },
};

export function wanted(state) {
  return Math.min(Number(state.k) || FIRST, MOST);
}

/** The request {path, body?}: similar episodes need a body. */
export function question(state) {
  if (isRefined(state)) return { path: "similar", body: refinement(state) };
  if (state.q) return { path: `search?${asked(state)}` };
  const query = [...filters(state), ["limit", wanted(state)], ["facets", FACETS]];
  return { path: `episodes?${new URLSearchParams(query)}` };
}

/** The path of the RSS feed of the question. */
export function feed(state) {
  return `search.rss?${new URLSearchParams([...words(state), ...filters(state)])}`;
}

/** The request for the hits that the map highlights. */
export function everyHit(state) {
  return {
    path: `search?${new URLSearchParams([...words(state), ...filters(state), ["k", MOST]])}`,
  };
}

function asked(state) {
  const query = [...words(state), ...filters(state), ["k", wanted(state)], ["facets", FACETS]];
  return new URLSearchParams(state.sort ? [...query, ["sort", state.sort]] : query);
}

/** The path of the suggestions for what is typed. */
export function suggestions(state, typed) {
  return `suggest?${new URLSearchParams([["q", typed], ...filters(state)])}`;
}

/** The question, and which parts of it are no constraints. */
function words(state) {
  return [["q", state.q], ...state.as_words.map((part) => ["as_words", part])];
}

function refinement(state) {
  const like = state.q ? [state.q, ...state.like] : state.like;
  return { like, unlike: state.unlike, k: wanted(state), ...several(state), ...ranges(state) };
}

/** The filters as [name, value] pairs of query parameters. */
function filters(state) {
  const lists = Object.entries(several(state)).flatMap(([name, values]) =>
    values.map((value) => [name, value]),
  );
  return [...lists, ...Object.entries(ranges(state))];
}

function several(state) {
  return Object.fromEntries(SEVERAL.map((name) => [name, state[name]]));
}

function ranges({ year, length }) {
  const dates = year && {
    published_after: `${year}-01-01`,
    published_before: `${Number(year) + 1}-01-01`,
  };
  return { ...dates, ...LENGTHS[length] };
}

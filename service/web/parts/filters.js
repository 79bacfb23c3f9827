// Filters as chips, each with its number of episodes.

import { changed, FILTERS, has, toggled } from "../address.js";
import { element, isolated } from "../element.js";
import { counted } from "../words.js";

const FIRST = 8; // chips shown of a group
const NAMES = {
  podcast: "Podcast",
  year: "Year",
  person: "Person",
  tag: "Subject",
  length: "Length",
  language: "Language",
};
const LENGTHS = { short: "under 20 min", medium: "20 to 60 min", long: "over an hour" };

/** The filters in force; null if there are none. */
export function inForce(state) {
  const chips = FILTERS.flatMap((name) =>
    [state[name] ?? []].flat().map((value) => chip(state, name, value)),
  );
  if (!chips.length) return null;
  const none = Object.fromEntries(FILTERS.map((name) => [name, null]));
  const clear = element(
    "a",
    { class: "plain", href: changed(state, none), "data-key": "clear" },
    "Clear filters",
  );
  return element("p", { class: "in-force" }, chips, clear);
}

/** Groups of chips for the facets {name: [{value, count}]} of an answer; null if there are none. */
export function offered(state, facets = {}, timed = false) {
  const groups = Object.entries(facets).map(([name, values]) => group(state, name, values));
  if (timed)
    groups.push(
      group(
        state,
        "length",
        Object.keys(LENGTHS).map((value) => ({ value })),
      ),
    );
  const shown = groups.filter(Boolean);
  if (!shown.length) return null;
  const wide = matchMedia("(min-width: 60rem)").matches;
  return element(
    "aside",
    { "aria-label": "Filters" },
    element("details", { open: wide }, element("summary", {}, "Filters"), shown),
  );
}

function group(state, name, values) {
  const open = values.filter(({ value }) => !has(state, name, String(value)));
  if (!open.length || (values.length === 1 && !has(state, name, String(values[0].value))))
    return null;
  const chips = open
    .slice(0, FIRST)
    .map(({ value, count }) => chip(state, name, String(value), count));
  return element(
    "section",
    {},
    element("h3", {}, NAMES[name]),
    element("p", { class: "chips" }, chips),
  );
}

function chip(state, name, value, count) {
  const on = has(state, name, value);
  const shown = {
    class: "chip",
    href: toggled(state, name, value),
    "data-key": `${name}:${value}`,
  };
  return element(
    "a",
    { ...shown, "aria-current": on && "true" },
    on && element("span", { class: "unseen" }, "Remove "),
    isolated(name === "length" ? LENGTHS[value] : value),
    count !== undefined && numbered(count),
    on && cross(),
  );
}

function numbered(count) {
  return [
    element("span", { class: "count", "aria-hidden": "true" }, count),
    element("span", { class: "unseen" }, ` ${counted(count, "episode")}`),
  ];
}

function cross() {
  return element("span", { class: "cross", "aria-hidden": "true" }, "×");
}

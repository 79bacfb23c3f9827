// A hit in a list: the episode's facts, the sentence that matches, and links.

import { has, isRefined, ofEpisode, toggled, write } from "../address.js";
import { element, isolated, outward } from "../element.js";
import { at, moments } from "./moments.js";
import { beginning, date, duration, relevance, titleOf } from "../words.js";

const SUMMARY_CHARACTERS = 260;

/** A list of hits; `labels` are the names of the two sentences of a reason, if hits have one, and
 * `good` is the relevance of a good match. */
export function hits(found, state, labels = null, good = null) {
  return element(
    "ol",
    { class: "hits" },
    found.map((each) => hit(each, state, labels, good)),
  );
}

function hit(found, state, labels, good) {
  const { episode } = found;
  return element(
    "li",
    { class: "hit", "data-id": episode.id },
    element("h2", { dir: "auto" }, titleLink(episode)),
    facts(episode),
    found.because ? reason(found.because, labels) : evidence(episode, found.highlight),
    moments(found),
    element(
      "p",
      { class: "actions" },
      labels ? kinship(found) : likelihood(found, good),
      actions(found, state),
    ),
  );
}

function titleLink(episode) {
  const where = { class: "title", href: ofEpisode(episode.id), "data-key": `title:${episode.id}` };
  return element("a", where, isolated(titleOf(episode)));
}

/** Podcast, date, duration and people, as far as they are known. */
export function facts(episode) {
  const { podcast, published_at, duration_s, listed, hosts = [], guests = [] } = episode;
  const show = podcast?.title;
  const known = [
    show && filterLink("podcast", show),
    date(published_at),
    duration(duration_s),
    listed === false && "no longer in its feed",
    guests.length && ["with ", named(guests)],
    hosts.length && ["hosted by ", named(hosts)],
  ].filter(Boolean);
  return known.length
    ? element(
        "p",
        { class: "facts" },
        known.map((fact) => element("span", {}, fact)),
      )
    : null;
}

function named(people) {
  return people.flatMap((person, index) => [index ? ", " : "", filterLink("person", person)]);
}

function filterLink(name, value) {
  return element("a", { href: write({ [name]: [value] }) }, isolated(value));
}

/** The sentence that matches best, its matches marked; positions count Unicode characters. */
function evidence(episode, highlight) {
  const { summary } = episode;
  if (!highlight)
    return element("p", { class: "evidence", dir: "auto" }, beginning(summary, SUMMARY_CHARACTERS));
  const characters = [...summary];
  const text = (start, end) => characters.slice(start, end).join("");
  const parts = [];
  let end = highlight.start;
  for (const [start, stop] of highlight.matches) {
    parts.push(text(end, start), element("mark", {}, text(start, stop)));
    end = stop;
  }
  const time = highlight.start_s !== null && highlight.start_s !== undefined;
  return element(
    "p",
    { class: "evidence", dir: "auto" },
    time && [at(episode, highlight.start_s), " "],
    ...parts,
    text(end, highlight.end),
  );
}

/** The pair of sentences that match best, one of each episode. */
function reason({ liked, this: said }, [there, here]) {
  const quoted = (label, text) =>
    text && element("div", {}, element("dt", {}, label), element("dd", { dir: "auto" }, text));
  return element("dl", { class: "reason" }, quoted(there, liked), quoted(here, said));
}

function likelihood(found, good) {
  return found.relevance === undefined ? null : relevance(found.relevance, good);
}

function kinship({ same_series, duplicate_of }) {
  if (duplicate_of) return element("span", { class: "kin" }, "Duplicate");
  return same_series && element("span", { class: "kin" }, "Same series");
}

function actions({ episode }, state) {
  return [
    preference(state, "like", "unlike", episode, "More like this"),
    (state.q || isRefined(state)) && preference(state, "unlike", "like", episode, "Less like this"),
    outward(episode.audio_url, "Listen"),
    outward(episode.link, "Website"),
  ];
}

function preference(state, name, opposite, { id }, label) {
  const others = {
    ...state,
    episode: null,
    [opposite]: state[opposite].filter((each) => each !== id),
  };
  const on = has(state, name, id);
  const shown = { class: name, href: toggled(others, name, id), "data-key": `${name}:${id}` };
  return element("a", { ...shown, "aria-current": on && "true" }, label);
}

// The view of one episode and the episodes similar to it.

import { changed, read } from "../address.js";
import { element, isolated, isolatedText, outward } from "../element.js";
import { facts, hits } from "../parts/hit.js";
import { at, chapters } from "../parts/moments.js";
import { transcript } from "../parts/transcript.js";
import { ask } from "../service.js";
import { counted, titleOf } from "../words.js";

export const name = "episode";

export async function load(state, options) {
  const path = `episodes/${encodeURIComponent(state.episode)}`;
  const [episode, { hits: others }] = await Promise.all(
    [path, `${path}/similar`].map((each) => ask({ path: each }, options)),
  );
  const { passages } = episode.transcript_id
    ? await ask({ path: `${path}/transcript` }, options)
    : { passages: [] };
  return { episode, others, passages };
}

export function draw({ episode, others, passages }) {
  return [
    element(
      "article",
      { class: "episode" },
      facts(episode),
      heading(episode),
      held(episode),
      summary(episode),
      links(episode),
      chapters(episode),
      transcript(episode, passages),
    ),
    element("h2", { class: "section" }, "Similar episodes"),
    others.length
      ? hits(others, read(""), ["Above", "Here"])
      : element("p", { class: "lead" }, "There are no other episodes."),
  ];
}

export const title = ({ episode }) => `${isolatedText(titleOf(episode))} · Episode Search`;

export const said = ({ episode, others }) =>
  `${isolatedText(titleOf(episode))}, and ${counted(others.length, "similar episode")}.`;

function heading(episode) {
  return element("h1", { dir: "auto", tabindex: "-1" }, isolated(titleOf(episode)));
}

/** A way to play from the second that the address holds. */
function held(episode) {
  const seconds = /^#t=(\d{1,6})$/.exec(location.hash)?.[1];
  return seconds && element("p", { class: "actions" }, at(episode, Number(seconds)));
}

function summary(episode) {
  const paragraphs = episode.summary.split(/\n+/).filter(Boolean);
  return paragraphs.map((text) => element("p", { class: "summary", dir: "auto" }, text));
}

function links({ id, audio_url, link, tags = [], categories = [] }) {
  const like = element(
    "a",
    { class: "like", href: changed(read(""), { like: [id] }) },
    "More like this",
  );
  const subjects = [...new Set([...tags, ...categories])].map((tag) =>
    element("a", { class: "chip", href: changed(read(""), { tag: [tag] }) }, isolated(tag)),
  );
  const ways = [like, outward(audio_url, "Listen"), outward(link, "Website")];
  return [
    element("p", { class: "actions" }, ways),
    subjects.length && element("p", { class: "chips" }, subjects),
  ];
}

// Moments and chapters: a second of an episode, and what is said there. A click plays it.

import { ofEpisode } from "../address.js";
import { element, isolatedText, isOfTheWeb } from "../element.js";
import { clock, titleOf } from "../words.js";

const CLOSE = 0.75; // of the best moment's score: what is less is not shown

/** A link to a second of the episode; the player takes it if there is audio. */
export function at(episode, seconds, ...children) {
  const audio = isOfTheWeb(episode.audio_url) && episode.audio_url;
  const where = `${ofEpisode(episode.id)}#t=${Math.floor(seconds)}`;
  const played = { "data-audio": audio, "data-at": seconds, "data-id": episode.id };
  const title = isolatedText(titleOf(episode));
  const label = `${audio ? "Play from" : "At"} ${clock(seconds)}`;
  return element(
    "a",
    { class: "moment", href: where, ...played, "data-title": title, "aria-label": label },
    element("span", { class: "clock" }, clock(seconds)),
    audio && element("span", { "aria-hidden": "true" }, " ▸"),
    ...children,
  );
}

/** The best moments of a hit, but for that of the sentence that is shown already. */
export function moments({ episode, moments: found = [], highlight }) {
  const shown = found.filter(
    ({ start_s, score }) => start_s !== highlight?.start_s && score >= CLOSE * found[0].score,
  );
  if (!shown.length) return null;
  return element(
    "ul",
    { class: "moments" },
    shown.map((each) =>
      element(
        "li",
        {},
        each.approximate && "about ",
        at(episode, each.start_s),
        " ",
        element("span", { dir: "auto" }, said(each)),
      ),
    ),
  );
}

function said({ speaker, text, matches }) {
  const characters = [...text];
  const part = (start, end) => characters.slice(start, end).join("");
  const parts = [speaker && element("b", {}, `${isolatedText(speaker)}: `)];
  let end = 0;
  for (const [start, stop] of matches) {
    parts.push(part(end, start), element("mark", {}, part(start, stop)));
    end = stop;
  }
  return [...parts, part(end)];
}

/** The chapters of an episode, as a section of its page. */
export function chapters(episode) {
  const listed = episode.chapters ?? [];
  if (!listed.length) return null;
  return element(
    "section",
    { "aria-labelledby": "chapters" },
    element("h2", { class: "section", id: "chapters" }, "Chapters"),
    element("ol", { class: "moments chapters" }, listed.map((each) => chapter(episode, each))),
  );
}

function chapter(episode, { start_s, title, link }) {
  const name = element("span", { dir: "auto" }, title);
  const named = isOfTheWeb(link)
    ? element("a", { class: "outward", href: link, rel: "noreferrer" }, name)
    : name;
  return element("li", {}, at(episode, start_s), " ", named);
}

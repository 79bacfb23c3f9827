// The transcript of an episode: read, searched, clicked, and followed while the episode plays.

import { element, isolatedText } from "../element.js";
import { ask } from "../service.js";
import { counted } from "../words.js";
import { at } from "./moments.js";

const PAUSE_MS = 220;
const NEAREST = "No passage has these words; the nearest by meaning:";
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** What is said in an episode, closed at first; its times play, and follow the sound. */
export function transcript(episode, passages) {
  if (!passages.length) return null;
  const items = passages.map((each) => passage(episode, each));
  const list = element("ol", { class: "moments chapters" }, items);
  const box = element("input", {
    type: "search",
    placeholder: "Search the transcript",
    "aria-label": "Search the transcript",
    autocomplete: "off",
  });
  const told = element("p", { role: "status" });
  const search = new Search(episode, passages, items, told);
  box.addEventListener("input", () => search.later(box.value));
  box.addEventListener("keydown", (event) => clear(event, box));
  const heading = element("summary", {}, "Transcript");
  return element("details", { class: "transcript" }, heading, box, told, list);
}

function passage(episode, { start_s, text, speaker }) {
  const who = speaker && element("b", {}, `${isolatedText(speaker)}: `);
  const said = element("span", { class: "said", dir: "auto" }, text);
  return element("li", {}, at(episode, start_s), " ", who, said);
}

/** Escape empties the box; if it is empty, the key is left to the page. */
function clear(event, box) {
  if (event.key !== "Escape" || !box.value) return;
  event.preventDefault();
  box.value = "";
  box.dispatchEvent(new Event("input"));
}

/** Shows the passages that have all words; if there are none, those nearest by meaning. */
class Search {
  #waiting = 0;
  #last = 0;

  constructor(episode, passages, items, told) {
    Object.assign(this, { episode, passages, items, told });
  }

  later(text) {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#find(text.trim()), PAUSE_MS);
  }

  async #find(text) {
    const turn = ++this.#last;
    const words = text.split(/\s+/).filter(Boolean).map(expression);
    const found = this.passages.map(({ text: said }) => words.every((word) => said.match(word)));
    if (!words.length || found.includes(true)) {
      const many = counted(found.filter(Boolean).length, "passage");
      return this.#show(found, words, words.length ? many : "");
    }
    const near = await this.#nearest(text);
    if (turn === this.#last) this.#show(near, words, near.includes(true) ? NEAREST : "Not found");
  }

  async #nearest(q) {
    const path = `episodes/${encodeURIComponent(this.episode.id)}/moments?${new URLSearchParams({ q })}`;
    const { moments } = await ask({ path }).catch(() => ({ moments: [] }));
    const starts = new Set(moments.map(({ start_s }) => start_s));
    return this.passages.map(({ start_s }) => starts.has(start_s));
  }

  #show(found, words, message) {
    this.items.forEach((item, place) => {
      item.hidden = !found[place];
      const { text } = this.passages[place];
      item.querySelector(".said").replaceChildren(...(found[place] ? marked(text, words) : [text]));
    });
    this.told.textContent = message;
  }
}

function expression(word) {
  return new RegExp(word.replace(SPECIAL, "\\$&"), "giu");
}

/** The text with the words marked. */
function marked(text, words) {
  if (!words.length) return [text];
  const any = new RegExp(`(${words.map(({ source }) => source).join("|")})`, "giu");
  return text.split(any).map((part, place) => (place % 2 ? element("mark", {}, part) : part));
}

// The suggestions below the search box: a combobox with a list of names (ARIA 1.2).

import { changed, ofEpisode, read } from "./address.js";
import { element, isolated } from "./element.js";
import { go } from "./navigation.js";
import { suggestions } from "./question.js";
import { ask } from "./service.js";

const PAUSE_MS = 120;
const KINDS = { podcast: "Podcast", person: "Person", tag: "Subject", title: "Episode" };
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export class Completion {
  #waiting = 0;
  #current = new AbortController();
  #found = [];
  #active = -1;

  constructor(input, list) {
    this.input = input;
    this.list = list;
    input.addEventListener("input", () => this.#later());
    input.addEventListener("keydown", (event) => this.#pressed(event));
    input.addEventListener("blur", () => this.close());
    list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose([...list.children].indexOf(option));
    });
  }

  close() {
    clearTimeout(this.#waiting);
    this.#current.abort();
    this.#show([]);
  }

  #later() {
    clearTimeout(this.#waiting);
    this.#current.abort();
    if (!this.input.value.trim()) return this.#show([]);
    this.#waiting = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    const { signal } = (this.#current = new AbortController());
    const path = suggestions(read(location.search), this.input.value);
    const answer = await ask({ path }, { signal, again: true }).catch(() => null);
    if (answer && !signal.aborted && document.activeElement === this.input)
      this.#show(answer.suggestions);
  }

  #show(found) {
    this.#found = found;
    this.#active = -1;
    this.list.replaceChildren(...found.map(option));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && this.#active < 0) return this.close(); // what is asked for, too
    if (this.list.hidden) return;
    if (event.key in STEPS) this.#step(event, STEPS[event.key]);
    else if (event.key === "Escape") this.#closed(event);
    else if (event.key === "Enter") {
      event.preventDefault();
      this.#choose(this.#active);
    }
  }

  #closed(event) {
    event.preventDefault();
    this.close();
  }

  /** From the box through the options and back to the box. */
  #step(event, by) {
    event.preventDefault();
    const stops = this.#found.length + 1;
    this.#active = ((this.#active + 1 + by + stops) % stops) - 1;
    for (const [place, each] of [...this.list.children].entries())
      each.setAttribute("aria-selected", String(place === this.#active));
    const active = this.list.children[this.#active];
    active?.scrollIntoView({ block: "nearest" });
    if (active) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #choose(place) {
    const { kind, text, id } = this.#found[place];
    this.close();
    if (kind === "title") return go(ofEpisode(id));
    const none = { q: null, episode: null, map: null, sort: null, like: [], unlike: [], as_words: [] };
    go(changed(read(location.search), { ...none, [kind]: [text] }));
  }
}

function option({ text, kind }, place) {
  return element(
    "li",
    { role: "option", id: `completion-${place}`, "aria-selected": "false" },
    isolated(text),
    element("span", { class: "kind" }, KINDS[kind]),
  );
}

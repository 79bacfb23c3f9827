// The search box: asks after a pause in typing, and at once on Enter.

import { changed, read } from "./address.js";
import { settle, type } from "./navigation.js";

const PAUSE_MS = 220;

export class SearchBox {
  #waiting = 0;

  constructor(input) {
    this.input = input;
    input.addEventListener("input", () => this.#later());
    input.addEventListener("change", settle);
    input.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
      settle();
    });
  }

  /** Show the question of this state in place of what is being typed. */
  tell({ q }) {
    clearTimeout(this.#waiting);
    if (this.#text() !== (q ?? "")) this.input.value = q ?? "";
  }

  #later() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  #ask() {
    clearTimeout(this.#waiting);
    const state = read(location.search);
    if (this.#text() === (state.q ?? "")) return;
    const none = { episode: null, sort: null, like: [], unlike: [], as_words: [] };
    type(changed(state, { q: this.#text(), ...none }));
  }

  #text() {
    return this.input.value.trim();
  }
}

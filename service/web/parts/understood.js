// What was understood of the question: chips that turn a constraint back into words.

import { changed } from "../address.js";
import { element, isolated } from "../element.js";

const HOW = {
  filter: "Only",
  weight: "First",
  none: "No episode fits, so not applied:",
};

/** The constraints that the question states; null if there are none. */
export function understoodAs(state, understood = []) {
  if (!understood.length) return null;
  const chips = understood.map(({ text, applied }) => [HOW[applied], " ", chip(state, text, applied)]);
  return element("p", { class: "understood in-force" }, chips.flat());
}

function chip(state, text, applied) {
  if (applied === "none") return isolated(text);
  return element(
    "a",
    {
      class: "chip",
      href: changed(state, { as_words: [...state.as_words, text] }),
      "data-key": `understood:${text}`,
    },
    element("span", { class: "unseen" }, "Remove "),
    isolated(text),
    element("span", { class: "cross", "aria-hidden": "true" }, "×"),
  );
}

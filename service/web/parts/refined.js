// Chips of the episodes that the answers should be similar or dissimilar to.

import { changed } from "../address.js";
import { element, isolated } from "../element.js";
import { titleOf } from "../words.js";

/** Null if there are none; `named` is {like: [episode], unlike: [episode]}. */
export function refinedBy(state, named) {
  const chosen = [
    ...row(state, "like", "More like", named),
    ...row(state, "unlike", "Less like", named),
  ];
  if (!chosen.length) return null;
  const clear = element(
    "a",
    { class: "plain", href: changed(state, { like: [], unlike: [] }) },
    "Start over",
  );
  return element("p", { class: "in-force", "aria-label": "Refined", role: "group" }, chosen, clear);
}

function row(state, name, label, named) {
  return named[name].map((episode) => {
    const others = state[name].filter((id) => id !== episode.id);
    return element(
      "a",
      {
        class: `chip ${name}`,
        href: changed(state, { [name]: others }),
        "data-key": `chosen:${episode.id}`,
      },
      element("span", { class: "unseen" }, "Remove"),
      `${label} `,
      isolated(titleOf(episode)),
      element("span", { class: "cross", "aria-hidden": "true" }, "×"),
    );
  });
}

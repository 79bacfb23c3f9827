// Reads the theme's colours and font for a canvas.

import { element } from "../element.js";

export const HUES = 10;

/** {palette, paper, text, accent, font, height} from the computed style of this node. */
export function inkOf(node) {
  const colours = element("i", { hidden: true });
  node.append(colours);
  const colour = (name) => {
    colours.style.color = `var(--${name})`;
    return getComputedStyle(colours).color;
  };
  const palette = Array.from({ length: HUES }, (_, hue) => channels(colour(`hue-${hue}`)));
  const [paper, text, accent] = ["paper", "ink", "lit"].map(colour);
  colours.remove();
  const { fontFamily } = getComputedStyle(node);
  return { palette, paper, text, accent, font: `600 13px ${fontFamily}`, height: 13 };
}

/** [red, green, blue] of "rgb(…)". */
function channels(colour) {
  return colour.match(/\d+/g).map(Number);
}

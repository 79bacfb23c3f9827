// Draws the dots into pixels: 50,000 calls to the canvas would take longer than a frame.

import { EXTENT } from "./viewport.js";

const LEAST_RADIUS = 1.1;
const MOST_RADIUS = 6;
const RADIUS_OF_SPACING = 0.14;
const OPACITY = 0.75;
const DIMMED = 0.22; // opacity of the dots while hits are highlighted

/** Paints all dots of the map. */
export class Painter {
  #image = new ImageData(1, 1);

  constructor(xs, ys, hues) {
    [this.xs, this.ys, this.hues] = [xs, ys, hues];
  }

  /** `palette`: [red, green, blue] of each hue. */
  paint(context, viewport, ratio, palette, dimmed) {
    const { width, height } = context.canvas;
    if (this.#image.width !== width || this.#image.height !== height)
      this.#image = new ImageData(width, height);
    this.#image.data.fill(0);
    this.#dots(viewport, ratio, palette, dimmed ? DIMMED : OPACITY);
    context.putImageData(this.#image, 0, 0);
  }

  /** The radius in CSS pixels: larger if there are few dots, or when zoomed in. */
  radius({ scale }) {
    const spacing = (EXTENT * scale) / Math.sqrt(this.xs.length);
    return Math.min(Math.max(spacing * RADIUS_OF_SPACING, LEAST_RADIUS), MOST_RADIUS);
  }

  #dots({ left, top, scale, ...seen }, ratio, palette, opacity) {
    const { data, width, height } = this.#image;
    const disc = discOf(this.radius({ scale, ...seen }) * ratio, opacity);
    for (let point = 0; point < this.xs.length; point++) {
      const x = Math.round((this.xs[point] - left) * scale * ratio) - disc.reach;
      const y = Math.round((this.ys[point] - top) * scale * ratio) - disc.reach;
      const inside = x >= 0 && y >= 0 && x + disc.side <= width && y + disc.side <= height;
      if (inside) stamp(data, width, x, y, disc, palette[this.hues[point]]);
    }
  }
}

/** The coverage of each pixel under a disc. */
function discOf(radius, opacity) {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const covered = (_, pixel) => {
    const distance = Math.hypot((pixel % side) - reach, Math.floor(pixel / side) - reach);
    return opacity * Math.min(Math.max(radius + 0.5 - distance, 0), 1);
  };
  return { reach, side, coverage: Float32Array.from({ length: side * side }, covered) };
}

/** Add a disc to the pixels; where discs overlap, opacity adds up and the last colour shows. */
function stamp(data, width, x, y, { side, coverage }, [red, green, blue]) {
  for (let row = 0, pixel = 0; row < side; row++) {
    for (let at = 4 * ((y + row) * width + x), stop = at + 4 * side; at < stop; at += 4, pixel++) {
      if (!coverage[pixel]) continue;
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] += coverage[pixel] * (255 - data[at + 3]);
    }
  }
}

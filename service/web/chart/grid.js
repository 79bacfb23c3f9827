// A grid index: finds the nearest point without comparing all points.

import { EXTENT } from "./viewport.js";

const SIDE = 128; // cells a side
const CELL = (EXTENT + 1) / SIDE;

export class Grid {
  #xs;
  #ys;
  #starts = new Uint32Array(SIDE * SIDE + 1); // where each cell starts in #order
  #order; // the points, cell by cell

  constructor(xs, ys) {
    [this.#xs, this.#ys] = [xs, ys];
    this.#order = new Uint32Array(xs.length);
    const cells = Uint16Array.from(xs, (x, point) => cellOf(ys[point]) * SIDE + cellOf(x));
    for (const cell of cells) this.#starts[cell + 1]++;
    for (let cell = 0; cell < SIDE * SIDE; cell++) this.#starts[cell + 1] += this.#starts[cell];
    const next = this.#starts.slice();
    cells.forEach((cell, point) => (this.#order[next[cell]++] = point));
  }

  /** The point nearest to (x, y), or -1 if none is within `reach`. */
  nearest(x, y, reach) {
    let [found, least] = [-1, reach * reach];
    for (const point of this.#around(x, y, reach)) {
      const distance = (this.#xs[point] - x) ** 2 + (this.#ys[point] - y) ** 2;
      if (distance <= least) [found, least] = [point, distance];
    }
    return found;
  }

  *#around(x, y, reach) {
    const [left, right] = [cellOf(x - reach), cellOf(x + reach)];
    for (let row = cellOf(y - reach); row <= cellOf(y + reach); row++) {
      const [start, stop] = [this.#starts[row * SIDE + left], this.#starts[row * SIDE + right + 1]];
      yield* this.#order.subarray(start, stop);
    }
  }
}

function cellOf(coordinate) {
  return Math.min(Math.max(Math.floor(coordinate / CELL), 0), SIDE - 1);
}

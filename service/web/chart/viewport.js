// The visible part of the map: converts its coordinates (units) to pixels of the canvas, and back.

export const EXTENT = 65535; // largest coordinate on both axes
const MARGIN = 0.06; // share of the shorter side, when the whole map is shown
const DEEPEST = 400; // largest zoom, relative to the whole map

export class Viewport {
  width = 0;
  height = 0;
  scale = 1; // pixels a unit
  left = 0; // the unit at the left edge
  top = 0;

  /** Adapt to a canvas of this size: the centre stays; the first time, the whole map is shown. */
  resize(width, height) {
    const middle = this.width ? this.unit(this.width / 2, this.height / 2) : null;
    [this.width, this.height] = [width, height];
    if (!middle) return this.fit();
    this.left = middle[0] - width / 2 / this.scale;
    this.top = middle[1] - height / 2 / this.scale;
  }

  fit() {
    this.scale = this.#whole();
    this.left = (EXTENT - this.width / this.scale) / 2;
    this.top = (EXTENT - this.height / this.scale) / 2;
  }

  pan(across, down) {
    this.left -= across / this.scale;
    this.top -= down / this.scale;
    this.#hold();
  }

  /** Zoom by a factor; the point at this pixel stays there. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const [unitX, unitY] = this.unit(x, y);
    const whole = this.#whole();
    this.scale = Math.min(Math.max(this.scale * factor, whole / 2), whole * DEEPEST);
    this.left = unitX - x / this.scale;
    this.top = unitY - y / this.scale;
    this.#hold();
  }

  pixel(unitX, unitY) {
    return [(unitX - this.left) * this.scale, (unitY - this.top) * this.scale];
  }

  unit(x, y) {
    return [x / this.scale + this.left, y / this.scale + this.top];
  }

  #whole() {
    return (Math.min(this.width, this.height) * (1 - 2 * MARGIN)) / EXTENT;
  }

  /** Keep the centre of the canvas on the map. */
  #hold() {
    const held = (edge, pixels) => {
      const half = pixels / 2 / this.scale;
      return Math.min(Math.max(edge, -half), EXTENT - half);
    };
    this.left = held(this.left, this.width);
    this.top = held(this.top, this.height);
  }
}

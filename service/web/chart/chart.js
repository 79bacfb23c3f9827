// A canvas with a dot for each episode, to pan, zoom and click.

import { element } from "../element.js";
import * as gestures from "./gestures.js";
import { Grid } from "./grid.js";
import { HUES, inkOf } from "./ink.js";
import * as labels from "./labels.js";
import { Painter } from "./painter.js";
import { Viewport } from "./viewport.js";

const REACH = 14; // pixels; a pointer this near to a dot selects it
const ZOOM = 1.6;
const HELP =
  "Map of all episodes. Arrow keys move it, plus and minus zoom, 0 shows all of it, " +
  "Enter opens the episode nearest to the middle.";

export class Chart {
  #viewport = new Viewport();
  #canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": HELP,
    "data-key": "chart",
  });
  #context = this.#canvas.getContext("2d", { willReadFrequently: true });
  #tip = element("p", { class: "tip", hidden: true, "aria-hidden": "true" });
  #lit = [];
  #frame = 0;

  /** `map` is the body of GET /map; a click on an episode calls `open(id)`. */
  constructor(map, open) {
    this.map = map;
    this.node = element("div", { class: "chart" }, this.#canvas, this.#tip, this.#buttons());
    [this.xs, this.ys] = [Float32Array.from(map.x), Float32Array.from(map.y)];
    this.rows = new Map(map.ids.map((id, row) => [id, row]));
    this.clusters = map.clusters.toSorted((one, other) => other.size - one.size);
    this.grid = new Grid(this.xs, this.ys);
    this.painter = new Painter(
      this.xs,
      this.ys,
      Uint8Array.from(map.cluster, (cluster) => cluster % HUES),
    );
    this.#listen(open);
  }

  /** Highlight these hits and dim the other dots. */
  light(hits) {
    const known = hits.filter(({ episode }) => this.rows.has(episode.id));
    this.#lit = known.map(({ episode, relevance }) => {
      const row = this.rows.get(episode.id);
      return { x: this.xs[row], y: this.ys[row], relevance };
    });
    this.#redraw();
  }

  #listen(open) {
    gestures.install(this.#canvas, this.#viewport, {
      moved: () => this.#redraw(),
      hovered: (x, y) => this.#point(this.#pick(x, y, REACH)),
      clicked: (x, y, reach = REACH) => {
        const row = this.#pick(x, y, reach);
        if (row >= 0) open(this.map.ids[row]);
      },
    });
    this.#canvas.addEventListener("pointerleave", () => this.#point(-1));
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
    addEventListener("themechange", () => this.#redraw());
  }

  #pick(x, y, reach) {
    return this.grid.nearest(...this.#viewport.unit(x, y), reach / this.#viewport.scale);
  }

  #point(row) {
    this.#tip.hidden = row < 0;
    this.#canvas.classList.toggle("pointing", row >= 0);
    if (row < 0) return;
    const [x, y] = this.#viewport.pixel(this.xs[row], this.ys[row]);
    this.#tip.replaceChildren(
      element("bdi", { dir: "auto" }, this.map.titles[row] || this.map.ids[row]),
    );
    this.#tip.style.translate = `calc(${x}px - 50%) calc(${y}px - 100% - 12px)`;
  }

  #buttons() {
    const button = (label, sign, act) => {
      const made = element("button", { type: "button", "aria-label": label }, sign);
      made.addEventListener("click", () => (act(), this.#redraw()));
      return made;
    };
    return element(
      "p",
      { class: "zoom" },
      button("Zoom in", "+", () => this.#viewport.zoom(ZOOM)),
      button("Zoom out", "−", () => this.#viewport.zoom(1 / ZOOM)),
      button("Show all", "⤢", () => this.#viewport.fit()),
    );
  }

  #resize() {
    const { clientWidth, clientHeight } = this.#canvas;
    if (!clientWidth) return;
    this.#canvas.width = clientWidth * devicePixelRatio;
    this.#canvas.height = clientHeight * devicePixelRatio;
    this.#viewport.resize(clientWidth, clientHeight);
    this.#paint();
  }

  #redraw() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    if (!this.#viewport.width) return;
    const ink = inkOf(this.node);
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.painter.paint(
      this.#context,
      this.#viewport,
      devicePixelRatio,
      ink.palette,
      this.#lit.length > 0,
    );
    this.#context.scale(devicePixelRatio, devicePixelRatio);
    labels.light(
      this.#context,
      this.#viewport,
      this.#lit,
      this.painter.radius(this.#viewport),
      ink,
    );
    labels.name(this.#context, this.#viewport, this.clusters, ink);
  }
}

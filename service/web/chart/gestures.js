// Pans and zooms the map by pointers, wheel and keys.

const CLICK_PIXELS = 4; // a pointer that moves less clicks, else it drags
const STEP = 60;
const ZOOM = 1.4;
const WHEEL = 0.0016;
const KEYS = {
  ArrowLeft: (viewport) => viewport.pan(STEP, 0),
  ArrowRight: (viewport) => viewport.pan(-STEP, 0),
  ArrowUp: (viewport) => viewport.pan(0, STEP),
  ArrowDown: (viewport) => viewport.pan(0, -STEP),
  "+": (viewport) => viewport.zoom(ZOOM),
  "=": (viewport) => viewport.zoom(ZOOM),
  "-": (viewport) => viewport.zoom(1 / ZOOM),
  0: (viewport) => viewport.fit(),
};

/** Calls `moved()` when the viewport has changed, `hovered(x, y)` and `clicked(x, y)` in pixels. */
export function install(canvas, viewport, { moved, hovered, clicked }) {
  const pointers = new Map();
  let travelled = 0;

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (pointers.size === 1) travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const to = [event.offsetX, event.offsetY];
    if (!pointers.has(event.pointerId)) return hovered(...to);
    travelled += drag(viewport, pointers, event.pointerId, to);
    moved();
  });
  canvas.addEventListener("pointerup", (event) => {
    const single = pointers.size === 1;
    pointers.delete(event.pointerId);
    if (single && travelled < CLICK_PIXELS) clicked(event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointercancel", ({ pointerId }) => pointers.delete(pointerId));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      viewport.zoom(Math.exp(-event.deltaY * WHEEL), event.offsetX, event.offsetY);
      moved();
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") return clicked(viewport.width / 2, viewport.height / 2);
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key](viewport);
    moved();
  });
}

/** One pointer pans, two zoom about their middle; returns the pixels moved. */
function drag(viewport, pointers, id, to) {
  const from = pointers.get(id);
  const other = [...pointers].find(([each]) => each !== id)?.[1];
  pointers.set(id, to);
  const share = 1 / pointers.size;
  viewport.pan((to[0] - from[0]) * share, (to[1] - from[1]) * share);
  if (other)
    viewport.zoom(
      apart(to, other) / (apart(from, other) || 1),
      (to[0] + other[0]) / 2,
      (to[1] + other[1]) / 2,
    );
  return apart(from, to);
}

function apart([x, y], [otherX, otherY]) {
  return Math.hypot(x - otherX, y - otherY);
}

// Draws the names of clusters and the highlighted hits over the dots.

const GAP = 6; // pixels between two names
const HALO = 4;
const LIT_LEAST = 3.5; // smallest radius in pixels
const LIT_MORE = 6; // pixels added to the radius at relevance 1

/** Draw the names, largest cluster first; a name that would overlap another is left out. */
export function name(context, viewport, clusters, ink) {
  context.font = ink.font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = HALO;
  const taken = [];
  for (const cluster of clusters) {
    const box = boxOf(context, viewport, cluster, ink.height);
    if (!isSeen(box, viewport) || taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    write(context, cluster.name, box, ink);
  }
}

/** Draw a disc for each {x, y, relevance}, larger than the dots' `radius`. */
export function light(context, viewport, lit, radius, ink) {
  const least = Math.max(radius, LIT_LEAST);
  context.fillStyle = ink.accent;
  context.strokeStyle = ink.paper;
  context.lineWidth = 1.5;
  for (const { x, y, relevance } of lit.toReversed()) {
    context.beginPath();
    context.arc(...viewport.pixel(x, y), least + LIT_MORE * relevance, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

function boxOf(context, viewport, cluster, height) {
  const [x, y] = viewport.pixel(cluster.x, cluster.y);
  const half = context.measureText(cluster.name).width / 2 + GAP;
  return { x, y, left: x - half, right: x + half, top: y - height, bottom: y + height };
}

function isSeen({ left, right, top, bottom }, { width, height }) {
  return right > 0 && left < width && bottom > 0 && top < height;
}

function overlap(one, other) {
  return (
    one.left < other.right &&
    other.left < one.right &&
    one.top < other.bottom &&
    other.top < one.bottom
  );
}

function write(context, text, { x, y }, { paper, text: colour }) {
  context.strokeStyle = paper;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

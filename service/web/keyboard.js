// Keys: / and Escape move the focus to the search box, arrows between the box and the hits.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function install(box, main) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves =
      event.target === box || main.contains(event.target) || event.target === document.body;
    if (event.key === "/" && !isTyped(event.target)) reach(event, box);
    else if (event.key === "Escape" && event.target !== box) reach(event, box);
    else if (event.key in STEPS && moves) step(event, [box, ...main.querySelectorAll(".title")]);
  });
}

function isTyped(target) {
  return target.matches("input, textarea, select, [contenteditable]");
}

function reach(event, target) {
  event.preventDefault();
  target.focus();
  target.select?.();
}

/** Move the focus to the next of these stops; if it is on none of them, the page scrolls. */
function step(event, stops) {
  const at = stops.indexOf(event.target.closest(".hit")?.querySelector(".title") ?? event.target);
  const next = stops[at + STEPS[event.key]];
  if (at >= 0 && next) reach(event, next);
}

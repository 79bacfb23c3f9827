// Draws the page: address -> view -> answer of the service -> elements.

import { isFiltered, isRefined, read } from "./address.js";
import { Completion } from "./completion.js";
import * as keyboard from "./keyboard.js";
import * as navigation from "./navigation.js";
import * as player from "./player.js";
import { feed } from "./question.js";
import { SearchBox } from "./searchbox.js";
import { Gone, untilReady } from "./service.js";
import * as episode from "./views/episode.js";
import * as home from "./views/home.js";
import * as map from "./views/map.js";
import * as results from "./views/results.js";

const [main, said, trouble, input, toMap, follow] = [
  "found",
  "said",
  "trouble",
  "question",
  "to-map",
  "feed",
].map((id) => document.getElementById(id));
const box = new SearchBox(input);
new Completion(input, document.getElementById("completions"));

let current = new AbortController(); // of the view being loaded
let left = read(""); // the state of the previous view

function show(options) {
  const state = read(location.search);
  box.tell(state);
  return load(state, options);
}

/** Load and show a view; a view that is still being loaded is cancelled. */
async function load(state, options) {
  current.abort();
  const { signal } = (current = new AbortController());
  const view = viewOf(state);
  main.setAttribute("aria-busy", "true");
  try {
    const found = await view.load(state, { ...options, signal });
    if (!signal.aborted) present(view, found, state);
  } catch (error) {
    if (!signal.aborted) fail(error, state, signal);
  }
}

function viewOf(state) {
  if (state.episode) return episode;
  if (state.map) return map;
  return state.q || isFiltered(state) || isRefined(state) ? results : home;
}

function present(view, found, state) {
  const isNew = document.body.dataset.view !== view.name || left.episode !== state.episode;
  const key = document.activeElement?.dataset.key;
  document.body.dataset.view = view.name;
  document.title = view.title(found, state);
  main.replaceChildren(...view.draw(found, state).filter(Boolean));
  main.setAttribute("aria-busy", "false");
  said.textContent = view.said(found, state);
  trouble.hidden = true;
  offer(state);
  focus(key, isNew);
  left = state;
}

/** Update the links to the map of this question and to its feed. */
function offer(state) {
  toMap.href = state.q ? `?${new URLSearchParams({ map: 1, q: state.q })}` : "?map=1";
  if (state.q) follow.href = feed(state);
  else follow.removeAttribute("href");
}

/** Focus the episode that was left, or what had the focus, or else the top of a new view. */
function focus(key, isNew) {
  if (document.activeElement === input) return;
  const keys = [isNew && left.episode && `title:${left.episode}`, key].filter(Boolean);
  const kept = keys
    .map((each) => document.querySelector(`[data-key="${CSS.escape(each)}"]`))
    .find(Boolean);
  if (kept) return kept.focus({ preventScroll: true });
  if (isNew) main.focus({ preventScroll: true });
}

async function fail(error, state, signal) {
  const isGone = error instanceof Gone;
  trouble.textContent = isGone
    ? `${error.message} This page will retry until it does.`
    : error.message;
  trouble.hidden = false;
  main.setAttribute("aria-busy", String(isGone));
  if (!isGone) return;
  await untilReady(signal);
  if (!signal.aborted) load(state, {});
}

keyboard.install(input, main);
navigation.install(show);
player.install();
show({});

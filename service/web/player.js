// The player at the bottom: plays an episode from a second on. Nothing is loaded before a click.

import { ofEpisode, read } from "./address.js";

const BACK = 15; // seconds
const ON = 30;
const KEYS = { j: -BACK, l: ON };

const [bar, audio, title, close] = ["player", "audio", "playing", "stop"].map((id) =>
  document.getElementById(id),
);

/** Play on a click on a moment; space, j and l move while the player is open. */
export function install() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.moment[data-audio]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    play(link.dataset);
  });
  document.addEventListener("keydown", press);
  audio.addEventListener("timeupdate", follow);
  audio.addEventListener("error", () => {
    if (audio.hasAttribute("src")) title.nextElementSibling.textContent = " cannot be played";
  });
  close.addEventListener("click", stop);
}

function play({ audio: address, at, id, title: name }) {
  const seconds = Number(at);
  if (audio.getAttribute("src")?.split("#")[0] === address) audio.currentTime = seconds;
  else audio.src = `${address}#t=${seconds}`;
  title.textContent = name;
  title.href = `${ofEpisode(id)}`;
  title.nextElementSibling.textContent = "";
  bar.dataset.id = id;
  bar.hidden = false;
  if (read(location.search).episode === id) hold(seconds);
  audio.play().catch(() => {}); // the element shows its own controls, and tells of an error
}

/** The address of the episode that is shown holds the second that was asked for. */
function hold(seconds) {
  history.replaceState(history.state, "", `${location.search}#t=${Math.floor(seconds)}`);
}

function stop() {
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  bar.hidden = true;
  for (const each of document.querySelectorAll(".chapters [aria-current]"))
    each.removeAttribute("aria-current");
}

function press(event) {
  const { key, target } = event;
  if (bar.hidden || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("input, textarea, select, audio, [contenteditable]")) return;
  if (key in KEYS) audio.currentTime = Math.max(0, audio.currentTime + KEYS[key]);
  else if (key === " " && !target.closest("button, a, summary")) {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  } else return;
  event.preventDefault();
}

/** Mark the chapter that is being played, and the passage of the transcript. */
function follow() {
  for (const list of document.querySelectorAll(".chapters")) {
    const links = [...list.querySelectorAll(".moment")];
    const playing = links
      .filter(({ dataset }) => dataset.id === bar.dataset.id && dataset.at <= audio.currentTime)
      .at(-1);
    for (const link of links) {
      if (link !== playing) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) tell(link, list);
    }
  }
}

/** Mark what is said now, and scroll within a list that scrolls. */
function tell(link, list) {
  link.setAttribute("aria-current", "true");
  if (link.offsetParent && list.scrollHeight > list.clientHeight) // a hidden one has no place
    list.scrollTop = link.offsetTop - list.offsetTop - list.clientHeight / 3;
}

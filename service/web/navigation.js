// Moves from one address to another without loading the page again.

let arrive = () => {};

/** Calls `show({again})` whenever the address changes; `again` is true for back and forward. */
export function install(show) {
  arrive = show;
  addEventListener("popstate", () => {
    settle();
    show({ again: true });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || !isPlain(event) || !isView(link)) return;
    event.preventDefault();
    go(link.href);
  });
}

/** Go to another view; adds an entry to the history. */
export function go(address) {
  history.pushState(null, "", address);
  arrive({ again: false });
}

/** Go to the question typed so far; the history keeps one entry for it, not one for each letter. */
export function type(address) {
  const typing = { typing: true };
  if (history.state?.typing) history.replaceState(typing, "", address);
  else history.pushState(typing, "", address);
  arrive({ again: false });
}

/** Finish the question that is being typed; the next letters start a new history entry. */
export function settle() {
  history.replaceState(null, "");
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function isView({ origin, pathname, hash }) {
  return origin === location.origin && pathname === location.pathname && !hash;
}

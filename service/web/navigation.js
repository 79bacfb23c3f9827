// From one address to another, without leaving the page.

let arrive = () => {};

/** Calls `show({again})` whenever the address changes: `again` on the way back. */
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

/** To another view, which the back button leaves. */
export function go(address) {
  history.pushState(null, "", address);
  arrive({ again: false });
}

/** To what is typed so far: the back button leaves the question, not its letters. */
export function type(address) {
  const typing = { typing: true };
  if (history.state?.typing) history.replaceState(typing, "", address);
  else history.pushState(typing, "", address);
  arrive({ again: false });
}

/** What was typed is a question; what is typed next is another. */
export function settle() {
  history.replaceState(null, "");
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function isView({ origin, pathname, hash }) {
  return origin === location.origin && pathname === location.pathname && !hash;
}

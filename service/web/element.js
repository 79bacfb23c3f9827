// Elements are made of names and text, never of markup: what an episode says cannot become code.

/** An element; attributes that are null or false are left out, as are such children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false)
      made.setAttribute(key, value);
  }
  made.append(...children.flat(2).filter((child) => child || child === 0));
  return made;
}

/** Text in a direction of its own, which cannot spill into what stands beside it. */
export function isolated(text) {
  return element("bdi", { dir: "auto" }, text);
}

/** The same where no element fits: Unicode's first strong isolate. */
export function isolatedText(text) {
  return `\u2068${text}\u2069`;
}

/** A link to elsewhere; null unless the address is of the web. */
export function outward(address, ...children) {
  if (!isOfTheWeb(address)) return null;
  return element("a", { class: "outward", href: address, rel: "noreferrer" }, ...children);
}

function isOfTheWeb(address) {
  return URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol);
}

// Creates elements from names and text, never from markup, so that no text can become code.

/** An element; attributes and children that are null or false are left out. */
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

/** Text with its own writing direction, which does not affect the text around it. */
export function isolated(text) {
  return element("bdi", { dir: "auto" }, text);
}

/** The same for plain strings: Unicode's FIRST STRONG ISOLATE. */
export function isolatedText(text) {
  return `\u2068${text}\u2069`;
}

/** A link to another site; null unless the address is http or https. */
export function outward(address, ...children) {
  if (!isOfTheWeb(address)) return null;
  return element("a", { class: "outward", href: address, rel: "noreferrer" }, ...children);
}

/** Whether an address is http or https, so that a link to it runs nothing here. */
export function isOfTheWeb(address) {
  return URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol);
}

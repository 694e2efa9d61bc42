// Builds elements. Text from outside only ever becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element; `properties` are set as DOM properties, `aria-…`, `data-…` and `role` as attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") element.className = value;
    else if (name === "on") listen(element, value);
    else if (name.includes("-") || name === "role" || name === "for" || name === "list") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Attach several listeners: `{click: f, input: g}`. */
export function listen(element, listeners) {
  for (const [event, listener] of Object.entries(listeners)) element.addEventListener(event, listener);
}

/** Return a decorative icon drawn by one path in a 24 × 24 box. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

let latest = 0;

/** Return an id that no other element has. */
export function freshId(prefix) {
  latest += 1;
  return `${prefix}-${latest}`;
}

/** Whether a URL belongs to this page's own server: nothing else is ever loaded. */
export function isOwn(url) {
  try {
    return new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

/** Return the URL if a click may follow it, else null. */
export function linkable(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

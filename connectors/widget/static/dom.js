/** Elements and style sheets, made in the ways that the strictest Content-Security-Policy lets pass. */

/**
 * An element with attributes, listeners and children: `h("button", {class: "chip", onclick: press}, "Yes")`.
 * A function is a listener, `style` an object of properties; null, undefined and false leave an attribute or a child
 * out, true is an empty attribute.
 */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for the elements of a drawing. */
export function svg(tag, props, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value == null) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, part] of Object.entries(value)) element.style.setProperty(key, part);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== false && child != null));
  return element;
}

/** A line drawing of 24 by 24, as large as the text around it; `paths` as in the attribute `d`. */
export function drawing(...paths) {
  const lines = paths.map((d) => svg("path", { d }));
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, lines);
}

/** What is at an address. Throws where nothing is. */
export async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${url}`);
  return response;
}

/** A style sheet for `adoptedStyleSheets`: a page that forbids style elements allows that. */
export async function styleSheet(url) {
  const response = await load(url);
  return new CSSStyleSheet().replace(await response.text());
}

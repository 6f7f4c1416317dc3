// Elements without markup: text is always text, so nothing that a mapping or nevisIDM says can become part of the page.

/** An element. Attributes as they are spelt in HTML; `on…` is a listener, `class` a class, null is left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Replace what stands in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((each) => each !== null && each !== undefined));
}

/** A place such as `mappings/User.yaml:84:3`, taken apart; null for none. */
export function placeOf(text) {
  const found = /^(.+\.yaml):(\d+)(?::(\d+))?$/.exec(text || "");
  return found ? { file: found[1], line: Number(found[2]), column: Number(found[3] || 1) } : null;
}

/** A button that shows a place in the mapping; nothing where there is no place. */
export function at(text, { tab = true } = {}) {
  const place = placeOf(text);
  if (!place) return "";
  const short = `${place.file.split("/").pop()}:${place.line}`;
  return h("button", { type: "button", class: "at", tabindex: tab ? null : -1, title: `Show ${text}`,
    onclick: (event) => { event.stopPropagation(); event.preventDefault(); show(text); } }, short);
}

const NAMED = /((?:[\w.-]+\/)?[\w.-]+\.yaml:\d+(?::\d+)?)/;

/** A text whose places can be clicked: `userName (User.yaml:84)`. */
export function linked(text) {
  return String(text).split(NAMED).map((part, number) => (number % 2 ? at(part) : part));
}

/** Ask for a place to be shown. */
export function show(text) {
  document.dispatchEvent(new CustomEvent("show-place", { detail: text }));
}

/** One tab stop for many elements: the arrow keys, Home and End go from one to the next. */
export function roving(container, selector, keys = () => false) {
  const all = () => [...container.querySelectorAll(selector)].filter((each) => each.offsetParent !== null);
  const first = container.querySelector(selector);
  for (const each of container.querySelectorAll(selector)) each.tabIndex = each === first ? 0 : -1;
  if (container.dataset.roving) return;
  container.dataset.roving = "yes";
  container.addEventListener("keydown", (event) => {
    const here = event.target.closest(selector);
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return;
    const items = all();
    const number = items.indexOf(here);
    const next = { ArrowDown: items[number + 1], ArrowUp: items[number - 1], Home: items[0], End: items.at(-1) }[event.key];
    if (next) {
      here.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if (!keys(event, here, items)) return;
    event.preventDefault();
  });
}

/** A time in milliseconds as people read it. */
export function ms(value) {
  return `${value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value)} ms`;
}

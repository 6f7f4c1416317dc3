// JSON as people read it: keys lead to the line of the mapping that is behind them, long lists open on demand.

import { h, linked, roving, show } from "./dom.js";

const FEW = 5;
const DEEP = 3;

/** The value. `lines`: place by path, the names joined by "/" and list elements left out. */
export function json(value, lines = {}) {
  const box = h("div", { class: "json" }, node(value, [], lines));
  roving(box, "button.k");
  return box;
}

function node(value, path, lines) {
  if (Array.isArray(value)) return list(value, path, lines);
  if (value !== null && typeof value === "object") return table(value, path, lines);
  if (typeof value === "string") return h("span", { class: "s" }, linked(JSON.stringify(value)));
  return h("span", { class: typeof value === "number" ? "n" : "w" }, String(value));
}

function table(value, path, lines) {
  const entries = Object.entries(value);
  if (!entries.length) return "{}";
  const rows = entries.map(([key, inner], number) =>
    h("div", {}, name(key, [...path, key], lines), ": ", node(inner, [...path, key], lines), number < entries.length - 1 ? "," : ""));
  return ["{", h("div", { class: "in" }, rows), "}"];
}

function list(value, path, lines) {
  if (!value.length) return "[]";
  const row = (each, number) => h("div", {}, node(each, path, lines), number < value.length - 1 ? "," : "");
  if (value.every((each) => each === null || typeof each !== "object") && value.length < 4) {
    return ["[", value.map((each, number) => [node(each, path, lines), number < value.length - 1 ? ", " : ""]), "]"];
  }
  const inside = h("div", { class: "in" }, value.slice(0, FEW).map(row));
  if (value.length > FEW) {
    const all = h("button", { type: "button", class: "all", onclick: () => {
      all.replaceWith(...value.slice(FEW).map((each, number) => row(each, number + FEW)));
    } }, `… ${value.length - FEW} more`);
    inside.append(all);
  }
  return ["[", inside, "]"];
}

function name(key, path, lines) {
  const text = JSON.stringify(key);
  const place = placeFor(path, lines);
  if (!place) return h("span", { class: "k" }, text);
  return h("button", { type: "button", class: "k", title: `Show ${place}`, onclick: () => show(place) }, text);
}

function placeFor(path, lines) {
  for (let start = 0; start < Math.min(DEEP, path.length); start += 1) {
    const found = lines[path.slice(start).join("/")];
    if (found) return found;
  }
  return null;
}

// The plan: the filter as a tree with the fate of each part, the routes, and what else was decided before anything was sent.

import { at, h, linked, roving, show } from "./dom.js";
import { json } from "./json.js";

const FATES = { pushed: "pushed", narrowed: "pushed in part", checked: "checked here", id: "by the id" };
const WHY = {
  pushed: "nevisIDM is asked, and nothing is left to check",
  narrowed: "nevisIDM is asked for somewhat more; the rest is checked on what comes back",
  checked: "nevisIDM cannot be asked this; it is checked on what comes back",
};
const SHOWN = new Set(["kind", "filter", "tree", "route", "push", "left", "routes", "checked", "places", "calls"]);
const NAMES = { sort: "sort", page: "page", hint: "hint", cost: "cost" };

/** The plan of a document; `went`: the routes that a run has taken. */
export function plan(told, went = new Set()) {
  const { request, plan: facts } = told;
  const head = h("p", { class: "node" }, h("b", {}, `${request.operation} ${request.resource}`), " ",
    h("span", { class: "quiet" }, `dialect ${request.dialect}`), " ", at(request.place));
  const parts = [head];
  if (facts.tree) parts.push(tree(facts.tree, went), legend());
  parts.push(rest(facts, went));
  return parts;
}

function legend() {
  return h("p", { class: "legend" }, Object.entries(WHY).map(([fate, why]) => h("span", { class: `fate ${fate}`, title: why }, FATES[fate])),
    h("span", { class: "quiet" }, "every hit is checked against the whole filter"));
}

// the tree

function tree(root, went) {
  const routes = Object.keys(root.on);
  const box = h("ul", { role: "tree", class: "tree", "aria-label": "Filter" }, item(root, 1, routes, went));
  roving(box, "[role=treeitem]", fold);
  return box;
}

function item(node, level, routes, went) {
  const terms = node.terms || [];
  const joint = ["and", "or", "not"].includes(node.kind);
  const open = terms.length ? "true" : null;
  const asks = routes.map((route) => ask(node.on[route], route, routes.length > 1, went.has(route)));
  const label = `${joint ? node.kind : node.text}: ${routes.map((route) => `${said(node.on[route].fate, route)} on ${route}`).join(", ") || "no call"}`;
  return h("li", { role: "treeitem", "aria-level": level, "aria-expanded": open, "aria-label": label, tabindex: -1, "data-at": node.place },
    h("div", { class: "node" }, joint ? h("span", { class: "joint" }, node.kind) : h("code", {}, node.text),
      routes.length === 1 ? badge(node.on[routes[0]].fate, routes[0]) : "", at(node.place, { tab: false }), h("div", { class: "asks" }, joint ? [] : asks)),
    terms.length ? h("ul", { role: "group" }, terms.map((each) => item(each, level + 1, routes, went))) : "");
}

function ask(on, route, several, taken) {
  if (!several && !on.pushed.length) return "";
  return h("div", { class: "ask" }, several ? [h("span", { class: "quiet" }, `${route}${taken ? " ✓" : ""}`), badge(on.fate, route)] : "",
    on.pushed.map((text) => h("code", {}, `→ ${text}`)));
}

function badge(fate, route) {
  return h("span", { class: `fate ${fate}`, title: WHY[fate] }, said(fate, route));
}

function said(fate, route) {
  return route === "get" && fate === "pushed" ? FATES.id : FATES[fate];
}

/** Left closes a node or goes up, Right opens it or goes down, Enter shows its line. */
function fold(event, here, items) {
  const group = here.querySelector(":scope > [role=group]");
  if (event.key === "Enter" || event.key === " ") {
    if (here.dataset.at) show(here.dataset.at);
    return Boolean(here.dataset.at);
  }
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return false;
  const opening = event.key === "ArrowRight";
  const isOpen = here.getAttribute("aria-expanded") === "true";
  if (group && opening !== isOpen) {
    here.setAttribute("aria-expanded", String(opening));
    group.hidden = !opening;
    return true;
  }
  const to = opening ? group?.querySelector("[role=treeitem]") : here.parentElement.closest("[role=treeitem]");
  if (to && items.includes(to)) to.focus();
  return Boolean(to);
}

// routes, order, cost

function rest(facts, went) {
  const rows = [];
  if (facts.routes?.length) rows.push(["routes", h("ul", {}, facts.routes.map((each) => route(each, went)))]);
  if (facts.left && facts.filter) rows.push(["left", facts.left === "nothing" ? "nothing" : [h("code", {}, facts.left === "all" ? facts.filter : facts.left), ` ${facts.checked || ""}`]]);
  for (const [name, title] of Object.entries(NAMES)) if (facts[name]) rows.push([title, facts[name]]);
  if (facts.calls?.length) rows.push(["would ask", h("ol", { class: "numbered" }, facts.calls.map(call))]);
  for (const [name, value] of Object.entries(facts)) {
    if (SHOWN.has(name) || name in NAMES || value === null || (Array.isArray(value) && !value.length)) continue;
    rows.push([name, typeof value === "string" ? linked(value) : json(value)]);
  }
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function route(each, went) {
  const push = Array.isArray(each.push) ? each.push.join(" , ") : each.push;
  return h("li", {}, h("b", {}, each.route), " ", each.chosen ? h("span", { class: "chip" }, "chosen") : "", " ",
    went.has(each.route) ? h("span", { class: "chip good" }, "taken") : "", " ", h("span", { class: "quiet" }, each.reason), " ",
    push ? h("code", {}, push) : "", " ", at(each.place));
}

function call(each) {
  const detail = [each.times, each.needed?.length ? `for ${each.needed.join(", ")}` : ""].filter(Boolean).join("; ");
  return h("li", {}, h("code", {}, each.call), " ", at(each.place), detail ? [" ", h("span", { class: "quiet" }, linked(detail))] : "",
    each.body ? json(each.body) : "", each.undo ? h("div", { class: "quiet" }, `taken back by ${each.undo}`) : "");
}

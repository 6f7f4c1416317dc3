// Resource types to browse: what each attribute is, where it comes from, what a filter on it becomes.

import { get } from "./api.js";
import { at, byId, fill, h, roving, show } from "./dom.js";

const FATES = { pushed: "pushed", narrowed: "pushed in part", checked: "checked here", id: "by the id", known: "known" };
let types = [];
let chosen = null;

/** Show the list; called whenever the view is opened. */
export async function browse() {
  if (!types.length) {
    ({ types } = await get("types"));
    byId("sought").addEventListener("input", list);
  }
  list();
  if (!chosen) await choose("User", types.some((each) => each.resource === "User"));
}

function list() {
  const word = byId("sought").value.trim().toLowerCase();
  const fitting = types.filter((each) => `${each.resource} ${each.endpoint}`.toLowerCase().includes(word));
  fill(byId("types"), fitting.map((each) => h("button", { type: "button", "aria-pressed": String(each.resource === chosen),
    onclick: () => choose(each.resource, true) }, each.resource)));
  if (!fitting.length) fill(byId("types"), h("p", { class: "empty" }, "No type is called so."));
  roving(byId("types"), "button");
}

async function choose(resource, there) {
  if (!there) return;
  chosen = resource;
  const facts = await get(`types/${encodeURIComponent(resource)}`);
  list();
  byId("types").querySelector('[aria-pressed="true"]')?.focus({ preventScroll: true });
  byId("h-type").textContent = `${facts.resource}: ${facts.attributes.length} attributes`;
  fill(byId("type"), about(facts), table(facts));
  byId("type").scrollTop = 0;
  show(facts.place);
}

function about(facts) {
  return h("div", { class: "about-type" }, h("p", {}, facts.description, " ", at(facts.place)),
    h("p", { class: "quiet" }, h("code", {}, facts.endpoint), " · ", h("code", {}, facts.schema)),
    h("details", {}, h("summary", { class: "quiet" }, `${facts.records.length} nevisIDM records`),
      h("ul", {}, facts.records.map((each) => h("li", {}, h("b", {}, each.record), " ", at(each.place), " ",
        h("code", {}, [...each.read, each.create, each.update, each.delete].filter(Boolean).join("  ·  ")))))));
}

function table(facts) {
  const heads = ["attribute", "is", "from nevisIDM", "a filter", "line"];
  return h("table", {}, h("thead", {}, h("tr", {}, heads.map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, facts.attributes.map(row)));
}

function row(each) {
  const cell = (label, ...inside) => h("td", { "data-label": label }, h("div", {}, inside));
  return h("tr", {}, cell("attribute", h("code", {}, each.name)), cell("is", marks(each)),
    cell("from", h("div", { class: "many" }, each.origin.map(origin))), cell("filter", filter(each.filter)), cell("line", at(each.place)));
}

function marks(each) {
  const words = [each.type === "complex" && each.many ? "several values" : each.many ? `${each.type}s` : each.type];
  if (each.required) words.push("required");
  if (each.mutability !== "readWrite") words.push(each.mutability);
  if (each.returned !== "default") words.push(`returned: ${each.returned}`);
  if (each.uniqueness !== "none") words.push(`unique: ${each.uniqueness}`);
  if (each.caseExact && each.type === "string") words.push("minds case");
  if (each.secret) words.push("secret");
  return words.join(", ") + (each.canonical.length ? `: ${each.canonical.join(", ")}` : "");
}

function origin(each) {
  const lead = each.slot ? h("span", { class: "quiet" }, `${each.slot} `) : "";
  const body = each.fields ? h("code", {}, each.fields.join(", ")) : each.template ? h("code", {}, each.template)
    : each.each ? ["one for each of ", h("code", {}, each.each)] : h("span", { class: "quiet" }, each.made);
  return h("div", {}, lead, body, each.lens ? h("span", { class: "quiet" }, ` as ${each.lens}`) : "");
}

function filter(said) {
  if (!said.length) return h("span", { class: "quiet" }, "no");
  const by = new Map();
  for (const each of said) {
    const key = `${each.fate} ${each.route}`;
    by.set(key, [...(by.get(key) || []), each]);
  }
  return h("div", { class: "many fates" }, [...by.values()].map((group) => h("div", {}, h("code", {}, group.map((each) => each.op).join(" ")), " ",
    h("span", { class: `fate ${group[0].fate}` }, FATES[group[0].fate]), group[0].route ? h("span", { class: "quiet" }, ` ${group[0].route}`) : "")));
}

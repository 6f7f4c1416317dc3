// A request: written or picked, run against the served or the edited mappings, and told from its filter to its answer.

import { post } from "./api.js";
import { calls } from "./calls.js";
import { at, byId, fill, h, ms } from "./dom.js";
import { json } from "./json.js";
import { plan } from "./plan.js";

const STAGES = { parse: "parse", plan: "plan", nevisidm: "nevisIDM", check: "view and check", shape: "shape" };
let edits = () => [];
let found = () => {};

/** Make the composer work. `edited`: the mappings as they were edited; `told`: what to do with findings that a run brings. */
export function composer(examples, edited, told) {
  edits = edited;
  found = told;
  const picker = byId("example");
  examples.forEach((each, number) => picker.append(h("option", { value: number }, each.title)));
  picker.addEventListener("change", () => { if (picker.value !== "") pick(examples[Number(picker.value)]); });
  byId("address").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); run(); }
  });
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  for (const id of ["plan", "calls", "answer"]) fill(byId(id), h("p", { class: "empty" }, "Pick an example, or write a request and run it."));
}

function pick(example) {
  byId("method").value = example.method;
  byId("address").value = typed(example.path);
  byId("body").value = example.body === null ? "" : JSON.stringify(example.body, null, 2);
  byId("headers").value = "";
  byId("more").open = example.body !== null;
  run();
}

/** The address as a person would type it. */
function typed(path) {
  try { return decodeURIComponent(path.replaceAll("+", " ")); } catch { return path; }
}

/** What is typed: `&` and `%` mean what they mean in a URL. */
function said() {
  const headers = Object.fromEntries(byId("headers").value.split("\n").map((line) => line.split(/:(.*)/s))
    .filter(([name, value]) => name.trim() && value !== undefined).map(([name, value]) => [name.trim(), value.trim()]));
  return { method: byId("method").value, address: byId("address").value.replace(/\s+/g, " ").trim(), headers, body: byId("body").value, mappings: edits() };
}

/** Send it and show what came of it. */
export async function run() {
  const button = byId("run");
  button.setAttribute("aria-busy", "true");
  try {
    tell(await post("run", said()));
  } catch (error) {
    problem(error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function problem(text) {
  fill(byId("status"), text);
}

function tell(told) {
  fill(byId("status"), told.problem || "");
  found(told.findings || [], told.edited);
  if (!told.request && !told.refused) return;
  const made = told.run?.calls || [];
  fill(byId("plan"), told.request ? plan(told, new Set(made.map((each) => each.name))) : h("p", { class: "empty" }, "Refused before anything was planned."));
  fill(byId("calls"), told.run ? calls(made) : h("p", { class: "empty" }, told.problem ? "Nothing was sent." : "None."));
  byId("count").textContent = made.length ? String(made.length) : "";
  answer(told);
  stages(told.stages || []);
  for (const id of ["plan", "calls", "answer"]) byId(id).scrollTop = 0;
}

function answer(told) {
  const given = told.run?.answer;
  const status = given?.status ?? told.status;
  const code = given?.code ?? told.code;
  fill(byId("code"), status ? h("span", { class: `chip ${status < 400 ? "good" : "bad"}` }, String(status)) : "", code ? h("span", { class: "quiet" }, ` ${code}`) : "", " ", at(given?.place));
  const body = given ? given.body : told.refused;
  fill(byId("answer"), body ? json(body, given?.lines || {}) : h("p", { class: "empty" }, status === 204 ? "No content." : "None."));
}

function stages(each) {
  const box = byId("stages");
  const whole = each.reduce((sum, stage) => sum + stage.milliseconds, 0);
  box.hidden = !each.length;
  const track = h("div", { class: "track", "aria-hidden": "true" }, each.map((stage, number) => {
    const part = h("i", { class: `s${number}` });
    part.style.flexGrow = String(Math.max(stage.milliseconds, whole / 200));
    return part;
  }));
  fill(box, track, h("p", { class: "keys" }, each.map((stage, number) =>
    h("span", { "data-stage": stage.stage }, h("i", { class: `s${number}`, "aria-hidden": "true" }), STAGES[stage.stage] || stage.stage, " ", h("b", {}, ms(stage.milliseconds)))),
    h("span", {}, "in all ", h("b", {}, ms(whole)))));
}

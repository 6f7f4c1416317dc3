// The mapping beside it: every file to read, in a sandbox to edit; linted while one types, each finding at its place.

import { get, post } from "./api.js";
import { byId, fill, h, placeOf } from "./dom.js";
import { painted } from "./paint.js";

const PAUSE = 350;
const served = new Map(); // file → the text that is served
const texts = new Map(); // file → the text as it stands here
const lint = { findings: [], pending: null, asked: null };
let files = [];
let current = null;
let here = 0;
let area = null;
let paint = null;

/** Make the pane work. */
export function pane(listed) {
  files = listed;
  area = h("textarea", { id: "text", spellcheck: "false", autocapitalize: "off", autocorrect: "off", wrap: "off", "aria-label": "Text of the mapping file" });
  paint = h("pre", { class: "paint", "aria-hidden": "true" });
  byId("editor").append(h("div", { class: "code" }, paint, area));
  const own = listed.filter((each) => !each.file.split("/").pop().startsWith("_"));
  const bases = listed.filter((each) => !own.includes(each));
  const option = (each) => h("option", { value: each.file, "data-name": each.file + (each.editable ? "" : " (to read)") });
  byId("file").append(h("optgroup", { label: "Resource types" }, own.map(option)), h("optgroup", { label: "Shared" }, bases.map(option)));
  byId("file").addEventListener("change", () => open(byId("file").value));
  byId("revert").addEventListener("click", revert);
  area.addEventListener("input", typed);
  document.addEventListener("show-place", (event) => goTo(event.detail));
  const first = own.find((each) => each.file.endsWith("/User.yaml")) || own[0];
  return first ? open(first.file) : null;
}

/** The files that differ from what is served, as the gateway takes them. */
export function edits() {
  return [...texts].filter(([file, text]) => text !== served.get(file)).map(([file, text]) => ({ file, text }));
}

/** Findings that came with a run. */
export function findings(found, edited) {
  if (edited || found.length) tell(found);
}

async function open(file) {
  if (!served.has(file)) {
    const [folder, name] = file.split("/");
    const { text } = await get(`mapping/${encodeURIComponent(folder)}/${encodeURIComponent(name)}`);
    served.set(file, text);
    texts.set(file, text);
  }
  current = file;
  here = 0;
  byId("file").value = file;
  area.value = texts.get(file);
  area.readOnly = !files.find((each) => each.file === file)?.editable;
  byId("editor").scrollTop = 0;
  draw();
  marks();
}

async function goTo(text) {
  const place = placeOf(text);
  const known = place && (files.find((each) => each.file === place.file) || files.find((each) => each.file.endsWith(`/${place.file}`)));
  if (!known) return;
  place.file = known.file; // a plan's text leaves the folder out
  if (place.file !== current) await open(place.file);
  here = place.line;
  draw();
  reveal(place.line);
}

function reveal(line) {
  const row = paint.children[line - 1];
  if (!row) return;
  const box = byId("editor");
  const pane = byId("mapping").getBoundingClientRect();
  if (pane.top > window.innerHeight * 0.8 || pane.bottom < 0) byId("mapping").scrollIntoView({ block: "start" });
  box.scrollTop = row.offsetTop - box.clientHeight / 3;
  box.scrollLeft = 0;
}

// typing

function typed() {
  texts.set(current, area.value);
  here = 0;
  draw();
  marks();
  clearTimeout(lint.pending);
  lint.pending = setTimeout(check, PAUSE);
}

function revert() {
  for (const [file, text] of served) texts.set(file, text);
  area.value = texts.get(current);
  clearTimeout(lint.pending);
  tell([]);
  marks();
}

async function check() {
  lint.asked?.abort();
  lint.asked = new AbortController();
  const sent = edits();
  if (!sent.length) return tell([]);
  try {
    tell((await post("lint", { mappings: sent }, lint.asked.signal)).findings);
  } catch (error) {
    if (error.name !== "AbortError") verdict(error.message, "bad");
  }
  return undefined;
}

// showing

function marks() {
  const changed = edits();
  byId("edited").hidden = !changed.length;
  for (const option of byId("file").options) {
    const edited = changed.some((each) => each.file === option.value);
    option.textContent = option.dataset.name + (edited ? " • edited" : "");
  }
  byId("revert").disabled = !changed.length;
}

function tell(found) {
  lint.findings = found;
  const errors = found.filter((each) => each.level === "error").length;
  const others = found.length - errors;
  if (!edits().length) verdict("", "");
  else if (errors) verdict(`${count(errors, "error")}${others ? `, ${count(others, "remark")}` : ""}: runs wait for a clean text`, "bad");
  else verdict(others ? `No error, ${count(others, "remark")}` : "No finding", "good");
  fill(byId("findings"), found.map(finding));
  draw();
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function verdict(text, kind) {
  byId("verdict").className = `verdict ${kind}`;
  byId("verdict").textContent = text;
}

function finding(each) {
  const where = each.file === current ? `${each.line}:${each.column}` : `${each.file}:${each.line}:${each.column}`;
  const button = h("button", { type: "button", class: each.level, onclick: () => toFinding(each) },
    h("code", {}, `${where} ${each.code}`), ` ${each.level === "error" ? "" : `${each.level}: `}${each.text}${each.cure ? `, ${each.cure}` : ""}`);
  return h("li", {}, button);
}

async function toFinding(each) {
  await goTo(`${each.file}:${each.line}:${each.column}`);
  if (each.file !== current) return;
  const start = area.value.split("\n").slice(0, each.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + each.column - 1;
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, start);
}

function draw() {
  const lines = area.value.split("\n");
  const slips = new Map(lint.findings.filter((each) => each.file === current).reverse().map((each) => [each.line, each]));
  while (paint.childElementCount > lines.length) paint.lastElementChild.remove();
  lines.forEach((text, index) => {
    const slip = slips.get(index + 1);
    const name = `row${here === index + 1 ? " here" : ""}${slip ? ` ${slip.level}` : ""}`;
    const key = `${name}|${slip?.column || 0}|${text}`;
    let row = paint.children[index];
    if (row && row.dataset.key === key) return;
    if (!row) { row = h("span"); paint.append(row); }
    row.className = name;
    row.dataset.key = key;
    row.replaceChildren(...painted(text, slip?.level === "error" ? slip.column : 0));
  });
}

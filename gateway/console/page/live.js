// The last requests as shapes, asked for again and again while somebody looks.

import { get } from "./api.js";
import { byId, fill, h, ms } from "./dom.js";

const EVERY = 1000;
const MOST = 200;
let last = 0;
let rows = [];
let timer = null;
let open = false;

/** Begin or stop watching. */
export function watch(on) {
  open = on;
  clearTimeout(timer);
  if (on) look();
}

document.addEventListener("visibilitychange", () => watch(open));

async function look() {
  if (!open || document.hidden) return;
  try {
    const told = await get(`recent?after=${last}`);
    if (told.last < last) { rows = []; last = 0; } // it was started anew
    if (told.requests.length) {
      rows = [...told.requests.reverse(), ...rows].slice(0, MOST);
      last = told.last;
    }
    if (told.requests.length || !byId("live").childElementCount) draw(told);
    byId("seen").textContent = `${told.seen} since it started`;
  } catch (error) {
    byId("seen").textContent = error.message;
  }
  timer = setTimeout(look, EVERY);
}

function draw(told) {
  if (!rows.length) {
    fill(byId("live"), h("p", { class: "empty" }, "Nothing yet. Send the gateway a request, and it stands here within a second."));
    return;
  }
  const heads = ["time", "operation", "type", "filter", "status", "calls", "took"];
  const fresh = new Set(told.requests.map((each) => each.number));
  fill(byId("live"), h("table", {}, h("thead", {}, h("tr", {}, heads.map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, rows.map((each) => row(each, fresh.has(each.number))))));
}

function row(each, isFresh) {
  const cell = (label, ...inside) => h("td", { "data-label": label }, h("div", {}, inside));
  return h("tr", { class: isFresh ? "fresh" : null }, cell("time", h("time", { datetime: each.at }, new Date(each.at).toLocaleTimeString())),
    cell("operation", `${each.operation} · ${each.dialect}`), cell("type", each.resource || "–"),
    cell("filter", each.shape ? h("code", {}, each.shape) : "–"),
    cell("status", h("span", { class: `chip ${each.status < 400 ? "good" : "bad"}` }, String(each.status)), each.code ? h("span", { class: "quiet" }, ` ${each.code}`) : ""),
    cell("calls", String(each.calls)),
    cell("took", h("span", { title: each.stages.map((stage) => `${stage.stage} ${ms(stage.milliseconds)}`).join(", ") }, ms(each.milliseconds))));
}

// The nevisIDM calls of a run, in the order of their answers, each with when it ran, what was sent and what came.

import { at, h, ms } from "./dom.js";
import { json } from "./json.js";

const OPEN = 2;

/** The calls as they were made. */
export function calls(made) {
  if (!made.length) return [h("p", { class: "empty" }, "No call was needed.")];
  const whole = Math.max(...made.map((each) => each.began + each.milliseconds), 1);
  const start = Math.min(...made.map((each) => each.began));
  return made.map((each, number) => call(each, start, whole - start || 1, number < OPEN));
}

function call(each, start, whole, open) {
  const [verb, ...path] = each.call.split(" ");
  const bar = h("i");
  bar.style.left = `${(100 * (each.began - start)) / whole}%`;
  bar.style.width = `${(100 * each.milliseconds) / whole}%`;
  const bodies = h("div", { class: "bodies", hidden: true });
  const what = h("button", { type: "button", class: "what", "aria-expanded": "false", onclick: () => fold(bodies.hidden) },
    h("span", { class: "verb" }, verb), h("code", {}, path.join(" ")));
  const fold = (opening) => {
    if (opening && !bodies.childElementCount) bodies.append(...inside(each));
    bodies.hidden = !opening;
    what.setAttribute("aria-expanded", String(opening));
  };
  fold(open);
  return h("div", { class: "call" }, h("div", { class: "head" }, what,
    h("span", { class: "how" }, h("span", { class: `chip ${each.status < 400 ? "good" : "bad"}` }, String(each.status ?? each.refusal?.kind ?? "none")),
      h("span", {}, ms(each.milliseconds)), h("span", {}, each.name), at(each.place)),
    h("span", { class: "when" }, bar)), bodies);
}

function inside(each) {
  const parts = [];
  if (each.sent !== undefined) parts.push(h("h3", {}, "sent"), json(each.sent, each.lines || {}));
  if (each.refusal) parts.push(h("h3", {}, "refused"), json(each.refusal));
  if (each.reply !== undefined && each.reply !== null) parts.push(h("h3", {}, "reply"), json(each.reply, each.lines || {}));
  if (!parts.length) parts.push(h("p", { class: "empty" }, "An empty body."));
  return parts;
}

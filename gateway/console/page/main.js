// What the page does first: ask what stands behind it, fill the composer and the mapping, let the tabs be changed.

import { get } from "./api.js";
import { byId, fill } from "./dom.js";
import { watch } from "./live.js";
import { edits, findings, pane } from "./mapping.js";
import { composer } from "./request.js";
import { browse } from "./types.js";

const TABS = ["request", "types", "live"];

function choose(name, focus = false) {
  for (const each of TABS) {
    const tab = byId(`tab-${each}`);
    const chosen = each === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(`view-${each}`).hidden = !chosen;
    if (chosen && focus) tab.focus();
  }
  watch(name === "live");
  if (name === "types") browse().catch(trouble);
}

function tabs() {
  for (const [number, name] of TABS.entries()) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => choose(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(TABS[(number + step + TABS.length) % TABS.length], true);
    });
  }
}

function trouble(error) {
  fill(byId("status"), error.message);
}

async function start() {
  tabs();
  const about = await get("start");
  byId("behind").textContent = about.sandbox ? "sandbox" : about.values ? "nevisIDM: reads only" : "nevisIDM: reads only, values hidden";
  byId("version").textContent = about.version;
  composer(about.examples, edits, findings);
  await pane(about.files);
  document.documentElement.dataset.ready = "yes";
}

start().catch(trouble);

// Mounts the map once and carries what changed over to it at every rerun.
import * as fallback from "./fallback.js";
import { node } from "./nodes.js";
import * as store from "./store.js";
import * as looks from "./styles.js";
import { View } from "./view.js";

const views = new WeakMap();

function hasWebGL2() {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    if (!context) return false;
    const lose = context.getExtension("WEBGL_lose_context");
    if (lose) lose.loseContext();
    return true;
  } catch (error) {
    return false;
  }
}

function say(root, text, failed) {
  let line = root.querySelector(".gm-message");
  if (!text) { if (line) line.remove(); return; }
  if (!line) {
    line = node("div", "gm-message");
    line.setAttribute("role", "status");
    root.appendChild(line);
  }
  line.textContent = text;
  line.classList.toggle("gm-failed", Boolean(failed));
}

async function begun(root, component) {
  const { data, parentElement } = component;
  const version = data.version ? "?v=" + data.version : "";
  root.style.height = data.height;
  say(root, data.words.loading);
  await store.sheet(parentElement, data.base + "web/map.css" + version);
  let view;
  if (hasWebGL2()) {
    await Promise.all([store.sheet(parentElement, data.libraries.maplibre_style), store.script(data.libraries.maplibre)]);
    view = new View(root, data, window.maplibregl);
    await view.ready;
  } else {
    view = await fallback.begin(root, data, parentElement);
  }
  return view;
}

// Streamlit calls this at the first run and whenever the data changed; the map that stands is kept.
export async function mount(given) {
  const root = given.parentElement.querySelector(".gm-root");
  const component = Object.assign({}, given, { data: Object.assign({}, given.data, { style: looks.wanted(root, given.data.style) }) });
  let held = views.get(root);
  if (!held) {
    held = { latest: component, view: null, gone: false };
    views.set(root, held);
    held.begun = begun(root, component).then((view) => {
      held.view = view;
      root.gridmap = view; // for tests and for the console
      if (held.gone) view.remove();
    });
  }
  held.latest = component;
  const remove = () => {
    if (held.latest !== component && root.isConnected) return; // a later run has taken the map over
    held.gone = true;
    views.delete(root);
    if (held.view) held.view.remove();
  };
  // Runs that follow each other quickly take turns; of those that wait only the newest is drawn.
  const turn = Promise.all([held.begun, held.turn]).then(() => {
    if (held.latest !== component || held.gone) return undefined;
    say(root, "");
    root.style.height = component.data.height;
    return held.view.apply(component.data, {
      state: (value) => held.latest.setStateValue("state", value),
      missing: (address) => held.latest.setTriggerValue("missing", address.split("/").pop()),
      say: (text, failed) => say(root, text, failed),
    });
  });
  held.turn = turn.catch(() => undefined);
  try {
    await turn;
  } catch (error) {
    say(root, component.data.words.failed + " " + (error && error.message ? error.message : error), true);
    root.dataset.failed = "1";
    if (!held.view) views.delete(root); // the next run tries again
    console.warn("gridmap:", error);
  }
  return remove;
}

// Buttons over the map: zoom, whole map, selecting, drawing, picture.
import { button, node } from "./nodes.js";

export const ICONS = {
  plus: ["M10 4v12M4 10h12"],
  minus: ["M4 10h12"],
  home: ["M3 10l7-6 7 6", "M5 9v7h10V9"],
  click: ["M5 3l9 7-4 .6 2.4 4.6-1.8 1-2.4-4.7L5 14z"],
  box: ["M4 5h12v10H4z", "M2 5h2M4 3v2M16 15h2M16 15v2"],
  lasso: ["M4 8c0-3 3-5 6.500-4.500S17 7 15.500 10 9 13.500 6.500 12.500 4 10 4 8z", "M6.500 12.500c1 1.500 0 3.500-2 4"],
  brush: ["M13 3l4 4-7 7-4-4z", "M6 10c-2 1-2 4-4 6 3 1 6 0 8-2"],
  clear: ["M5 5l10 10M15 5L5 15"],
  point: ["M10 17s-5-5-5-9a5 5 0 0 1 10 0c0 4-5 9-5 9z", "M10 8h.01"],
  line: ["M3 15l5-8 4 5 5-8"],
  polygon: ["M5 5l9-1 3 7-6 6-7-4z"],
  edit: ["M4 16l1-4 8-8 3 3-8 8z"],
  measure: ["M2 13L13 2l5 5L7 18z", "M6 10l2 2M9 7l2 2M12 4l2 2"],
  erase: ["M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11"],
  export: ["M3 6h3l1-2h6l1 2h3v10H3z", "M10 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
};
export const SELECTING = ["box", "lasso", "brush"];
export const DRAWING = ["point", "line", "polygon", "edit", "measure"];

export class Toolbar {
  constructor(view, data) {
    this.view = view;
    this.mode = "click";
    this.drawing = false;
    this.box = node("div", "gm-toolbar");
    this.box.setAttribute("role", "toolbar");
    view.root.appendChild(this.box);
    this.buttons = new Map();
    this.keys = (event) => { if (event.key === "Escape" && this.here()) this.escape(); };
    document.addEventListener("keydown", this.keys);
    this.apply(data);
  }

  apply(data) {
    const given = data.drawn ? JSON.stringify(data.drawn) : "";
    if (given !== (this.given || "")) {
      this.given = given;
      this.editor().then((editor) => editor.load(data.drawn), () => undefined);
    }
    const wanted = JSON.stringify([data.tools, data.lang]);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.buttons.clear();
    const words = data.words;
    const map = this.view.map;
    const groups = [[["plus", "+", () => map.zoomIn()], ["minus", "−", () => map.zoomOut()], ["home", words.home, () => this.view.goHome()]]];
    const selecting = data.tools.filter((tool) => SELECTING.indexOf(tool) >= 0);
    if (selecting.length) groups.push(["click", ...selecting, "clear"]);
    const drawing = data.tools.filter((tool) => DRAWING.indexOf(tool) >= 0);
    if (drawing.length) groups.push([...(selecting.length ? [] : ["click"]), ...drawing, "erase"]);
    groups.push(["export"]);
    this.box.replaceChildren(...groups.map((group) => {
      const part = node("div", "gm-tools");
      group.forEach((entry) => part.appendChild(this.make(entry, words)));
      return part;
    }));
    if (this.mode !== "click" && !this.buttons.has(this.mode)) this.choose("click"); // a tool that is no longer offered
    this.show();
  }

  make(entry, words) {
    const [name, title, act] = Array.isArray(entry) ? entry : [entry, words[entry], () => this.act(entry)];
    const made = button("gm-tool", title, ICONS[name]);
    made.dataset.tool = name;
    made.addEventListener("click", act);
    this.buttons.set(name, made);
    return made;
  }

  act(name) {
    if (name === "clear") this.view.selecting.clear();
    else if (name === "export") import("./export.js").then((module) => module.save(this.view)).catch((error) => this.view.say(this.view.words.failed + " " + error.message, true));
    else if (name === "erase") this.editor().then((editor) => editor.erase());
    else this.choose(this.mode === name ? "click" : name);
  }

  choose(mode) {
    this.mode = mode;
    const drawing = DRAWING.indexOf(mode) >= 0;
    if (drawing || this.drawing) this.editor().then((editor) => editor.mode(drawing ? mode : "static"));
    this.drawing = drawing;
    this.view.selecting.mode(SELECTING.indexOf(mode) >= 0 ? mode : "click");
    this.view.card.clear();
    this.show();
    this.view.keep();
  }

  editor() {
    if (!this.made) {
      this.made = import("./editor.js").then((module) => module.begin(this.view)).catch((error) => {
        this.made = null;
        this.view.say(this.view.words.failed + " " + error.message, true);
        throw error;
      });
    }
    return this.made;
  }

  show() {
    this.buttons.forEach((made, name) => made.setAttribute("aria-pressed", String(name === this.mode)));
  }

  // A key is meant for the map while the pointer is over it or one of its buttons was used last.
  here() {
    const root = this.view.root;
    return root.isConnected && (root.matches(":hover") || Boolean(root.getRootNode().activeElement));
  }

  escape() {
    if (this.mode !== "click") this.choose("click");
    this.view.card.close();
    this.view.selecting.clear();
  }

  remove() {
    document.removeEventListener("keydown", this.keys);
    if (this.made) this.made.then((editor) => editor.remove(), () => undefined);
  }
}

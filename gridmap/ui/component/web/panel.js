// The list of layers with their legends, the switch of styles and of labels.
import { button, node, swatch } from "./nodes.js";
import * as looks from "./styles.js";

const LOOKS = ["light", "dark", "print"];

// A sample in the colours of the chosen look.
export function sample(entry, role, look) {
  const style = Object.assign({}, entry.style);
  if (style.color) style.color = looks.stroke(style.color, role, look);
  if (style.fillColor && style.fillColor !== "hatch") style.fillColor = looks.fill(style.fillColor, role, look);
  return swatch(style, entry.shape);
}

export function legend(data, words, look) {
  const box = node("div", "gm-legend");
  const entries = data.legend.entries;
  if (data.legend.unit) box.appendChild(node("div", "gm-unit", data.legend.unit));
  if (entries.some((entry) => entry.n !== null)) {
    const head = node("div", "gm-entry gm-entry-head");
    head.append(node("span", "gm-entry-label", ""), node("span", "gm-entry-n", data.legend.counted || words.n));
    box.appendChild(head);
  }
  entries.forEach((entry) => {
    const line = node("div", "gm-entry");
    line.append(sample(entry, data.role, look), node("span", "gm-entry-label", entry.label));
    if (entry.n !== null) line.appendChild(node("span", "gm-entry-n", entry.n));
    box.appendChild(line);
  });
  if (data.legend.note) box.appendChild(node("div", "gm-note", data.legend.note));
  return box;
}

export class Panel {
  constructor(view) {
    this.view = view;
    this.open = view.root.clientWidth > 560;
    this.folded = new Map();
    this.box = node("div", "gm-panel");
    this.head = node("button", "gm-panel-head");
    this.head.type = "button";
    this.body = node("div", "gm-panel-body");
    this.layers = node("div", "");
    this.further = node("div", "");
    this.foot = node("div", "gm-panel-foot");
    this.body.append(this.further, this.layers, this.foot);
    this.box.append(this.head, this.body);
    this.head.addEventListener("click", () => { this.open = !this.open; this.fold(); });
    view.root.appendChild(this.box);
    this.fold();
  }

  fold() {
    this.body.hidden = !this.open;
    this.head.setAttribute("aria-expanded", String(this.open));
  }

  apply() {
    const view = this.view;
    this.head.textContent = view.words.layers;
    const drawn = JSON.stringify(view.drawn.map((layer) => [layer.key, layer.name, layer.role])) + view.lang + view.look;
    if (drawn === this.shown) return;
    this.shown = drawn;
    this.layers.replaceChildren(...view.drawn.slice().reverse().map((layer) => this.section(layer)));
    this.foot.replaceChildren(this.labels(), this.looks());
  }

  section(layer) {
    const view = this.view;
    const part = node("section", "gm-layer");
    const label = node("label", "gm-layer-name");
    const input = node("input");
    const themes = view.drawn.concat(view.others).filter((other) => other.role === "theme");
    const exclusive = layer.role === "theme" && themes.length > 1;
    input.type = exclusive ? "radio" : "checkbox";
    if (exclusive) input.name = "gm-theme";
    const details = legend(layer.data, view.words, view.look);
    const name = layer.role + "/" + layer.name;
    const foldable = layer.role === "context";
    const refresh = () => {
      input.checked = layer.shown;
      details.hidden = !layer.shown || (this.folded.has(name) ? this.folded.get(name) : foldable);
      part.classList.toggle("gm-off", !layer.shown);
    };
    layer.refresh = refresh;
    input.addEventListener("change", () => {
      if (exclusive) themes.forEach((other) => { if (other !== layer && other.shown) { view.switch(other, false); other.refresh(); } });
      view.switch(layer, input.checked);
      refresh();
    });
    label.append(input, node("span", "", layer.name));
    if (layer.data.legend.entries.length) {
      const unfold = button("gm-unfold", view.words.unfold);
      const draw = () => { unfold.textContent = details.hidden ? "+" : "–"; };
      unfold.addEventListener("click", () => { this.folded.set(name, !details.hidden); refresh(); draw(); });
      part.appendChild(unfold);
      refresh();
      draw();
    }
    part.append(label, details);
    refresh();
    return part;
  }

  labels() {
    const label = node("label", "gm-layer-name");
    const input = node("input");
    input.type = "checkbox";
    input.checked = this.view.labels;
    input.addEventListener("change", () => { this.view.labels = input.checked; this.view.refreshLabels(); });
    label.append(input, node("span", "", this.view.words.labels));
    return label;
  }

  looks() {
    const box = node("div", "gm-looks");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", this.view.words.style);
    const buttons = LOOKS.map((look) => {
      const made = node("button", "", this.view.words[look]);
      made.type = "button";
      made.addEventListener("click", () => { this.view.restyle(look); this.apply(); });
      box.appendChild(made);
      return made;
    });
    const draw = () => buttons.forEach((made, place) => made.setAttribute("aria-pressed", String(LOOKS[place] === this.view.look)));
    draw();
    return box;
  }
}

// Choosing areas on the map of Leaflet: by box, and one by one with the control key; told to Python as the other map does.
import { AREAS, anchor } from "./layers.js";
import { button, count, filled, node } from "./nodes.js";
import { CHOSEN } from "./styles.js";
import { ICONS } from "./toolbar.js";

export class Picks {
  constructor(simple) {
    this.simple = simple;
    this.layer = null; // { role, name } of the layer in which areas are chosen
    this.ids = new Set();
    this.boxing = false;
    this.start = null;
    this.totals = node("div", "gm-totals gm-simple-totals");
    this.frame = node("div", "gm-simple-frame");
    this.totals.hidden = this.frame.hidden = true;
    this.moves = (event) => this.follow(event);
    this.ends = (event) => this.finish(event);
    this.keys = (event) => { if (event.key === "Escape" && simple.root.matches(":hover")) this.clear(); };
    window.addEventListener("pointermove", this.moves, true);
    window.addEventListener("pointerup", this.ends, true);
    window.addEventListener("pointercancel", this.ends, true);
    document.addEventListener("keydown", this.keys);
  }

  // Another map is there: what was chosen is found again by its ids.
  begin(tools) {
    const { map, root, words } = this.simple;
    root.append(this.totals, this.frame);
    this.offered = tools.indexOf("box") >= 0;
    map.getContainer().addEventListener("pointerdown", (event) => this.press(event), true);
    if (this.offered) {
      this.tool = button("gm-tool", words.box, ICONS.box);
      this.tool.dataset.tool = "box";
      this.tool.addEventListener("click", () => this.arm(!this.boxing));
      const clear = button("gm-tool", words.clear, ICONS.clear);
      clear.dataset.tool = "clear";
      clear.addEventListener("click", () => this.clear());
      const control = window.L.control({ position: "topleft" });
      control.onAdd = () => {
        const box = node("div", "gm-tools");
        box.append(this.tool, clear);
        window.L.DomEvent.disableClickPropagation(box);
        return box;
      };
      control.addTo(map);
      this.arm(false);
    }
    this.show();
  }

  end() {
    if (this.light) this.light.remove();
    this.light = null;
  }

  arm(on) {
    this.boxing = on;
    this.tool.setAttribute("aria-pressed", String(on));
    this.simple.map.getContainer().style.cursor = on ? "crosshair" : "";
  }

  // Where areas are chosen: the theme that is shown, else the outlines.
  areas() {
    const found = this.simple.entries().filter((entry) => entry.shown && AREAS.indexOf(entry.data.role) >= 0 && entry.data.ids);
    return found.find((entry) => entry.data.role === "theme") || found.find((entry) => entry.data.role === "grids") || found[0];
  }

  // Dedicated grids lie over base grids and upper tiers under them: taken together, their numbers would be counted twice.
  counts(data, row) {
    const style = data.style[row];
    return data.silent.indexOf(style) < 0 && (data.role !== "grids" || data.over.indexOf(style) < 0);
  }

  place(event) {
    const box = this.simple.map.getContainer().getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    if (!this.offered || event.button !== 0 || !(this.boxing || event.shiftKey) || event.target.closest(".leaflet-control") || !this.areas()) return;
    event.stopPropagation();
    event.preventDefault();
    this.start = this.place(event);
    this.adding = event.ctrlKey || event.metaKey;
    this.erasing = event.altKey;
    this.simple.map.dragging.disable();
    this.follow(event);
  }

  follow(event) {
    if (!this.start) return;
    const [x, y] = this.place(event);
    this.frame.hidden = false;
    Object.assign(this.frame.style, {
      left: Math.min(x, this.start[0]) + "px", top: Math.min(y, this.start[1]) + "px",
      width: Math.abs(x - this.start[0]) + "px", height: Math.abs(y - this.start[1]) + "px",
    });
  }

  finish(event) {
    if (!this.start) return;
    const corners = [this.start, this.place(event)].map((place) => this.simple.map.containerPointToLatLng(place));
    this.start = null;
    this.frame.hidden = true;
    this.simple.map.dragging.enable();
    if (event.type === "pointercancel") return;
    this.swallow();
    this.enclose(this.areas(), window.L.latLngBounds(corners));
  }

  // The click that follows a stroke means nothing of its own.
  swallow() {
    const container = this.simple.map.getContainer();
    const take = (event) => event.stopPropagation();
    container.addEventListener("click", take, { capture: true, once: true });
    setTimeout(() => container.removeEventListener("click", take, true), 50);
  }

  // Areas whose inner point lies in the box.
  enclose(entry, box) {
    this.within(entry);
    if (!this.adding && !this.erasing) this.ids.clear();
    entry.layer.eachLayer((part) => {
      if (!part.getLatLngs || !this.counts(entry.data, part.gridmapRow)) return;
      const [lng, lat] = anchor(part.toGeoJSON(false).geometry);
      if (box.contains([lat, lng])) this.choose(entry.data.ids[part.gridmapRow], !this.erasing);
    });
    this.tell();
  }

  within(entry) {
    if (this.layer && this.layer.role === entry.data.role && this.layer.name === entry.data.name) return;
    this.ids.clear();
    this.layer = { role: entry.data.role, name: entry.data.name };
  }

  choose(id, chosen) {
    if (chosen) this.ids.add(id);
    else this.ids.delete(id);
  }

  toggle(entry, row) {
    if (!this.counts(entry.data, row)) return;
    this.within(entry);
    this.choose(entry.data.ids[row], !this.ids.has(entry.data.ids[row]));
    this.tell();
  }

  clear() {
    const had = this.ids.size > 0;
    this.ids.clear();
    if (this.tool) this.arm(false);
    if (had) this.tell();
  }

  tell() {
    this.show();
    this.simple.send({ picked: this.ids.size ? { layer: this.layer.name, role: this.layer.role, ids: [...this.ids] } : null });
  }

  // Which are chosen, how many, and the sums of their numbers.
  show() {
    this.end();
    const entry = this.ids.size && this.simple.entries().find((one) => one.data.role === this.layer.role && one.data.name === this.layer.name);
    this.totals.hidden = !entry;
    if (!entry) { this.ids.clear(); return; }
    const rows = new Set();
    entry.data.ids.forEach((id, row) => { if (this.ids.has(id)) rows.add(row); });
    this.light = this.simple.outline(entry.layer, (row) => rows.has(row), CHOSEN.light, true);
    const totals = entry.data.totals || {};
    this.totals.replaceChildren(node("b", "", filled(this.simple.words.chosen, { n: count(rows.size) })), ...Object.keys(totals).map((field) => {
      const part = node("span", "", " · " + field + " ");
      part.appendChild(node("b", "", count([...rows].reduce((sum, row) => sum + (totals[field][row] || 0), 0))));
      return part;
    }));
  }

  remove() {
    window.removeEventListener("pointermove", this.moves, true);
    window.removeEventListener("pointerup", this.ends, true);
    window.removeEventListener("pointercancel", this.ends, true);
    document.removeEventListener("keydown", this.keys);
    this.totals.remove();
    this.frame.remove();
  }
}

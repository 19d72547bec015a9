// Choosing areas: by box, lasso and brush, with running totals; told to Python when the pointer is lifted.
import { anchor } from "./layers.js";
import { count, drawing, filled, node } from "./nodes.js";

const STEP_PX = 3; // a quick stroke is followed in steps, so that it skips nothing

// Whether a place lies inside a closed line of places; the even-odd rule.
export function inside(place, ring) {
  let within = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[j];
    if (y1 > place[1] !== y2 > place[1] && place[0] < ((x2 - x1) * (place[1] - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

export class Selecting {
  constructor(view) {
    this.view = view;
    this.kind = "click";
    this.busy = false;
    this.layer = null;
    this.rows = new Set();
    this.totals = node("div", "gm-totals");
    this.totals.hidden = true;
    this.shape = drawing("svg", { class: "gm-shape" });
    this.trace = drawing("path", { fill: "rgba(11,92,140,.12)", stroke: "#0b5c8c", "stroke-width": 1.5, "stroke-dasharray": "5 3" }, this.shape);
    view.root.append(this.totals, this.shape);
    const target = view.map.getCanvasContainer();
    this.down = (event) => this.begin(event);
    this.move = (event) => this.follow(event);
    this.up = (event) => this.end(event);
    target.addEventListener("pointerdown", this.down, true);
    window.addEventListener("pointermove", this.move, true);
    window.addEventListener("pointerup", this.up, true);
    window.addEventListener("pointercancel", this.up, true);
    this.target = target;
  }

  mode(kind) {
    this.kind = kind;
    this.busy = false;
    this.view.map.getCanvas().style.cursor = kind === "click" ? "" : "crosshair";
    const ready = kind === "click" ? null : this.prepare(this.areas());
    if (ready) ready.catch(() => undefined);
  }

  // Of tiles, places and numbers are fetched when they are first needed.
  prepare(layer) {
    if (!layer || !layer.said || layer.places) return null;
    return layer.load().catch((error) => { this.view.say(this.view.words.failed + " " + error.message, true); throw error; });
  }

  // Where areas are chosen: the theme that is shown, else the outlines.
  areas() {
    const layers = this.view.drawn.concat(this.view.others).filter((layer) => layer.shown && layer.area && (layer.data.ids || layer.said));
    return layers.find((layer) => layer.role === "theme") || layers.find((layer) => layer.role === "grids") || layers[0] || null;
  }

  place(event) {
    const box = this.target.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  begin(event) {
    if (event.button !== 0 || this.view.toolbar.drawing) return;
    const kind = this.kind !== "click" ? this.kind : event.shiftKey ? "box" : "";
    if (!kind) return;
    const layer = this.areas();
    if (!layer) return;
    if (layer !== this.layer) this.empty(layer);
    this.soon(layer);
    event.stopPropagation();
    event.preventDefault();
    this.view.card.leave();
    this.view.map.dragPan.disable();
    this.busy = true;
    this.active = kind;
    this.erasing = event.altKey;
    this.adding = event.ctrlKey || event.metaKey;
    this.path = [this.place(event)];
    if (kind === "brush") this.touch(this.path[0]);
    this.draw();
  }

  follow(event) {
    if (!this.busy) return;
    const place = this.place(event);
    const last = this.path[this.path.length - 1];
    if (this.active === "box") this.path = [this.path[0], place];
    else {
      const steps = Math.max(1, Math.ceil(Math.hypot(place[0] - last[0], place[1] - last[1]) / STEP_PX));
      if (this.active === "brush") for (let step = 1; step <= steps; step += 1) this.touch([last[0] + ((place[0] - last[0]) * step) / steps, last[1] + ((place[1] - last[1]) * step) / steps]);
      this.path.push(place);
    }
    this.draw();
    if (this.active === "brush") this.say();
  }

  end(event) {
    if (!this.busy) return;
    this.busy = false;
    this.view.map.dragPan.enable();
    this.trace.removeAttribute("d");
    if (event.type === "pointercancel") return;
    this.swallow();
    if (this.active === "brush") {
      this.tell();
      return;
    }
    const [layer, corners, adding, erasing] = [this.layer, this.corners(), this.adding, this.erasing];
    const take = () => {
      if (layer !== this.layer || this.view.gone) return;
      this.enclose(corners, adding, erasing);
      this.tell();
    };
    const ready = this.prepare(layer);
    if (ready) ready.then(take, () => undefined);
    else take();
  }

  // The sums follow when the numbers are there.
  soon(layer) {
    const ready = this.prepare(layer);
    if (ready) ready.then(() => { if (layer === this.layer && !this.view.gone) this.say(); }, () => undefined);
  }

  // The click that follows a stroke means nothing of its own.
  swallow() {
    const take = (event) => { event.gridmapTaken = true; };
    this.target.addEventListener("click", take, { capture: true, once: true });
    setTimeout(() => this.target.removeEventListener("click", take, true), 50);
  }

  // The area under a place, of the layer in which areas are chosen.
  touch(place) {
    const ids = this.layer.styleLayers.filter((id) => /:(fill|hatch)$/.test(id));
    const found = this.view.map.queryRenderedFeatures(place, { layers: ids }).find((feature) => this.counts(this.layer, feature.properties[this.layer.attribute]));
    const row = found ? this.layer.rowAt(found.id) : undefined;
    if (row !== undefined) this.choose(row, !this.erasing);
  }

  corners() {
    const [first, last] = [this.path[0], this.path[this.path.length - 1]];
    const ring = this.active === "box" ? [first, [last[0], first[1]], last, [first[0], last[1]]] : this.path;
    return ring.map((place) => this.view.map.unproject(place)).map((place) => [place.lng, place.lat]);
  }

  // Areas whose inner point lies in the box or lasso; counted on the geometry itself, not on what happens to be drawn.
  enclose(corners, adding, erasing) {
    if (!adding && !erasing) this.empty(this.layer);
    this.anchors().forEach((place, row) => { if (place && inside(place, corners)) this.choose(row, !erasing); });
  }

  anchors() {
    const layer = this.layer;
    if (!layer.anchors) {
      const counted = (row) => this.counts(layer, layer.data.style[row]);
      layer.anchors = layer.places ? layer.places.map((place, row) => (counted(row) ? place : null)) : layer.geometries.map((geometry, row) => (geometry && counted(row) ? anchor(geometry) : null));
    }
    return layer.anchors;
  }

  choose(row, chosen) {
    if (this.rows.has(row) === chosen) return;
    if (chosen) this.rows.add(row);
    else this.rows.delete(row);
    this.layer.mark(row, { picked: chosen });
  }

  // Dedicated grids lie over base grids and upper tiers under them: taken together, their numbers would be counted twice.
  counts(layer, style) {
    return layer.data.silent.indexOf(style) < 0 && (layer.role !== "grids" || layer.data.over.indexOf(style) < 0);
  }

  toggle(layer, row, style) {
    if (!this.counts(layer, style)) return;
    if (layer !== this.layer) this.empty(layer);
    this.soon(layer);
    this.choose(row, !this.rows.has(row));
    this.tell();
  }

  empty(layer) {
    if (this.layer) this.rows.forEach((row) => this.layer.mark(row, { picked: false }));
    this.rows.clear();
    this.layer = layer;
  }

  clear() {
    const had = this.rows.size > 0;
    if (this.busy) {
      this.busy = false;
      this.view.map.dragPan.enable();
      this.trace.removeAttribute("d");
    }
    this.empty(this.layer);
    this.say();
    if (had) this.view.send({ picked: null });
  }

  // Let go of all areas without a word to Python.
  drop() {
    this.empty(this.layer);
    this.say();
  }

  // Choose areas by layer and ids, as `tell` says them; returns what of them is there, null for nothing.
  take(picked) {
    const layer = this.view.drawn.concat(this.view.others).find((one) => one.role === picked.role && one.name === picked.layer);
    if (!layer || !Array.isArray(picked.ids)) return null;
    this.empty(layer);
    picked.ids.forEach((id) => { const row = layer.rowOf(id); if (row !== undefined) this.choose(row, true); });
    this.soon(layer);
    this.say();
    return this.rows.size ? { layer: layer.name, role: layer.role, ids: this.codes() } : null;
  }

  codes() {
    return this.layer ? [...this.rows].flatMap((row) => this.layer.idsOf(row)) : [];
  }

  tell() {
    this.say();
    this.view.send({ picked: this.rows.size ? { layer: this.layer.name, role: this.layer.role, ids: this.codes() } : null });
  }

  // How many are chosen, and the sums of their numbers.
  say() {
    this.totals.hidden = !this.rows.size;
    if (!this.rows.size) return;
    const parts = [node("b", "", filled(this.view.words.chosen, { n: count(this.rows.size) }))];
    const totals = this.layer.data.totals || {};
    Object.keys(totals).forEach((field) => {
      let sum = 0;
      this.rows.forEach((row) => { sum += totals[field][row] || 0; });
      const part = node("span", "", " · " + field + " ");
      part.appendChild(node("b", "", count(sum)));
      parts.push(part);
    });
    this.totals.replaceChildren(...parts);
  }

  draw() {
    const [first, last] = [this.path[0], this.path[this.path.length - 1]];
    const ring = this.active === "box" ? [first, [last[0], first[1]], last, [first[0], last[1]]] : this.path;
    const close = this.active === "brush" ? "" : "Z";
    this.trace.setAttribute("fill", close ? "rgba(11,92,140,.12)" : "none");
    this.trace.setAttribute("d", "M" + ring.map((place) => place[0].toFixed(1) + " " + place[1].toFixed(1)).join("L") + close);
  }

  // The rows of a layer have other places now.
  renumber(layer, moved) {
    if (layer !== this.layer) return;
    this.rows = new Set([...this.rows].filter((row) => moved.has(row)).map((row) => moved.get(row)));
    this.say();
  }

  // After a rerun the layer may be another one: what was chosen in it is found again by its ids.
  apply() {
    const all = this.view.drawn.concat(this.view.others);
    if (!this.layer || all.indexOf(this.layer) >= 0) return;
    const ids = this.codes();
    const next = all.find((layer) => layer.role === this.layer.role && layer.name === this.layer.name);
    this.rows.clear();
    this.layer = next || null;
    if (next) ids.forEach((id) => { const row = next.rowOf(id); if (row !== undefined) this.choose(row, true); });
    if (next && this.rows.size) this.soon(next);
    this.say();
  }

  remove() {
    this.target.removeEventListener("pointerdown", this.down, true);
    window.removeEventListener("pointermove", this.move, true);
    window.removeEventListener("pointerup", this.up, true);
    window.removeEventListener("pointercancel", this.up, true);
  }
}

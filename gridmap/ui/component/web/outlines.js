// Outlines of the few areas that are pointed at, chosen or named by Python: a small source of their own. The same as states of every
// feature of a layer would be drawn, unseen, with every picture; without a graphics card that is a quarter of a second each.
import { EMPTY, RANK } from "./layers.js";
import * as looks from "./styles.js";

const SOURCE = "gm-marks";
const STATES = ["over", "clicked", "picked", "lit"]; // the last one that holds is drawn

export class Outlines {
  constructor(view) {
    this.view = view;
    this.rows = new Map(); // of each layer: state by row
    view.map.addSource(SOURCE, { type: "geojson", data: EMPTY, tolerance: 0.2 });
    view.place({ id: SOURCE + ":picked", type: "fill", source: SOURCE, filter: ["get", "picked"], metadata: { rank: RANK.marks + 1 }, paint: { "fill-opacity": 0.45, "fill-antialias": false } });
    view.place({
      id: SOURCE + ":line", type: "line", source: SOURCE, layout: { "line-join": "round" }, metadata: { rank: RANK.marks + 2 },
      paint: { "line-width": ["match", ["get", "state"], "lit", 4, "clicked", 3.5, 2.5] },
    });
    this.repaint();
  }

  set(layer, row, change) {
    if (!this.rows.has(layer)) this.rows.set(layer, new Map());
    const rows = this.rows.get(layer);
    const state = Object.assign({}, rows.get(row), change);
    if (STATES.some((name) => state[name])) rows.set(row, state);
    else rows.delete(row);
    this.draw();
  }

  renumber(layer, moved) {
    const rows = this.rows.get(layer);
    if (!rows) return;
    this.rows.set(layer, new Map([...rows].filter(([row]) => moved.has(row)).map(([row, state]) => [moved.get(row), state])));
    this.draw();
  }

  forget(layer) {
    if (this.rows.delete(layer)) this.draw();
  }

  // However many areas change at once, the map is told once.
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      if (!this.view.gone) this.view.map.getSource(SOURCE).setData({ type: "FeatureCollection", features: this.features() });
    });
  }

  features() {
    const found = [];
    this.rows.forEach((rows, layer) => rows.forEach((state, row) => {
      const geometry = layer.geometries[row];
      if (!layer.shown || !geometry || geometry.type !== "MultiPolygon") return;
      found.push({ type: "Feature", properties: { state: STATES.filter((name) => state[name]).pop(), picked: Boolean(state.picked) }, geometry: geometry });
    }));
    return found;
  }

  repaint() {
    const look = this.view.look;
    this.view.map.setPaintProperty(SOURCE + ":picked", "fill-color", looks.CHOSEN[look]);
    this.view.map.setPaintProperty(SOURCE + ":line", "line-color", ["match", ["get", "state"], "lit", looks.LIT[look], "picked", looks.CHOSEN[look], looks.INK[look]]);
  }
}

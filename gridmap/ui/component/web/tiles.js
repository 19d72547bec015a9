// Polygons too many for one document: vector tiles from this server, coloured by the number of their style.
import { Drawn, RANK } from "./layers.js";
import * as looks from "./styles.js";

const MOST_ZOOM = 20;

class Tiled extends Drawn {
  constructor(view, settings) {
    const data = { styles: settings.styles, style: [], fields: [], columns: [], silent: settings.silent, over: settings.over, ids: null, order: settings.order, legend: settings.legend || { entries: [], unit: "", counted: "", note: "" } };
    super(view, { name: settings.name, role: settings.role, key: settings.key, shown: true }, data, [], 0);
    this.source = "gm-tiles-" + settings.key.slice(0, 16);
    this.attribute = "style";
    this.sourceLayer = settings.source_layer;
    this.near = settings.near;
  }

  add() {
    const address = new URL(this.view.data.base, window.location.origin).href + "tiles/" + this.key + "/{z}/{x}/{y}.pbf";
    this.map.addSource(this.source, { type: "vector", tiles: [address], minzoom: 0, maxzoom: MOST_ZOOM });
    this.addFills();
    this.addLines();
    this.addMarks();
    this.show(this.shown);
  }

  // Every style layer prepares each feature of a tile anew. From afar, where a grid is a few pixels wide, borders would hide the colours
  // of a theme, and nothing can be pointed at: neither is made there.
  put(layer, rank) {
    if (/:mark$/.test(layer.id) || (this.role === "theme" && /:line\d+$/.test(layer.id))) layer.minzoom = this.near;
    super.put(layer, rank);
  }

  // The shapes are in the tiles alone: features carry as state that they are pointed at, chosen or named by Python.
  addMarks() {
    const state = (name) => ["boolean", ["feature-state", name], false];
    this.put({
      id: this.source + ":mark", type: "line", source: this.source, layout: { "line-join": "round" },
      paint: {
        "line-width": ["case", state("lit"), 4, state("clicked"), 3.5, state("over"), 2.5, 0],
        "line-opacity": ["case", state("lit"), 1, state("clicked"), 1, state("over"), 1, 0],
      },
    }, RANK.marks + 2);
  }

  mark(row, state) {
    if (row !== undefined && this.map.getSource(this.source)) this.map.setFeatureState({ source: this.source, sourceLayer: this.sourceLayer, id: row }, state);
  }

  paint(id) {
    if (!id.endsWith(":mark")) return super.paint(id);
    const look = this.view.look;
    return this.map.setPaintProperty(id, "line-color", ["case", ["boolean", ["feature-state", "lit"], false], looks.LIT[look], looks.INK[look]]);
  }

  idsOf(row) {
    return [String(row)];
  }

  rowOf(id) {
    return Number(id);
  }

  // Outlines of a great many polygons would hide their colours when seen from afar.
  fine(width) {
    return ["interpolate", ["linear"], ["zoom"], this.near, ["*", 0.2, width], this.near + 3, width];
  }
}

export class Extra {
  constructor(view, settings) {
    this.view = view;
    this.layer = new Tiled(view, settings);
    this.layer.add();
    view.others.push(this.layer);
    this.section = view.panel.section(this.layer);
    view.panel.further.appendChild(this.section);
    this.lost = (event) => { if (event.error && event.error.status === 404 && event.sourceId === this.layer.source) this.again(); };
    view.map.on("error", this.lost);
  }

  // The server let go of the tiles: Python publishes them again at the rerun that this asks for.
  again() {
    if (this.waiting) return;
    this.waiting = setTimeout(() => { this.waiting = null; const source = this.view.map.getSource(this.layer.source); if (source) source.setTiles(source.tiles); }, 1500);
    this.view.out.missing(this.layer.key);
  }

  repaint() {
    this.layer.repaint();
  }

  remove() {
    clearTimeout(this.waiting);
    this.view.map.off("error", this.lost);
    this.view.others = this.view.others.filter((layer) => layer !== this.layer);
    this.section.remove();
    this.layer.remove();
  }
}

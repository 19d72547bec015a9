// Polygons too many for one document: vector tiles from this server, coloured by the number of their style.
import { Drawn, RANK } from "./layers.js";
import * as store from "./store.js";
import * as looks from "./styles.js";

const MOST_ZOOM = 20;

function state(name) {
  return ["boolean", ["feature-state", name], false];
}

class Tiled extends Drawn {
  constructor(view, settings) {
    const data = { styles: settings.styles, style: [], fields: [], columns: [], silent: settings.silent, over: settings.over, ids: null, labels: true, order: settings.order, legend: settings.legend || { entries: [], unit: "", counted: "", note: "" } };
    const habit = view.switched.get(settings.role + "/" + settings.name);
    super(view, { name: settings.name, role: settings.role, key: settings.key, shown: habit === undefined ? true : habit }, data, [], 0);
    this.source = "gm-tiles-" + settings.key.slice(0, 16);
    this.attribute = "style";
    this.sourceLayer = settings.source_layer;
    this.near = settings.near;
    this.said = settings.said;
    this.begin = settings.mark + ".";
    this.picked = new Set();
  }

  add() {
    const address = new URL(this.view.data.base, window.location.origin).href + "tiles/" + this.key + "/{z}/{x}/{y}.pbf";
    this.map.addSource(this.source, { type: "vector", tiles: [address], minzoom: 0, maxzoom: MOST_ZOOM });
    this.addFills();
    this.addLines();
    this.addMarks();
    this.addLabels();
    this.show(this.shown);
  }

  get talks() {
    return Boolean(this.said);
  }

  // The texts of a row, as a layer has them: fields and columns.
  card(row) {
    return store.card(this.view.data.base, this.said, [row], this.view.out.missing);
  }

  // What a selection needs of all rows, fetched when areas are first chosen.
  load() {
    if (!this.loading) {
      this.loading = store.anchors(this.view.data.base, this.said, this.view.out.missing).then((found) => {
        this.places = found.at;
        Object.assign(this.data, { style: found.style, totals: found.totals });
      });
      this.loading.catch(() => { this.loading = null; });
    }
    return this.loading;
  }

  // Every style layer prepares each feature of a tile anew. From afar, where a grid is a few pixels wide, borders would hide the colours
  // of a theme, and nothing can be pointed at: neither is made there.
  put(layer, rank) {
    if (/:mark$/.test(layer.id) || (this.role === "theme" && /:line\d+$/.test(layer.id))) layer.minzoom = this.near;
    super.put(layer, rank);
  }

  // The shapes are in the tiles alone: features carry as state that they are pointed at, chosen or named by Python. What is seen of
  // none would still be drawn with every picture: the fill of those selected is there only while some are.
  addMarks() {
    this.put({ id: this.source + ":picked", type: "fill", source: this.source, paint: { "fill-opacity": ["case", state("picked"), 0.45, 0], "fill-antialias": false } }, RANK.marks + 1);
    this.put({
      id: this.source + ":mark", type: "line", source: this.source, layout: { "line-join": "round" },
      paint: {
        "line-width": ["case", state("lit"), 4, state("picked"), 2.5, state("clicked"), 3.5, state("over"), 2.5, 0],
        "line-opacity": ["case", state("lit"), 1, state("picked"), 1, state("clicked"), 1, state("over"), 1, 0],
      },
    }, RANK.marks + 2);
  }

  // The tiles carry the names, each from the zoom on at which its area is wide enough.
  addLabels() {
    this.put({
      id: this.source + ":label", type: "symbol", source: this.source, "source-layer": "labels",
      layout: { "text-field": ["get", "t"], "text-font": this.view.fonts, "text-size": 12, "text-max-width": 8, "text-padding": 3 },
      paint: { "text-halo-width": 1.6 },
    }, RANK.labels);
  }

  mark(row, change) {
    if (row === undefined || !this.map.getSource(this.source)) return;
    this.map.setFeatureState({ source: this.source, sourceLayer: this.sourceLayer, id: row }, change);
    if (change.picked === undefined) return;
    if (change.picked) this.picked.add(row);
    else this.picked.delete(row);
    this.showPicked();
  }

  show(shown) {
    super.show(shown);
    this.filled = undefined;
    this.showPicked();
  }

  showPicked() {
    const filled = this.shown && this.picked.size > 0;
    if (filled === this.filled) return;
    this.filled = filled;
    this.map.setLayoutProperty(this.source + ":picked", "visibility", filled ? "visible" : "none");
  }

  paint(id) {
    const look = this.view.look;
    if (id.endsWith(":picked")) this.map.setPaintProperty(id, "fill-color", looks.CHOSEN[look]);
    else if (id.endsWith(":mark")) this.map.setPaintProperty(id, "line-color", ["case", state("lit"), looks.LIT[look], state("picked"), looks.CHOSEN[look], looks.INK[look]]);
    else super.paint(id);
  }

  idsOf(row) {
    return [this.begin + row];
  }

  // Python names rows by their number; what was chosen before, by an id that other grids do not have.
  rowOf(id) {
    const row = id.indexOf(".") < 0 ? id : id.startsWith(this.begin) ? id.slice(this.begin.length) : "";
    return row === "" ? undefined : Number(row);
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
    view.refreshLabels();
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

// Layers of gridmap as sources and style layers of MapLibre: packed parts are unpacked once, colours follow the style number.
import * as shapes from "./shapes.js";
import * as store from "./store.js";
import * as looks from "./styles.js";

export const AREAS = ["theme", "grids", "dedicated"];
const SMALL_PX = 14;
const CLUSTER_FROM = 1500; // fewer dots are told apart
const MANY = 1000;
export const EMPTY = { type: "FeatureCollection", features: [] };

// Rank of a style layer among all: the role's place, then the layer's place in the list; marks and labels lie above every layer.
export const RANK = { marks: 800, labels: 900, tools: 1000 };

export class Drawn {
  constructor(view, described, data, geometries, position) {
    this.view = view;
    this.map = view.map;
    this.name = described.name;
    this.role = described.role;
    this.key = described.key;
    this.shown = described.shown;
    this.data = data;
    this.geometries = geometries;
    this.rank = data.order * 50 + position;
    this.source = "gm-" + described.key.slice(0, 16) + "-" + position;
    this.styleLayers = [];
    this.clustered = false;
    this.rows = null;
    this.numbered = null; // the number of each row's feature where it is not the row's own
    this.rowsByNumber = null;
    this.attribute = "s"; // of a feature: the number of its style
    this.sourceLayer = null; // of vector tiles
  }

  get area() {
    return AREAS.indexOf(this.role) >= 0;
  }

  get talks() {
    return this.data.fields.length > 0;
  }

  idsOf(row) {
    const found = this.data.ids ? this.data.ids[row] : null;
    return found === null || found === undefined ? [] : Array.isArray(found) ? found : [found];
  }

  // Row numbers by id, made when first asked for.
  rowOf(id) {
    if (!this.rows) {
      this.rows = new Map();
      (this.data.ids || []).forEach((entry, row) => [].concat(entry).forEach((name) => this.rows.set(name, row)));
    }
    return this.rows.get(id);
  }

  numberOf(row) {
    return this.numbered ? this.numbered[row] : row;
  }

  // The row of a feature that the map found.
  rowAt(number) {
    return this.rowsByNumber ? this.rowsByNumber.get(Number(number)) : Number(number);
  }

  // Take over a later state of the same layer where it differs by some rows: what stays is neither sent to the map again nor cut into tiles.
  become(described, data, geometries) {
    const same = (name) => JSON.stringify(this.data[name]) === JSON.stringify(data[name]);
    if (!this.area || this.sourceLayer || !this.data.ids || !data.ids || !["styles", "silent", "over"].every(same)) return false;
    const before = new Map(this.data.ids.map((id, row) => [id, row]));
    if (before.size !== this.data.ids.length || new Set(data.ids).size !== data.ids.length || !data.labels !== !this.data.labels) return false;
    let next = this.numbered ? this.next : this.data.ids.length;
    const moved = new Map(); // old row -> new row
    const numbered = data.ids.map((id, row) => {
      const old = before.get(id);
      if (old === undefined) return next++;
      moved.set(old, row);
      return this.numberOf(old);
    });
    const gone = this.data.ids.map((id, row) => row).filter((row) => !moved.has(row));
    const changes = (old, row) => this.data.style[old] !== data.style[row] || !alike(this.geometries[old], geometries[row]);
    const rows = data.ids.map((id, row) => row).filter((row) => !before.has(data.ids[row]) || changes(before.get(data.ids[row]), row));
    const retitled = (row) => before.has(data.ids[row]) && this.data.labels && this.data.labels[before.get(data.ids[row])] !== data.labels[row];
    const named = data.labels ? data.ids.map((id, row) => row).filter((row) => retitled(row)).concat(rows) : [];
    const removed = gone.concat(rows.filter((row) => before.has(data.ids[row])).map((row) => before.get(data.ids[row]))).map((row) => this.numberOf(row));
    const unnamed = named.filter((row) => before.has(data.ids[row])).map((row) => before.get(data.ids[row])).concat(gone).map((row) => this.numberOf(row));
    Object.assign(this, { key: described.key, data: data, geometries: geometries, numbered: numbered, next: next, rows: null, boxes: null, anchors: null });
    this.rowsByNumber = new Map(numbered.map((number, row) => [number, row]));
    this.update(this.source, removed, this.features((row) => rows.indexOf(row) >= 0));
    this.update(this.source + "-labels", unnamed, this.titles(new Set(named)));
    this.view.marks.renumber(this, moved);
    this.view.selecting.renumber(this, moved);
    this.litRows = (this.litRows || []).filter((row) => moved.has(row)).map((row) => moved.get(row));
    return true;
  }

  update(source, removed, added) {
    const held = this.map.getSource(source);
    if (held && removed.length + added.length) held.updateData({ remove: removed, add: added });
  }

  add() {
    if (this.data.tiles) this.addBasemap();
    else if (this.data.image) this.addPicture();
    else this.addShapes();
    this.show(this.shown);
  }

  addBasemap() {
    this.map.addSource(this.source, { type: "raster", tiles: [this.data.tiles.url.replace("{s}", "a")], tileSize: 256, maxzoom: this.data.tiles.maxNativeZoom });
    this.put({ id: this.source + ":raster", type: "raster", source: this.source });
  }

  addPicture() {
    const [[south, west], [north, east]] = this.data.image.bounds;
    this.map.addSource(this.source, { type: "image", url: this.data.image.url, coordinates: [[west, north], [east, north], [east, south], [west, south]] });
    this.put({ id: this.source + ":raster", type: "raster", source: this.source, paint: { "raster-opacity": this.data.image.opacity, "raster-fade-duration": 0, "raster-resampling": "nearest" } });
  }

  features(chosen, counts) {
    const result = [];
    this.geometries.forEach((geometry, row) => {
      if (!geometry || (chosen && !chosen(row))) return;
      const ids = this.idsOf(row);
      result.push({ type: "Feature", id: this.numberOf(row), properties: { s: this.data.style[row], n: counts ? counts[row] : Math.max(1, ids.length) }, geometry: geometry });
    });
    return result;
  }

  addShapes() {
    const points = this.geometries.some((geometry) => geometry && /Point$/.test(geometry.type));
    const areas = this.geometries.some((geometry) => geometry && geometry.type === "MultiPolygon");
    const lines = areas || this.geometries.some((geometry) => geometry && geometry.type === "MultiLineString");
    this.clustered = this.role === "events" && this.geometries.length > CLUSTER_FROM;
    const source = { type: "geojson", data: { type: "FeatureCollection", features: this.features() }, tolerance: 0.2, buffer: 64 };
    if (this.clustered) Object.assign(source, { cluster: true, clusterRadius: 42, clusterMaxZoom: 16, clusterProperties: { events: ["+", ["get", "n"]] } });
    this.map.addSource(this.source, source);
    if (areas) this.addFills();
    if (lines) this.addLines();
    if (points) this.addDots();
    if (this.role === "findings") this.addRings();
    if (this.data.labels && this.area) this.addLabels();
  }

  addFills() {
    const hatched = this.numbers((style) => style.fillColor === "hatch");
    const plain = this.numbers((style) => style.fill !== false && style.fillColor !== "hatch");
    if (plain.length) {
      this.put({ id: this.source + ":fill", type: "fill", source: this.source, filter: this.only(plain), paint: { "fill-antialias": false } });
    }
    if (hatched.length) {
      this.put({ id: this.source + ":hatch", type: "fill", source: this.source, filter: this.only(hatched), paint: { "fill-pattern": "gm-hatch" } });
    }
  }

  addLines() {
    const dashes = {};
    this.data.styles.forEach((style, number) => {
      if (style.stroke === false) return;
      const dash = style.dashArray || "";
      (dashes[dash] = dashes[dash] || []).push(number);
    });
    Object.keys(dashes).forEach((dash, place) => {
      const weight = Math.max(...dashes[dash].map((number) => this.data.styles[number].weight || 1));
      const paint = dash ? { "line-dasharray": dash.split(/[ ,]+/).map((length) => Number(length) / weight) } : {};
      this.put({ id: this.source + ":line" + place, type: "line", source: this.source, filter: this.only(dashes[dash]), paint: paint, layout: { "line-join": "round" } });
    });
  }

  addDots() {
    const alone = this.clustered ? ["!", ["has", "point_count"]] : ["==", ["geometry-type"], "Point"];
    this.put({ id: this.source + ":dot", type: "symbol", source: this.source, filter: alone, layout: Object.assign({ "icon-image": this.marks() }, shapes.LAYOUT) });
    if (!this.clustered) return;
    const size = ["interpolate", ["linear"], ["log10", ["max", 1, ["get", "events"]]], 0, 10, 1, 13, 2, 17, 3, 22, 5, 32];
    this.put({ id: this.source + ":cluster", type: "circle", source: this.source, filter: ["has", "point_count"], paint: { "circle-radius": size, "circle-opacity": 0.88, "circle-stroke-width": 2 } });
    this.put({
      id: this.source + ":count", type: "symbol", source: this.source, filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "events"]], "text-font": this.view.fonts, "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": "#ffffff" },
    });
  }

  // A sliver of some centimetres is no pixel wide: a ring shows where it is until it is large enough to be seen.
  addRings() {
    const features = [];
    this.geometries.forEach((geometry, row) => {
      if (!geometry) return;
      const box = bounds(geometry);
      const side = Math.max(box[2] - box[0], (box[3] - box[1]) * 1.2, 1e-9);
      const seen = Math.log2((SMALL_PX * 360) / (512 * side));
      features.push({ type: "Feature", id: row, properties: { s: this.data.style[row], z: seen }, geometry: { type: "Point", coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] } });
    });
    this.map.addSource(this.source + "-rings", { type: "geojson", data: { type: "FeatureCollection", features: features } });
    this.put({ id: this.source + ":ring", type: "circle", source: this.source + "-rings", filter: ["<", ["zoom"], ["get", "z"]], paint: { "circle-radius": 8, "circle-opacity": 0.1, "circle-stroke-width": 2 } });
  }

  // The names of all rows, or of some, as features.
  titles(chosen) {
    const silent = new Set(this.data.silent);
    const features = [];
    this.geometries.forEach((geometry, row) => {
      const text = this.data.labels && this.data.labels[row];
      if (!geometry || !text || silent.has(this.data.style[row]) || (chosen && !chosen.has(row))) return;
      const box = bounds(geometry);
      const size = (box[2] - box[0]) * (box[3] - box[1]);
      features.push({ type: "Feature", id: this.numberOf(row), properties: { t: text, z: Math.log2((360 * Math.min(text.length, 8) * 9) / (512 * Math.max(box[2] - box[0], 1e-7))), p: -size * 1e9 }, geometry: { type: "Point", coordinates: anchor(geometry) } });
    });
    return features;
  }

  addLabels() {
    const features = this.titles();
    this.map.addSource(this.source + "-labels", { type: "geojson", data: { type: "FeatureCollection", features: features } });
    this.put({
      id: this.source + ":label", type: "symbol", source: this.source + "-labels", filter: [">=", ["zoom"], ["-", ["get", "z"], 1]],
      layout: { "text-field": ["get", "t"], "text-font": this.view.fonts, "text-size": 12, "text-max-width": 8, "symbol-sort-key": ["get", "p"], "text-padding": 3 },
      paint: { "text-halo-width": 1.6 },
    }, RANK.labels);
  }

  numbers(test) {
    const found = [];
    this.data.styles.forEach((style, number) => { if (test(style)) found.push(number); });
    return found;
  }

  only(numbers) {
    return ["in", ["get", this.attribute], ["literal", numbers]];
  }

  put(layer, rank) {
    if (this.sourceLayer) layer["source-layer"] = layer["source-layer"] || this.sourceLayer;
    layer.metadata = { rank: rank === undefined ? this.rank : rank, role: this.role };
    this.styleLayers.push(layer.id);
    this.view.place(layer);
    this.paint(layer.id);
  }

  // A value of each style as an expression over the features.
  by(value, otherwise) {
    const values = this.data.styles.map(value);
    if (!values.length) return otherwise;
    if (values.every((entry) => entry === values[0])) return values[0];
    const cases = [];
    values.forEach((entry, number) => cases.push(number, entry));
    return ["match", ["get", this.attribute], ...cases, otherwise];
  }

  marks() {
    return this.by((style) => shapes.mark(this.map, style, this.role, this.view.look), "");
  }

  // Colours of the chosen look, by style number.
  paint(id) {
    const look = this.view.look;
    const by = (value, otherwise) => this.by(value, otherwise);
    const outline = by((style) => looks.stroke(style.color, this.role, look), "#000000");
    const inside = by((style) => (style.fillColor === "hatch" ? "#f0f0f0" : looks.fill(style.fillColor || style.color, this.role, look)), "#000000");
    const kind = id.slice(id.lastIndexOf(":") + 1).replace(/\d+$/, "");
    const set = (name, value) => this.map.setPaintProperty(id, name, value);
    if (kind === "fill") {
      set("fill-color", inside);
      set("fill-opacity", by((style) => (style.fillOpacity === undefined ? 0.2 : style.fillOpacity), 0));
    } else if (kind === "line") {
      set("line-color", outline);
      set("line-width", this.fine(by((style) => style.weight || 1, 1)));
      set("line-opacity", by((style) => (style.opacity === undefined ? 1 : style.opacity), 1));
    } else if (kind === "dot") {
      this.map.setLayoutProperty(id, "icon-image", this.marks());
    } else if (kind === "ring") {
      set("circle-color", outline);
      set("circle-stroke-color", outline);
    } else if (kind === "cluster") {
      set("circle-color", look === "print" ? "#444444" : "#31475c");
      set("circle-stroke-color", looks.GROUND[look]);
    } else if (kind === "label") {
      set("text-color", looks.INK[look]);
      set("text-halo-color", looks.HALO[look]);
    }
  }

  // Of a great many areas the outlines would hide the colours when seen from afar.
  fine(width) {
    if (this.role !== "theme" || this.geometries.length < MANY) return width;
    const boxes = this.geometries.filter(Boolean).map(bounds);
    const east = boxes.reduce((most, box) => Math.max(most, box[2]), -180);
    const west = boxes.reduce((least, box) => Math.min(least, box[0]), 180);
    const span = Math.max(east - west, 1e-6);
    const whole = Math.log2((360 * 700) / (512 * span));
    return ["interpolate", ["linear"], ["zoom"], whole, ["*", 0.2, width], whole + 3.5, width];
  }

  repaint() {
    this.styleLayers.forEach((id) => this.paint(id));
  }

  show(shown) {
    this.shown = shown;
    this.styleLayers.forEach((id) => {
      const visible = shown && (!id.endsWith(":label") || this.view.labelled(this));
      this.map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    });
    this.view.marks.draw();
  }

  // Show only the rows that `chosen` keeps, all of them without it; `counts` says how many events of a dot are meant.
  keep(chosen, counts) {
    const source = this.map.getSource(this.source);
    if (source && source.setData) source.setData({ type: "FeatureCollection", features: this.features(chosen, counts) });
  }

  mark(row, state) {
    if (row !== undefined) this.view.marks.set(this, row, state);
  }

  remove() {
    this.view.marks.forget(this);
    this.styleLayers.forEach((id) => this.view.drop(id));
    ["", "-rings", "-labels"].forEach((end) => { if (this.map.getSource(this.source + end)) this.map.removeSource(this.source + end); });
    this.styleLayers = [];
  }
}

export async function loaded(base, described, missing) {
  const [data, ...parts] = await Promise.all([
    store.layer(base, described.key, missing),
    ...described.parts.map((fingerprint) => store.part(base, fingerprint, missing)),
  ]);
  const at = new Map(described.parts.map((fingerprint, place) => [fingerprint, parts[place]]));
  return { data: data, geometries: [].concat(...data.geometry.map((fingerprint) => at.get(fingerprint))) };
}

// Whether two geometries are the same; of parts that were not sent again they are one object.
function alike(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

export function vertices(geometry) {
  return geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === "MultiPolygon" ? 2 : geometry.type === "MultiPoint" ? 0 : 1);
}

export function bounds(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  vertices(geometry).forEach(([x, y]) => {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  });
  return box;
}

function ringArea(ring) {
  let twice = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) twice += (ring[i][0] - ring[0][0]) * (ring[i + 1][1] - ring[0][1]) - (ring[i + 1][0] - ring[0][0]) * (ring[i][1] - ring[0][1]);
  return Math.abs(twice) / 2;
}

// A place inside the largest part of a polygon: the middle of the longest run on the middle line.
export function anchor(geometry) {
  if (geometry.type !== "MultiPolygon") return vertices(geometry)[0];
  const rings = geometry.coordinates.reduce((best, part) => (ringArea(part[0]) > ringArea(best[0]) ? part : best));
  const ys = rings[0].map((place) => place[1]);
  const low = Math.min(...ys);
  const high = Math.max(...ys);
  let best = rings[0][0];
  let longest = -1;
  [0.5, 0.38, 0.62].forEach((share) => {
    const y = low + (high - low) * (share + 0.0013);
    const crossings = [];
    rings.forEach((ring) => {
      for (let i = 0; i + 1 < ring.length; i += 1) {
        const [x1, y1] = ring[i];
        const [x2, y2] = ring[i + 1];
        if (y1 > y !== y2 > y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
      }
    });
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      if (crossings[i + 1] - crossings[i] > longest * 1.15) {
        longest = crossings[i + 1] - crossings[i];
        best = [(crossings[i] + crossings[i + 1]) / 2, y];
      }
    }
  });
  return best;
}

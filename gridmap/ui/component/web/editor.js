// Drawing points, lines and polygons, changing their vertices, measuring; drawn vertices snap to borders near the pointer.
import { vertices } from "./layers.js";
import { count, node } from "./nodes.js";
import * as store from "./store.js";

const SNAP_PX = 12;

// The place on a segment nearest to a point, all in pixels.
function nearest(point, from, to) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const squared = dx * dx + dy * dy;
  const share = squared ? Math.max(0, Math.min(1, ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / squared)) : 0;
  return [from[0] + share * dx, from[1] + share * dy];
}

function runs(geometry) {
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat(1);
  return geometry.type === "MultiLineString" ? geometry.coordinates : [];
}

// A vertex within reach before a place on an edge: drawn areas then share their corners with the layer's.
export function snapped(map, layer, lng, lat) {
  const at = map.project([lng, lat]);
  const point = [at.x, at.y];
  const reach = SNAP_PX * 1.5;
  const one = map.unproject([point[0] - reach, point[1] + reach]);
  const two = map.unproject([point[0] + reach, point[1] - reach]);
  const box = [one.lng, one.lat, two.lng, two.lat];
  if (!layer.boxes) {
    layer.boxes = layer.geometries.map((geometry) => {
      const found = [Infinity, Infinity, -Infinity, -Infinity];
      if (geometry) vertices(geometry).forEach(([x, y]) => { found[0] = Math.min(found[0], x); found[1] = Math.min(found[1], y); found[2] = Math.max(found[2], x); found[3] = Math.max(found[3], y); });
      return found;
    });
  }
  let corner = null;
  let edge = null;
  layer.geometries.forEach((geometry, row) => {
    const own = layer.boxes[row];
    if (!geometry || own[2] < box[0] || own[0] > box[2] || own[3] < box[1] || own[1] > box[3]) return;
    runs(geometry).forEach((run) => {
      for (let i = 0; i + 1 < run.length; i += 1) {
        const [a, b] = [run[i], run[i + 1]];
        if (Math.max(a[0], b[0]) < box[0] || Math.min(a[0], b[0]) > box[2] || Math.max(a[1], b[1]) < box[1] || Math.min(a[1], b[1]) > box[3]) continue;
        const from = map.project(a);
        const to = map.project(b);
        [[a, from], [b, to]].forEach(([place, seen]) => {
          const far = Math.hypot(seen.x - point[0], seen.y - point[1]);
          if (far <= SNAP_PX && (!corner || far < corner.far)) corner = { far: far, place: place };
        });
        const foot = nearest(point, [from.x, from.y], [to.x, to.y]);
        const far = Math.hypot(foot[0] - point[0], foot[1] - point[1]);
        if (far <= SNAP_PX && (!edge || far < edge.far)) edge = { far: far, foot: foot };
      }
    });
  });
  if (corner) return corner.place.slice();
  if (!edge) return undefined;
  const place = map.unproject(edge.foot);
  return [Number(place.lng.toFixed(9)), Number(place.lat.toFixed(9))];
}

export async function begin(view) {
  await store.script(view.data.libraries.terra_draw);
  await store.script(view.data.libraries.terra_draw_adapter);
  return new Editor(view, window.terraDraw, window.terraDrawMaplibreGlAdapter);
}

class Editor {
  constructor(view, library, adapters) {
    this.view = view;
    const snapping = { toCustom: (event) => this.snap(event) };
    const flags = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true, snappable: snapping } } };
    const colour = "#c2410c";
    const area = { fillColor: colour, fillOpacity: 0.15, outlineColor: colour, outlineWidth: 2 };
    this.draw = new library.TerraDraw({
      adapter: new adapters.TerraDrawMapLibreGLAdapter({ map: view.map, lib: view.maplibregl, coordinatePrecision: 9 }),
      modes: [
        new library.TerraDrawPointMode({ styles: { pointColor: colour, pointWidth: 6 }, editable: true, snapping: snapping }),
        new library.TerraDrawLineStringMode({ snapping: snapping, styles: { lineStringColor: colour, lineStringWidth: 3 } }),
        new library.TerraDrawPolygonMode({ snapping: snapping, styles: area }),
        new library.TerraDrawLineStringMode({ modeName: "measure", styles: { lineStringColor: "#0b5c8c", lineStringWidth: 2 } }),
        new library.TerraDrawSelectMode({ flags: { point: { feature: { draggable: true, coordinates: { snappable: snapping } } }, linestring: flags, polygon: flags } }),
      ],
    });
    this.draw.start();
    this.length = node("div", "gm-totals");
    this.length.hidden = true;
    view.root.appendChild(this.length);
    this.draw.on("finish", (id, context) => this.finished(context));
    this.draw.on("change", (ids, kind) => {
      this.measure();
      // A key deletes the shape that is selected without finishing anything.
      if (kind === "delete" && this.draw.getMode() === "select" && this.shapes().length < this.told) this.tell();
    });
    this.told = 0;
  }

  snap(event) {
    const name = this.view.data.snap;
    const layer = name && this.view.drawn.find((one) => one.name === name && one.shown);
    return layer ? snapped(this.view.map, layer, event.lng, event.lat) : undefined;
  }

  mode(name) {
    const names = { point: "point", line: "linestring", polygon: "polygon", edit: "select", measure: "measure" };
    if (name !== "measure") this.dropMeasures();
    this.draw.setMode(names[name] || "static");
    if (!names[name]) this.length.hidden = true;
  }

  shapes() {
    const wanted = ["point", "linestring", "polygon"];
    return this.draw.getSnapshot().filter((feature) => wanted.indexOf(feature.properties.mode) >= 0 && !feature.properties.currentlyDrawing
      && ["Point", "LineString", "Polygon"].indexOf(feature.geometry.type) >= 0 && !feature.properties.selectionPoint && !feature.properties.midPoint);
  }

  // Shapes that Python gives to be changed; they take the place of what is drawn.
  load(collection) {
    this.draw.clear();
    const modes = { Point: "point", LineString: "linestring", Polygon: "polygon" };
    const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Number(value.toFixed(9)));
    const features = ((collection || {}).features || []).filter((feature) => modes[feature.geometry.type]).map((feature) => ({
      type: "Feature", properties: { mode: modes[feature.geometry.type] }, geometry: { type: feature.geometry.type, coordinates: rounded(feature.geometry.coordinates) },
    }));
    const results = features.length ? this.draw.addFeatures(features) : [];
    this.told = this.shapes().length;
    this.view.state.drawn = this.told ? this.collection() : null; // what stood before is gone: the next message must not say it again
    if (results.some((result) => !result.valid)) console.warn("gridmap drawing:", results.filter((result) => !result.valid).map((result) => result.reason));
  }

  finished(context) {
    if (context && context.mode === "measure") return;
    this.tell();
  }

  collection() {
    return { type: "FeatureCollection", features: this.shapes().map((feature) => ({ type: "Feature", properties: {}, geometry: feature.geometry })) };
  }

  tell() {
    const drawn = this.collection();
    this.told = drawn.features.length;
    this.view.send({ drawn: this.told ? drawn : null });
  }

  erase() {
    this.draw.clear();
    this.length.hidden = true;
    this.tell();
  }

  dropMeasures() {
    const ids = this.draw.getSnapshot().filter((feature) => feature.properties.mode === "measure").map((feature) => feature.id);
    if (ids.length && this.draw.getMode() !== "measure") this.draw.removeFeatures(ids.filter((id) => this.draw.hasFeature(id)));
  }

  measure() {
    if (this.draw.getMode() !== "measure") return;
    const lines = this.draw.getSnapshot().filter((feature) => feature.properties.mode === "measure" && feature.geometry.type === "LineString");
    if (!lines.length) { this.length.hidden = true; return; }
    const places = lines[lines.length - 1].geometry.coordinates.map((place) => new this.view.maplibregl.LngLat(place[0], place[1]));
    let metres = 0;
    for (let i = 0; i + 1 < places.length; i += 1) metres += places[i].distanceTo(places[i + 1]);
    this.length.hidden = false;
    this.length.textContent = metres >= 10000 ? (metres / 1000).toFixed(2) + " km" : count(metres) + " m";
  }

  remove() {
    try { this.draw.stop(); } catch (error) { /* the map is gone already */ }
    this.length.remove();
  }
}

// Events too many for the page: exact counts in squares of the view, or the events themselves where few are in view.
import { filled, count, node } from "./nodes.js";
import { EMPTY } from "./layers.js";
import { sample } from "./panel.js";
import * as shapes from "./shapes.js";
import * as store from "./store.js";
import * as looks from "./styles.js";

const SCALE = 1e6;
const RANK = 300;
const RAMP = ["#fff3b0", "#fed976", "#feb24c", "#fd8d3c", "#e31a1c", "#800026"];
const DOT = { color: "#ffffff", radius: 4.5, weight: 0.8, fillOpacity: 1 };
const TRIES = 3;
const REACH_PX = 4;
const LABELLED = 1500; // squares whose number is written

function latitude(y) {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

function mercator(lat) {
  return (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
}

// The square of the world's lattice around its centre, as a ring in degrees.
export function square(lng, lat, depth) {
  const side = 1 / Math.pow(2, depth);
  const column = Math.floor((lng + 180) / 360 / side);
  const row = Math.floor(mercator(lat) / side);
  const west = column * side * 360 - 180;
  const east = (column + 1) * side * 360 - 180;
  const north = latitude(row * side);
  const south = latitude((row + 1) * side);
  return [[west, south], [east, south], [east, north], [west, north], [west, south]];
}

function places(steps) {
  const result = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    result.push([x / SCALE, y / SCALE]);
  }
  return result;
}

export class Extra {
  constructor(view, settings) {
    this.view = view;
    this.settings = settings;
    this.shown = true;
    this.edges = [];
    const map = view.map;
    map.addSource("gm-bins", { type: "geojson", data: EMPTY });
    const rank = (add) => ({ rank: RANK + add });
    const squares = ["==", ["geometry-type"], "Polygon"];
    view.place({ id: "gm-bins:fill", type: "fill", source: "gm-bins", filter: squares, metadata: rank(0), paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.72, "fill-outline-color": "rgba(80,80,80,.35)" } });
    view.place({ id: "gm-bins:dot", type: "symbol", source: "gm-bins", filter: ["all", ["==", ["geometry-type"], "Point"], ["has", "row"]], metadata: rank(1), layout: Object.assign({ "icon-image": this.marks() }, shapes.LAYOUT) });
    view.place({
      id: "gm-bins:count", type: "symbol", source: "gm-bins", filter: ["all", ["==", ["geometry-type"], "Point"], ["has", "text"]], metadata: rank(2),
      layout: { "text-field": ["get", "text"], "text-font": view.fonts, "text-size": 11, "symbol-sort-key": ["-", ["get", "n"]], "text-padding": 1 },
      paint: { "text-color": looks.INK[view.look], "text-halo-color": looks.HALO[view.look], "text-halo-width": 1.2 },
    });
    this.box = node("div", "gm-extra");
    view.panel.further.appendChild(this.box);
    this.moved = () => this.ask(0);
    map.on("moveend", this.moved);
    this.ask(0);
  }

  // Several answers may be on their way: only the newest counts.
  async ask(attempt) {
    const view = this.view;
    const turn = (this.turn = (this.turn || 0) + 1);
    const area = view.map.getBounds();
    const query = new URLSearchParams({ z: view.map.getZoom().toFixed(4), west: area.getWest().toFixed(6), south: area.getSouth().toFixed(6), east: area.getEast().toFixed(6), north: area.getNorth().toFixed(6) });
    if (this.period) query.set("period", this.period.join(","));
    try {
      const answer = await fetch(view.data.base + "bins/" + encodeURIComponent(this.settings.key) + "?" + query, { credentials: "same-origin" });
      if (turn !== this.turn || view.gone) return;
      if (answer.status === 404 && attempt < TRIES) {
        view.out.missing(this.settings.key);
        setTimeout(() => { if (turn === this.turn && !view.gone) this.ask(attempt + 1); }, 900);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (turn === this.turn && !view.gone) this.draw(found);
    } catch (error) {
      if (turn !== this.turn || view.gone) return;
      view.say(view.words.bins_failed + ": " + error.message, true);
    }
  }

  draw(found) {
    const at = places(found.at);
    const features = found.kind === "squares" ? this.squares(found, at) : at.map((place, number) => ({
      type: "Feature", properties: { mark: this.rank(found.category[number]), category: found.category[number], row: found.row[number] }, geometry: { type: "Point", coordinates: place },
    }));
    this.found = { kind: found.kind, total: found.total, drawn: at.length };
    this.view.map.getSource("gm-bins").setData({ type: "FeatureCollection", features: this.shown ? features : [] });
    this.features = features;
    this.write();
  }

  squares(found, at) {
    const sorted = found.count.slice().sort((a, b) => a - b);
    this.edges = [...new Set(RAMP.map((_, place) => sorted[Math.min(sorted.length - 1, Math.floor(((place + 1) * sorted.length) / RAMP.length))]))];
    const colour = (n) => RAMP[Math.max(0, this.edges.findIndex((edge) => n <= edge))];
    const features = [];
    at.forEach((place, number) => {
      const n = found.count[number];
      features.push({ type: "Feature", properties: { n: n, colour: colour(n), most: found.most[number], category: found.category[number] }, geometry: { type: "Polygon", coordinates: [square(place[0], place[1], found.depth)] } });
      if (at.length <= LABELLED) features.push({ type: "Feature", properties: { n: n, text: count(n) }, geometry: { type: "Point", coordinates: place } });
    });
    return features;
  }

  // An event alone answers before the area it lies in.
  under(point) {
    const around = [[point.x - REACH_PX, point.y - REACH_PX], [point.x + REACH_PX, point.y + REACH_PX]];
    return this.view.map.queryRenderedFeatures(around, { layers: ["gm-bins:dot"] })[0];
  }

  square(point) {
    return this.view.map.queryRenderedFeatures(point, { layers: ["gm-bins:fill"] })[0];
  }

  // A square lies over areas that speak for themselves: what it holds is said with their texts.
  above(point) {
    const own = this.square(point);
    return own ? this.counted(own) : null;
  }

  // What a square holds, with its most frequent category.
  counted(own) {
    const box = node("div", "gm-card");
    box.appendChild(node("div", "gm-card-head", filled(this.view.words.in_square, { n: count(own.properties.n) })));
    const name = this.word(own.properties.category);
    if (name) box.appendChild(node("div", "gm-card-row", name + " " + count(own.properties.most)));
    return box;
  }

  // One event, or several at one place: told to Python by their rows.
  event(own) {
    const dots = this.features.filter((one) => one.properties.row !== undefined);
    const place = dots.find((one) => one.properties.row === own.properties.row).geometry.coordinates; // what is drawn is rounded
    const here = dots.filter((one) => one.geometry.coordinates[0] === place[0] && one.geometry.coordinates[1] === place[1]);
    const box = node("div", "gm-card");
    const counts = new Map();
    here.forEach((one) => { const name = this.word(one.properties.category); counts.set(name, (counts.get(name) || 0) + 1); });
    counts.forEach((n, name) => box.appendChild(node("div", box.childNodes.length ? "gm-card-row" : "gm-card-head", n > 1 ? name + " " + count(n) : name)));
    this.view.card.fix(box, place);
    const rows = here.map((one) => one.properties.row);
    const shown = (this.card = box);
    if (this.settings.said) this.view.card.asked(store.card(this.view.data.base, this.settings.said, rows, this.view.out.missing), () => shown === this.card && shown.isConnected && !this.view.card.fixed.hidden, (made) => this.view.card.fix(made, place));
    if (this.settings.told) this.view.send({ clicked: { layer: this.settings.name, role: "events", ids: rows.map((row) => this.settings.mark + "." + row) } });
    return true;
  }

  word(category) {
    return (this.settings.categories || [])[category] || "";
  }

  hit(event) {
    const dot = this.under(event.point);
    if (dot) return this.event(dot);
    const own = this.square(event.point);
    if (!own) return false;
    this.view.card.fix(this.counted(own), [event.lngLat.lng, event.lngLat.lat]);
    return true;
  }

  write() {
    const label = node("label", "gm-layer-name");
    const input = node("input");
    input.type = "checkbox";
    input.checked = this.shown;
    input.addEventListener("change", () => {
      this.shown = input.checked;
      this.view.map.getSource("gm-bins").setData({ type: "FeatureCollection", features: this.shown ? this.features : [] });
      this.write();
    });
    label.append(input, node("span", "", this.settings.name));
    const parts = [label, node("div", "gm-note", filled(this.view.words.in_view, { n: count(this.found.total) }))];
    if (this.shown) this.entries().forEach((entry) => {
      const line = node("div", "gm-entry");
      line.append(sample(entry, "events", this.view.look), node("span", "gm-entry-label", entry.label));
      parts.push(line);
    });
    if (this.shown && this.settings.note) parts.push(node("div", "gm-note", this.settings.note));
    this.box.replaceChildren(...parts);
  }

  entries() {
    if (!this.found) return [];
    if (this.found.kind === "squares") {
      let low = 1;
      return this.edges.map((edge, place) => {
        const label = low === edge ? count(edge) : count(low) + "–" + count(edge);
        low = edge + 1;
        return { label: label, n: null, shape: "area", style: { color: "#505050", weight: 0.5, fillColor: RAMP[place], fillOpacity: 0.72 } };
      });
    }
    const names = this.settings.categories || [];
    const last = this.settings.marks.length - 1;
    // The late categories share the last mark.
    return names.slice(0, last + 1).map((name, place) => ({ label: place === last && names.length > last + 1 ? this.view.words.other : name, n: null, shape: "point", style: this.styleOf(place) }));
  }

  // The late categories share the last mark.
  rank(category) {
    return Math.min(category, this.settings.marks.length - 1);
  }

  styleOf(place) {
    return Object.assign({}, DOT, this.settings.marks[place]);
  }

  marks() {
    const cases = [];
    this.settings.marks.forEach((_, place) => cases.push(place, shapes.mark(this.view.map, this.styleOf(place), "events", this.view.look)));
    return ["match", ["get", "mark"], ...cases, ""];
  }

  described() {
    const counted = this.found ? filled(this.view.words.in_view, { n: count(this.found.total) }) : "";
    const note = [counted, this.settings.note].filter(Boolean).join(" · ");
    return { name: this.settings.name, role: "events", shown: this.shown, data: { legend: { entries: this.entries(), unit: "", counted: "", note: note } } };
  }

  within(period) {
    this.period = period;
    this.ask(0);
  }

  repaint() {
    this.view.map.setLayoutProperty("gm-bins:dot", "icon-image", this.marks());
    if (this.found) this.write();
    this.view.map.setPaintProperty("gm-bins:count", "text-color", looks.INK[this.view.look]);
    this.view.map.setPaintProperty("gm-bins:count", "text-halo-color", looks.HALO[this.view.look]);
  }

  remove() {
    this.turn = -1;
    const map = this.view.map;
    map.off("moveend", this.moved);
    ["gm-bins:fill", "gm-bins:dot", "gm-bins:count"].forEach((id) => this.view.drop(id));
    if (map.getSource("gm-bins")) map.removeSource("gm-bins");
    this.box.remove();
  }
}

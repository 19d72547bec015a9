// Events as they happen: appended to the map one by one, filtered by category, status and age, counted by grid.
import { EMPTY } from "./layers.js";
import { count, filled, node } from "./nodes.js";
import { sample } from "./panel.js";
import * as shapes from "./shapes.js";

const MOST = 5000; // kept on the map; the oldest leave
const RANK = 310;
const LISTED = 8;
const REACH_PX = 3;
const MOST_WORDS = 60; // categories and states that have a line of their own
const AGES_H = [1, 6, 24, 72, 0];
const TICK_MS = 30000;
const DOT = { color: "#ffffff", radius: 6.5, weight: 2, fillOpacity: 1 };
const UNKNOWN = "—";

function text(value) {
  return value === null || value === undefined || value === "" ? UNKNOWN : String(value).slice(0, 200);
}

export class Extra {
  constructor(view, settings) {
    this.view = view;
    this.settings = settings;
    this.events = new Map(); // number on the map -> event, the oldest first
    this.numbers = new Map(); // id -> number
    this.next = 1;
    this.hidden = { category: new Set(), status: new Set() };
    this.known = { category: new Map(settings.categories), status: new Map(settings.states) };
    this.minutes = settings.since_minutes;
    view.map.addSource("gm-live", { type: "geojson", data: EMPTY });
    view.place({
      id: "gm-live:dot", type: "symbol", source: "gm-live", metadata: { rank: RANK },
      layout: Object.assign({ "icon-image": this.marks() }, shapes.LAYOUT),
    });
    this.box = node("div", "gm-extra gm-live");
    view.panel.further.appendChild(this.box);
    this.write();
    this.filter();
    this.timer = setInterval(() => { this.filter(); this.tell(); }, TICK_MS);
    this.stream = new EventSource(new URL(settings.url, window.location.origin).href);
    this.stream.onmessage = (message) => this.take(message.data);
    this.stream.onopen = () => this.state(true);
    this.stream.onerror = () => this.state(false);
    this.leave = () => this.stream.close();
    window.addEventListener("pagehide", this.leave);
  }

  state(on) {
    this.line.textContent = on ? this.view.words.live_on : this.view.words.live_off;
    this.line.classList.toggle("gm-failed", !on);
  }

  // One message holds several events; what is not as it should be is left out.
  take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch (error) {
      return;
    }
    const events = message && Array.isArray(message.events) ? message.events : [];
    const change = { add: [], remove: [] };
    events.forEach((event) => this.keep(event, change));
    while (this.events.size > MOST) {
      const [number, oldest] = this.events.entries().next().value;
      this.events.delete(number);
      this.numbers.delete(oldest.id);
      change.remove.push(number);
    }
    change.add = change.add.filter((feature) => this.events.has(feature.id));
    if (!change.add.length && !change.remove.length) return;
    this.view.map.getSource("gm-live").updateData(change);
    this.filter();
    this.tell();
  }

  keep(event, change) {
    if (!event || typeof event !== "object" || !Number.isFinite(event.lon) || !Number.isFinite(event.lat)) return;
    const id = text(event.id);
    const known = this.numbers.get(id);
    if (known !== undefined) { // told again with another status
      this.events.delete(known);
      change.remove.push(known);
      change.add = change.add.filter((feature) => feature.id !== known);
    }
    const at = Math.floor(Date.parse(event.reported_at) / 60000);
    const number = this.next;
    this.next += 1;
    const kept = { id: id, category: text(event.category), status: text(event.status), at: Number.isFinite(at) ? at : 0, grid: event.grid ? text(event.grid) : "", address: event.address ? text(event.address) : "", reported: text(event.reported_at) };
    this.events.set(number, kept);
    this.numbers.set(id, number);
    ["category", "status"].forEach((field) => {
      if (!this.known[field].has(kept[field]) && this.known[field].size >= MOST_WORDS) kept[field] = UNKNOWN;
      if (!this.known[field].has(kept[field])) { this.known[field].set(kept[field], kept[field]); this.stale = true; }
    });
    change.add.push({ type: "Feature", id: number, properties: { category: kept.category, status: kept.status, at: kept.at }, geometry: { type: "Point", coordinates: [event.lon, event.lat] } });
  }

  since() {
    return this.minutes ? Math.floor(Date.now() / 60000) - this.minutes : 0;
  }

  // A filter of the style: nothing is sent or drawn anew.
  filter() {
    const without = (field) => ["!", ["in", ["get", field], ["literal", [...this.hidden[field]]]]];
    this.view.map.setFilter("gm-live:dot", ["all", without("category"), without("status"), [">=", ["get", "at"], this.since()]]);
    this.view.map.setLayoutProperty("gm-live:dot", "icon-image", this.marks());
    if (this.stale) { this.stale = false; this.write(); }
  }

  // The mark of a category by its place among those known; the late ones share the last.
  styleOf(place) {
    const marks = this.settings.marks;
    return Object.assign({}, DOT, marks[Math.min(place, marks.length - 1)]);
  }

  marks() {
    const name = (place) => shapes.mark(this.view.map, this.styleOf(place), "events", this.view.look);
    const cases = [];
    [...this.known.category.keys()].forEach((category, place) => cases.push(category, name(place)));
    const otherwise = name(this.settings.marks.length);
    return cases.length ? ["match", ["get", "category"], ...cases, otherwise] : otherwise;
  }

  visible() {
    const since = this.since();
    return [...this.events.values()].filter((event) => !this.hidden.category.has(event.category) && !this.hidden.status.has(event.status) && event.at >= since);
  }

  write() {
    const words = this.view.words;
    this.line = node("div", "gm-note", this.line ? this.line.textContent : words.live_on);
    this.total = node("span", "gm-entry-n");
    const head = node("div", "gm-entry gm-extra-head");
    head.append(node("span", "gm-entry-label", words.live), this.total);
    this.table = node("table", "gm-by-grid");
    this.box.replaceChildren(head, this.line, this.ages(), this.choices("category", words.categories), this.choices("status", words.states), this.table);
    this.tell();
  }

  ages() {
    const box = node("label", "gm-layer-name", this.view.words.age);
    const list = node("select");
    const offered = AGES_H.map((hours) => hours * 60);
    if (offered.indexOf(this.minutes) < 0) offered.unshift(this.minutes);
    offered.forEach((minutes) => {
      const entry = node("option", "", minutes ? filled(this.view.words.hours, { n: Number((minutes / 60).toFixed(1)) }) : this.view.words.all_ages);
      entry.value = minutes;
      entry.selected = minutes === this.minutes;
      list.appendChild(entry);
    });
    list.addEventListener("change", () => { this.minutes = Number(list.value); this.filter(); this.tell(); });
    box.appendChild(list);
    return box;
  }

  choices(field, heading) {
    const box = node("div", "gm-choices");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", heading);
    [...this.known[field].entries()].forEach(([code, word], place) => {
      const label = node("label");
      const input = node("input");
      input.type = "checkbox";
      input.checked = !this.hidden[field].has(code);
      input.addEventListener("change", () => {
        if (input.checked) this.hidden[field].delete(code);
        else this.hidden[field].add(code);
        this.filter();
        this.tell();
      });
      label.append(input, ...(field === "category" ? [sample(this.entry(word, place), "events", this.view.look)] : []), node("span", "", word));
      box.appendChild(label);
    });
    return box;
  }

  // Counts by grid of what the filters leave, the most first.
  tell() {
    const shown = this.visible();
    const counts = new Map();
    shown.forEach((event) => { if (event.grid) counts.set(event.grid, (counts.get(event.grid) || 0) + 1); });
    this.counts = counts;
    this.total.textContent = count(shown.length);
    const rows = [...counts.entries()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, LISTED);
    const caption = node("caption", "gm-note", rows.length ? this.view.words.by_grid : "");
    this.table.replaceChildren(caption, ...rows.map(([grid, number]) => {
      const line = node("tr");
      line.append(node("td", "", this.nameOf(grid)), node("td", "", count(number)));
      return line;
    }));
  }

  nameOf(code) {
    for (const layer of this.view.drawn) {
      const row = layer.area && layer.data.labels ? layer.rowOf(code) : undefined;
      if (row !== undefined) return layer.data.labels[row] || code;
    }
    return code;
  }

  under(point) {
    const around = [[point.x - REACH_PX, point.y - REACH_PX], [point.x + REACH_PX, point.y + REACH_PX]];
    const found = this.view.map.queryRenderedFeatures(around, { layers: ["gm-live:dot"] })[0];
    return found ? this.events.get(Number(found.id)) : undefined;
  }

  // Whether a click meant one of these events.
  hit(event) {
    const kept = this.under(event.point);
    if (!kept) return false;
    const words = this.view.words;
    const box = node("div", "gm-card");
    box.appendChild(node("div", "gm-card-head", kept.id));
    const lines = [[words.categories, this.known.category.get(kept.category)], [words.states, this.known.status.get(kept.status)], [words.time, kept.reported.slice(0, 16).replace("T", " ")], ["", kept.address], ["", kept.grid && this.nameOf(kept.grid)]];
    lines.filter(([, value]) => value).forEach(([key, value]) => {
      const line = node("div", "gm-card-row");
      if (key) line.appendChild(node("span", "gm-card-key", key));
      line.appendChild(node("span", "gm-card-value", value));
      box.appendChild(line);
    });
    this.view.card.fix(box, event.lngLat.toArray());
    this.view.send({ clicked: { layer: "live", role: "live", ids: [kept.id] } });
    return true;
  }

  entry(word, place) {
    return { label: word, n: null, shape: "point", style: Object.assign(this.styleOf(place), { weight: 1 }) };
  }

  described() {
    const entries = [...this.known.category.values()].map((word, place) => this.entry(word, place));
    return { name: this.view.words.live, role: "events", shown: true, data: { legend: { entries: entries, unit: "", counted: "", note: "" } } };
  }

  repaint() {
    this.view.map.setLayoutProperty("gm-live:dot", "icon-image", this.marks());
    this.write();
  }

  remove() {
    this.stream.close();
    clearInterval(this.timer);
    window.removeEventListener("pagehide", this.leave);
    const map = this.view.map;
    this.view.drop("gm-live:dot");
    if (map.getSource("gm-live")) map.removeSource("gm-live");
    this.box.remove();
  }
}

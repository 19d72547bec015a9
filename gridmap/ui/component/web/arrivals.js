// Events as they come in: which are held, which of them are shown, counted by grid; the part of the panel that says so.
import { count, node } from "./nodes.js";
import { sample } from "./panel.js";

const MOST = 5000; // held; the oldest leave
const LISTED = 8;
const MOST_WORDS = 60; // categories and states that have a line of their own
const TALL_PX = 620; // a map this high has room for the counts by grid beside the legend
const TICK_MS = 1000;
const MINUTE_MS = 60000;
const DOT = { color: "#ffffff", radius: 6.5, weight: 2, fillOpacity: 1 };
const UNKNOWN = "—";

export function text(value) {
  return value === null || value === undefined || value === "" ? UNKNOWN : String(value).slice(0, 200);
}

// A map draws what it holds: it has `place`, which takes changes of the events, and `sift`, which shows those that `shows` says.
export class Arrivals {
  constructor(settings, words, look, parent) {
    this.settings = settings;
    this.words = words;
    this.look = look;
    this.events = new Map(); // number on the map -> event, the oldest first
    this.numbers = new Map(); // id -> number
    this.next = 1;
    this.names = new Map(); // code of a grid -> its name
    this.hidden = { category: new Set(), status: new Set() };
    this.known = { category: new Map(settings.categories), status: new Map(settings.states) };
    this.minutes = settings.since_minutes;
    this.moment = settings.clock_ms; // null: the server's clock
    this.ahead = 0; // of the server's clock before this machine's
    this.opened = { status: false, grids: parent.closest(".gm-root").clientHeight >= TALL_PX };
    this.box = node("div", "gm-extra gm-live");
    parent.prepend(this.box);
  }

  begin() {
    this.write();
    this.refresh();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    const address = new URL(this.settings.url, window.location.origin).href;
    this.stream = new EventSource(address);
    this.stream.onmessage = (message) => this.take(message.data);
    this.stream.onopen = () => { this.connected(true); this.ask(address); };
    this.stream.onerror = () => this.connected(false);
    this.leave = () => this.stream.close();
    window.addEventListener("pagehide", this.leave);
  }

  // How far the server's clock is ahead of this machine's: its answers carry its time.
  ask(address) {
    if (this.moment !== null) return;
    fetch(address, { method: "HEAD", credentials: "same-origin", cache: "no-store" }).then((answer) => {
      const now = Date.parse(answer.headers.get("date"));
      if (Number.isFinite(now)) this.ahead = now - Date.now();
      this.tick();
    }).catch(() => undefined); // the stream says whether there is a connection
  }

  connected(on) {
    this.line.textContent = on ? this.words.live_on : this.words.live_off;
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
    if (!message) return;
    const newest = Date.parse(message.newest);
    if (this.moment !== null && newest > this.moment) this.moment = newest;
    const events = Array.isArray(message.events) ? message.events : [];
    const change = { add: [], remove: [] };
    events.forEach((event) => this.keep(event, change));
    while (this.events.size > MOST) this.drop(this.events.keys().next().value, change);
    change.add = change.add.filter((feature) => this.events.has(feature.id));
    if (change.add.length || change.remove.length) this.place(change);
    this.refresh();
  }

  keep(event, change) {
    if (!event || typeof event !== "object" || !Number.isFinite(event.lon) || !Number.isFinite(event.lat)) return;
    const id = text(event.id);
    const known = this.numbers.get(id);
    if (known !== undefined) { // told again with another status
      this.drop(known, change);
      change.add = change.add.filter((feature) => feature.id !== known);
    }
    const at = Date.parse(event.reported_at);
    const number = this.next;
    this.next += 1;
    const kept = { id: id, category: text(event.category), status: text(event.status), at: Number.isFinite(at) ? at : 0, grid: event.grid ? text(event.grid) : "", address: event.address ? text(event.address) : "", reported: text(event.reported_at) };
    if (kept.grid && event.grid_name) this.names.set(kept.grid, text(event.grid_name));
    this.events.set(number, kept);
    this.numbers.set(id, number);
    ["category", "status"].forEach((field) => {
      if (!this.known[field].has(kept[field]) && this.known[field].size >= MOST_WORDS) kept[field] = UNKNOWN;
      if (!this.known[field].has(kept[field])) { this.known[field].set(kept[field], kept[field]); this.stale = true; }
    });
    change.add.push({ type: "Feature", id: number, properties: { category: kept.category, status: kept.status, at: kept.at }, geometry: { type: "Point", coordinates: [event.lon, event.lat] } });
  }

  drop(number, change) {
    this.numbers.delete(this.events.get(number).id);
    this.events.delete(number);
    change.remove.push(number);
  }

  // Events no older than this are shown; one without a time has no age and is among those of any age alone.
  since() {
    if (!this.minutes) return -Infinity;
    return (this.moment === null ? Date.now() + this.ahead : this.moment) - this.minutes * MINUTE_MS;
  }

  shows(event, since) {
    return event.at > since && !this.hidden.category.has(event.category) && !this.hidden.status.has(event.status);
  }

  visible() {
    const since = this.since();
    return [...this.events.values()].filter((event) => this.shows(event, since));
  }

  // The clock goes on: what has grown too old leaves the map and the counts.
  tick() {
    if (this.visible().length !== this.told) this.refresh();
  }

  refresh() {
    if (this.stale) { this.stale = false; this.write(); }
    this.sift();
    this.tell();
  }

  // The mark of a category by its place among those known; the late ones share the last.
  styleOf(place) {
    const marks = this.settings.marks;
    return Object.assign({}, DOT, marks[Math.min(place, marks.length - 1)]);
  }

  entry(word, place) {
    return { label: word, n: null, shape: "point", style: Object.assign(this.styleOf(place), { weight: 1 }) };
  }

  write() {
    const words = this.words;
    this.line = node("div", "gm-note", this.line ? this.line.textContent : words.live_on);
    this.total = node("span", "gm-entry-n");
    const head = node("div", "gm-entry gm-extra-head");
    head.append(node("span", "gm-entry-label", words.live), this.total);
    this.numbersOf = { category: new Map(), status: new Map() };
    this.table = node("table", "gm-by-grid");
    const states = this.folded("status", words.states, this.choices("status", words.states));
    this.grids = this.folded("grids", words.by_grid, this.table);
    this.box.replaceChildren(head, this.line, this.ages(), this.choices("category", words.categories), states, this.grids);
  }

  folded(name, heading, content) {
    const box = node("details", "gm-fold");
    box.open = this.opened[name];
    box.addEventListener("toggle", () => { this.opened[name] = box.open; });
    box.append(node("summary", "", heading), content);
    return box;
  }

  ages() {
    const box = node("label", "gm-layer-name gm-age", this.words.age);
    const list = node("select");
    this.settings.ages.forEach(([minutes, word]) => {
      const entry = node("option", "", word);
      entry.value = minutes;
      entry.selected = minutes === this.minutes;
      list.appendChild(entry);
    });
    list.addEventListener("change", () => { this.minutes = Number(list.value); this.refresh(); });
    box.appendChild(list);
    box.hidden = !this.settings.ages.length;
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
        this.refresh();
      });
      const number = node("span", "gm-entry-n");
      this.numbersOf[field].set(code, number);
      label.append(input, ...(field === "category" ? [sample(this.entry(word, place), "events", this.look)] : []), node("span", "gm-entry-label", word), number);
      box.appendChild(label);
    });
    return box;
  }

  // Counts of what the filters leave: by category and status, and by grid, the most first.
  tell() {
    const shown = this.visible();
    const counts = new Map();
    shown.forEach((event) => { if (event.grid) counts.set(event.grid, (counts.get(event.grid) || 0) + 1); });
    this.counts = counts;
    this.told = shown.length;
    this.total.textContent = count(shown.length);
    ["category", "status"].forEach((field) => {
      this.numbersOf[field].forEach((place, code) => { place.textContent = count(shown.filter((event) => event[field] === code).length); });
    });
    const rows = [...counts.entries()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, LISTED);
    this.grids.hidden = !rows.length;
    this.table.replaceChildren(...rows.map(([grid, number]) => {
      const line = node("tr");
      line.append(node("td", "", this.nameOf(grid)), node("td", "", count(number)));
      return line;
    }));
  }

  nameOf(grid) {
    return this.names.get(grid) || grid;
  }

  card(kept) {
    const words = this.words;
    const box = node("div", "gm-card");
    box.appendChild(node("div", "gm-card-head", kept.id));
    const lines = [[words.categories, this.known.category.get(kept.category)], [words.states, this.known.status.get(kept.status)], [words.time, kept.reported.slice(0, 16).replace("T", " ")], ["", kept.address], ["", kept.grid && this.nameOf(kept.grid)]];
    lines.filter(([, value]) => value).forEach(([key, value]) => {
      const line = node("div", "gm-card-row");
      if (key) line.appendChild(node("span", "gm-card-key", key));
      line.appendChild(node("span", "gm-card-value", value));
      box.appendChild(line);
    });
    return box;
  }

  remove() {
    this.stream.close();
    clearInterval(this.timer);
    window.removeEventListener("pagehide", this.leave);
    this.box.remove();
  }
}

// One map: the MapLibre instance, its layers in drawing order, and the parts around it.
import { Card } from "./card.js";
import { Furniture } from "./furniture.js";
import * as kept from "./kept.js";
import { Drawn, EMPTY, RANK, bounds, loaded } from "./layers.js";
import { Outlines } from "./outlines.js";
import { Panel } from "./panel.js";
import { filled, node } from "./nodes.js";
import { Selecting } from "./selection.js";
import { hatch } from "./shapes.js";
import * as looks from "./styles.js";
import { join } from "./together.js";
import { Toolbar } from "./toolbar.js";

const MAX_ZOOM = 22;
const PANEL_PX = 290;
const SLIM_PANEL_PX = 232;
const NARROW_PX = 900; // a map narrower than this has a slim panel
const TINY_PX = 520; // and narrower than this has no room beside the panel

// Whether pictures are computed by the processor: then four samples a pixel make every picture take three times as long.
function drawnByProcessor() {
  const context = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!context) return true;
  const named = context.getExtension("WEBGL_debug_renderer_info");
  const renderer = named ? String(context.getParameter(named.UNMASKED_RENDERER_WEBGL)) : "";
  const lose = context.getExtension("WEBGL_lose_context");
  if (lose) lose.loseContext();
  return /swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
}

// Whether two boxes show different parts of the world: the same data under another filter is no reason to move the view.
function elsewhere(before, now) {
  if (!before || !now) return before !== now;
  const width = Math.min(before[2], now[2]) - Math.max(before[0], now[0]);
  const height = Math.min(before[3], now[3]) - Math.max(before[1], now[1]);
  if (width < 0 || height < 0) return true;
  const area = (box) => Math.max(box[2] - box[0], 1e-9) * Math.max(box[3] - box[1], 1e-9);
  const common = Math.max(width, 1e-9) * Math.max(height, 1e-9);
  return common / (area(before) + area(now) - common) < 0.4;
}

export class View {
  constructor(root, data, maplibregl) {
    this.root = root;
    this.data = data;
    this.words = data.words;
    this.lang = data.lang;
    this.maplibregl = maplibregl;
    this.look = data.style;
    this.drawn = [];
    this.others = []; // layers of vector tiles
    this.order = []; // style layers from bottom to top
    this.labels = true;
    this.fonts = data.fonts;
    this.turn = 0;
    this.state = { clicked: null, picked: null, drawn: null };
    this.switched = new Map(); // layers that the reader switched on or off keep that when their content changes
    this.ids = "";
    this.box = node("div", "gm-map");
    root.appendChild(this.box);
    root.dataset.look = this.look;
    this.map = new maplibregl.Map({
      container: this.box,
      attributionControl: false,
      boxZoom: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      maxZoom: MAX_ZOOM,
      renderWorldCopies: false,
      center: [104, 35],
      zoom: 3,
      localIdeographFontFamily: false,
      canvasContextAttributes: { antialias: !drawnByProcessor(), failIfMajorPerformanceCaveat: false },
      transformRequest: (address) => ({ url: new URL(address, window.location.origin).href }),
      locale: { "Map.Title": data.title },
      style: this.empty(data),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((done) => this.map.once("load", done)).then(() => this.begin(data));
    this.map.on("error", (event) => this.note(event));
    this.map.on("webglcontextlost", () => this.say && this.say(this.words.context_lost));
    this.map.on("webglcontextrestored", () => this.say && this.say(""));
    this.width = this.box.clientWidth;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.box);
  }

  // A map that opens hidden has no size yet: the first look is taken again once it has.
  fit() {
    const width = this.box.clientWidth;
    this.map.resize();
    this.root.classList.toggle("gm-slim", width <= NARROW_PX);
    this.root.classList.toggle("gm-tiny", width <= TINY_PX);
    if (!this.width && width && this.home !== undefined) this.goHome();
    this.width = width;
  }

  empty(data) {
    return {
      version: 8, glyphs: new URL(data.glyphs, window.location.origin).href.replace(/%7B/g, "{").replace(/%7D/g, "}"), sources: { "gm-lit": { type: "geojson", data: EMPTY } },
      layers: [{ id: "gm-ground", type: "background", paint: { "background-color": looks.GROUND[this.look] }, metadata: { rank: -1 } }],
    };
  }

  begin(data) {
    this.map.addImage("gm-hatch", hatch(), { pixelRatio: 1 });
    this.place({
      id: "gm-lit", type: "circle", source: "gm-lit", metadata: { rank: RANK.marks + 3 },
      paint: { "circle-radius": 12, "circle-opacity": 0, "circle-stroke-width": 3, "circle-stroke-color": looks.LIT[this.look] },
    });
    this.marks = new Outlines(this);
    this.card = new Card(this);
    this.furniture = new Furniture(this, data);
    this.panel = new Panel(this);
    this.toolbar = new Toolbar(this, data);
    this.selecting = new Selecting(this);
    this.extras = {};
    this.map.on("moveend", () => this.keep());
  }

  // A tile or glyph that is not there must not end the map; the console keeps the reason.
  note(event) {
    const error = event && event.error;
    console.warn("gridmap map:", error && error.message ? error.message : error);
  }

  // Add a style layer below the first one of a higher rank.
  place(layer) {
    const rank = layer.metadata.rank;
    const found = this.order.findIndex((other) => other.rank > rank);
    const at = found < 0 ? this.order.length : found;
    this.map.addLayer(layer, found < 0 ? undefined : this.order[at].id);
    this.order.splice(at, 0, { id: layer.id, rank: rank });
  }

  drop(id) {
    if (this.map.getLayer(id)) this.map.removeLayer(id);
    this.order = this.order.filter((layer) => layer.id !== id);
  }

  async apply(data, out) {
    this.out = out;
    this.say = out.say;
    this.data = data;
    this.words = data.words;
    this.lang = data.lang;
    if (data.style !== this.given) {
      if (this.given) this.restyle(data.style); // the application's theme has changed
      this.given = data.style;
    }
    this.furniture.apply(data);
    await this.applyLayers(data.layers);
    if (this.gone) return;
    const before = this.fresh === undefined ? this.remembered(data) : null;
    this.look_at(data, before);
    this.gather(data.together);
    this.panel.apply();
    this.toolbar.apply(data);
    await this.applyExtras(data);
    if (this.gone) return;
    this.applyHighlight(data.highlight);
    this.selecting.apply();
    if (this.fresh !== undefined && data.fresh !== this.fresh) await this.begin_anew();
    this.fresh = data.fresh;
    if (before) await this.restore(before).catch((error) => console.warn("gridmap kept:", error.message));
    if (this.gone) return;
    this.keep();
    this.root.dataset.at = String(Date.now());
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn || 0) + 1);
  }

  async applyLayers(described) {
    const base = this.data.base;
    const wanted = described.map((one) => one.key + "/" + one.role + "/" + one.name);
    if (wanted.join("\n") === this.ids) return;
    const known = new Map(this.drawn.map((layer) => [layer.key + "/" + layer.role + "/" + layer.name, layer]));
    const contents = await Promise.all(described.map((one, place) => (known.has(wanted[place]) ? null : loaded(base, one, this.out.missing).catch((error) => this.unread(one, error)))));
    if (this.gone) return;
    const next = [];
    this.card.clear();
    described.forEach((one, place) => {
      const before = known.get(wanted[place]) || this.goneOn(known, wanted, one, contents[place]);
      if (before) {
        next.push(before);
        known.forEach((layer, name) => { if (layer === before) known.delete(name); });
        return;
      }
      if (!contents[place]) return;
      const made = new Drawn(this, one, contents[place].data, contents[place].geometries, place);
      const habit = this.switched.get(one.role + "/" + one.name);
      if (habit !== undefined) made.shown = habit;
      while (this.map.getSource(made.source)) made.source += "x";
      next.push(made);
      made.fresh = true;
    });
    this.drawn = next;
    next.forEach((layer) => { if (layer.fresh) { layer.fresh = false; layer.add(); } });
    known.forEach((layer) => layer.remove()); // after the new ones are there, so that nothing flashes
    this.ids = contents.some((content, place) => !content && !this.drawn.some((layer) => layer.key === described[place].key)) ? "" : wanted.join("\n");
    this.refreshLabels();
  }

  // A layer of the same name that is no longer wanted as it is, if it can go on as this one.
  goneOn(known, wanted, one, content) {
    if (!content) return undefined;
    const found = [...known].find(([name, layer]) => layer.role === one.role && layer.name === one.name && wanted.indexOf(name) < 0);
    return found && found[1].become(one, content.data, content.geometries) ? found[1] : undefined;
  }

  unread(one, error) {
    this.say(filled(this.words.layer_missing, { name: one.name }), true);
    console.warn("gridmap layer:", error.message);
    return null;
  }

  // Names are written once: those of the outlines where they are shown, else those of the theme.
  labelled(layer) {
    const bearers = this.drawn.concat(this.others).filter((other) => other.shown && other.area && other.data.labels);
    const chosen = bearers.find((other) => other.role === "grids") || bearers.find((other) => other.role === "theme") || bearers[0];
    return this.labels && (layer === chosen || layer.role === "dedicated");
  }

  refreshLabels() {
    this.drawn.concat(this.others).forEach((layer) => layer.show(layer.shown));
  }

  switch(layer, shown) {
    this.switched.set(layer.role + "/" + layer.name, shown);
    layer.show(shown);
    this.refreshLabels();
    this.card.clear();
  }

  restyle(look) {
    this.look = look;
    this.root.dataset.look = look;
    this.map.setPaintProperty("gm-ground", "background-color", looks.GROUND[look]);
    this.map.setPaintProperty("gm-lit", "circle-stroke-color", looks.LIT[look]);
    this.marks.repaint();
    this.drawn.forEach((layer) => layer.repaint());
    Object.values(this.extras).forEach((extra) => extra.repaint && extra.repaint());
  }

  padding() {
    const width = this.box.clientWidth;
    const aside = !this.panel.open || width <= TINY_PX ? 20 : width <= NARROW_PX ? SLIM_PANEL_PX : PANEL_PX;
    return { top: 34, bottom: 34, left: 52, right: aside };
  }

  // The first look at the data, and flights that Python asks for; otherwise the view is the reader's.
  look_at(data, before) {
    const focus = JSON.stringify(data.focus);
    const moved = elsewhere(this.home, data.home);
    const sound = before && Array.isArray(before.view) && before.view.length === 3 && before.view.every(Number.isFinite);
    if (sound && (!data.focus || before.focus === focus)) {
      this.go(before.view);
      this.home = data.home;
      this.focus = focus;
      return;
    }
    if (data.focus && (moved || focus !== this.focus)) this.fly(data.focus, this.home === undefined ? 0 : 900);
    else if (moved && data.home) this.fly(data.home, 0);
    this.home = data.home;
    this.focus = focus;
  }

  fly(box, duration) {
    this.map.fitBounds([[box[0], box[1]], [box[2], box[3]]], { padding: this.padding(), maxZoom: 19.5, duration: duration, essential: true });
  }

  goHome() {
    if (this.data.home) this.fly(this.data.home, 500);
  }

  applyHighlight(ids) {
    const wanted = JSON.stringify(ids);
    const over = [this.ids, ...this.others.map((layer) => layer.key)].join("\n");
    if (wanted === this.lit && this.litOver === over) return;
    this.lit = wanted;
    this.litOver = over;
    const spots = [];
    this.drawn.concat(this.others).forEach((layer) => {
      if (!layer.data.ids && !layer.sourceLayer) return;
      (layer.litRows || []).forEach((row) => layer.mark(row, { lit: false }));
      layer.litRows = [];
      (ids[layer.sourceLayer ? "tiles" : layer.role] || []).forEach((id) => {
        const row = layer.rowOf(id);
        if (row === undefined || (!layer.sourceLayer && !layer.geometries[row])) return;
        layer.litRows.push(row);
        layer.mark(row, { lit: true });
        if (layer.area) return;
        const box = bounds(layer.geometries[row]);
        spots.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] } });
      });
    });
    this.map.getSource("gm-lit").setData({ type: "FeatureCollection", features: spots });
  }

  async applyExtras(data) {
    const kinds = { live: "./live.js", bins: "./bins.js", tiles: "./tiles.js", time: "./time.js" };
    for (const kind of Object.keys(kinds)) {
      const wanted = data[kind] ? JSON.stringify(data[kind]) : "";
      const extra = this.extras[kind];
      if (extra && extra.wanted !== wanted) {
        extra.remove();
        delete this.extras[kind];
      }
      if (wanted && !this.extras[kind]) {
        const module = await import(kinds[kind]);
        if (this.gone) return;
        this.extras[kind] = new module.Extra(this, data[kind]);
        this.extras[kind].wanted = wanted;
        this.extras[kind].over = this.ids;
      } else if (wanted && this.extras[kind].refresh && this.extras[kind].over !== this.ids) {
        this.extras[kind].over = this.ids; // other layers are there now
        this.extras[kind].refresh();
      }
    }
  }

  // Longitude, latitude and zoom.
  seen() {
    const centre = this.map.getCenter();
    return [centre.lng, centre.lat, this.map.getZoom()];
  }

  go([lng, lat, zoom]) {
    this.map.jumpTo({ center: [lng, lat], zoom: zoom });
  }

  gather(name) {
    if (name === this.group) return;
    if (this.leave) this.leave();
    this.group = name;
    this.leave = name ? join(name, this) : null;
  }

  // Tell Python; one message for one action.
  send(change) {
    this.turn = Math.max(this.turn + 1, Date.now());
    Object.assign(this.state, change);
    this.keep();
    this.out.state(Object.assign({ turn: this.turn, view: this.seen() }, this.state));
  }

  // What was drawn and chosen has served its purpose.
  async begin_anew() {
    this.selecting.drop();
    this.card.clear();
    if (this.toolbar.made) (await this.toolbar.editor()).load(null);
    Object.assign(this.state, { clicked: null, picked: null, drawn: null });
  }

  keep() {
    if (!this.data.keep || this.fresh === undefined || this.gone) return;
    const said = Object.assign({}, this.state);
    kept.write(this.data.keep, Object.assign(said, { view: this.seen(), home: this.home, focus: this.focus, mode: this.toolbar.mode, fresh: this.fresh }));
  }

  // What this tab knew of the map before the page was loaded again; nothing where it showed another part of the world.
  remembered(data) {
    const found = data.keep ? kept.read(data.keep) : null;
    if (!found || elsewhere(found.home, data.home)) return null;
    // Python has used up what was drawn then.
    return data.fresh && found.fresh !== data.fresh ? Object.assign(found, { clicked: null, picked: null, drawn: null }) : found;
  }

  async restore(before) {
    if (this.toolbar.buttons.has(before.mode)) this.toolbar.choose(before.mode);
    if (before.drawn) (await this.toolbar.editor()).load(before.drawn);
    if (before.picked) this.state.picked = this.selecting.take(before.picked);
    if (before.clicked) this.state.clicked = this.card.take(before.clicked);
    if (this.state.drawn || this.state.picked || this.state.clicked) this.send({});
  }

  remove() {
    this.gone = true;
    if (this.leave) this.leave();
    this.watch.disconnect();
    Object.values(this.extras || {}).forEach((extra) => extra.remove());
    if (this.selecting) this.selecting.remove();
    if (this.toolbar) this.toolbar.remove();
    this.map.remove();
    this.root.replaceChildren();
    delete this.root.gridmap;
  }
}

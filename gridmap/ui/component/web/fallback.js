// Without WebGL2: the same layers by the drawing script of the offline page, on Leaflet. It shows, inspects, clicks and selects.
import { AREAS } from "./layers.js";
import { node } from "./nodes.js";
import { Arriving } from "./simple_live.js";
import { Picks } from "./simple_picks.js";
import * as store from "./store.js";

const PANEL_MARGIN_PX = 70;

export async function begin(root, data, parent) {
  await Promise.all([store.sheet(parent, data.libraries.leaflet_style), store.sheet(parent, data.base + "web/page.css"), store.script(data.libraries.leaflet)]);
  await store.script(data.base + "web/draw.js");
  return new Simple(root, data);
}

export class Simple {
  constructor(root, data) {
    this.root = root;
    this.simple = true;
    this.ids = "";
    this.state = { clicked: null, picked: null, drawn: null };
    this.picks = new Picks(this);
    this.reason = node("div", "gm-message gm-reason", data.words.no_webgl);
    this.reason.setAttribute("role", "status");
  }

  // Layers too large for one document are not drawn here: the line names them.
  missing(data) {
    const names = [data.tiles, data.bins].filter(Boolean).map((one) => one.name);
    this.reason.textContent = data.words.no_webgl + (names.length ? " " + data.words.large_missing.replace("{names}", names.join(", ")) : "");
  }

  async apply(data, out) {
    this.out = out;
    this.missing(data);
    this.words = data.words;
    const ids = JSON.stringify([data.layers, data.lang]);
    if (ids !== this.ids) await this.draw(data, ids);
    if (this.gone) return;
    this.applyLive(data.live);
    this.mark(data.highlight);
    if (data.focus && JSON.stringify(data.focus) !== this.focus) this.fit(data.focus);
    this.focus = JSON.stringify(data.focus);
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn || 0) + 1);
  }

  // The list of layers belongs to a map of its own: a change draws anew, where the reader was.
  async draw(data, ids) {
    const contents = await Promise.all(data.layers.map((one) => this.load(data, one)));
    if (this.gone) return;
    const before = this.map ? { centre: this.map.getCenter(), zoom: this.map.getZoom(), home: this.home } : null;
    this.forget();
    this.box = node("div", "gm gm-map");
    const inner = node("div", "gm-simple");
    const head = node("div", "gm-head gm-simple-head");
    head.append(node("span", "gm-title", data.title), ...(data.tag ? [node("span", "gm-tag", data.tag)] : []), node("span", "gm-about", data.about));
    this.box.append(inner, head);
    this.root.append(this.box, this.reason);
    this.map = window.L.map(inner, { preferCanvas: true, zoomSnap: 0.25, maxZoom: 22, attributionControl: false, boxZoom: false });
    this.home = JSON.stringify(data.home);
    this.map.setView([35, 104], 3);
    data.layers.forEach((one, place) => { if (contents[place]) this.add(one, contents[place]); });
    window.gridmap.furnish(this.map, { bounds: data.home, words: data.words });
    if (before && before.home === this.home) this.map.setView(before.centre, before.zoom, { animate: false });
    this.box.querySelector(".gm-panel-body").style.maxHeight = Math.max(120, this.root.clientHeight - PANEL_MARGIN_PX) + "px";
    this.watch = new ResizeObserver(() => this.map.invalidateSize());
    this.watch.observe(this.box);
    this.ids = ids;
    this.picks.begin(data.tools);
  }

  applyLive(settings) {
    const wanted = settings ? JSON.stringify(settings) : "";
    if (this.live && this.live.wanted !== wanted) {
      this.live.remove();
      this.live = null;
    }
    if (!settings || this.live) return;
    this.live = new Arriving(this, settings);
    this.live.wanted = wanted;
  }

  entries() {
    return window.gridmap.entries.get(this.map) || [];
  }

  // Tell Python; one message for one action.
  send(change) {
    Object.assign(this.state, change);
    const centre = this.map.getCenter();
    this.out.state(Object.assign({ turn: Date.now(), view: [centre.lng, centre.lat, Math.max(0, this.map.getZoom() - 1)] }, this.state));
  }

  async load(data, one) {
    try {
      const [layer, ...parts] = await Promise.all([
        store.layer(data.base, one.key, this.out.missing),
        ...one.parts.map((fingerprint) => store.packed(data.base, fingerprint, this.out.missing)),
      ]);
      one.parts.forEach((fingerprint, place) => { window.gridmap.geometries[fingerprint] = parts[place]; });
      return layer;
    } catch (error) {
      this.out.say(data.words.layer_missing.replace("{name}", one.name), true);
      return null;
    }
  }

  add(one, content) {
    const layer = window.gridmap.draw(this.map, Object.assign({}, content, { shown: one.shown }));
    if (!content.ids) return;
    layer.on("click", (event) => {
      const row = event.layer.gridmapRow;
      const area = AREAS.indexOf(one.role) >= 0;
      if (content.ids[row] === null || content.ids[row] === undefined) return;
      if (area && (event.originalEvent.ctrlKey || event.originalEvent.metaKey)) {
        this.picks.toggle(this.entries().find((entry) => entry.layer === layer), row);
        return;
      }
      this.send({ clicked: { layer: one.name, role: one.role, ids: [].concat(content.ids[row]) } });
      this.light(layer, row, area);
    });
  }

  light(layer, row, lasting) {
    if (this.clicked) this.clicked.remove();
    this.clicked = null;
    if (lasting) this.clicked = this.outline(layer, (number) => number === row, "#1f2933");
  }

  outline(layer, chosen, colour, filled) {
    const group = window.L.featureGroup();
    layer.eachLayer((part) => {
      if (!chosen(part.gridmapRow)) return;
      const options = { color: colour, weight: 4, fill: false, interactive: false, opacity: 1 };
      if (filled) group.addLayer(window.L.polygon(part.getLatLngs(), Object.assign({}, options, { weight: 2.5, fill: true, fillOpacity: 0.45 })));
      else if (part.getLatLngs) group.addLayer(window.L.polyline(closed(part.getLatLngs()), options));
      else group.addLayer(window.L.circleMarker(part.getLatLng(), Object.assign({ radius: 12 }, options)));
    });
    return group.addTo(this.map);
  }

  mark(ids) {
    const wanted = JSON.stringify([ids, this.ids]);
    if (wanted === this.lit) return;
    this.lit = wanted;
    (this.lights || []).forEach((light) => light.remove());
    this.lights = [];
    this.entries().forEach((entry) => {
      const chosen = new Set(ids[entry.data.role] || []);
      if (!chosen.size || !entry.data.ids || !entry.layer.eachLayer) return;
      const rows = new Set();
      entry.data.ids.forEach((found, row) => { if ([].concat(found).some((id) => chosen.has(id))) rows.add(row); });
      if (rows.size) this.lights.push(this.outline(entry.layer, (row) => rows.has(row), "#d0006f"));
    });
  }

  fit(box) {
    this.map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { maxZoom: 19, padding: [60, 60], animate: false });
  }

  forget() {
    if (this.watch) this.watch.disconnect();
    if (this.live) this.live.remove();
    this.live = null;
    this.picks.end();
    if (this.map) {
      window.gridmap.entries.delete(this.map);
      this.map.remove();
    }
    if (this.box) this.box.remove();
    this.clicked = null;
    this.lights = [];
    this.lit = "";
    this.map = null;
  }

  remove() {
    this.gone = true;
    this.forget();
    this.picks.remove();
    this.reason.remove();
    delete this.root.gridmap;
  }
}

// Rings of any nesting as closed lines.
function closed(places) {
  if (places.length && places[0].lat !== undefined) return [places.concat([places[0]])];
  return [].concat(...places.map(closed));
}

// What a feature says of itself: areas while pointed at, dots and findings when clicked.
import { AREAS } from "./layers.js";
import { button, node } from "./nodes.js";

const REACH_PX = 4;
const REST_MS = 80;

export function content(layer, row) {
  const box = node("div", "gm-card");
  layer.data.fields.forEach((field, column) => {
    const value = layer.data.columns[column][row];
    if (value === null || value === undefined || value === "") return;
    const line = node("div", box.childNodes.length ? "gm-card-row" : "gm-card-head");
    if (field) line.appendChild(node("span", "gm-card-key", field));
    const shown = node("span", "gm-card-value");
    (Array.isArray(value) ? value : [value]).forEach((text) => shown.appendChild(node("div", "", text)));
    line.appendChild(shown);
    box.appendChild(line);
  });
  return box;
}

export class Card {
  constructor(view) {
    this.view = view;
    this.tip = node("div", "gm-tip");
    this.tip.hidden = true;
    this.above = node("div"); // what lies over the area pointed at
    this.body = node("div");
    this.tip.append(this.above, this.body);
    this.fixed = node("div", "gm-popup");
    this.fixed.hidden = true;
    view.root.append(this.tip, this.fixed);
    this.over = null;
    const map = view.map;
    map.on("mousemove", (event) => this.point(event));
    map.on("mouseout", () => this.leave());
    map.on("move", () => this.place());
    map.on("click", (event) => this.click(event));
  }

  // Layers that answer at a place, the topmost first: outlines are silent where a theme lies beneath them.
  found(point, areasAlone) {
    const view = this.view;
    const all = view.drawn.concat(view.others);
    const themed = all.some((layer) => layer.role === "theme" && layer.shown);
    const query = (layers, place) => (layers.length ? view.map.queryRenderedFeatures(place, { layers: layers }) : []);
    const visible = all.filter((layer) => layer.shown && (layer.talks || layer.clustered || layer.sourceLayer));
    const result = [];
    if (!areasAlone) {
      const others = visible.filter((layer) => !layer.area && layer.role !== "context");
      const ids = [].concat(...others.map((layer) => layer.styleLayers.filter((id) => /:(fill|line\d+|dot|cluster|ring)$/.test(id))));
      const around = [[point.x - REACH_PX, point.y - REACH_PX], [point.x + REACH_PX, point.y + REACH_PX]];
      query(ids, around).forEach((feature) => result.push(feature));
    }
    const areas = visible.filter((layer) => layer.area);
    query([].concat(...areas.map((layer) => layer.styleLayers.filter((id) => /:(fill|hatch)$/.test(id)))), point).forEach((feature) => result.push(feature));
    return result.map((feature) => ({ feature: feature, layer: all.find((layer) => feature.layer.source === layer.source || feature.layer.source === layer.source + "-rings") }))
      .filter((hit) => hit.layer).map((hit) => Object.assign(hit, { row: hit.layer.rowAt(hit.feature.id) }))
      .filter((hit) => hit.row !== undefined && this.answers(hit, themed))
      .sort((a, b) => AREAS.indexOf(a.layer.role) >= 0 && AREAS.indexOf(b.layer.role) < 0 ? 1 : AREAS.indexOf(a.layer.role) < 0 && AREAS.indexOf(b.layer.role) >= 0 ? -1 : b.layer.rank - a.layer.rank || b.row - a.row);
  }

  answers(hit, themed) {
    const number = hit.feature.properties[hit.layer.attribute];
    if (hit.layer.data.silent.indexOf(number) >= 0) return false;
    return !(hit.layer.role === "grids" && themed) || hit.layer.data.over.indexOf(number) >= 0;
  }

  point(event) {
    if (this.view.selecting.busy || this.view.toolbar.drawing) return this.leave();
    if (Object.values(this.view.extras).some((extra) => extra.under && extra.under(event.point))) {
      this.view.map.getCanvas().style.cursor = "pointer";
      return this.leave(true);
    }
    const hits = this.found(event.point, false);
    const above = Object.values(this.view.extras).map((extra) => extra.above && extra.above(event.point)).filter(Boolean);
    this.view.map.getCanvas().style.cursor = hits.length || above.length ? "pointer" : "";
    const hit = hits[0];
    if (hit && !hit.layer.area) return this.leave(true);
    if (!hit) this.leave(true);
    else if (!this.over || this.over.layer !== hit.layer || this.over.row !== hit.row) {
      this.unmark();
      this.over = { layer: hit.layer, row: hit.row };
      hit.layer.mark(hit.row, { over: true });
      this.said(hit, this.over);
    }
    this.above.replaceChildren(...above);
    this.pointed = event.point;
    this.show();
    return undefined;
  }

  show() {
    this.tip.hidden = !this.above.childNodes.length && !this.body.childNodes.length;
    this.hang();
  }

  // Tiles carry no texts: they are asked for where the pointer rests a moment.
  said(hit, over) {
    clearTimeout(this.waiting);
    this.body.replaceChildren();
    if (!hit.layer.talks) return;
    if (!hit.layer.card) this.body.replaceChildren(content(hit.layer, hit.row));
    else this.waiting = setTimeout(() => this.asked(hit.layer.card(hit.row), () => this.over === over, (made) => {
      this.body.replaceChildren(made);
      this.show();
    }), REST_MS);
  }

  // Use an answer of the server if it is still wanted when it comes.
  asked(answer, wanted, use) {
    answer.then((data) => { if (wanted() && !this.view.gone) use(content({ data: data }, 0)); }, (error) => this.view.note({ error: error }));
  }

  hang() {
    const [box, at] = [this.view.box, this.pointed];
    const left = at.x + 16 + this.tip.offsetWidth > box.clientWidth ? at.x - this.tip.offsetWidth - 12 : at.x + 16;
    const top = Math.min(at.y + 14, box.clientHeight - this.tip.offsetHeight - 6);
    this.tip.style.transform = "translate(" + Math.max(4, left) + "px," + Math.max(4, top) + "px)";
  }

  unmark() {
    if (this.over) this.over.layer.mark(this.over.row, { over: false });
    this.over = null;
  }

  leave(keepCursor) {
    this.unmark();
    clearTimeout(this.waiting);
    this.above.replaceChildren();
    this.body.replaceChildren();
    this.tip.hidden = true;
    if (!keepCursor) this.view.map.getCanvas().style.cursor = "";
  }

  click(event) {
    const view = this.view;
    if (view.selecting.busy || view.toolbar.drawing) return;
    if (event.originalEvent && event.originalEvent.gridmapTaken) return;
    this.close();
    if (Object.values(view.extras).some((extra) => extra.hit && extra.hit(event))) return;
    const hits = this.found(event.point, false);
    const original = event.originalEvent || {};
    // With the control key areas are chosen: of the layer in which they are, whatever lies over it.
    const choosing = original.ctrlKey || original.metaKey;
    const hit = (choosing && hits.find((one) => one.layer === view.selecting.areas())) || hits[0];
    if (!hit) {
      if (view.state.clicked) view.send({ clicked: null });
      return;
    }
    if (hit.feature.properties.cluster) { this.zoomInto(hit); return; }
    if (hit.layer.area && choosing) {
      view.selecting.toggle(hit.layer, hit.row, hit.feature.properties[hit.layer.attribute]);
      return;
    }
    this.chosen = hit;
    if (hit.layer.area) hit.layer.mark(hit.row, { clicked: true });
    // A finger cannot point: then areas show their card here too.
    if (hit.layer.talks && (!hit.layer.area || original.pointerType === "touch")) {
      const place = hit.feature.geometry.type === "Point" ? hit.feature.geometry.coordinates : [event.lngLat.lng, event.lngLat.lat];
      if (hit.layer.card) this.asked(hit.layer.card(hit.row), () => this.chosen === hit, (made) => this.fix(made, place));
      else this.fix(content(hit.layer, hit.row), place);
    }
    const ids = hit.layer.idsOf(hit.row);
    if (ids.length) view.send({ clicked: { layer: hit.layer.name, role: hit.layer.role, ids: ids } });
  }

  // Choose a feature by layer and ids, as `click` says them; returns that, null where it is not there.
  take(clicked) {
    const layer = this.view.drawn.find((one) => one.role === clicked.role && one.name === clicked.layer);
    const row = layer && Array.isArray(clicked.ids) ? layer.rowOf(clicked.ids[0]) : undefined;
    if (row === undefined) return null;
    this.chosen = { layer: layer, row: row };
    if (layer.area) layer.mark(row, { clicked: true });
    return { layer: layer.name, role: layer.role, ids: layer.idsOf(row) };
  }

  // Dots at one same place never come apart: then their number is said.
  async zoomInto(hit) {
    const map = this.view.map;
    const zoom = await map.getSource(hit.layer.source).getClusterExpansionZoom(hit.feature.properties.cluster_id);
    map.easeTo({ center: hit.feature.geometry.coordinates, zoom: Math.min(zoom + 0.2, 20) });
  }

  // A card that stays at its place until it is closed.
  fix(made, place) {
    const close = button("gm-close", this.view.words.close);
    close.textContent = "×";
    close.addEventListener("click", () => this.close());
    this.fixed.replaceChildren(close, made);
    this.fixed.hidden = false;
    this.at = place;
    this.place();
  }

  place() {
    if (this.fixed.hidden || !this.at) return;
    const point = this.view.map.project(this.at);
    const box = this.view.box;
    const inside = point.x >= 0 && point.y >= 0 && point.x <= box.clientWidth && point.y <= box.clientHeight;
    this.fixed.style.visibility = inside ? "" : "hidden";
    const left = Math.max(4, Math.min(point.x - this.fixed.offsetWidth / 2, box.clientWidth - this.fixed.offsetWidth - 4));
    const above = point.y - this.fixed.offsetHeight - 12;
    this.fixed.style.transform = "translate(" + left + "px," + (above > 4 ? above : point.y + 14) + "px)";
  }

  close() {
    this.fixed.hidden = true;
    if (this.chosen && this.chosen.layer.area) this.chosen.layer.mark(this.chosen.row, { clicked: false });
    this.chosen = null;
  }

  clear() {
    this.leave();
    this.close();
  }
}

// Events as they happen, on the map of MapLibre: appended one by one, filtered by its style.
import { Arrivals } from "./arrivals.js";
import { EMPTY } from "./layers.js";
import * as shapes from "./shapes.js";

const RANK = 310;
const REACH_PX = 3;

export class Extra extends Arrivals {
  constructor(view, settings) {
    super(settings, view.words, view.look, view.panel.further);
    this.view = view;
    view.map.addSource("gm-live", { type: "geojson", data: EMPTY });
    view.place({
      id: "gm-live:dot", type: "symbol", source: "gm-live", metadata: { rank: RANK },
      layout: Object.assign({ "icon-image": this.marks() }, shapes.LAYOUT),
    });
    this.begin();
  }

  place(change) {
    this.view.map.getSource("gm-live").updateData(change);
  }

  // A filter of the style: nothing is sent or drawn anew.
  sift() {
    const without = (field) => ["!", ["in", ["get", field], ["literal", [...this.hidden[field]]]]];
    const since = this.since();
    this.view.map.setFilter("gm-live:dot", ["all", without("category"), without("status"), ...(Number.isFinite(since) ? [[">", ["get", "at"], since]] : [])]);
    this.view.map.setLayoutProperty("gm-live:dot", "icon-image", this.marks());
  }

  marks() {
    const name = (place) => shapes.mark(this.view.map, this.styleOf(place), "events", this.view.look);
    const cases = [];
    [...this.known.category.keys()].forEach((category, place) => cases.push(category, name(place)));
    const otherwise = name(this.settings.marks.length);
    return cases.length ? ["match", ["get", "category"], ...cases, otherwise] : otherwise;
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
    this.view.card.fix(this.card(kept), event.lngLat.toArray());
    this.view.send({ clicked: { layer: "live", role: "live", ids: [kept.id] } });
    return true;
  }

  described() {
    const entries = [...this.known.category.values()].map((word, place) => this.entry(word, place));
    return { name: this.words.live, role: "events", shown: true, data: { legend: { entries: entries, unit: "", counted: "", note: "" } } };
  }

  repaint() {
    this.look = this.view.look;
    this.view.map.setLayoutProperty("gm-live:dot", "icon-image", this.marks());
    this.write();
    this.tell();
  }

  remove() {
    super.remove();
    const map = this.view.map;
    this.view.drop("gm-live:dot");
    if (map.getSource("gm-live")) map.removeSource("gm-live");
  }
}

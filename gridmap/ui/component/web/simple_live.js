// Events as they happen, on the map of Leaflet.
import { Arrivals } from "./arrivals.js";

export class Arriving extends Arrivals {
  constructor(simple, settings) {
    super(settings, simple.words, "light", simple.box.querySelector(".gm-panel-body"));
    this.simple = simple;
    this.map = simple.map;
    this.group = window.L.featureGroup().addTo(this.map);
    this.markers = new Map(); // number of an event -> its marker
    // A layer that is switched on comes to the front: the events lie above it all the same.
    this.front = (event) => { if (event.layer.eachLayer && event.layer !== this.group) setTimeout(() => this.group.bringToFront(), 0); };
    this.map.on("layeradd", this.front);
    this.begin();
  }

  place(change) {
    change.remove.forEach((number) => {
      if (this.markers.has(number)) this.group.removeLayer(this.markers.get(number));
      this.markers.delete(number);
    });
    const places = [...this.known.category.keys()];
    change.add.forEach((feature) => {
      const [lon, lat] = feature.geometry.coordinates;
      const marker = window.gridmapMarks.marker([lat, lon], this.styleOf(places.indexOf(feature.properties.category)));
      marker.bindPopup(() => this.card(this.events.get(feature.id)), { maxWidth: 340 });
      marker.on("click", () => this.simple.send({ clicked: { layer: "live", role: "live", ids: [this.events.get(feature.id).id] } }));
      this.markers.set(feature.id, marker);
    });
  }

  sift() {
    const since = this.since();
    this.markers.forEach((marker, number) => {
      const shown = this.shows(this.events.get(number), since);
      if (shown !== this.group.hasLayer(marker)) this.group[shown ? "addLayer" : "removeLayer"](marker);
    });
  }

  remove() {
    super.remove();
    this.map.off("layeradd", this.front);
    this.group.remove();
  }
}

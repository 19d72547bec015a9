// Title, scale bar, north arrow, coordinates under the pointer, source and period.
import { drawing, node } from "./nodes.js";

const ROUND = [1, 2, 5];
const WIDEST_PX = 130;

// The longest round length that fits, at this latitude and zoom: { metres, pixels }.
export function scale(map) {
  const y = map.getContainer().clientHeight / 2;
  const left = map.unproject([0, y]);
  const right = map.unproject([WIDEST_PX, y]);
  const metres = left.distanceTo(right);
  if (!(metres > 0)) return { metres: 0, pixels: 0 };
  const power = Math.pow(10, Math.floor(Math.log10(metres)));
  const round = ROUND.slice().reverse().find((factor) => factor * power <= metres) * power;
  return { metres: round, pixels: (round / metres) * WIDEST_PX };
}

export function length(metres) {
  return metres >= 1000 ? metres / 1000 + " km" : (metres >= 1 ? metres : Number(metres.toPrecision(1))) + " m";
}

export class Furniture {
  constructor(view, data) {
    this.view = view;
    this.head = node("div", "gm-head");
    this.foot = node("div", "gm-foot");
    this.bar = node("div", "gm-scale");
    this.place = node("div", "gm-coordinates");
    this.about = node("div", "gm-about");
    this.north = node("div", "gm-north");
    const arrow = drawing("svg", { viewBox: "0 0 24 30" });
    drawing("path", { d: "M12 1 L20 29 L12 23 L4 29 Z", fill: "currentColor" }, arrow);
    this.north.append(arrow, node("div", "", data.words.north));
    this.foot.append(this.bar, this.place, this.about);
    view.root.append(this.head, this.north, this.foot);
    view.map.on("move", () => this.draw());
    view.map.on("resize", () => this.draw());
    view.map.on("mousemove", (event) => this.point(event.lngLat));
    view.map.on("mouseout", () => { this.place.textContent = ""; });
    this.draw();
  }

  apply(data) {
    this.title = data.title;
    this.head.replaceChildren(node("span", "gm-title", data.title));
    if (data.tag) this.head.appendChild(node("span", "gm-tag", data.tag));
    this.about.textContent = data.about;
    this.north.lastChild.textContent = data.words.north;
    this.place.title = data.words.coordinates;
  }

  draw() {
    const found = scale(this.view.map);
    this.bar.style.width = found.pixels + "px";
    this.bar.textContent = length(found.metres);
  }

  point(place) {
    const side = (value, positive, negative) => Math.abs(value).toFixed(6) + "°" + (value < 0 ? negative : positive);
    this.place.textContent = "CGCS2000 " + side(place.lng, "E", "W") + " " + side(place.lat, "N", "S");
  }
}

// Small pictures that the map is drawn with: a mark for each shape, colour and size, and the hatching of areas without data.
import "./marks.js"; // the outlines, which the offline page has too
import * as looks from "./styles.js";

export const { REACH, path, trace } = window.gridmapMarks;
export const SAMPLE_PX = 4.6; // radius of a mark in a legend
const RADIUS_PX = 4;
const FINE_PX = 0.7;
const LEAST_RATIO = 2;

// Marks lie where their events are, one over the other, the last on top: none gives way.
export const LAYOUT = { "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-padding": 0, "symbol-z-order": "source" };

// The name of a picture that shows a point of this style in the chosen look; drawn once, in its own size, so that its edges stay sharp.
export function mark(map, style, role, look) {
  const radius = style.radius || RADIUS_PX;
  const weight = look === "print" ? FINE_PX : style.weight || 1; // a black line around light colours, not a second mark
  const outline = looks.stroke(style.color, role, look);
  const inside = looks.fill(style.fillColor || style.color, role, look);
  const opacity = style.fillOpacity === undefined ? 0.2 : style.fillOpacity;
  const name = ["gm-mark", style.shape || "circle", radius, weight, outline, inside, opacity].join(" ");
  if (!map.hasImage(name)) {
    const ratio = Math.max(LEAST_RATIO, Math.ceil(window.devicePixelRatio || 1));
    const half = Math.ceil(radius * REACH + weight + 1);
    const pen = canvas(2 * half * ratio);
    pen.scale(ratio, ratio);
    trace(pen, style.shape, half, half, radius);
    pen.lineJoin = "round";
    pen.lineWidth = 2 * weight; // the outline lies outside: its inner half is taken away again
    pen.strokeStyle = outline;
    if (style.stroke !== false) pen.stroke();
    pen.globalCompositeOperation = "destination-out";
    pen.fill();
    pen.globalCompositeOperation = "source-over";
    pen.globalAlpha = opacity;
    pen.fillStyle = inside;
    pen.fill();
    map.addImage(name, pen.getImageData(0, 0, 2 * half * ratio, 2 * half * ratio), { pixelRatio: ratio });
  }
  return name;
}

function canvas(side) {
  const made = document.createElement("canvas");
  made.width = made.height = side;
  return made.getContext("2d");
}

export function hatch() {
  const side = 8;
  const pen = canvas(side);
  pen.fillStyle = "#f0f0f0";
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = "#9a9a9a";
  pen.beginPath();
  [[-2, 10, 10, -2], [-2, 2, 2, -2], [6, 10, 10, 6]].forEach(([a, b, c, d]) => { pen.moveTo(a, b); pen.lineTo(c, d); });
  pen.stroke();
  return pen.getImageData(0, 0, side, side);
}


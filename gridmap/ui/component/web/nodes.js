// Small parts of the page. Text out of data is set as text, never as markup.
import { SAMPLE_PX, path } from "./shapes.js";

const SVG = "http://www.w3.org/2000/svg";

export function node(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = String(text);
  return made;
}

export function button(className, title, draw) {
  const made = node("button", className);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  if (draw) made.appendChild(icon(draw));
  return made;
}

export function drawing(tag, attributes, into) {
  const made = document.createElementNS(SVG, tag);
  Object.keys(attributes).forEach((name) => made.setAttribute(name, attributes[name]));
  if (into) into.appendChild(made);
  return made;
}

export function icon(paths) {
  const box = drawing("svg", { viewBox: "0 0 20 20", class: "gm-icon", "aria-hidden": "true" });
  paths.forEach((d) => drawing("path", { d: d, fill: "none", stroke: "currentColor", "stroke-width": 1.6, "stroke-linejoin": "round", "stroke-linecap": "round" }, box));
  return box;
}

export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function count(number) {
  return Math.round(number).toLocaleString("en-US");
}

export function swatch(style, shape) {
  const box = drawing("svg", { class: "gm-swatch", viewBox: "0 0 22 14" });
  const line = { stroke: style.stroke === false || !style.color ? "none" : style.color, "stroke-width": Math.min(style.weight || 1, 3) };
  if (style.dashArray) line["stroke-dasharray"] = style.dashArray;
  const fill = style.fill === false ? "none" : style.fillColor || style.color || "none";
  const hatched = fill === "hatch";
  if (shape === "line") drawing("line", Object.assign({ x1: 1, y1: 7, x2: 21, y2: 7 }, line), box);
  else if (shape === "point") drawing("path", Object.assign({ d: path(style.shape, 11, 7, SAMPLE_PX), fill: fill, "fill-opacity": opacity(style) }, line), box);
  else {
    drawing("rect", Object.assign({ x: 1, y: 1, width: 20, height: 12, fill: hatched ? "#f0f0f0" : fill, "fill-opacity": hatched ? 1 : opacity(style) }, line), box);
    if (hatched) [3, 9, 15].forEach((x) => drawing("line", { x1: x, y1: 12, x2: x + 7, y2: 2, stroke: "#9a9a9a" }, box));
  }
  return box;
}

export function opacity(style) {
  return style.fillOpacity === undefined ? 0.2 : style.fillOpacity;
}

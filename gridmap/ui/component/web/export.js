// A picture of what is seen: the map, its title, legend, scale, source, period and date, on one canvas.
import { length, scale } from "./furniture.js";
import { filled } from "./nodes.js";
import { SAMPLE_PX, trace } from "./shapes.js";
import * as looks from "./styles.js";

const FAMILY = '"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif';
const HEAD = 44;
const FOOT = 30;
const ASIDE = 250;
const MARGIN = 14;
const LINE = 19;

function pixels(map) {
  return new Promise((done) => {
    map.once("render", () => {
      const source = map.getCanvas();
      const copy = document.createElement("canvas");
      copy.width = source.width;
      copy.height = source.height;
      copy.getContext("2d").drawImage(source, 0, 0); // the drawing buffer is only whole while a frame is drawn
      done(copy);
    });
    map.triggerRepaint();
  });
}

function font(pen, size, weight) {
  pen.font = (weight || 400) + " " + size + "px " + FAMILY;
}

// Text cut into lines of a width: between any two characters, as Chinese is.
function lines(pen, text, width) {
  const result = [];
  let line = "";
  for (const character of String(text)) {
    if (line && pen.measureText(line + character).width > width) {
      result.push(line);
      line = "";
    }
    line += character;
  }
  if (line) result.push(line);
  return result;
}

function sample(pen, entry, role, look, x, y) {
  const style = entry.style;
  const fill = style.fill === false ? null : style.fillColor || style.color;
  pen.save();
  pen.translate(x, y);
  pen.lineWidth = Math.min(style.weight || 1, 3);
  pen.strokeStyle = looks.stroke(style.color, role, look);
  pen.setLineDash((style.dashArray || "").split(/[ ,]+/).filter(Boolean).map(Number));
  pen.beginPath();
  if (entry.shape === "line") { pen.moveTo(0, 7); pen.lineTo(20, 7); }
  else if (entry.shape === "point") trace(pen, style.shape, 10, 7, SAMPLE_PX);
  else pen.rect(0, 1, 20, 12);
  if (fill && entry.shape !== "line") {
    pen.globalAlpha = fill === "hatch" ? 1 : style.fillOpacity === undefined ? 0.2 : style.fillOpacity;
    pen.fillStyle = fill === "hatch" ? "#f0f0f0" : looks.fill(fill, role, look);
    pen.fill();
    pen.globalAlpha = 1;
  }
  if (style.stroke !== false && style.color) pen.stroke();
  if (fill === "hatch") {
    pen.beginPath();
    [3, 9, 15].forEach((start) => { pen.moveTo(start, 12); pen.lineTo(start + 5, 2); });
    pen.stroke();
  }
  pen.restore();
}

function legend(pen, view, left, top, bottom, ink) {
  let y = top;
  const room = () => y < bottom - LINE;
  const write = (text, x, size, weight, width) => {
    font(pen, size, weight);
    lines(pen, text, width).forEach((line) => { if (room()) { pen.fillText(line, x, y + 12); y += LINE; } });
  };
  const further = Object.values(view.extras).map((extra) => extra.described && extra.described()).filter(Boolean);
  further.concat(view.drawn.concat(view.others).reverse()).filter((layer) => layer.shown).forEach((layer) => {
    pen.fillStyle = ink;
    write(layer.name, left, 13, 600, ASIDE - 2 * MARGIN);
    const found = layer.data.legend;
    if (found.unit) write(found.unit, left, 11, 400, ASIDE - 2 * MARGIN);
    found.entries.forEach((entry) => {
      if (!room()) return;
      sample(pen, entry, layer.role, view.look, left, y);
      pen.fillStyle = ink;
      font(pen, 12);
      const number = entry.n === null ? "" : entry.n;
      pen.textAlign = "right";
      pen.fillText(number, left + ASIDE - 2 * MARGIN, y + 12);
      pen.textAlign = "left";
      pen.fillText(lines(pen, entry.label, ASIDE - 2 * MARGIN - 28 - pen.measureText(number).width)[0] || "", left + 27, y + 12);
      y += LINE;
    });
    pen.fillStyle = ink;
    if (found.note) write(found.note, left, 11, 400, ASIDE - 2 * MARGIN);
    y += 6;
  });
}

export async function picture(view) {
  const map = await pixels(view.map);
  const ratio = map.width / Math.max(1, view.box.clientWidth);
  const [width, height] = [view.box.clientWidth, view.box.clientHeight];
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((width + ASIDE) * ratio);
  canvas.height = Math.round((height + HEAD + FOOT) * ratio);
  const pen = canvas.getContext("2d");
  const ink = looks.INK[view.look];
  pen.scale(ratio, ratio);
  pen.fillStyle = looks.GROUND[view.look];
  pen.fillRect(0, 0, width + ASIDE, height + HEAD + FOOT);
  pen.drawImage(map, 0, HEAD, width, height);
  pen.strokeStyle = ink;
  pen.lineWidth = 0.6;
  pen.strokeRect(0.3, HEAD, width - 0.6, height);
  pen.fillStyle = ink;
  font(pen, 18, 600);
  const heading = lines(pen, view.data.title, width + ASIDE - 160)[0] || "";
  pen.fillText(heading, MARGIN, 28);
  if (view.data.tag) {
    const after = MARGIN + pen.measureText(heading).width + 14;
    font(pen, 12);
    pen.fillText("[" + view.data.tag + "]", after, 27);
  }
  legend(pen, view, width + MARGIN, HEAD + 4, HEAD + height, ink);
  const found = scale(view.map);
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(MARGIN, HEAD + height - 20);
  pen.lineTo(MARGIN, HEAD + height - 12);
  pen.lineTo(MARGIN + found.pixels, HEAD + height - 12);
  pen.lineTo(MARGIN + found.pixels, HEAD + height - 20);
  pen.stroke();
  font(pen, 12);
  pen.fillStyle = ink;
  pen.fillText(length(found.metres), MARGIN + 5, HEAD + height - 17);
  north(pen, view, HEAD + height);
  const now = new Date();
  const day = now.getFullYear() + "-" + String(now.getMonth() + 1).padStart(2, "0") + "-" + String(now.getDate()).padStart(2, "0");
  const about = [view.data.about, filled(view.words.made_on, { date: day })].filter(Boolean).join(" · ");
  pen.fillText(lines(pen, about, width + ASIDE - 2 * MARGIN)[0] || "", MARGIN, height + HEAD + 20);
  return canvas;
}

function north(pen, view, bottom) {
  pen.beginPath();
  [[12, 1], [20, 29], [12, 23], [4, 29]].forEach(([x, y], place) => (place ? pen.lineTo(MARGIN + x * 0.8, bottom - 74 + y * 0.8) : pen.moveTo(MARGIN + x * 0.8, bottom - 74 + y * 0.8)));
  pen.fill();
  pen.fillText(view.words.north, MARGIN + 4, bottom - 36);
}

export async function save(view) {
  const canvas = await picture(view);
  const content = await new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("PNG"))), "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = (view.data.title.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 60) || "map") + ".png";
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

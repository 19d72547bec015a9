// A slider over the times of events: dots of event layers outside its window are left out.
import { node } from "./nodes.js";

const STEPS = 240;
const TICK_MS = 350;

function written(minute) {
  const at = new Date((minute + 8 * 60) * 60000); // Chinese time, one zone all over the country
  return at.toISOString().slice(0, 16).replace("T", " ");
}

export class Extra {
  constructor(view, settings) {
    this.view = view;
    this.settings = settings;
    this.window = settings.window || settings.last - settings.first;
    this.box = node("div", "gm-time");
    this.play = node("button", "", "▶");
    this.play.type = "button";
    this.play.title = view.words.play;
    this.slider = node("input");
    this.slider.type = "range";
    this.slider.min = settings.first;
    this.slider.max = settings.last;
    this.slider.step = Math.max(1, Math.round((settings.last - settings.first) / STEPS));
    this.slider.value = settings.last;
    this.slider.setAttribute("aria-label", view.words.time);
    this.label = node("span", "");
    this.box.append(this.play, this.slider, this.label);
    view.root.appendChild(this.box);
    this.slider.addEventListener("input", () => this.soon());
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    this.refresh();
  }

  start() {
    if (Number(this.slider.value) >= this.settings.last) this.slider.value = this.settings.first;
    this.play.textContent = "❚❚";
    this.play.title = this.view.words.pause;
    this.timer = setInterval(() => {
      if (Number(this.slider.value) >= this.settings.last) { this.stop(); return; }
      this.slider.value = Number(this.slider.value) + Number(this.slider.step) * 2;
      this.refresh();
    }, TICK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "▶";
    this.play.title = this.view.words.play;
  }

  soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = null; this.refresh(); });
  }

  refresh() {
    const end = Number(this.slider.value);
    const start = end - this.window;
    let count = 0;
    this.view.drawn.forEach((layer) => {
      const minutes = layer.data.minutes;
      if (layer.role !== "events" || !minutes) return;
      const within = (row) => minutes[row].filter((minute) => minute >= start && minute <= end).length;
      const counts = minutes.map((_, row) => within(row));
      counts.forEach((number) => { count += number; });
      layer.keep((row) => counts[row] > 0, counts);
    });
    const bins = this.view.extras.bins;
    if (bins) bins.within([start, end + 1]);
    this.label.textContent = written(Math.max(start, this.settings.first)) + " – " + written(end) + " · " + count.toLocaleString("en-US");
  }

  remove() {
    this.stop();
    this.box.remove();
    this.view.drawn.forEach((layer) => { if (layer.role === "events" && layer.data.minutes) layer.keep(null); });
  }
}

/* Draws layers of gridmap on a Leaflet map. Text from data enters the page through textContent alone. */
"use strict";
window.gridmap = (function () {
  const SCALE = 1e6;
  const SVG = "http://www.w3.org/2000/svg";
  const SAMPLE_PX = 4.6; // radius of a mark in the legend
  const SMALL_PX = 14; // findings narrower than this on the screen get a ring around them
  const MAX_ZOOM = 22;
  const PANEL_PX = 284;
  const SLIM_PANEL_PX = 224;
  const NARROW_PX = 900; // a map narrower than this has a slim panel and folds the legend of its surroundings
  const TINY_PX = 560; // and narrower than this has no room beside the panel
  const PRINTED = { color: "#000000", weight: 0.7, opacity: 1 };
  const geometries = {};
  const entries = new Map(); // map id -> its layers, in drawing order
  let hatch = null;

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = String(text);
    return made;
  }

  function unpackLine(steps) {
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points.push([y / SCALE, x / SCALE]);
    }
    return points;
  }

  function hatchPattern() {
    if (hatch) return hatch;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = "#f0f0f0";
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = "#9a9a9a";
    pen.beginPath();
    pen.moveTo(-2, 10); pen.lineTo(10, -2);
    pen.moveTo(-2, 2); pen.lineTo(2, -2);
    pen.moveTo(6, 10); pen.lineTo(10, 6);
    pen.stroke();
    hatch = pen.createPattern(tile, "repeat");
    return hatch;
  }

  // Surroundings have a canvas of their own beneath the pictures; it lets the pointer through.
  function underlay(map) {
    if (!map.getPane("gridmap-context")) {
      const under = map.createPane("gridmap-context");
      under.style.zIndex = 300;
      under.style.pointerEvents = "none";
      const pictures = map.createPane("gridmap-heat");
      pictures.style.zIndex = 350;
      pictures.style.pointerEvents = "none";
      map.gridmapUnderlay = L.canvas({ pane: "gridmap-context" });
    }
    return map.gridmapUnderlay;
  }

  function path(style, interactive, renderer) {
    const options = Object.assign({ interactive: interactive }, style, renderer ? { renderer: renderer, pane: "gridmap-context" } : {});
    if (style.fillColor === "hatch") options.fillColor = hatchPattern();
    return options;
  }

  function drawFeature(feature, options, into) {
    const made = [];
    if (feature.a) made.push(L.polygon(feature.a.map(function (rings) { return rings.map(unpackLine); }), options));
    if (feature.l) made.push(L.polyline(feature.l.map(unpackLine), Object.assign({}, options, { fill: false })));
    (feature.p || []).forEach(function (place) { made.push(gridmapMarks.marker(unpackLine(place)[0], options)); });
    made.forEach(function (part) { into.addLayer(part); });
    return made;
  }

  // A card: the first field as its heading, the others as a table; values may be lists (one line each).
  function card(fields, columns, row) {
    const box = node("div", "gm-card");
    fields.forEach(function (field, column) {
      const value = columns[column][row];
      if (value === null || value === "") return;
      const line = node("div", box.childNodes.length ? "gm-card-row" : "gm-card-head");
      if (field) line.appendChild(node("span", "gm-card-key", field));
      const shown = node("span", "gm-card-value");
      (Array.isArray(value) ? value : [value]).forEach(function (text) { shown.appendChild(node("div", "", text)); });
      line.appendChild(document.createTextNode(" "));
      line.appendChild(shown);
      box.appendChild(line);
    });
    return box;
  }

  function drawShapes(map, data) {
    const renderer = map.gridmapUnderlay;
    const group = L.featureGroup();
    const talks = data.fields.length > 0;
    [].concat.apply([], data.geometry.map(function (key) { return geometries[key]; })).forEach(function (feature, row) {
      if (!feature) return;
      const options = path(data.styles[data.style[row]], talks && data.silent.indexOf(data.style[row]) < 0, data.role === "context" ? renderer : null);
      drawFeature(feature, options, group).forEach(function (part) { part.gridmapRow = row; });
    });
    if (!talks) return group;
    const content = function (part) { return card(data.fields, data.columns, part.gridmapRow); };
    if (["theme", "grids", "dedicated"].indexOf(data.role) >= 0) group.bindTooltip(content, { sticky: true, className: "gm-tip", opacity: 1 });
    else group.bindPopup(content, { maxWidth: 340, autoPan: data.role !== "findings" });
    return group;
  }

  function draw(map, data) {
    underlay(map);
    let layer = null;
    if (data.tiles) layer = L.tileLayer(data.tiles.url, { maxNativeZoom: data.tiles.maxNativeZoom, maxZoom: MAX_ZOOM });
    else if (data.image) layer = L.imageOverlay(data.image.url, data.image.bounds, { opacity: data.image.opacity, alt: "", pane: "gridmap-heat" });
    else layer = drawShapes(map, data);
    const entry = { data: data, layer: layer, shown: data.shown };
    if (!entries.has(map)) entries.set(map, []);
    entries.get(map).push(entry);
    if (data.role === "findings") {
      layer.on("click", function (event) { zoomTo(map, event.layer); });
      addRings(map, entry);
    }
    if (data.shown) layer.addTo(map);
    arrange(map);
    return layer;
  }

  // A sliver of some centimetres is no pixel wide: a ring of fixed size shows where it is.
  function addRings(map, entry) {
    const rings = [];
    entry.layer.eachLayer(function (part) {
      if (!part.getBounds) return;
      const ring = L.circleMarker(part.getBounds().getCenter(), Object.assign({}, part.options, { radius: 8, fillOpacity: 0.08, weight: 2 }));
      ring.gridmapRow = part.gridmapRow;
      ring.gridmapTarget = part;
      rings.push(ring);
    });
    const refresh = function () {
      rings.forEach(function (ring) {
        const box = ring.gridmapTarget.getBounds();
        const size = map.project(box.getNorthEast()).subtract(map.project(box.getSouthWest()));
        const small = Math.abs(size.x) < SMALL_PX && Math.abs(size.y) < SMALL_PX;
        if (small && !entry.layer.hasLayer(ring)) entry.layer.addLayer(ring);
        if (!small && entry.layer.hasLayer(ring)) entry.layer.removeLayer(ring);
      });
    };
    map.whenReady(refresh);
    map.on("zoomend", refresh);
  }

  function zoomTo(map, part) {
    const target = part.gridmapTarget || part;
    const box = target.getBounds ? target.getBounds() : L.latLngBounds([target.getLatLng(), target.getLatLng()]);
    map.fitBounds(box, { padding: [80, 80], maxZoom: 20 });
  }

  // One canvas holds every path but the surroundings, so that each can be pointed at: the drawing order is set by hand.
  function arrange(map) {
    const list = entries.get(map) || [];
    const themed = list.some(function (entry) { return entry.data.role === "theme" && entry.shown; });
    list.slice().sort(function (a, b) { return a.data.order - b.data.order; }).forEach(function (entry) {
      if (!entry.shown || !entry.layer.bringToFront || entry.data.tiles) return;
      entry.layer.bringToFront();
      if (entry.data.role === "grids" && entry.layer.eachLayer) {
        entry.layer.eachLayer(function (part) {
          const style = entry.data.style[part.gridmapRow];
          part.options.interactive = entry.data.over.indexOf(style) >= 0 || (!themed && entry.data.silent.indexOf(style) < 0);
        });
      }
    });
  }

  function show(map, entry, shown) {
    entry.shown = shown;
    if (shown) entry.layer.addTo(map);
    else map.removeLayer(entry.layer);
    arrange(map);
  }

  // On paper a white outline is none: while the page is printed, marks have a thin black one. It must be there before the event ends.
  function ink(printing) {
    entries.forEach(function (list) {
      list.forEach(function (entry) {
        if (entry.data.role !== "events" || !entry.layer.eachLayer) return;
        let renderer = null;
        entry.layer.eachLayer(function (part) {
          const style = entry.data.styles[entry.data.style[part.gridmapRow]];
          part.setStyle(printing ? PRINTED : { color: style.color, weight: style.weight, opacity: style.opacity });
          renderer = part._renderer;
        });
        if (renderer && renderer._redraw) renderer._redraw();
      });
    });
  }

  window.addEventListener("beforeprint", function () { ink(true); });
  window.addEventListener("afterprint", function () { ink(false); });

  function mark(tag, attributes, into) {
    const made = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    into.appendChild(made);
  }

  function swatch(style, shape) {
    const box = document.createElementNS(SVG, "svg");
    box.setAttribute("class", "gm-swatch");
    box.setAttribute("viewBox", "0 0 22 14");
    const line = { stroke: style.stroke === false ? "none" : style.color, "stroke-width": Math.min(style.weight || 1, 3) };
    if (style.dashArray) line["stroke-dasharray"] = style.dashArray;
    const fill = style.fill === false ? "none" : style.fillColor || style.color;
    if (shape === "line") mark("line", Object.assign({ x1: 1, y1: 7, x2: 21, y2: 7 }, line), box);
    else if (shape === "point") mark("path", Object.assign({ class: "gm-point", d: gridmapMarks.path(style.shape, 11, 7, SAMPLE_PX), fill: fill, "fill-opacity": style.fillOpacity }, line), box);
    else {
      const hatched = fill === "hatch";
      mark("rect", Object.assign({ x: 1, y: 1, width: 20, height: 12, fill: hatched ? "#f0f0f0" : fill, "fill-opacity": hatched ? 1 : style.fillOpacity }, line), box);
      if (hatched) [3, 9, 15].forEach(function (x) { mark("line", { x1: x, y1: 12, x2: x + 7, y2: 2, stroke: "#9a9a9a" }, box); });
    }
    return box;
  }

  function legend(data, words) {
    const box = node("div", "gm-legend");
    if (data.legend.unit) box.appendChild(node("div", "gm-unit", data.legend.unit));
    if (data.legend.entries.some(function (entry) { return entry.n !== null; })) {
      const head = node("div", "gm-entry gm-entry-head");
      head.appendChild(node("span", "gm-entry-label", ""));
      head.appendChild(node("span", "gm-entry-n", data.legend.counted || words.n));
      box.appendChild(head);
    }
    data.legend.entries.forEach(function (entry) {
      const line = node("div", "gm-entry");
      line.appendChild(swatch(entry.style, entry.shape));
      line.appendChild(node("span", "gm-entry-label", entry.label));
      if (entry.n !== null) line.appendChild(node("span", "gm-entry-n", entry.n));
      box.appendChild(line);
    });
    if (data.legend.note) box.appendChild(node("div", "gm-note", data.legend.note));
    return box;
  }

  function panel(map, settings) {
    const list = entries.get(map) || [];
    const themes = list.filter(function (entry) { return entry.data.role === "theme"; });
    const narrow = map.getSize().x <= NARROW_PX;
    const box = node("div", narrow ? "gm-panel gm-slim" : "gm-panel");
    const head = node("button", "gm-panel-head", settings.words.layers);
    head.type = "button";
    head.setAttribute("aria-expanded", "true");
    const body = node("div", "gm-panel-body");
    head.addEventListener("click", function () {
      const open = body.hidden;
      body.hidden = !open;
      head.setAttribute("aria-expanded", String(open));
    });
    list.slice().reverse().forEach(function (entry) {
      const part = node("section", "gm-layer");
      const label = node("label", "gm-layer-name");
      const input = node("input");
      const exclusive = entry.data.role === "theme" && themes.length > 1;
      input.type = exclusive ? "radio" : "checkbox";
      if (exclusive) input.name = "gm-theme-" + map._leaflet_id;
      input.checked = entry.shown;
      const details = legend(entry.data, settings.words);
      let folded = entry.data.role === "context" && narrow;
      entry.refresh = function () {
        details.hidden = !entry.shown || folded;
        part.classList.toggle("gm-off", !entry.shown);
      };
      input.addEventListener("change", function () {
        if (exclusive) themes.forEach(function (other) { if (other !== entry && other.shown) { show(map, other, false); other.refresh(); } });
        show(map, entry, input.checked);
        entry.refresh();
      });
      label.appendChild(input);
      label.appendChild(node("span", "", entry.data.name));
      part.appendChild(label);
      if (folded) {
        const unfold = node("button", "gm-unfold", "+");
        unfold.type = "button";
        unfold.title = settings.words.legend;
        unfold.addEventListener("click", function () {
          folded = !folded;
          unfold.textContent = folded ? "+" : "–";
          entry.refresh();
        });
        part.insertBefore(unfold, label);
      }
      part.appendChild(details);
      entry.refresh();
      body.appendChild(part);
    });
    box.appendChild(head);
    box.appendChild(body);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const control = L.control({ position: "topright" });
    control.onAdd = function () { return box; };
    control.addTo(map);
  }

  function north(map, words) {
    const control = L.control({ position: "topleft" });
    control.onAdd = function () {
      const box = node("div", "gm-north");
      const arrow = document.createElementNS(SVG, "svg");
      arrow.setAttribute("viewBox", "0 0 24 30");
      mark("path", { d: "M12 1 L20 29 L12 23 L4 29 Z", fill: "#333" }, arrow);
      box.appendChild(arrow);
      box.appendChild(node("div", "", words.north));
      return box;
    };
    control.addTo(map);
  }

  // Control panel, scale, north arrow, and the part of the world to look at.
  function furnish(map, settings) {
    L.control.scale({ metric: true, imperial: false, maxWidth: 160 }).addTo(map);
    north(map, settings.words);
    panel(map, settings);
    const box = settings.bounds;
    const view = function () {
      if (!box) return;
      const width = map.getSize().x;
      const aside = width > NARROW_PX ? PANEL_PX : width > TINY_PX ? SLIM_PANEL_PX : 0; // keep the subject clear of the panel where there is room
      const margins = { paddingTopLeft: [36, 24], paddingBottomRight: [12 + aside, 24], maxZoom: 19, animate: false };
      map.fitBounds([[box[1], box[0]], [box[3], box[2]]], margins);
    };
    view();
    let width = map.getSize().x; // a frame that opens hidden has no size yet: fit again once it has
    map.on("resize", function () { if (width === 0) view(); width = map.getSize().x; });
    // Any element of the document may name a part of the world: a click on it shows that part.
    document.querySelectorAll("[data-gm-bounds]").forEach(function (element) {
      element.addEventListener("click", function () {
        const sides = element.getAttribute("data-gm-bounds").split(",").map(Number);
        map.fitBounds([[sides[1], sides[0]], [sides[3], sides[2]]], { maxZoom: 19, padding: [60, 60] });
        map.getContainer().scrollIntoView({ block: "nearest", behavior: "smooth" });
      });
    });
    map.gridmapReady = true;
  }

  return {
    geometries: geometries,
    entries: entries,
    draw: draw,
    furnish: furnish,
    show: show,
    zoomTo: zoomTo
  };
})();

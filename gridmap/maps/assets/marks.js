/* Marks of events: an outline for each category, the same in the offline page, in the application and in its pictures. */
"use strict";
window.gridmapMarks = (function () {
  const REACH = 1.45; // no outline goes further from its place, in radii
  const STAR = 5;

  function turned(corners, angle) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return corners.map(function (at) { return [at[0] * cos - at[1] * sin, at[0] * sin + at[1] * cos]; });
  }

  function regular(count, radius, inner) {
    const corners = [];
    for (let n = 0; n < count; n += 1) {
      const length = inner && n % 2 ? inner : radius;
      const angle = (2 * Math.PI * n) / count - Math.PI / 2;
      corners.push([length * Math.cos(angle), length * Math.sin(angle)]);
    }
    return corners;
  }

  function plus(length, half) {
    const corners = [];
    for (let n = 0; n < 4; n += 1) corners.push.apply(corners, turned([[-half, -length], [half, -length], [half, -half]], (n * Math.PI) / 2));
    return corners;
  }

  // Corners for a radius of one, y downwards: about as large to the eye as the circle of that radius.
  const CORNERS = {
    square: turned(regular(4, 1.25), Math.PI / 4),
    triangle: regular(3, 1.4),
    diamond: regular(4, 1.3),
    cross: plus(1.25, 0.42),
    wedge: turned(regular(3, 1.4), Math.PI),
    star: regular(2 * STAR, REACH, 0.62),
    saltire: turned(plus(1.3, 0.36), Math.PI / 4)
  };

  function corners(shape, x, y, radius) {
    return CORNERS[shape].map(function (at) { return [x + at[0] * radius, y + at[1] * radius]; });
  }

  function isRound(shape) {
    return !Object.prototype.hasOwnProperty.call(CORNERS, shape);
  }

  // Put the outline on a canvas as its path.
  function trace(pen, shape, x, y, radius) {
    pen.beginPath();
    if (isRound(shape)) pen.arc(x, y, radius, 0, 2 * Math.PI);
    else corners(shape, x, y, radius).forEach(function (at, n) { if (n) pen.lineTo(at[0], at[1]); else pen.moveTo(at[0], at[1]); });
    pen.closePath();
  }

  // The outline as SVG writes a path.
  function path(shape, x, y, radius) {
    const arc = "a" + radius + "," + radius + " 0 1,0 ";
    if (isRound(shape)) return "M" + (x - radius) + "," + y + arc + 2 * radius + ",0 " + arc + -2 * radius + ",0z";
    return "M" + corners(shape, x, y, radius).map(function (at) { return at[0].toFixed(2) + "," + at[1].toFixed(2); }).join("L") + "z";
  }

  // A circle marker of Leaflet with another outline; the pointer finds it within the reach of its corners.
  function markerOf(leaflet) {
    return leaflet.CircleMarker.extend({
      _reach: function () {
        return this._radius * (isRound(this.options.shape) ? 1 : REACH);
      },
      _updateBounds: function () {
        const side = this._reach() + this._clickTolerance();
        this._pxBounds = leaflet.bounds(this._point.subtract([side, side]), this._point.add([side, side]));
      },
      _updatePath: function () {
        const [renderer, shape, at] = [this._renderer, this.options.shape, this._point];
        if (renderer._setPath) renderer._setPath(this, this._empty() ? "M0 0" : path(shape, at.x, at.y, this._radius)); // SVG
        else if (renderer._drawing && !this._empty()) {
          trace(renderer._ctx, shape, at.x, at.y, this._radius);
          renderer._fillStroke(renderer._ctx, this);
        }
      },
      _containsPoint: function (point) {
        return point.distanceTo(this._point) <= this._reach() + this._clickTolerance();
      }
    });
  }

  let Marker = null; // made when first wanted: the application's own map has no Leaflet

  function marker(place, options) {
    Marker = Marker || markerOf(window.L);
    return new Marker(place, options);
  }

  return { REACH: REACH, marker: marker, path: path, trace: trace };
})();

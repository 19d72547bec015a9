"""Layer of a density: a picture in classes of events per km2, laid out in the projection of the page."""

import itertools
import math
import struct
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from scipy.ndimage import map_coordinates

from gridmap import messages
from gridmap.maps import palette
from gridmap.maps.geometry import Bounds
from gridmap.maps.layer import Entry, Layer, Legend, Style

if TYPE_CHECKING:
    from gridmap.hotspot import Density

CLASSES = 6  # at most so many steps
LONGEST_SIDE = 900  # pixels of the picture
FINER = 4  # pixels to a lattice square, so that class borders run smoothly
OPACITY = 0.72
_WEB_MERCATOR = CRS.from_epsg(3857)  # the page's projection, never measured in


def heat(density: "Density", *, lang: str, name: str | None = None) -> Layer:
    """Draw a density as a picture in steps; what lies below the first step stays clear.

    Parameters
    ----------
    density
        Events per km2, as `hotspot.density` returns it.
    lang
        "zh" or "en".
    name
        Heading in the layer panel.

    Notes
    -----
    The lattice is projected to the page's Web Mercator by sampling it bilinearly at every pixel, so that it lies where the points lie.
    """
    steps = nice_steps(float(np.nanmax(density.values, initial=0.0)))
    colours = palette.heat(len(steps))
    title = name or messages.text("maps.heat", lang)
    legend = Legend(_entries(steps, colours, lang), messages.text("maps.unit", lang, unit=messages.text("maps.heat_unit", lang)))
    empty: dict[str, list] = {"fields": [], "columns": [], "styles": [], "style": [], "silent": [], "over": []}
    if not len(steps):
        return Layer(title, "heat", {**empty, "geometry": []}, {}, None, legend)
    sampled, bounds = to_page(density)
    classes, bounds = cropped(np.searchsorted(steps, sampled, side="right"), bounds)
    picture = png(classes, colours)
    west, south, east, north = bounds
    image = {"url": f"data:image/png;base64,{b64encode(picture).decode()}", "bounds": [[south, west], [north, east]], "opacity": OPACITY}
    return Layer(title, "heat", {**empty, "geometry": [], "image": image}, {}, bounds, legend)


def nice_steps(peak: float) -> np.ndarray:
    """Return rising round numbers below `peak`, at most six, each the lower edge of a class; none where the peak is 0."""
    if not peak > 0:
        return np.empty(0)
    raw = peak / (CLASSES + 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * unit for factor in (1, 2, 2.5, 5, 10) if factor * unit >= raw)
    return step * np.arange(1, math.ceil(peak / step))


def to_page(density: "Density") -> tuple[np.ndarray, Bounds]:
    """Return the density at the pixels of a Web Mercator picture (north row first, 0 outside) and its bounds in degrees."""
    rows, columns = density.values.shape
    a, b, c, d, e, f = density.transform
    forward = Transformer.from_crs(density.crs, _WEB_MERCATOR, always_xy=True)
    edge = np.array([(x, y) for x in np.linspace(0, columns, 21) for y in np.linspace(0, rows, 21)])
    east, north = forward.transform(a * edge[:, 0] + b * edge[:, 1] + c, d * edge[:, 0] + e * edge[:, 1] + f)
    left, right, bottom, top = east.min(), east.max(), north.min(), north.max()
    pixel = max(right - left, top - bottom) / min(LONGEST_SIDE, FINER * max(rows, columns))
    width, height = (max(1, math.ceil(length / pixel)) for length in (right - left, top - bottom))
    x, y = np.meshgrid(left + (np.arange(width) + 0.5) * pixel, top - (np.arange(height) + 0.5) * pixel)
    back_x, back_y = forward.transform(x, y, direction="INVERSE")
    determinant = a * e - b * d
    column = (e * (back_x - c) - b * (back_y - f)) / determinant - 0.5
    row = (a * (back_y - f) - d * (back_x - c)) / determinant - 0.5
    sampled = map_coordinates(np.nan_to_num(density.values), [row, column], order=1, mode="constant", cval=0.0)
    degrees = Transformer.from_crs(_WEB_MERCATOR, CRS.from_epsg(4326), always_xy=True)
    west, south = degrees.transform(left, top - height * pixel)
    east_edge, north_edge = degrees.transform(left + width * pixel, top)
    return sampled, (west, south, east_edge, north_edge)


def cropped(classes: np.ndarray, bounds: Bounds) -> tuple[np.ndarray, Bounds]:
    """Cut away the clear margin of a Web Mercator picture, so that a page opens on what is coloured."""
    rows, columns = (np.flatnonzero((classes > 0).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return classes, bounds
    first, last = np.array([rows[0], columns[0]]), np.array([rows[-1], columns[-1]]) + 1
    to_metres = Transformer.from_crs(CRS.from_epsg(4326), _WEB_MERCATOR, always_xy=True)
    left, bottom, right, top = to_metres.transform_bounds(*bounds)
    height, width = (top - bottom) / classes.shape[0], (right - left) / classes.shape[1]
    sides = (left + first[1] * width, top - last[0] * height, left + last[1] * width, top - first[0] * height)
    west, south, east, north = to_metres.transform_bounds(*sides, direction="INVERSE")
    return classes[first[0] : last[0], first[1] : last[1]], (west, south, east, north)


def png(classes: np.ndarray, colours: tuple[str, ...]) -> bytes:
    """Write a palette picture: class 0 is clear, class n has the n-th colour."""
    height, width = classes.shape
    table = bytes(3) + b"".join(bytes(palette.rgb(colour)) for colour in colours)
    rows = np.column_stack([np.zeros(height, dtype=np.uint8), classes.astype(np.uint8)])  # filter 0 before every row
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", table),
        (b"tRNS", b"\x00" + b"\xff" * len(colours)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    chunks = (struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _entries(steps: np.ndarray, colours: tuple[str, ...], lang: str) -> tuple[Entry, ...]:
    """Return the legend from the densest class down to the clear one."""
    if not len(steps):
        return ()
    marks = [f"{step:,.10g}" for step in steps]
    labels = [messages.text("maps.heat_span", lang, low=low, high=high) for low, high in itertools.pairwise(marks)]
    labels.append(messages.text("maps.heat_above", lang, low=marks[-1]))
    styles: list[Style] = [{"color": "#9aa3aa", "weight": 0.5, "fillColor": colour, "fillOpacity": OPACITY} for colour in colours]
    lines = [Entry(label, style) for label, style in zip(labels, styles, strict=True)]
    clear: Style = {"color": "#9aa3aa", "weight": 0.5, "fill": False}
    return (*lines[::-1], Entry(messages.text("maps.heat_below", lang, high=marks[0]), clear))

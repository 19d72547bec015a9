"""Colours that colour-blind eyes tell apart: ColorBrewer ramps (Brewer & Harrower) and the set of Okabe & Ito; shapes for grey prints."""

import numpy as np

# ColorBrewer YlGnBu, 9 classes: one hue family, falling lightness, so it also reads in grey print.
_SEQUENTIAL = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")
# ColorBrewer YlOrRd for densities: never mistaken for the water and the cold classes.
_HEAT = ("#ffffcc", "#ffeda0", "#fed976", "#feb24c", "#fd8d3c", "#fc4e2a", "#e31a1c", "#bd0026", "#800026")

NO_DATA = "#bdbdbd"
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#5f5f5f")
# A shape for each of these colours; `assets/marks.js` knows their outlines. The first ones are the plainest, and shapes that are alike when
# small (circle and star) stand far apart.
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "wedge", "star", "saltire")

# Lines of grids from the finest tier up, width in pixels and colour (blue: streets are grey); dedicated grids, line and area.
TIERS = ((1.4, "#2b5fa8"), (2.4, "#1d4480"), (3.6, "#12294f"))
DEDICATED = ("#7b3294", "#c2a5cf")

# ColorBrewer RdBu with light grey in the middle: "not significant" is no colour.
GI_STAR = {
    "hot_99": "#b2182b",
    "hot_95": "#ef8a62",
    "hot_90": "#fddbc7",
    "none": "#e6e6e6",
    "cold_90": "#d1e5f0",
    "cold_95": "#67a9cf",
    "cold_99": "#2166ac",
}

FINDINGS = {
    "gap": "#d55e00",
    "overlap": "#cc79a7",
    "sliver": "#e69f00",
    "duplicate": "#0072b2",
    "invalid": "#000000",
    "missing": "#009e73",
}

# Links from residents to the map that are broken.
LINKS = {"resident_household": "#d55e00", "household_building": "#e69f00", "building_grid": "#cc79a7", "grid_polygon": "#000000"}

# Okabe & Ito again: what is drawn for a difference between two plans.
MOVES = {
    "split": "#0072b2",
    "merged": "#009e73",
    "transferred": "#d55e00",
    "gained": "#56b4e9",
    "lost": "#cc79a7",
    "sliver": "#f0e442",
}
CHANGES = {
    "added": "#56b4e9",
    "split": "#0072b2",
    "merged": "#009e73",
    "changed": "#d55e00",
    "recoded": "#cc79a7",
    "re_parented": "#e69f00",
    "unchanged": "#f2f2f2",
}

# Where departments' lines disagree; slivers light, they matter least.
CONFLICTS = {"conflict": "#d55e00", "one_sided": "#cc79a7", "sliver": "#f0e442"}

# Households beside their band, and load beside the mean (RdBu as above); light grey is as it should be.
BANDS = {"below": "#67a9cf", "within": "#e6e6e6", "above": "#d55e00"}
UNEVEN = {"far_below": "#2166ac", "below": "#d1e5f0", "near": "#f2f2f2", "above": "#fddbc7", "far_above": "#b2182b"}

# Risk zones of an emergency.
RISKS = {"high": "#d55e00", "medium": "#e69f00", "low": "#f0e442"}


def marks() -> list[dict[str, str]]:
    """Return the colour and the shape of each category by its place in `category_order`; the last pair is for all the others."""
    return [{"fillColor": colour, "shape": shape} for colour, shape in zip(OKABE_ITO, SHAPES, strict=True)]


def sequential(count: int) -> tuple[str, ...]:
    """Return `count` colours from light to dark for a choropleth."""
    return _ramp(_SEQUENTIAL, count, first=0.06, last=0.9)


def heat(count: int) -> tuple[str, ...]:
    """Return `count` colours from light to dark for a density."""
    return _ramp(_HEAT, count, first=0.12, last=1.0)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the three bytes of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _ramp(anchors: tuple[str, ...], count: int, *, first: float, last: float) -> tuple[str, ...]:
    """Return `count` colours at equal steps along the anchors."""
    if count == 0:
        return ()
    places = np.linspace(first, last, count) if count > 1 else np.array([(first + last) / 2 - 0.1])
    known = np.array([rgb(colour) for colour in anchors], dtype=float)
    steps = np.linspace(0, 1, len(anchors))
    mixed = np.column_stack([np.interp(places, steps, known[:, channel]) for channel in range(3)])
    return tuple("#{:02x}{:02x}{:02x}".format(*np.rint(row).astype(int)) for row in mixed)

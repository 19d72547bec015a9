"""Draw docs/images/crosswalk.png anew: `PYTHONPATH=. python tools/draw_conflicts.py`; two departments' nets of the demo community."""

from pathlib import Path

import geopandas as gpd
import shapely
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gridmap import crosswalk, hierarchy, synth
from gridmap.maps.conflicts import LINES
from gridmap.maps.palette import CONFLICTS

TARGET = Path(__file__).parents[1] / "docs" / "images" / "crosswalk.png"
WORDS = {"conflict": "drawn differently", "one_sided": "in one net alone", "sliver": "drawn twice (a sliver)"}
PIECES = ("#f2f2f2", "#dbe9f6", "#e5f5e0", "#fee8c8", "#efedf5")


def main() -> None:
    """Draw both nets with the places where they disagree, and the net that serves both."""
    layers = nets()
    found = crosswalk.conflicts(layers).places
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
    for kind, colour in CONFLICTS.items():
        rows = found[(found["kind"] == kind).to_numpy()]
        if len(rows):
            rows.plot(ax=left, aspect=None, color=colour)
    for (name, grids), style, line in zip(layers.items(), LINES, ("-", "--"), strict=False):
        grids.boundary.plot(ax=left, aspect=None, color=style["color"], linewidth=0.5 * float(style["weight"]), linestyle=line, label=name)
    legend(left, layers)
    left.set_title("two nets of one community, and where they disagree", fontsize=11)
    pieces = crosswalk.refine(layers)
    pieces.plot(ax=right, aspect=None, color=[PIECES[row % len(PIECES)] for row in range(len(pieces))], edgecolor="#333333", linewidth=0.9)
    right.set_title(f"one net that serves both: {len(pieces)} pieces", fontsize=11)
    for axes in (left, right):
        axes.set_axis_off()
        axes.set_aspect(1.24)  # a degree north over a degree east at 36 degrees
    figure.savefig(TARGET, dpi=110)


def nets() -> dict[str, gpd.GeoDataFrame]:
    """Return the grids of the community and those of a second department: a block elsewhere, a grid less, lines 2 m to the east."""
    town = synth.dongyuan()
    works, units = hierarchy.tier(town.grids), town.units
    first, second = works.index[:2]
    inner = units[(units["grid_code"] == first).to_numpy()].index[0]
    moved = units.assign(grid_code=units["grid_code"].mask(units.index == inner, second)).dissolve("grid_code", method="coverage")
    shapes = shapely.transform(moved.geometry.to_numpy(), lambda places: places + [2e-5, 0.0])
    return {"works": works, "police": gpd.GeoDataFrame(geometry=shapes, index=moved.index, crs=units.crs).iloc[:-1]}


def legend(axes: Axes, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Name lines and colours beneath the picture."""
    lines = [
        Line2D([], [], color=style["color"], linewidth=0.5 * float(style["weight"]), linestyle=line, label=name)
        for name, style, line in zip(layers, LINES, ("-", "--"), strict=False)
    ]
    fills = [Patch(color=colour, label=WORDS[kind]) for kind, colour in CONFLICTS.items()]
    axes.legend(handles=[*lines, *fills], loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=5, frameon=False, fontsize=9)


if __name__ == "__main__":
    main()

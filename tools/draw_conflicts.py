"""Draw docs/images/crosswalk.png anew: `PYTHONPATH=. python tools/draw_conflicts.py`; two departments' nets of the demo community."""

from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gridmap import crosswalk, hierarchy, synth
from gridmap.palette import CONFLICTS

TARGET = Path(__file__).parents[1] / "docs" / "images" / "crosswalk.png"
WORDS = {"conflict": "drawn differently", "one_sided": "in one net alone"}
LINES: dict[str, tuple[str, float, Literal["-", "--"]]] = {"works": ("#56b4e9", 2.25, "-"), "police": ("#111111", 0.8, "--")}
PIECES = ("#f2f2f2", "#dbe9f6", "#e5f5e0", "#fee8c8", "#efedf5")


def main() -> None:
    """Draw both nets with the places where they disagree, and the net that serves both."""
    layers = nets()
    found = crosswalk.conflicts(layers).places
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
    for kind in WORDS:
        found[(found["kind"] == kind).to_numpy()].plot(ax=left, aspect=None, color=CONFLICTS[kind])
    for name, (colour, width, dashes) in LINES.items():
        layers[name].boundary.plot(ax=left, aspect=None, color=colour, linewidth=width, linestyle=dashes)
    legend(left)
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
    shapes = shapely.transform(moved.geometry.to_numpy(), lambda places: places + np.array([2e-5, 0.0]))
    return {"works": works, "police": gpd.GeoDataFrame(geometry=shapes, index=moved.index, crs=units.crs).iloc[:-1]}


def legend(axes: Axes) -> None:
    """Name lines and colours beneath the picture."""
    lines = [Line2D([], [], color=colour, linewidth=width, linestyle=dashes, label=name) for name, (colour, width, dashes) in LINES.items()]
    fills = [Patch(color=CONFLICTS[kind], label=word) for kind, word in WORDS.items()]
    axes.legend(handles=[*lines, *fills], loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, frameon=False, fontsize=9)


if __name__ == "__main__":
    main()

"""Draw the pictures of docs/coverage.md anew: `PYTHONPATH=. python tools/draw_repair.py [COUNCILS]`.

Without an argument the drawn example alone; with the file of the neighbourhood councils of Los Angeles (city open data) their picture too.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely

from gridmap import coverage, messages
from gridmap.crs import to_metric
from gridmap.palette import FINDINGS

mpl.use("Agg")
from matplotlib import pyplot
from matplotlib.patches import Patch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).parents[1] / "docs" / "images"
RULES = {"overlap": FINDINGS["overlap"], "gap": FINDINGS["gap"], "sliver": FINDINGS["sliver"], "invalid": FINDINGS["invalid"]}
FAINT = 0.35
WINDOW_M = 6_000.0  # side of the part of Los Angeles that is drawn large


def example() -> gpd.GeoDataFrame:
    """Return twelve grids with faults large enough to be seen."""
    random = np.random.default_rng(5)
    nodes = np.stack(np.meshgrid(np.arange(5) * 100.0, np.arange(4) * 100.0), axis=-1) + random.uniform(-12, 12, (4, 5, 2))
    rings = np.stack([nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1]], axis=2).reshape(12, 4, 2)
    shapes = shapely.polygons(rings)
    shapes[1] = shapely.transform(shapes[1], lambda xy: xy + np.array([6, 5]))
    shapes[6] = shapely.buffer(shapes[6], -4, join_style="mitre")
    shapes[8] = shapely.buffer(shapes[8], 7, join_style="mitre")
    shapes[3] = shapely.polygons(rings[3][[0, 2, 1, 3]])
    codes = [f"{number + 1:02d}" for number in range(12)]
    return gpd.GeoDataFrame(index=pd.Index(codes, name="grid_code"), geometry=shapes, crs="EPSG:4548")


def outlines(axes: "Axes", grids: gpd.GeoDataFrame, *, named: bool) -> None:
    """Draw the grids as lines, with their codes if wanted."""
    for code, shape in grids.geometry.items():
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors):
                axes.plot(*np.array(ring.coords).T, color="#2b5fa8", linewidth=0.9)
        if named:
            axes.annotate(code, shapely.get_coordinates(shapely.point_on_surface(shape))[0], ha="center", va="center", fontsize=8)
    axes.set_aspect("equal")
    axes.set_axis_off()


def places(axes: "Axes", shapes: gpd.GeoSeries, colours: list[str], alpha: float = 0.8) -> None:
    """Fill places, each in its colour."""
    for shape, colour in zip(shapes, colours, strict=True):
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon":
                axes.fill(*np.array(part.exterior.coords).T, color=colour, alpha=alpha, linewidth=0.6)


def changes(axes: "Axes", done: coverage.Repair) -> None:
    """Fill what changed hands, in a colour per rule."""
    moved = done.changes[done.changes["rule"].isin(list(RULES))].to_crs(done.grids.crs)
    faint = [FAINT if rule == "invalid" else 0.8 for rule in moved["rule"]]
    for shape, rule, alpha in zip(moved.geometry, moved["rule"], faint, strict=True):
        places(axes, gpd.GeoSeries([shape]), [RULES[rule]], alpha)
    rules = [rule for rule in RULES if rule in set(moved["rule"])]
    handles = [Patch(color=RULES[rule], label=messages.term("rule", rule, "en")) for rule in rules]
    axes.figure.legend(handles=handles, loc="lower center", ncol=1, fontsize=8, frameon=False)


def drawn_example() -> None:
    """Draw the faults and what the repair did."""
    grids = example()
    found = coverage.check(grids, gap_width_m=10)
    done = coverage.repair(grids, gap_width_m=12)
    figure, (before, after) = pyplot.subplots(1, 2, figsize=(9, 4.6))
    outlines(before, grids, named=True)
    shown = found[found["kind"].isin(["overlap", "gap", "sliver"])]
    places(
        before,
        shown.geometry,
        [RULES["overlap" if "overlap" in f"{kind} {note}" else "gap"] for kind, note in zip(shown["kind"], shown["note"], strict=True)],
    )
    before.set_title("drawn", fontsize=10)
    outlines(after, done.grids, named=True)
    changes(after, done)
    after.set_title("repaired (gap_width_m = 12)", fontsize=10)
    save(figure, "repair.png")


def los_angeles(path: str) -> None:
    """Draw the councils with what changed hands, and the part with most of it large."""
    grids = to_metric(gpd.read_file(path).set_index("nc_id"))
    done = coverage.repair(grids)
    moved = done.changes[done.changes["rule"] == "overlap"]
    pieces = shapely.get_parts(moved.geometry.to_numpy())
    x, y = shapely.get_coordinates(shapely.centroid(pieces[np.argsort(-shapely.area(pieces))[0]]))[0]
    figure, (whole, part) = pyplot.subplots(1, 2, figsize=(9, 5.6))
    for axes in (whole, part):
        outlines(axes, done.grids, named=False)
    changes(part, done)
    changed = moved.geometry
    places(whole, changed, [RULES["overlap"]] * len(changed))
    west, south, side = x - WINDOW_M / 2, y - WINDOW_M / 2, WINDOW_M
    whole.plot(*np.array(shapely.box(west, south, west + side, south + side).exterior.coords).T, color="#000000", linewidth=1.2)
    part.set_xlim(west, west + side)
    part.set_ylim(south, south + side)
    total = moved["lost_m2"].sum() / 1e6
    whole.set_title(f"Los Angeles, 99 councils: {total:.1f} km2 were in two", fontsize=9)
    part.set_title("in the box (City of Los Angeles open data)", fontsize=9)
    save(figure, "repair_councils.png")


def save(figure: "pyplot.Figure", name: str) -> None:
    """Write a picture."""
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.savefig(FOLDER / name, dpi=110, metadata={"Software": None})
    print(f"{name}: {(FOLDER / name).stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Draw the pictures that there is input for."""
    drawn_example()
    if len(sys.argv) > 1:
        los_angeles(sys.argv[1])


if __name__ == "__main__":
    main()

"""Draw docs/images/plan_ledger.png anew, borders that follow buildings: `PYTHONPATH=. python tools/draw_ledger.py`."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import pyplot
from matplotlib.axes import Axes

from gridmap import hierarchy, plan, synth

TARGET = Path(__file__).parents[1] / "docs" / "images" / "plan_ledger.png"
GIVES, TAKES = "990101001004003", "990101001004004"
MOVED = 9


def main() -> None:
    """Draw a plan, and what a ledger makes of it with and without units."""
    town = synth.dongyuan()
    begun = plan.from_grids(town.grids)
    held = plan.ledger(begun, town.buildings)["grid_code"]
    metric = town.buildings.to_crs(begun.plane.metric).geometry
    taker = begun.plane.measured(np.array([begun.grids.geometry[TAKES]], dtype=object))[0]
    moved = metric[held.index[held == GIVES]].distance(taker).sort_values(kind="stable").index[:MOVED]
    wanted = held.mask(held.index.isin(moved), TAKES)
    figure, panels = pyplot.subplots(1, 3, figsize=(12, 5), layout="constrained")
    drawn(panels[0], begun, town, moved, "orange buildings get the code of the blue grid")
    drawn(
        panels[1], plan.apply(begun, town.buildings, wanted, units=town.units), town, moved, "with units: whole, or cut between buildings"
    )
    drawn(panels[2], plan.apply(begun, town.buildings, wanted), town, moved, "without units: the grid is cut")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=110)


def drawn(axes: Axes, found: plan.Plan, town: synth.Town, moved: pd.Index, title: str) -> None:
    """Draw the grids, units and buildings around the two grids."""
    tier = hierarchy.tier(found.grids)
    west, south, east, north = shapely.bounds(shapely.buffer(shapely.box(*town.buildings.loc[moved].total_bounds), 0.001))
    tier.loc[[TAKES]].plot(ax=axes, aspect=None, color="#8ecae6")
    town.units.boundary.plot(ax=axes, aspect=None, color="#888888", linewidth=0.6, linestyle=":")
    town.buildings.plot(ax=axes, aspect=None, color="#999999")
    gpd.GeoDataFrame(town.buildings.loc[moved]).plot(ax=axes, aspect=None, color="#d55e00")
    tier.boundary.plot(ax=axes, aspect=None, color="#333333", linewidth=1.4)
    axes.set_axis_off()
    axes.set_aspect(1.24)  # a degree north over a degree east at 36 degrees
    axes.set(xlim=(west, east), ylim=(south, north))
    axes.set_title(title, fontsize=10)


if __name__ == "__main__":
    main()

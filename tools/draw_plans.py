"""Draw docs/images/plan_edits.png anew: `PYTHONPATH=. python tools/draw_plans.py`; edits of the demo community, and its risk zones."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib import pyplot
from matplotlib.axes import Axes
from shapely.geometry.base import BaseGeometry

from gridmap import hierarchy, plan, synth

TARGET = Path(__file__).parents[1] / "docs" / "images" / "plan_edits.png"
# Apart for colour-blind eyes too, and in grey prints.
FILLS = {"added": "#e69f00", "reshaped": "#8ecae6", "re_parented": "#8ecae6"}
RISKS = {"high": "#d55e00", "medium": "#e69f00", "low": "#f6e3a1"}
HEAD = "990101001"


def main() -> None:
    """Draw every edit beside the plan it began with, and the tier of an emergency."""
    begun = plan.from_grids(synth.dongyuan().grids)
    shapes = begun.grids.geometry
    west, south, east, north = shapes[f"{HEAD}003003"].bounds
    across = south + 0.6 * (north - south)
    line = shapely.LineString([(west - 0.0005, across), (east + 0.0005, across)])
    strip = shapely.buffer(shapes[f"{HEAD}002003"], 0.0012)
    border = tilted(shapely.intersection(shapes[f"{HEAD}003003"], shapes[f"{HEAD}004003"]))
    zones = pd.Series({f"{HEAD}003": "A", f"{HEAD}004002": "B", f"{HEAD}004003": "B", f"{HEAD}002001": "C"})
    scenarios = plan.Scenarios(begun, zones, pd.Series({"A": "high", "B": "medium", "C": "low"}))
    frame = shapely.bounds(shapely.buffer(shapely.box(*begun.grids.total_bounds), 0.0004))
    figure, panels = pyplot.subplots(2, 3, figsize=(12, 6.6), layout="constrained")
    for axes in panels.flat:
        axes.set_axis_off()
        axes.set_aspect(1.24)  # a degree north over a degree east at 36 degrees
        axes.set(xlim=(frame[0], frame[2]), ylim=(frame[1], frame[3]))
    first, cut, united, given, moved, emergency = panels.flat
    drawn(first, begun, begun, "a plan: three tiers and dedicated grids")
    drawn(cut, begun, plan.split(begun, f"{HEAD}003003", line), "split", line)
    drawn(united, begun, plan.merge(begun, [f"{HEAD}001001", f"{HEAD}001002"]), "merge")
    drawn(given, begun, plan.transfer(begun, strip, source=f"{HEAD}002001", target=f"{HEAD}002003"), "transfer")
    drawn(moved, begun, plan.reshape(begun, f"{HEAD}003003", f"{HEAD}004003", border), "reshape, upper grids follow", border)
    in_zones(emergency, scenarios)
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=110)


def tilted(common: BaseGeometry) -> shapely.LineString:
    """Return a line across the middle of a border, turned by a little."""
    places = shapely.get_coordinates(common)
    first, last = places[0], places[-1]
    step = 0.06 * (last - first)
    return shapely.affinity.rotate(shapely.LineString([first - step, last + step]), 12)


def drawn(axes: Axes, before: plan.Plan, after: plan.Plan, title: str, line: BaseGeometry | None = None) -> None:
    """Draw the lowest tier of a plan, what an edit changed in colour, and the line that was drawn."""
    tier = hierarchy.tier(after.grids)
    change = after.changes["change"].reindex(tier.index)
    for name, fill in FILLS.items():
        if (change == name).any():
            tier[(change == name).to_numpy()].plot(ax=axes, aspect=None, color=fill)
    edges(axes, after.grids)
    gone = before.grids.geometry[after.changes.index[after.changes["change"] == "retired"]]
    labels(axes, tier.geometry[change.notna().to_numpy()] if len(after.changes) else tier.geometry)
    if len(gone):
        title += ": " + ", ".join(code.removeprefix(HEAD) for code in gone.index) + " retired"
    if line is not None:
        gpd.GeoSeries([line]).plot(ax=axes, aspect=None, color="#d55e00", linestyle="--", linewidth=1.5)
    axes.set_title(title, fontsize=11)


def in_zones(axes: Axes, scenarios: plan.Scenarios) -> None:
    """Draw the tier of an emergency."""
    table = scenarios.emergency
    for risk, fill in RISKS.items():
        table[(table["risk"] == risk).to_numpy()].plot(ax=axes, aspect=None, color=fill)
    table.boundary.plot(ax=axes, aspect=None, color="#333333", linewidth=1.2)
    households = plan.switch(scenarios)["households"]
    for zone, risk in scenarios.risk.items():
        place = shapely.point_on_surface(table.geometry[zone])
        axes.annotate(f"{zone}: {risk}\n{households[zone]:,} households", (place.x, place.y), ha="center", va="center", fontsize=8)
    axes.set_title("emergency: risk zones, every other grid as it is", fontsize=11)


def edges(axes: Axes, grids: gpd.GeoDataFrame) -> None:
    """Draw borders, thicker ones of upper tiers, and dedicated grids hatched."""
    base = grids[(grids["kind"] == "base").to_numpy()]
    for level, width in ((3, 0.6), (2, 1.6), (1, 2.4)):
        base[(base["level"] == level).to_numpy()].boundary.plot(ax=axes, aspect=None, color="#333333", linewidth=width)
    grids[(grids["kind"] == "dedicated").to_numpy()].plot(
        ax=axes, aspect=None, facecolor="none", edgecolor="#009e73", hatch="////", linewidth=0.8
    )


def labels(axes: Axes, shapes: gpd.GeoSeries) -> None:
    """Write the last digits of codes into their grids."""
    for code, shape in shapes.items():
        place = shapely.point_on_surface(shape)
        axes.annotate(str(code).removeprefix(HEAD), (place.x, place.y), ha="center", va="center", fontsize=7)


if __name__ == "__main__":
    main()

"""The large demo case: a district of 3,385 km2 with three tiers, and its like at up to 100,000 lowest grids and ten million events."""

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.synth import records, staff
from gridmap.synth.jianyang import events as event_table
from gridmap.synth.jianyang import frames, lattice, streets, tiers, units
from gridmap.synth.jianyang.layout import Layout, lay_out
from gridmap.synth.jianyang.outline import AREA_M2
from gridmap.synth.town import DELIVERY_CRS, Town, Truth, stream

LEVEL_3, LEVEL_2, LEVEL_1, DEDICATED, TOWNS, EVENTS = 2600, 964, 230, 67, 16, 5632
MOST_GRIDS = 100_000
MOST_EVENTS = 10_000_000
CENTRE = np.array([548_000.0, 3_365_000.0])  # in EPSG:4548
AREA_TOLERANCE_M2 = 50_000.0
POINTS_PER_SIDE = 14.0
FINE_FROM = 2.0  # scale from which borders lie on a lattice of 0.01 m, not 1 m


def jianyang(scale: float = 1, *, events: int | None = None, seed: int = 7) -> Town:
    """Build the district.

    Parameters
    ----------
    scale
        Size in terms of the published one: round(2,600 x scale) level-3 grids, 1 to 100,000 of them; levels 1 and 2, dedicated grids and
        towns in proportion, at least one of each tier and at most 16 towns.
    events
        Number of events, 0 to ten million; in proportion to the grids when None: 5,632 at scale 1.
    seed
        Start of every random stream.

    Returns
    -------
    Town
        Frames in EPSG:4490, without compounds, buildings, gazetteer and later events. The district holds 3,385 km2 within 0.05 km2; 60 % of
        the level-3 grids cover 5 % of it (4.8 to 5.2 % from scale 0.5 on; with fewer grids the places are relatively larger).

    Raises
    ------
    SchemaError
        If `scale` or `events` is out of range.

    Notes
    -----
    Codes are 15-digit unit grid codes: 990185, a town, a level-1 grid, a number (000 the level-1 grid itself, 001-799 level 3, 801-899
    level 2, 901-999 dedicated); the scheme grows to 16 digits should a town have more than 999 level-1 grids. Borders are Voronoi borders
    of the units, made dense, put on a lattice of 1 m in EPSG:4548 (0.01 m from scale 2 on) and projected once: units, grids and boundary
    are built from them, so that every tier is a valid coverage. Measured on two cores: 2 s at scale 1, two to three minutes and 4 GB at
    100,000 grids, one minute and 6 GB for ten million events.
    """
    counts = _counts(scale, events)
    layout = lay_out(counts["level_3"], counts["towns"], seed)
    lattice_m = 1.0 if scale < FINE_FROM else 0.01
    _, grid_of_unit, diagram = units.scatter(layout, shortest_m=5 * lattice_m, seed=seed)
    tree = _tree(layout, grid_of_unit, diagram, counts, 5 * lattice_m)
    built_up = layout.built_up[grid_of_unit]
    borders, growth = _draw(diagram, built_up, lattice_m, seed)
    degrees = lattice.degrees(borders.points)
    polygons = lattice.polygons(diagram, borders, degrees)
    chosen = frames.choose_dedicated(_pairs(diagram, 5 * lattice_m), built_up, tree, counts["dedicated"], seed)
    households = frames.households(built_up, np.concatenate([parts for _, parts in chosen]), seed)
    base = frames.base_grids(polygons, households, tree)
    town_of_unit = np.array(frames.town_names(counts["towns"]), dtype=object)[tree.town[grid_of_unit]]
    happened = event_table.events(diagram, households + 4.0, town_of_unit, count=counts["events"], placing=(CENTRE, growth), seed=seed)
    grids = _in_order(base, frames.dedicated_grids(chosen, polygons, base, tree))
    return Town(
        name="jianyang",
        title=("简阳网格", "Jianyang district"),
        now=event_table.NOW,
        boundary=_boundary(base),
        grids=grids,
        units=frames.unit_table(polygons, households, base.index[base["level"] == 3], tree).sort_index(),
        streets=streets.streets(diagram, lattice.lines(borders, degrees), tree, layout.towns, seed),
        events=happened,
        staff=staff.district(grids, share=counts["level_3"] / LEVEL_3),
        themes=records.district(grids, seed=seed),
        truth=Truth(points=happened.geometry),
    )


def _counts(scale: float, events: int | None) -> dict[str, int]:
    """Return the number of grids of each tier, dedicated grids, towns and events at a scale."""
    level_3 = int(np.floor(LEVEL_3 * scale + 0.5)) if np.isfinite(scale) else 0
    if not 1 <= level_3 <= MOST_GRIDS:
        raise SchemaError("scale_out_of_range", most=f"{MOST_GRIDS:,}", given=scale)
    share = level_3 / LEVEL_3
    count = round(EVENTS * share) if events is None else events
    if not 0 <= count <= MOST_EVENTS:
        raise SchemaError("events_out_of_range", most=f"{MOST_EVENTS:,}", given=f"{count:,}")
    level_1 = max(1, round(LEVEL_1 * share))
    return {
        "level_3": level_3,
        "level_2": max(1, round(LEVEL_2 * share)),
        "level_1": level_1,
        "dedicated": max(1, round(DEDICATED * share)),
        "towns": min(TOWNS, level_1),
        "events": count,
    }


def _tree(layout: Layout, grid_of_unit: np.ndarray, diagram: lattice.Cells, counts: dict[str, int], shortest_m: float) -> frames.Tiers:
    """Group the lowest grids into towns, the towns into level-1 and these into level-2 grids."""
    graph = _graph(layout, grid_of_unit, diagram, shortest_m)
    everywhere = np.zeros(len(layout.sites), dtype=int)
    seeds = _nearest_sites(layout)
    target = np.full(len(seeds), len(layout.sites) / len(seeds))
    town = tiers.grow(graph, seeds, within=everywhere, target=target, moves=0)
    level_1 = tiers.divide(graph, town, counts["level_1"])
    return frames.Tiers(grid_of_unit, town, level_1, tiers.divide(graph, level_1, counts["level_2"]))


def _graph(layout: Layout, grid_of_unit: np.ndarray, diagram: lattice.Cells, shortest_m: float) -> tiers.Graph:
    """Link lowest grids that share a border; a way counts in widths of the grids it joins, so that dense places are as wide as any."""
    pairs = grid_of_unit[_pairs(diagram, shortest_m)]
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    width = np.sqrt(np.bincount(grid_of_unit, lattice.areas(diagram, len(grid_of_unit))))
    apart = layout.sites[pairs[:, 0]] - layout.sites[pairs[:, 1]]
    ways = np.hypot(apart[:, 0], apart[:, 1]) / ((width[pairs[:, 0]] + width[pairs[:, 1]]) / 2)
    return tiers.Graph(pairs, ways, layout.sites)


def _pairs(diagram: lattice.Cells, shortest_m: float) -> np.ndarray:
    """Return the pairs of units that share a border of at least `shortest_m`, shape (b, 2)."""
    holds = (diagram.right != lattice.OUTSIDE) & (diagram.length >= shortest_m)
    return np.stack([diagram.left[holds], diagram.right[holds]], axis=1)


def _nearest_sites(layout: Layout) -> np.ndarray:
    """Return the site nearest to each town's centre, no site twice."""
    taken: list[int] = []
    for town in layout.towns:
        away = np.hypot(*(layout.sites - town).T)
        away[taken] = np.inf
        taken.append(int(away.argmin()))
    return np.array(taken)


def _draw(diagram: lattice.Cells, built_up: np.ndarray, lattice_m: float, seed: int) -> tuple[lattice.Borders, float]:
    """Return the dense borders in EPSG:4548 and the factor that gives the district its area; streets in places are straighter."""
    straightness = np.where(built_up[diagram.left], 0.6, 0.1)
    bent = lattice.wander(diagram, points_per_side=POINTS_PER_SIDE, straightness=straightness, random=stream(seed, "jianyang/borders"))
    growth = float(np.sqrt(AREA_M2 / lattice.enclosed_m2(diagram, bent)))
    return lattice.settle(bent, centre=CENTRE, scale=growth, lattice_m=lattice_m), growth


def _in_order(base: gpd.GeoDataFrame, dedicated: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return base grids by level and code, then dedicated grids by code."""
    return gpd.GeoDataFrame(pd.concat([base.sort_index().sort_values("level", kind="stable"), dedicated.sort_index()]))


def _boundary(base: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    outline = frames.dissolve(base.geometry[base["level"] == 1].to_numpy(), np.zeros((base["level"] == 1).sum(), dtype=int))
    index = pd.Index(["简阳市(合成)"], name="name", dtype="str")
    return gpd.GeoDataFrame({"kind": pd.array(["district"], dtype="str")}, index=index, geometry=outline, crs=DELIVERY_CRS)

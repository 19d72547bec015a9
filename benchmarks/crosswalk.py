"""Two layers over each other: `python benchmarks/crosswalk.py [--side N] [--repeats N]`.

The layers are the 2,600 grids of the demo town Jianyang (258,000 corners, in degrees) and the same moved by 12 m; and two Voronoi coverages
of `--side` squared grids in metres. The peer is geopandas' overlay; the areas of both are held against each other. Then 100 street blocks
of Jianyang are given to a neighbour, and both layers are drawn with lines that sway by some metres: which of the blocks are found?
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crosswalk, crs, hierarchy, synth

MOVED = 100


def voronoi(side: int, seed: int) -> gpd.GeoDataFrame:
    """Return a coverage of `side` x `side` grids, about 200 m wide."""
    random = np.random.default_rng(seed)
    sites = (np.indices((side + 2, side + 2)).reshape(2, -1).T + random.uniform(-0.35, 0.35, ((side + 2) ** 2, 2))) * 200 + (5e5, 4e6)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    inner = shapely.points(sites.reshape(side + 2, side + 2, 2)[1:-1, 1:-1].reshape(-1, 2))
    cells = cells[shapely.STRtree(cells).query(inner, predicate="intersects")[1]]
    return gpd.GeoDataFrame(index=[f"{number:06d}" for number in range(len(cells))], geometry=cells, crs="EPSG:4548")


def overlaid(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.Series:
    """Return the area of every pair with the usual tool, in the metric CRS."""
    pieces = gpd.overlay(old[["geometry"]].reset_index(names="old_code"), new[["geometry"]].reset_index(names="new_code"))
    return crs.to_metric(pieces).area.groupby([pieces["old_code"], pieces["new_code"]]).sum()


def timed(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, repeats: int, *, peer: bool) -> list[dict[str, object]]:
    """Return a row per work: median seconds and rows of the result."""
    layers = {"old": old, "new": new}
    works: dict[str, Callable[[], pd.DataFrame | pd.Series]] = {
        "between": lambda: crosswalk.between(old, new),
        "conflicts": lambda: crosswalk.conflicts(layers).places,
        "refine": lambda: crosswalk.refine(layers),
    }
    if peer:
        works["geopandas overlay"] = lambda: overlaid(old, new)
    results = {name: work() for name, work in works.items()}
    if not shapely.coverage_is_valid(results["refine"].geometry.to_numpy()):
        raise SystemExit("the refinement is no coverage")
    if peer:
        ours = results["between"].dropna().set_index(["old_code", "new_code"])["area_m2"]
        off = (ours - results["geopandas overlay"].reindex(ours.index)).abs().max()
        if not off < 1:
            raise SystemExit(f"areas differ by {off} m2")
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begin)
    return [{"grids": len(old), "work": name, "seconds": statistics.median(seconds[name]), "rows": len(results[name])} for name in works]


def swaying(layer: gpd.GeoDataFrame, by_m: float, seed: int) -> gpd.GeoDataFrame:
    """Return a layer in metres with lines that sway by up to `by_m` in x and in y."""
    a, b, c, d = np.random.default_rng(seed).uniform(0, 2 * np.pi, 4)

    def moved(places: np.ndarray) -> np.ndarray:
        x, y = places.T
        return places + by_m * np.column_stack([np.sin(x / 37 + a) * np.cos(y / 53 + b), np.sin(y / 41 + c) * np.cos(x / 47 + d)])

    return layer.set_geometry(shapely.transform(layer.geometry.to_numpy(), moved), crs=layer.crs)


def given_away(units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, set[tuple[str, str]]]:
    """Return the grids after some blocks, less than 40 % of theirs, went to a neighbour, and the pairs of old and new grid."""
    code, shapes = units["grid_code"].copy(), grids.geometry.to_numpy()
    pairs: set[tuple[str, str]] = set()
    left, tree = code.value_counts(), shapely.STRtree(shapes)
    for block in units.index[np.random.default_rng(0).permutation(len(units))]:
        place, owner = units.geometry[block], code[block]
        beside = tree.query(place, predicate="intersects")
        border = shapely.length(shapely.intersection(shapes[beside], place)) * (grids.index[beside] != owner)
        to = grids.index[beside[border.argmax()]]
        if left[owner] > 2 and border.max() > 50 and place.area < 0.4 * grids.geometry[owner].area:
            left[owner] -= 1
            code[block] = to
            pairs.add((owner, to))
        if len(pairs) == MOVED:
            break
    return units.assign(grid_code=code).dissolve("grid_code", method="coverage")[["geometry"]], pairs


def planted(units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Return a row per sway: planted conflicts, those found, others, and slivers."""
    after, pairs = given_away(units, grids)
    rows = []
    for sway in (0.0, 0.5, 1.0, 2.0):
        places = crosswalk.conflicts({"old": swaying(grids, sway, 1), "new": swaying(after, sway, 2)}).places
        found = set(places.loc[places["kind"] == "conflict", ["left_code", "right_code"]].itertuples(index=False, name=None))
        slivers = int((places["kind"] == "sliver").sum())
        rows.append({"sway_m": sway, "planted": len(pairs), "found": len(found & pairs), "others": len(found - pairs), "slivers": slivers})
    return rows


def main() -> None:
    """Run and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--side", type=int, default=316, help="of the Voronoi coverages; the peer is not run on them")
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    town = synth.jianyang(1, events=1)
    grids = hierarchy.tier(town.grids)[["geometry"]]
    moved = grids.set_geometry(grids.translate(1e-4, 0.7e-4))
    rows = timed(grids, moved, given.repeats, peer=True)
    if given.side:
        rows += timed(voronoi(given.side, 1), voronoi(given.side, 2), 1, peer=False)
    sys.stdout.write(pd.DataFrame(rows).round({"seconds": 2}).to_string(index=False) + "\n\n")
    metric = crs.to_metric(grids)
    sys.stdout.write(pd.DataFrame(planted(town.units.to_crs(metric.crs), metric)).to_string(index=False) + "\n")


if __name__ == "__main__":
    main()

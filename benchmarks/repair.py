"""Repair of layers with planted faults: `python benchmarks/repair.py [--sides N ...] [--share S] [--repeats N] [--no-peer]`.

A layer is side x side grids of about 100 m whose borders bend at random, 48 corners each. A share of the grids is drawn anew: moved by
centimetres, smaller or larger by half a metre, crossing itself, or standing twice. The peer is GEOS' cleaner of coverages behind
make_valid, as shapely has it since 2.2; it keeps no list of what it did.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from layers import lattice

from gridmap import coverage

GAP_M = 2.0
FAULTS = ("moved", "smaller", "larger", "bow tie", "twice")


def spoiled(grids: gpd.GeoDataFrame, share: float) -> gpd.GeoDataFrame:
    """Return the layer with every fault planted in an equal part of the share."""
    random = np.random.default_rng(3)
    shapes = grids.geometry.to_numpy().copy()
    chosen = np.array_split(random.permutation(len(grids))[: int(share * len(grids))], len(FAULTS))
    for row in chosen[0]:
        step = random.uniform(-0.05, 0.05, 2)
        shapes[row] = shapely.transform(shapes[row], lambda xy, step=step: xy + step)
    shapes[chosen[1]] = shapely.buffer(shapes[chosen[1]], -0.5, join_style="mitre")
    shapes[chosen[2]] = shapely.buffer(shapes[chosen[2]], 0.5, join_style="mitre")
    for row in chosen[3]:
        ring = shapely.get_coordinates(shapes[row])
        ring[[1, 2]] = ring[[2, 1]]
        shapes[row] = shapely.polygons(ring)
    again = grids.iloc[chosen[4]]
    twice = again.set_axis([f"z{code}" for code in again.index]).rename_axis(grids.index.name)
    return pd.concat([grids.set_geometry(gpd.GeoSeries(shapes, index=grids.index, crs=grids.crs)), twice])


def cleaned(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Repair with GEOS."""
    return shapely.coverage_clean(shapely.make_valid(grids.geometry.to_numpy(), method="structure", keep_collapsed=False), gap_width=GAP_M)


def run(side: int, share: float, repeats: int, *, peer: bool) -> list[dict[str, object]]:
    """Return a row per work: polygons, work, median seconds, and what came out."""
    clean = lattice(1, side=side).grids
    faulty = spoiled(clean, share)
    works: dict[str, tuple[gpd.GeoDataFrame, Callable[[gpd.GeoDataFrame], np.ndarray]]] = {
        "gridmap repair": (faulty, lambda grids: coverage.repair(grids, gap_width_m=GAP_M).grids.geometry.to_numpy()),
        "gridmap repair, no fault": (clean, lambda grids: coverage.repair(grids, gap_width_m=GAP_M).grids.geometry.to_numpy()),
    }
    if peer:
        works["make_valid + coverage_clean"] = (faulty, cleaned)
    seconds: dict[str, list[float]] = {name: [] for name in works}
    results = {}
    for _ in range(repeats):
        for name, (grids, work) in works.items():
            begin = time.perf_counter()
            results[name] = work(grids)
            seconds[name].append(time.perf_counter() - begin)
    rows = []
    for name, (grids, _) in works.items():
        before = grids.geometry.to_numpy()
        same = shapely.equals_exact(shapely.normalize(results[name]), shapely.normalize(before), 0.0)
        made = shapely.make_valid(before, method="structure", keep_collapsed=False)
        moved = shapely.area(shapely.symmetric_difference(results[name][~same], made[~same])).sum()
        rows.append(
            {
                "polygons": len(grids),
                "work": name,
                "seconds": statistics.median(seconds[name]),
                "valid": bool(shapely.coverage_is_valid(results[name])),
                "changed": int((~same).sum()),
                "emptied": int(shapely.is_empty(results[name]).sum()),
                "moved_m2": moved,
            }
        )
    return rows


def main() -> None:
    """Run and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sides", type=int, nargs="*", default=[55, 316], help="grids along each side: 55 makes 3,025")
    options.add_argument("--share", type=float, default=0.01, help="share of the grids with a fault")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--no-peer", action="store_true", help="leave out GEOS' cleaner: it takes most of the time on large layers")
    given = options.parse_args()
    table = pd.DataFrame([row for side in given.sides for row in run(side, given.share, given.repeats, peer=not given.no_peer)])
    sys.stdout.write(table.round({"seconds": 2, "moved_m2": 0}).to_string(index=False) + "\n")


if __name__ == "__main__":
    main()

"""Units out of the streets of Wuhan: `python benchmarks/blocks.py [--data FOLDER] [--repeats N]`.

FOLDER holds `wuhan/streets.parquet`, the 92,667 street edges of OpenStreetMap that come with neatnet (default: ../shared/data or
GRIDMAP_SHARED_DATA); without it there is nothing to measure. Two boundaries: the convex hull of all streets, and a square of 16 km over
the centre. Borders are those of the units made, with the streets' classes; a lattice of 102,400 squares stands for a large layer. Seconds
are the median of the repeats, the first call apart. Exit code 1 if a goal is missed or the coverage is not valid.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import partition

CENTRE, HALF_M = (239_440, 3_384_627), 8_000
GOALS_S = {"whole city": 60.0, "dense centre": 3.0}
LEAST_M2, LEAST_SHARE = 500.0, 0.999
SIDE = 320  # squares of the lattice each way


def timed(work: Callable[[], pd.DataFrame], repeats: int) -> tuple[pd.DataFrame, float]:
    """Return the result and the median of seconds."""
    seconds = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - begin)
    return found, statistics.median(seconds[1:])


def centre(crs: object) -> gpd.GeoDataFrame:
    """Return the square over the centre."""
    x, y = CENTRE
    return gpd.GeoDataFrame(geometry=[shapely.box(x - HALF_M, y - HALF_M, x + HALF_M, y + HALF_M)], crs=crs)


def hull(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the convex hull of all streets."""
    return gpd.GeoDataFrame(geometry=[shapely.convex_hull(shapely.geometrycollections(streets.geometry.to_numpy()))], crs=streets.crs)


def lattice() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return squares of 100 m and the streets between them, every fifth a main road."""
    at = np.arange(SIDE) * 100.0
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    index = pd.Index([f"U{number:06d}" for number in range(len(x))], name="unit_id")
    units = gpd.GeoDataFrame(geometry=shapely.box(x, y, x + 100, y + 100), index=index, crs="EPSG:4548")
    length = SIDE * 100.0
    lines = [shapely.LineString([(v, 0), (v, length)]) for v in at] + [shapely.LineString([(0, v), (length, v)]) for v in at]
    kinds = ["primary" if number % 5 == 0 else "residential" for number in range(SIDE)] * 2
    return units, gpd.GeoDataFrame({"class": kinds}, geometry=lines, crs="EPSG:4548")


def measure(name: str, streets: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, repeats: int) -> bool:
    """Print the figures of one boundary; return whether every goal is reached."""
    units, seconds = timed(lambda: partition.blocks(streets, boundary=boundary), repeats)
    shapes = np.asarray(units.geometry)
    valid = bool(shapely.coverage_is_valid(shapes))
    share = units.area.sum() / boundary.area.sum()
    borders, took = timed(lambda: partition.edges(units, lines=streets), repeats)
    holes = (shapely.get_num_interior_rings(shapes) > 0).sum()
    sys.stdout.write(
        f"{name}: units {len(units):,} in {seconds:.2f} s (goal {GOALS_S[name]:.0f}), valid coverage {valid}, area covered {share:.4%}, "
        f"smallest {units.area.min():,.0f} m2, with a hole {holes}; borders {len(borders):,} with kinds in {took:.2f} s\n"
    )
    return valid and seconds <= GOALS_S[name] and share >= LEAST_SHARE and units.area.min() >= LEAST_M2


def main() -> int:
    """Measure all, or say what is missing."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("GRIDMAP_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")
    options.add_argument("--data", type=Path, default=Path(default))
    options.add_argument("--repeats", type=int, default=3)
    arguments = options.parse_args()
    source = arguments.data / "wuhan" / "streets.parquet"
    reached = True
    if source.is_file():
        streets = gpd.read_parquet(source).rename(columns={"highway": "class"})
        sys.stdout.write(f"streets: {len(streets):,} edges\n")
        for name, boundary in {"whole city": hull(streets), "dense centre": centre(streets.crs)}.items():
            reached &= measure(name, streets, boundary, arguments.repeats)
    else:
        sys.stderr.write(f"skipped: no {source}\n")
    units, lines = lattice()
    for name, along in {"": None, ", with kinds": lines}.items():
        borders, seconds = timed(lambda along=along: partition.edges(units, lines=along), arguments.repeats)
        sys.stdout.write(f"lattice of {len(units):,} units: borders {len(borders):,}{name} in {seconds:.2f} s\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

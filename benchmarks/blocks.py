"""Units out of the streets of Wuhan, and out of buildings: `python benchmarks/blocks.py [--data FOLDER] [--repeats N]`.

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
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import partition

CENTRE, HALF_M = (239_440, 3_384_627), 8_000
GOALS_S = {"whole city": 60.0, "dense centre": 3.0}
BLOCK_S = 2.0  # a block of 10,000 houses
LEAST_M2, LEAST_SHARE = 500.0, 0.999
BAND = (300, 500)
SLAB_M, SPACING_M, EDGE_M = (40.0, 12.0), (60.0, 45.0), 5.0  # of a slab, between slabs, and from the edge of a block
SLAB_HOUSEHOLDS = (20, 60)
FIELDS_M2 = 400_000.0  # a block so large is no quarter of slabs
HOUSES, HOUSE_M = 100, 25.0  # houses each way in one block, and how far apart
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


def slabs(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return rows of slabs in every block but the largest, along its longer side, each with seeded households."""
    found = []
    for shape in units.geometry[units.area <= FIELDS_M2]:
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
        sides = sorted(corners[[1, 3]] - corners[0], key=lambda side: -np.hypot(*side))
        lengths = [float(np.hypot(*side)) for side in sides]
        along, across = (side / length for side, length in zip(sides, lengths, strict=True))
        x, y = np.meshgrid(*(np.arange(EDGE_M, max(length, EDGE_M), step) for length, step in zip(lengths, SPACING_M, strict=True)))
        places = corners[0] + x.reshape(-1, 1) * along + y.reshape(-1, 1) * across
        ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * SLAB_M
        made = shapely.polygons(places[:, None] + ring @ np.array([along, across]))
        shapely.prepare(shape)
        found.append(made[shapely.contains_properly(shape, made)])
    shapes = np.concatenate(found)
    households = np.random.default_rng(1).integers(*SLAB_HOUSEHOLDS, len(shapes))
    return gpd.GeoDataFrame({"households": households}, geometry=shapes, crs=units.crs)


def houses(least: int, most: int) -> gpd.GeoDataFrame:
    """Return houses of 8 to 20 by 6 to 10 m, turned anyhow, in a square without a straight way through it."""
    chance = np.random.default_rng(0)
    count = HOUSES**2
    places = np.stack(np.meshgrid(np.arange(HOUSES), np.arange(HOUSES)), axis=-1).reshape(-1, 2) * HOUSE_M + chance.uniform(
        -7, 7, (count, 2)
    )
    wide, high, angle = chance.uniform(4, 10, count), chance.uniform(3, 5, count), chance.uniform(0, np.pi, count)
    along = np.column_stack([np.cos(angle), np.sin(angle)])[:, None]
    across = along[..., ::-1] * (-1, 1)
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    corners = places[:, None] + wide[:, None, None] * signs[:, :1] * along + high[:, None, None] * signs[:, 1:] * across
    return gpd.GeoDataFrame({"households": chance.integers(least, most, count)}, geometry=shapely.polygons(corners), crs="EPSG:4548")


def told(units: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> tuple[str, bool]:
    """Return the figures of units, and whether what is asked of any is true of them."""
    shapes = np.asarray(units.geometry)
    valid = bool(shapely.coverage_is_valid(shapes))
    share = units.area.sum() / boundary.area.sum()
    compactness = (4 * np.pi * units.area / units.length**2).mean()
    text = (
        f"units {len(units):,}, valid coverage {valid}, area covered {share:.4%}, smallest {units.area.min():,.0f} m2, "
        f"mean compactness {compactness:.2f}"
    )
    households = units["households"]
    if households.notna().any():
        lived = households[households > 0]
        text += f"; households {households.sum():,}, units above the band {(lived > BAND[1]).sum()}, below {(lived < BAND[0]).sum():,}"
    return text, valid and share >= LEAST_SHARE and units.area.min() >= LEAST_M2


def measure(name: str, streets: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, repeats: int) -> bool:
    """Print the figures of one boundary; return whether every goal is reached."""
    units, seconds = timed(lambda: partition.blocks(streets, boundary=boundary), repeats)
    borders, took = timed(lambda: partition.edges(units, lines=streets), repeats)
    holes = (shapely.get_num_interior_rings(np.asarray(units.geometry)) > 0).sum()
    text, right = told(units, boundary)
    sys.stdout.write(
        f"{name}: {seconds:.2f} s (goal {GOALS_S[name]:.0f}), {text}, with a hole {holes}; borders {len(borders):,} with kinds "
        f"in {took:.2f} s\n"
    )
    homes = slabs(units)
    return built(f"{name}, {len(homes):,} buildings", streets, boundary, homes, repeats) and right and seconds <= GOALS_S[name]


def built(
    name: str, streets: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, repeats: int, goal: float = np.inf
) -> bool:
    """Print the figures of one boundary with buildings; return whether every goal is reached."""
    with warnings.catch_warnings(action="ignore"):  # no street, or a building above the band
        units, seconds = timed(lambda: partition.blocks(streets, boundary=boundary, buildings=homes, band=BAND), repeats)
    text, right = told(units, boundary)
    asked = f" (goal {goal:.0f})" if np.isfinite(goal) else ""
    sys.stdout.write(f"{name}: {seconds:.2f} s{asked}, {text}\n")
    return right and seconds <= goal


def one_block(least: int, most: int, repeats: int) -> bool:
    """Print the figures of one block with as many houses."""
    homes = houses(least, most + 1)
    boundary = gpd.GeoDataFrame(geometry=[shapely.box(*homes.total_bounds).buffer(20, join_style="mitre")], crs=homes.crs)
    none = gpd.GeoDataFrame(geometry=[], crs=homes.crs)
    return built(f"one block, {len(homes):,} houses of {least} to {most} households", none, boundary, homes, repeats, BLOCK_S)


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
    for least, most in ((5, 39), (1, 3)):
        reached &= one_block(least, most, arguments.repeats)
    units, lines = lattice()
    for name, along in {"": None, ", with kinds": lines}.items():
        borders, seconds = timed(lambda along=along: partition.edges(units, lines=along), arguments.repeats)
        sys.stdout.write(f"lattice of {len(units):,} units: borders {len(borders):,}{name} in {seconds:.2f} s\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

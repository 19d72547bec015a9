"""Compile the loops of the assignment, of large layers, crosswalks and partitions once (run by `make env`), so that nobody waits for it.

numba keeps the code beside the source, for each set of types it is called with. So they are called as the rooms call them, on two squares.
"""

import contextlib
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

WORLD = (-180.0, -80.0, 180.0, 80.0)


def squares() -> gpd.GeoDataFrame:
    """Return two grids and a dedicated one inside the first."""
    shapes = [shapely.box(500_000, 4_000_000, 500_400, 4_000_400), shapely.box(500_400, 4_000_000, 500_800, 4_000_400)]
    shapes.append(shapes[0].buffer(-100))
    index = pd.Index(["a", "b", "c"], name="grid_code")
    columns = {"name": index, "level": 1, "kind": ["base", "base", "dedicated"], "parent": [None, None, "a"]}
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs="EPSG:4548")


def events(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return an event in each grid."""
    at = pd.Timestamp("2026-01-01", tz="Asia/Shanghai")
    return gpd.GeoDataFrame({"category": list("xyx"), "reported_at": at}, geometry=grids.representative_point().array, crs=grids.crs)


def assignment() -> None:
    """Lay an index, ask it, change it, and bring it back from bytes."""
    from gridmap import assign

    grids = squares()
    x, y = shapely.get_coordinates(events(grids).geometry.to_numpy()).T
    moved = gpd.GeoDataFrame(grids.iloc[[2]].set_geometry([shapely.box(500_120, 4_000_120, 500_200, 4_000_200)], crs=grids.crs))
    index = assign.Index(grids)
    assert (index.path["path"] == "cell table").all()
    for each in (index, index.update(moved), assign.Index.from_bytes(index.to_bytes())):
        each.lookup(x, y)
        each.locate(x, y)


def large_layers() -> None:
    """Count events by square and one by one, with and without times, and cut a tile."""
    from gridmap.maps.bins import EventBins
    from gridmap.maps.tiles import Tiles

    grids = squares()
    found = events(grids)
    for bins in (EventBins.of(found, category="category", time="reported_at"), EventBins.of(found)):
        bins.view(3, WORLD)
        bins.view(3, WORLD, most_points=0)
    for tiles in (Tiles.of(grids), Tiles.of(grids, style=np.arange(len(grids)))):
        tiles.tile(0, 0, 0)


def crosswalks() -> None:
    """Lay a layer over itself."""
    from gridmap import crosswalk

    grids = squares().iloc[:2]
    assert (crosswalk.between(grids, grids)["share_old"] == 1).all()


def partitions() -> None:
    """Make two grids of four squares."""
    from gridmap import partition
    from gridmap.errors import InfeasibleError

    shapes = [shapely.box(x, y, x + 400, y + 400) for x in (500_000, 500_400) for y in (4_000_000, 4_000_400)]
    index = pd.Index(list("abcd"), name="unit_id")
    units = gpd.GeoDataFrame({"households": 1}, index=index, geometry=shapes, crs="EPSG:4548")
    assert (partition.build(units, grids=2).value_counts() == 2).all()
    with contextlib.suppress(InfeasibleError):  # told after repair, which has loops of its own
        partition.build(units.assign(households=[1, 1, 1, 2]), grids=2)


def main() -> None:
    """Compile what is not there yet."""
    begin = time.monotonic()
    assignment()
    large_layers()
    crosswalks()
    partitions()
    print(f"compiled loops are ready ({time.monotonic() - begin:.0f} s)")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()

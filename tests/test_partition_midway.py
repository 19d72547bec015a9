"""Cuts around buildings: against the nearest building, through none, in parts that are no strips, however buildings lie."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from gridmap import partition
from gridmap.errors import GridmapWarning
from gridmap.partition import midway
from gridmap.partition.homes import Homes

METRIC = "EPSG:4548"


def scattered(side: int, seed: int = 0) -> np.ndarray:
    """Return houses of 8 to 20 by 6 to 10 m, turned anyhow, about 25 m apart: no line passes through them far."""
    chance = np.random.default_rng(seed)
    places = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 25.0 + chance.uniform(-5, 5, (side**2, 2))
    wide, high = chance.uniform(8, 20, side**2) / 2, chance.uniform(6, 10, side**2) / 2
    shapes = shapely.box(-wide, -high, wide, high)
    turned = [shapely.affinity.rotate(shape, angle) for shape, angle in zip(shapes, chance.uniform(0, 180, side**2), strict=True)]
    return np.array([shapely.affinity.translate(shape, *place) for shape, place in zip(turned, places, strict=True)])


def parted(piece: shapely.Geometry, shapes: np.ndarray, part: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """Return the faces, after a look at what must hold of any."""
    homes = Homes.of(shapes, np.ones(len(shapes), dtype=int))
    found, inside = midway.parted(piece, homes, part, aside)
    assert shapely.area(found).sum() == pytest.approx(piece.area, rel=1e-6)
    assert shapely.area(shapely.intersection(found[inside], shapes)) == pytest.approx(shapely.area(shapes), abs=1e-6)  # none is cut
    assert (np.array([len(np.unique(part[inside == face])) for face in range(len(found))]) <= 1).all()
    return found


def test_the_cut_between_two_houses_is_where_both_are_as_near():
    """Two squares of 10 m, 20 m apart: the middle between them, and further out the line of points as far from both."""
    shapes = np.array([box(0, 0, 10, 10), box(30, 0, 40, 10)])
    found = parted(box(-10, -50, 50, 60), shapes, np.array([0, 1]), np.array([15.0, 15.0]))
    assert len(found) == 2
    assert sorted(shapely.area(found)) == pytest.approx([30 * 110, 30 * 110], rel=0.01)


def test_a_long_house_that_reaches_across_the_cut_stays_whole():
    """Its door is 200 m from the cut, beyond all that is looked at first."""
    small = [box(x, y, x + 8, y + 8) for x in range(0, 200, 20) for y in range(0, 200, 20)]
    long = box(-400, 205, 120, 215)
    shapes = np.array([*small, long])
    x = shapely.get_x(shapely.centroid(shapes))
    parted(box(-420, -20, 220, 230), shapes, (x > 95).astype(int), np.abs(x - 95))


def test_a_house_that_stands_alone_stays_on_its_side():
    """A hamlet on both sides of the cut, and one house far from it whose nearest neighbour is of the other part."""
    shapes = np.array([box(0, 0, 8, 8), box(20, 0, 28, 8), box(20, 600, 28, 608)])
    parted(box(-50, -50, 100, 700), shapes, np.array([0, 1, 0]), np.array([5.0, 5.0, 600.0]))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 3)), min_size=2, unique_by=lambda each: each[:2]),
    st.integers(1, 3),
)
def test_any_houses_stay_whole_and_on_their_side(drawn, reach):
    """Squares and points on a lattice of 8 m, some wall to wall, in parts by their number; `aside` tells little."""
    shapes = np.array([box(8 * x, 8 * y, 8 * x + 2 * size, 8 * y + 2 * size) if size else Point(8 * x, 8 * y) for x, y, size in drawn])
    block = Homes.of(shapes, np.ones(len(shapes), dtype=int)).block
    parted(box(-9, -9, 260, 260), shapes, block % 2, (block % reach) * 100.0)


def test_a_block_that_no_line_passes_is_cut_into_compact_parts():
    """1,600 houses without a straight way between them; taken in rows, parts would be strips as long as the block."""
    shapes = scattered(40)
    households = np.random.default_rng(1).integers(5, 40, len(shapes))
    homes = gpd.GeoDataFrame({"households": households}, geometry=shapes, crs=METRIC)
    whole = box(-30, -30, 1010, 1010)
    with pytest.warns(GridmapWarning, match="no street"):
        units = partition.blocks(
            gpd.GeoDataFrame(geometry=[], crs=METRIC), boundary=gpd.GeoDataFrame(geometry=[whole], crs=METRIC), buildings=homes
        )
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    assert units.area.sum() == pytest.approx(whole.area, rel=1e-5)
    assert units["households"].sum() == households.sum()
    assert units["households"].max() <= 500
    assert (units["households"] >= 300).mean() > 0.7
    walls = shapely.union_all(shapely.boundary(np.asarray(units.geometry)))
    assert shapely.length(shapely.intersection(walls, shapes)).max() == 0
    assert (4 * np.pi * units.area / units.length**2).mean() > 0.45

"""Streams, the lattice and the fingerprint of frames."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import synth
from gridmap.synth import town


def frame() -> gpd.GeoDataFrame:
    """Return three rows with a text, a float, a time and a geometry, one of each missing."""
    times = pd.to_datetime(["2021-05-01 08:00:00", None, "2021-06-01 22:30:15"]).tz_localize("Asia/Shanghai")
    columns = {"name": ["甲", "乙", None], "size": [1.5, np.nan, -0.0], "at": times}
    shapes = [shapely.box(539_000, 4_000_000, 539_010, 4_000_020), None, shapely.Point(539_100.25, 4_000_100.75)]
    return gpd.GeoDataFrame(columns, index=pd.Index(["a", "b", "c"], name="id"), geometry=shapes, crs="EPSG:4548")


def test_a_stream_depends_on_seed_and_theme_alone() -> None:
    first = town.stream(7, "streets").random(5)
    town.stream(7, "added later").random(1000)
    assert first.tolist() == town.stream(7, "streets").random(5).tolist()
    assert first.tolist() != town.stream(7, "buildings").random(5).tolist()
    assert first.tolist() != town.stream(8, "streets").random(5).tolist()


def test_streams_are_pcg64() -> None:
    assert type(town.stream(7, "streets").bit_generator).__name__ == "PCG64"


@settings(max_examples=40, deadline=None)
@given(st.permutations([0, 1, 2]), st.permutations(["name", "size", "at", "geometry"]))
def test_hash_does_not_see_order(rows: list[int], columns: list[str]) -> None:
    assert town.canonical_hash(frame().iloc[rows][columns]) == town.canonical_hash(frame())


def test_hash_does_not_see_where_a_ring_begins_nor_the_reference_system() -> None:
    plain = frame()
    turned = plain.copy()
    ring = np.array(plain.geometry["a"].exterior.coords)[:-1]
    turned.loc["a", "geometry"] = shapely.Polygon(np.roll(ring, 2, axis=0)[::-1])
    assert town.canonical_hash(turned) == town.canonical_hash(plain)
    assert town.canonical_hash(plain.to_crs("EPSG:4490")) == town.canonical_hash(plain)


def test_hash_does_not_see_the_sign_of_zero_nor_a_millimetre() -> None:
    changed = frame()
    changed.loc["c", "size"] = 0.0
    changed.loc["c", "geometry"] = shapely.Point(539_100.251, 4_000_100.751)
    assert town.canonical_hash(changed) == town.canonical_hash(frame())


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("a", "name", "丙"),
        ("c", "name", "甲"),
        ("a", "size", 1.500002),
        ("a", "at", pd.Timestamp("2021-05-01 08:00:01", tz="Asia/Shanghai")),
        ("c", "geometry", shapely.Point(539_100.27, 4_000_100.75)),
        ("c", "geometry", None),
    ],
)
def test_hash_sees_content(row: str, column: str, value: object) -> None:
    changed = frame()
    changed.loc[row, column] = value
    assert town.canonical_hash(changed) != town.canonical_hash(frame())


def test_hash_sees_labels_and_rows() -> None:
    hashes = {synth.canonical_hash(one) for one in (frame(), frame().iloc[:2], frame().rename(index={"a": "z"}), frame().iloc[:0])}
    assert len(hashes) == 4


def test_snap_keeps_shared_corners() -> None:
    west, east = shapely.box(0, 0, 1.23456, 1), shapely.box(1.23456, 0, 2, 1)
    pair = town.snap(np.array([west, east], dtype=object))
    assert shapely.coverage_is_valid(pair)
    assert pair[0].bounds == (0.0, 0.0, 1.23, 1.0)
    assert town.snap(np.array([[0.126, -0.126]])).tolist() == [[0.13, -0.13]]
    assert town.snap(shapely.Point(12.6, 7.4), cell_m=1.0) == shapely.Point(13, 7)


def test_faces_node_every_crossing() -> None:
    """A square cut by a diagonal and by a line that ends inside: two faces, four corners and one loose end."""
    lines = [
        shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]),
        shapely.LineString([(-1, -1), (11, 11)]),
        shapely.LineString([(5, 0), (5, 3)]),
    ]
    found = town.faces(np.array(lines, dtype=object))
    assert shapely.area(found).tolist() == [50.0, 50.0]
    assert shapely.coverage_is_valid(found)
    assert any((5.0, 0.0) in face.exterior.coords[:] for face in found)


def test_deliver_projects_and_puts_geometry_last() -> None:
    sent = town.deliver(frame()[["geometry", "name"]].set_crs(None, allow_override=True))
    assert sent.crs == "EPSG:4490"
    assert list(sent.columns) == ["name", "geometry"]
    assert sent.geometry["c"].x == pytest.approx(117.434, abs=0.01)

"""An index after its grids have changed: the answers of one made anew, whatever the change."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import assign, hierarchy
from gridmap.errors import CRSError, SchemaError

METRIC = "EPSG:4548"
SIDE = 6


def squares(random: np.random.Generator) -> gpd.GeoDataFrame:
    """6 x 6 squares with bent corners, and two dedicated grids over them."""
    corner = np.stack(np.meshgrid(np.arange(SIDE + 1.0), np.arange(SIDE + 1.0)), axis=-1)
    corner[1:-1, 1:-1] += random.uniform(-0.3, 0.3, corner[1:-1, 1:-1].shape)
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1], corner[:-1, :-1]], axis=2)
    polygons = [*shapely.polygons(rings.reshape(-1, 5, 2) * 100), shapely.box(130, 120, 270, 260), shapely.box(430, 410, 470, 580)]
    frame = {"level": 1, "kind": ["base"] * SIDE**2 + ["dedicated"] * 2, "parent": None}
    codes = pd.Index([f"{10 * n:04d}" for n in range(len(polygons))], name="grid_code")
    return gpd.GeoDataFrame(frame, geometry=polygons, index=codes, crs=METRIC)


def expected(x: np.ndarray, y: np.ndarray, grids: gpd.GeoDataFrame) -> pd.Series:
    """The owner of each place by shapely alone."""
    found = np.full(len(x), None, dtype=object)
    for kind in ("base", "dedicated"):
        part = grids[grids["kind"] == kind].sort_index(ascending=False)
        for code, polygon in part.geometry.items():
            found[shapely.intersects_xy(polygon, x, y)] = code
    return pd.Series(found, dtype="str")


def nudged(grids: gpd.GeoDataFrame, random: np.random.Generator, size: float) -> gpd.GeoDataFrame:
    """Some grid's corner moved, in every grid that has it."""
    base = grids[grids["kind"] == "base"]
    corners = shapely.get_coordinates(base.geometry.iloc[random.integers(len(base))])
    corner, by = corners[random.integers(len(corners))], random.normal(0, size, 2)
    has = [bool((shapely.get_coordinates(polygon) == corner).all(axis=1).any()) for polygon in base.geometry]
    moved = base[has].copy()
    moved["geometry"] = shapely.transform(
        moved.geometry.to_numpy(), lambda all_: np.where((all_ == corner).all(axis=1)[:, None], corner + by, all_)
    )
    return moved


def split(grids: gpd.GeoDataFrame, random: np.random.Generator) -> tuple[gpd.GeoDataFrame, list[str]]:
    """A grid cut from corner to corner: it goes, two others come, with codes beside its own."""
    base = grids[(grids["kind"] == "base") & (shapely.get_num_coordinates(grids.geometry.to_numpy()) >= 5)]
    row = base.iloc[[random.integers(len(base))]]
    ring = shapely.get_coordinates(row.geometry.iloc[0])
    halves = [shapely.Polygon(ring[:3]), shapely.Polygon([*ring[2:-1], ring[0]])]
    codes = pd.Index([row.index[0] + "a", row.index[0] + "b"], name="grid_code")
    return gpd.GeoDataFrame({"level": 1, "kind": "base", "parent": None}, geometry=halves, index=codes, crs=METRIC), [row.index[0]]


def replaced(grids: gpd.GeoDataFrame, changed: gpd.GeoDataFrame, gone: list[str]) -> gpd.GeoDataFrame:
    return pd.concat([grids[~grids.index.isin([*gone, *changed.index])], changed]).sort_index()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from(["nudge", "far", "split", "drop", "dedicated"]), min_size=1, max_size=6))
def test_any_row_of_changes_gives_the_answers_of_shapely(seed: int, steps: list[str]) -> None:
    """Small moves, moves that make grids overlap or leave the layer, grids that come and go, dedicated ones too."""
    random = np.random.default_rng(seed)
    grids = squares(random)
    index = assign.Index(grids)
    x, y = random.uniform(-50, SIDE * 100 + 50, (2, 600))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=METRIC)
    assigned = assign.Assigned(points, index)
    for step in steps:
        gone: list[str] = []
        changed = grids.iloc[:0]
        if step in ("nudge", "far"):
            changed = nudged(grids, random, 8.0 if step == "nudge" else 150.0)
        elif step == "split":
            changed, gone = split(grids, random)
        elif step == "drop":
            gone = [str(random.choice(grids.index))]
        else:
            changed = grids[grids["kind"] == "dedicated"].iloc[:1].copy()
            changed["geometry"] = changed.geometry.translate(*random.integers(-90, 90, 2))
        before, old = assigned.owner, index
        held = old.lookup(x, y).tolist()
        grids, index = replaced(grids, changed, gone), index.update(changed, gone=gone)
        hands = assigned.update(changed, gone=gone)
        corners = shapely.get_coordinates(grids.geometry.to_numpy()).T
        for at in ((x, y), corners):
            found = pd.Series(index.codes.array.take(index.lookup(*at), allow_fill=True))
            pd.testing.assert_series_equal(found, expected(*at, grids), check_dtype=False, check_names=False)
        assert old.lookup(x, y).tolist() == held, "the old index stays as it was"
        pd.testing.assert_series_equal(assigned.owner, assign.to_grids(points, grids))
        now = assigned.owner
        differ = ~((before == now).fillna(False) | (before.isna() & now.isna()))
        assert hands.index.tolist() == points.index[differ].tolist()
        pd.testing.assert_frame_equal(hands, pd.DataFrame({"old": before, "new": now})[differ])
        assert index.path.equals(assign.Index(grids).path)


@pytest.fixture(scope="module")
def town() -> gpd.GeoDataFrame:
    return towns.jianyang(0.1, events=1).grids


def test_a_moved_border_touches_few_tiles_and_every_place_is_right(town: gpd.GeoDataFrame) -> None:
    random = np.random.default_rng(3)
    tier = hierarchy.tier(town).sort_index()
    left, bottom, right, top = town.total_bounds
    x, y = random.uniform(left, right, 100_000), random.uniform(bottom, top, 100_000)
    index, touched = assign.Index(town), []
    for _ in range(20):
        moved = nudged(tier, random, 1e-5)
        if not shapely.is_valid(moved.geometry.to_numpy()).all():
            continue
        tier.loc[moved.index, "geometry"] = moved.geometry
        index, tiles = index._updated(moved, ())
        touched.append(len(tiles) if tiles is not None else None)
    corners = shapely.get_coordinates(tier.geometry.to_numpy()).T
    again = assign.Index(replaced(town, tier, []))
    for at in ((x, y), corners):
        assert (index.locate(*at)[0] == again.locate(*at)[0]).all()
        assert (index.locate(*at)[1] == again.locate(*at)[1]).all()
    assert sum(count is not None and count < 40 for count in touched) >= 15
    assert assign.Index.from_bytes(index.to_bytes()).lookup(x, y).tolist() == index.lookup(x, y).tolist()


def test_an_updated_index_serves_chain_and_count(town: gpd.GeoDataFrame) -> None:
    moved = nudged(hierarchy.tier(town), np.random.default_rng(1), 1e-5)
    moved["parent"] = town.loc[town["level"] == 2].index[0]
    after = replaced(town, moved, [])
    index = assign.Index(town).update(moved)
    points = gpd.GeoDataFrame(geometry=after.representative_point().to_numpy(), crs=town.crs)
    pd.testing.assert_frame_equal(assign.chain(points, index), assign.chain(points, after))
    pd.testing.assert_frame_equal(assign.count(points, index), assign.count(points, after), check_like=True)


def test_two_updates_of_one_index_do_not_disturb_each_other() -> None:
    random = np.random.default_rng(8)
    grids = squares(random)
    index = assign.Index(grids)
    x, y = random.uniform(0, SIDE * 100, (2, 2000))
    changes = [nudged(grids, random, 5.0) for _ in range(6)]
    made = [index.update(changed) for changed in changes]
    for changed, one in zip(changes, made, strict=True):
        assert one.lookup(x, y).tolist() == assign.Index(replaced(grids, changed, [])).lookup(x, y).tolist()


def test_many_updates_do_not_pile_up() -> None:
    random = np.random.default_rng(5)
    grids = squares(random)
    index = assign.Index(grids)
    words = len(index._table.records)
    for _ in range(200):
        changed = nudged(grids, random, 2.0)
        grids, index = replaced(grids, changed, []), index.update(changed)
        assert len(index._table.records) <= 4 * words
    x, y = random.uniform(0, SIDE * 100, (2, 2000))
    assert index.lookup(x, y).tolist() == assign.Index(grids).lookup(x, y).tolist()


def test_wrong_changes_are_refused_and_change_nothing() -> None:
    grids = squares(np.random.default_rng(0))
    assigned = assign.Assigned(gpd.GeoDataFrame(geometry=grids.representative_point().to_numpy(), crs=METRIC), grids)
    before = assigned.owner
    with pytest.raises(SchemaError, match=r"said to be gone.*zzz"):
        assigned.update(grids.iloc[:0], gone=["zzz"])
    with pytest.raises(SchemaError, match=r"said to be gone.*0000"):
        assigned.update(grids.iloc[:1], gone=["0000"])
    with pytest.raises(CRSError, match="EPSG:4549"):
        assigned.update(grids.iloc[:1].to_crs("EPSG:4549"))
    with pytest.raises(SchemaError, match="parent"):
        assigned.update(grids.iloc[:1].drop(columns="parent"))
    with pytest.raises(SchemaError, match="0000"):
        assigned.update(grids.iloc[[0, 0]])
    pd.testing.assert_series_equal(assigned.owner, before)
    assert len(assigned.update(grids.iloc[:0])) == 0


def square(code: object, polygon: shapely.Geometry | None, **values: object) -> gpd.GeoDataFrame:
    """A base grid, or one with other values."""
    row = {"level": 1, "kind": "base", "parent": None} | values
    return gpd.GeoDataFrame({name: [value] for name, value in row.items()}, geometry=[polygon], index=[code], crs=METRIC)


@pytest.mark.parametrize("before", [None, shapely.Polygon()])
def test_the_first_polygon_of_a_layer_without_any(before: shapely.Geometry | None) -> None:
    """It lies within the frame of the table without cells, so that the table is not built anew."""
    x, y = (part.ravel() / 4 for part in np.meshgrid(np.arange(64.0), np.arange(64.0)))
    for kind in ("base", "dedicated"):
        grids = pd.concat([square("a", before, kind=kind), square("b", before)])
        made = assign.Index(grids).update(square("a", shapely.box(1, 1, 4, 5), kind=kind))
        met = shapely.intersects_xy(shapely.box(1, 1, 4, 5), x, y)
        assert made.lookup(x, y).tolist() == np.where(met, 0, -1).tolist()


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("level", pd.array([1, 1], dtype="int64"), pd.array([None], dtype="Int64")),
        ("kind", pd.Categorical(["base", "base"]), pd.Categorical(["dedicated"])),
        ("parent", pd.Categorical(["p", "p"]), pd.array(["q"], dtype="str")),
        ("parent", pd.array([7, 7], dtype="int64"), pd.array([None], dtype="object")),
    ],
)
def test_values_that_do_not_fit_the_type_of_a_column(column: str, before: object, after: object) -> None:
    grids = pd.concat([square("a", shapely.box(0, 0, 4, 4)), square("b", shapely.box(4, 0, 8, 4))]).assign(**{column: before})
    changed = square("a", shapely.box(0, 0, 3, 4), kind="dedicated").assign(**{column: after})
    made = assign.Index(grids).update(changed)
    again = assign.Index(pd.concat([changed.astype({column: object}), grids.astype({column: object}).iloc[1:]]))
    assert made.grids[column].isna().tolist() == again.grids[column].isna().tolist()
    assert made.grids[column].dropna().tolist() == again.grids[column].dropna().tolist()
    x, y = np.array([1.0, 3.5, 5.0]), np.array([1.0, 1.0, 1.0])
    assert made.lookup(x, y).tolist() == again.lookup(x, y).tolist() == [0, -1, 1]


def test_codes_that_are_gone_may_come_in_any_collection() -> None:
    grids = squares(np.random.default_rng(0))
    index, left = assign.Index(grids), grids.index[2:]
    for gone in (grids.index[:2], grids.index[:2].to_numpy(), set(grids.index[:2]), [*grids.index[:2], grids.index[0]]):
        assert index.update(grids.iloc[:0], gone=gone).codes.equals(left)
    assert index.update(grids.iloc[:0], gone="0000").codes.equals(grids.index[1:])


def test_codes_of_another_type_are_refused() -> None:
    for mine, other in (("a", 5), (5, "a")):
        index = assign.Index(square(mine, shapely.box(0, 0, 4, 4)))
        with pytest.raises(SchemaError, match="identifiers of grids, changed must be"):
            index.update(square(other, shapely.box(4, 0, 8, 4)))
        with pytest.raises(SchemaError, match=f"said to be gone.*{other}"):
            index.update(index.grids.iloc[:0], gone=[other])


def test_events_without_a_place_stay_without_a_grid() -> None:
    grids = squares(np.random.default_rng(0))
    places = [None, shapely.Point(), shapely.Point(50, 50), shapely.Point(np.nan, 1)]
    assigned = assign.Assigned(gpd.GeoDataFrame(geometry=places, index=list("abcd"), crs=METRIC), grids)
    assert assigned.owner.isna().tolist() == [True, True, False, True]
    assert assigned.update(grids.iloc[:0], gone=["0000"])["old"].to_dict() == {"c": "0000"}
    assert assigned.owner.isna().all()

"""Events by the boundaries in force at their time, and under other plans: against filtering the grids for every event."""

import doctest
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from gridmap import assign, hierarchy
from gridmap.assign import owner
from gridmap.cli import main
from gridmap.errors import CRSError, GridmapWarning, SchemaError

METRIC = "EPSG:4548"
BEIJING = timezone(timedelta(hours=8))
NEW_YEAR = pd.Timestamp("2021-01-01", tz="Asia/Shanghai")
DAY = pd.Timedelta(days=1)

Row = tuple[str, shapely.Geometry | None, pd.Timestamp | None, pd.Timestamp | None]


def dated(*rows: Row, **columns: object) -> gpd.GeoDataFrame:
    """Rows (code, polygon, valid_from, valid_to) of one base tier, unless `columns` say otherwise."""
    codes, polygons, begin, end = zip(*rows, strict=True)
    frame = {"level": 1, "kind": "base", "parent": None, "valid_from": list(begin), "valid_to": list(end)} | columns
    return gpd.GeoDataFrame(frame, index=pd.Index(codes, name="grid_code", dtype="str"), geometry=list(polygons), crs=METRIC)


def events(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    index = pd.Index([f"e{n}" for n in range(len(places))], name="event_id", dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=[Point(place) for place in places], crs=METRIC)


def answers(found: pd.Series) -> list[str | None]:
    return [None if pd.isna(code) else code for code in found]


@pytest.fixture
def redrawn() -> gpd.GeoDataFrame:
    """One border that moves from x = 5 to x = 7 at new year, when a school gets a grid of its own.

    before |  w  |  e  |     after |   w   | e |, S in w
    """
    after = [("w", box(0, 0, 7, 10), NEW_YEAR, None), ("e", box(7, 0, 10, 10), NEW_YEAR, None), ("S", box(1, 1, 2, 2), NEW_YEAR, None)]
    before = [("w", box(0, 0, 5, 10), None, NEW_YEAR), ("e", box(5, 0, 10, 10), None, NEW_YEAR)]
    return dated(*after, *before, kind=["base", "base", "dedicated", "base", "base"])


def test_each_event_gets_the_grid_in_force_at_its_time(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (6, 5), (6, 5), (1.5, 1.5), (1.5, 1.5), (6, 5))
    moments = [NEW_YEAR - pd.Timedelta(1, "us"), NEW_YEAR, NEW_YEAR + 999 * DAY, NEW_YEAR - DAY, NEW_YEAR + DAY, pd.NaT]
    at = pd.Series(moments, index=points.index)
    found = assign.to_grids(points, redrawn, at=at)
    assert found.name == "grid"
    assert found.index.equals(points.index)
    assert answers(found) == ["e", "w", "w", "w", "S", None]
    chain = assign.chain(points, redrawn, at=at)
    assert answers(chain["level_1"]) == ["e", "w", "w", "w", "w", None]
    assert answers(chain["dedicated"]) == [None, None, None, None, "S", None]
    assert answers(chain["grid"]) == answers(found)


def test_one_time_for_all_is_the_layer_of_that_moment(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (1.5, 1.5), (99, 0))
    for moment in (NEW_YEAR, datetime(2021, 1, 1, tzinfo=BEIJING), NEW_YEAR - DAY):
        in_force = redrawn[~(redrawn["valid_from"] > moment) & ~(redrawn["valid_to"] <= moment)]
        pd.testing.assert_series_equal(assign.to_grids(points, redrawn, at=moment), assign.to_grids(points, in_force))
        pd.testing.assert_frame_equal(assign.chain(points, redrawn, at=moment), assign.chain(points, in_force))
    assert answers(assign.to_grids(points, redrawn, at=pd.NaT)) == [None, None, None]
    assert answers(assign.to_grids(points, redrawn[redrawn["valid_from"].notna()], at=NEW_YEAR - DAY)) == [None, None, None]


hours = st.integers(0, 12)
rectangle = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 5), st.integers(1, 5)).map(
    lambda given: box(given[0], given[1], given[0] + given[2], given[1] + given[3])
)


@st.composite
def histories(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Up to five codes, each with up to four periods that do not overlap; levels and kinds change from row to row."""
    rows, levels, kinds = [], [], []
    for code in "abcde"[: draw(st.integers(1, 5))]:
        cuts = sorted(draw(st.lists(hours, min_size=1, max_size=5, unique=True)))
        times = [NEW_YEAR + pd.Timedelta(hours=hour) for hour in cuts]
        first, last = draw(st.booleans()), draw(st.booleans())
        ends = ([None] if first else []) + times + ([None] if last or len(times) + first < 2 else [])
        for begin, end in pairwise(ends):
            if draw(st.integers(0, 3)):  # a gap now and then
                rows.append((code, draw(st.one_of(rectangle, st.just(None))), begin, end))
                levels.append(draw(st.integers(1, 3)))
                kinds.append(draw(st.sampled_from(["base", "base", "dedicated"])))
    if not rows:
        rows, levels, kinds = [("a", box(0, 0, 4, 4), None, None)], [1], ["base"]
    frame = dated(*rows, level=levels, kind=kinds)
    return frame.iloc[draw(st.permutations(range(len(frame))))]


def brute_force(point: Point, moment: pd.Timestamp, grids: gpd.GeoDataFrame) -> str | None:
    """Filter the rows by hand, then ask shapely one by one: dedicated before the lowest base level of that moment, then the code."""
    rows = [
        row
        for row in grids.reset_index().itertuples()
        if not pd.isna(moment)
        and (pd.isna(row.valid_from) or row.valid_from <= moment)
        and (pd.isna(row.valid_to) or moment < row.valid_to)
    ]
    lowest = max((row.level for row in rows if row.kind == "base"), default=0)
    asked = [row for row in rows if row.kind == "dedicated" or row.level == lowest]
    met = [(row.kind == "base", row.grid_code) for row in asked if row.geometry is not None and shapely.intersects(row.geometry, point)]
    return min(met)[1] if met else None


@settings(max_examples=80, deadline=None)
@given(histories(), st.lists(st.tuples(st.integers(0, 22), st.integers(0, 22), st.one_of(st.none(), st.integers(-2, 26))), max_size=25))
def test_every_answer_is_that_of_filtering_the_grids_for_each_event(grids: gpd.GeoDataFrame, given_events: list) -> None:
    points = events(*[(x / 2, y / 2) for x, y, _ in given_events])
    moments = [pd.NaT if half is None else NEW_YEAR + pd.Timedelta(minutes=30 * half) for *_, half in given_events]
    at = pd.Series(moments, index=points.index, dtype="datetime64[us, UTC]")
    expected = [brute_force(point, moment, grids) for point, moment in zip(points.geometry, moments, strict=True)]
    assert answers(assign.to_grids(points, grids, at=at)) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, "BY_SHAPELY", 1e3)  # a table is always tried; most of these layers overlap
        assert answers(assign.to_grids(points, grids, at=at)) == expected


@settings(max_examples=25, deadline=None)
@given(histories(), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(-1, 13)), min_size=1, max_size=15))
@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")
def test_chains_and_counts_are_those_of_each_moment(grids: gpd.GeoDataFrame, given_events: list) -> None:
    """Parents are drawn from the codes, so that chains break, turn and change."""
    grids = grids.assign(parent=[chr(97 + n % 5) for n in range(len(grids))])
    points = events(*[(x, y) for x, y, _ in given_events])
    at = pd.Series([NEW_YEAR + pd.Timedelta(hours=hour) for *_, hour in given_events], index=points.index)
    chain, counts = assign.chain(points, grids, at=at), assign.count(points, grids, at=at)["events"]
    expected_counts = pd.Series(0, index=pd.RangeIndex(len(grids)))
    rows = pd.Series(range(len(grids)))
    for event, moment in at.items():
        in_force = (~(grids["valid_from"] > moment) & ~(grids["valid_to"] <= moment)).to_numpy()
        alone = assign.chain(points.loc[[event]], grids[in_force]).iloc[0]
        assert answers(alone) == answers(chain.loc[event].reindex(alone.index))
        assert chain.loc[event].drop(alone.index).isna().all()
        counted = assign.count(points.loc[[event]], grids[in_force])["events"].to_numpy()
        expected_counts[rows[in_force]] += counted
    assert counts.tolist() == expected_counts.tolist()
    assert counts.index.equals(grids.index)


def test_a_parent_is_the_row_in_force_and_each_row_counts_its_own_period() -> None:
    """A is drawn anew in the second year, and a1 passes to B in the third; a1 itself stays one row."""
    second, third = NEW_YEAR, NEW_YEAR + 365 * DAY
    square = box(0, 0, 9, 9)
    grids = dated(
        ("A", square, None, second), ("A", square, second, None), ("B", square, None, None), ("a1", square, None, third),
        ("a1", square, third, None), level=[1, 1, 1, 2, 2], parent=[None, None, None, "A", "B"],
    )  # fmt: skip
    points = events(*[(1, 1)] * 6)
    at = pd.Series([second - DAY, second, second, third, third, third], index=points.index)
    assert answers(assign.chain(points, grids, at=at)["level_1"]) == ["A", "A", "A", "B", "B", "B"]
    assert assign.count(points, grids, at=at)["events"].tolist() == [1, 2, 3, 3, 3]
    years = at.dt.year
    assert assign.count(points, grids, at=at, by=years).sum(axis=1).tolist() == [1, 2, 3, 3, 3]
    with pytest.warns(GridmapWarning, match="no unbroken chain of parents"):
        gone = assign.chain(points, grids[grids["valid_to"].notna() | (grids.index != "A")], at=at)
    assert answers(gone["level_1"]) == ["A", None, None, "B", "B", "B"]


def test_a_point_outside_goes_to_the_nearest_grid_in_force(redrawn: gpd.GeoDataFrame) -> None:
    points = events((12, 5), (12, 5), (6, 12), (6, 12))
    at = pd.Series([NEW_YEAR - DAY, NEW_YEAR] * 2, index=points.index)
    assert answers(assign.to_grids(points, redrawn, at=at, max_distance_m=3)) == ["e", "e", "e", "w"]
    shrunk = redrawn[redrawn["valid_to"].notna() | (redrawn.index != "e")]
    assert answers(assign.to_grids(points, shrunk, at=at, max_distance_m=3)) == ["e", None, "e", "w"]


FAR = pd.Timestamp("9999-12-31", tz="Asia/Shanghai")  # how many systems write "open"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("bound", ["s", "us", "ns"])
def test_times_of_any_unit_compare_exactly(unit: str, bound: str) -> None:
    """A nanosecond before the bound is before it, whatever units the two columns have, and the year 9999 does not overflow."""
    grids = dated(("a", box(0, 0, 9, 9), None, None), ("b", box(0, 0, 9, 9), None, None))
    grids["valid_from"] = pd.Series([None, NEW_YEAR], index=grids.index).dt.as_unit(bound)
    grids["valid_to"] = pd.Series(pd.DatetimeIndex([NEW_YEAR, FAR]).as_unit("s"), index=grids.index)
    points = events((1, 1), (1, 1), (1, 1))
    step = pd.Timedelta(1, unit).as_unit("ns")
    times = pd.Series([NEW_YEAR.as_unit("ns") - step, NEW_YEAR, NEW_YEAR.as_unit("ns") + step], index=points.index)
    at = times.dt.as_unit(unit).dt.tz_convert("America/New_York")
    assert answers(assign.to_grids(points, grids, at=at)) == ["a", "b", "b"]


def test_a_time_beyond_the_range_of_another_unit_is_still_before_an_open_end() -> None:
    grids = dated(("a", box(0, 0, 9, 9), NEW_YEAR.as_unit("ns"), None))
    at = pd.Series(pd.DatetimeIndex([FAR, NEW_YEAR - 999 * 365 * DAY]).as_unit("s"), index=["e0", "e1"])
    assert answers(assign.to_grids(events((1, 1), (1, 1)), grids, at=at)) == ["a", None]


def test_times_may_stand_in_any_kind_of_column(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (6, 5))
    moments = [datetime(2020, 6, 1, tzinfo=BEIJING), datetime(2021, 6, 1, tzinfo=BEIJING)]
    plain = redrawn.astype({"valid_from": object, "valid_to": object})
    for dtype in (object, pd.ArrowDtype(pa.timestamp("us", tz="UTC"))):
        assert answers(assign.to_grids(points, plain, at=pd.Series(moments, index=points.index, dtype=dtype))) == ["e", "w"]
    turned = pd.Series(moments[::-1], index=points.index[::-1])
    assert answers(assign.to_grids(points, redrawn, at=turned)) == ["e", "w"]
    always = redrawn.iloc[:2].assign(valid_from=None, valid_to=np.nan)
    assert answers(assign.to_grids(points, always, at=pd.Series(moments, index=points.index))) == ["w", "w"]
    assert answers(assign.to_grids(points, always, at=pd.Series([None, None], index=points.index))) == [None, None]


def test_numbers_and_categories_may_be_codes(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (6, 5))
    at = pd.Series([NEW_YEAR - DAY, NEW_YEAR], index=points.index)
    numbers = redrawn.set_axis(pd.Index([10, 9, 8, 10, 9]))
    assert assign.to_grids(points, numbers, at=at).tolist() == [9, 10]
    assert assign.to_grids(points, redrawn.set_axis(pd.CategoricalIndex(redrawn.index)), at=at).tolist() == ["e", "w"]


def test_empty_in_is_empty_out(redrawn: gpd.GeoDataFrame) -> None:
    none = events()
    times = pd.Series([], index=none.index, dtype="datetime64[us, UTC]")
    assert assign.to_grids(none, redrawn, at=times).empty
    assert list(assign.chain(none, redrawn, at=times).columns) == ["level_1", "dedicated", "grid"]
    assert assign.count(none, redrawn, at=times)["events"].tolist() == [0] * 5
    one = events((1, 1))
    assert answers(assign.to_grids(one, redrawn.iloc[:0], at=NEW_YEAR)) == [None]
    assert assign.count(one, redrawn.iloc[:0], at=NEW_YEAR).shape == (0, 1)
    assert assign.under(none, {"plan": redrawn.iloc[:2]}).shape == (0, 1)
    assert assign.under(one, {}).shape == (1, 0)


def test_tables_give_the_answers_of_shapely_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    town = towns.jianyang(0.05, events=1).grids
    moved = town.set_geometry(town.geometry.translate(150, 80))
    later, latest = NEW_YEAR + DAY, NEW_YEAR + 2 * DAY
    grids = pd.concat([
        town.assign(valid_from=NEW_YEAR, valid_to=later), moved.assign(valid_from=later, valid_to=latest),
        town.assign(valid_from=latest, valid_to=None),
    ])  # fmt: skip
    random = np.random.default_rng(3)
    left, bottom, right, top = town.total_bounds
    x, y = random.uniform(left, right, 4000), random.uniform(bottom, top, 4000)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=town.crs)
    at = pd.Series(NEW_YEAR + pd.to_timedelta(random.integers(-6, 72, 4000), unit="h"))
    found, counts = assign.chain(points, grids, at=at), assign.count(points, grids, at=at)["events"]
    monkeypatch.setattr(owner, "BY_SHAPELY", 1e3)  # a table always pays
    pd.testing.assert_frame_equal(assign.chain(points, grids, at=at), found)
    assert assign.count(points, grids, at=at)["events"].equals(counts)
    in_moved = at.between(later, latest, inclusive="left")
    pd.testing.assert_frame_equal(found[in_moved], assign.chain(points[in_moved], moved))
    assert found.loc[at < NEW_YEAR, "grid"].isna().all()
    assert counts[(grids["level"] == 1).to_numpy()].sum() == found["level_1"].notna().sum()


def flickering(random: np.random.Generator) -> gpd.GeoDataFrame:
    """64 squares that come, go and shrink at random hours, four of them dedicated ones within a neighbour; none overlap."""
    rows, kinds = [], []
    for n in range(68):
        x, y = n % 8, n // 8 % 8
        cuts = np.sort(random.choice(24, 2 * random.integers(0, 4), replace=False))
        times = [None, *(NEW_YEAR + pd.Timedelta(hours=int(hour)) for hour in cuts), None]
        for begin, end in pairwise(times):
            margin = random.choice([0.0, 0.0, 0.25])
            square = box(x + margin, y + margin, x + 1 - margin, y + 1 - margin)
            if random.random() < 0.8:
                rows.append((f"g{n:02d}", square, begin, end))
                kinds.append("base" if n < 64 else "dedicated")
    return dated(*rows, kind=kinds)


@pytest.mark.parametrize("seed", range(4))
def test_a_table_that_follows_the_changes_gives_the_answers_of_shapely(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    grids = flickering(random)
    points = events(*zip(random.integers(-2, 36, 600) / 4, random.integers(-2, 36, 600) / 4, strict=True))
    at = pd.Series(NEW_YEAR + pd.to_timedelta(random.integers(-60, 26 * 60, 600), unit="min"), index=points.index)
    monkeypatch.setattr(owner, "BY_SHAPELY", 0.0)  # a table never pays
    expected = assign.to_grids(points, grids, at=at)
    assert expected.notna().sum() > 300
    monkeypatch.setattr(owner, "BY_SHAPELY", 1e3)  # and always
    updates = []
    update = assign.Index.update
    monkeypatch.setattr(assign.Index, "update", lambda self, *args, **options: updates.append(1) or update(self, *args, **options))
    for most in (owner.MOST_CHANGED, 0.0):
        monkeypatch.setattr(owner, "MOST_CHANGED", most)
        pd.testing.assert_series_equal(assign.to_grids(points, grids, at=at), expected)
        assert bool(updates) == (most > 0)
        updates.clear()


def test_inputs_are_left_alone(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (6, 5))
    at = pd.Series([NEW_YEAR - DAY, NEW_YEAR], index=points.index)
    before = redrawn.copy(deep=True), points.copy(deep=True), at.copy(deep=True)
    assign.count(points, redrawn, at=at, by=at.dt.year)
    assign.to_grids(points, redrawn, at=at, max_distance_m=5)
    pd.testing.assert_frame_equal(redrawn, before[0])
    pd.testing.assert_frame_equal(points, before[1])
    pd.testing.assert_series_equal(at, before[2])


def test_calls_that_cannot_be_answered(redrawn: gpd.GeoDataFrame) -> None:
    points = events((6, 5), (6, 5))
    at = pd.Series([NEW_YEAR - DAY, NEW_YEAR], index=points.index)
    with pytest.raises(SchemaError, match="grids lacks the columns valid_to"):
        assign.to_grids(points, redrawn.drop(columns="valid_to"), at=at)
    with pytest.raises(SchemaError, match=r"at must be a time with a time zone; given: datetime64\[us\]; Hint"):
        assign.to_grids(points, redrawn, at=at.dt.tz_localize(None))
    with pytest.raises(SchemaError, match=r"at must be a time with a time zone; given: datetime64"):
        assign.to_grids(points, redrawn, at=datetime(2021, 1, 1))  # noqa: DTZ001
    with pytest.raises(SchemaError, match="at must be a time with a time zone; given: '2021'; 2 rows, first: e0, e1"):
        assign.to_grids(points, redrawn, at=pd.Series(["2021", "2022"], index=points.index))
    with pytest.raises(SchemaError, match="at must be a time with a time zone; given: int64"):
        assign.to_grids(points, redrawn, at=pd.Series([1, 2], index=points.index))
    naive = redrawn.assign(valid_to=redrawn["valid_to"].dt.tz_localize(None))
    with pytest.raises(SchemaError, match="valid_to must be a time with a time zone"):
        assign.to_grids(points, naive, at=at)
    with pytest.raises(SchemaError, match="at is no Series; given: str"):
        assign.to_grids(points, redrawn, at="2021-01-01")
    with pytest.raises(SchemaError, match="at and the points have different identifiers; 2 rows, first: x, e1"):
        assign.to_grids(points, redrawn, at=at.set_axis(["e0", "x"]))
    with pytest.raises(SchemaError, match="at and the points have different identifiers"):
        assign.to_grids(points, redrawn, at=at.iloc[[0, 1, 1]])
    for end in (NEW_YEAR, NEW_YEAR - DAY):
        backward = redrawn.assign(valid_to=[end, *redrawn["valid_to"].iloc[1:]])
        with pytest.raises(SchemaError, match=r"grids has periods whose valid_to is not after valid_from; given: 2020.*; 1 rows, first: w"):
            assign.to_grids(points, backward, at=at)
    twice = redrawn.assign(valid_from=[NEW_YEAR - pd.Timedelta(1, "us"), *redrawn["valid_from"].iloc[1:]])
    for order in (slice(None), slice(None, None, -1)):
        with pytest.raises(SchemaError, match="grids has two rows of one code in force at once; 1 rows, first: w"):
            assign.to_grids(points, twice.iloc[order], at=at)
    with pytest.raises(SchemaError, match=r"an Index holds the boundaries of one moment; given: Index\(dedicated"):
        assign.to_grids(points, assign.Index(redrawn.iloc[:3]), at=at)
    with pytest.raises(SchemaError, match="grids has empty identifiers; 1 rows, first: 1"):
        assign.to_grids(points, redrawn.set_axis(["w", None, "S", "w", "e"]), at=at)
    with pytest.raises(SchemaError, match=r"grids has duplicate identifiers.*first: w, e"):
        assign.to_grids(points, redrawn)
    with pytest.raises(CRSError, match="grids has no coordinate reference system"):
        assign.to_grids(points, redrawn.set_crs(None, allow_override=True), at=at)
    with pytest.raises(SchemaError, match="kind in grids must be base or dedicated; given: other"):
        assign.to_grids(points, redrawn.assign(kind=["other", *redrawn["kind"].iloc[1:]]), at=NEW_YEAR - DAY)
    with pytest.raises(SchemaError, match="max_distance_m must not be negative"):
        assign.to_grids(points, redrawn, at=at, max_distance_m=-1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(rectangle, min_size=1, max_size=4), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 22), st.integers(0, 22)), max_size=20),
    st.booleans(),
)
def test_under_every_plan_the_owners_are_those_of_that_plan_alone(drawn: list, places: list, ready: bool) -> None:
    plans = {f"plan {n}": dated(*[(f"g{k}", polygon, None, None) for k, polygon in enumerate(boxes)]) for n, boxes in enumerate(drawn)}
    points = events(*[(x / 2, y / 2) for x, y in places])
    made = {name: assign.Index(grids) if ready and n % 2 else grids for n, (name, grids) in enumerate(plans.items())}
    found = assign.under(points, made)
    assert list(found.columns) == list(plans)
    assert found.index.equals(points.index)
    for name, grids in plans.items():
        pd.testing.assert_series_equal(found[name].rename("grid"), assign.to_grids(points, grids))


def test_plans_that_cannot_be_asked_are_named(redrawn: gpd.GeoDataFrame) -> None:
    points, now = events((6, 5)), redrawn.iloc[:3]
    with pytest.raises(CRSError, match=r"points, plan draft differ in their coordinate reference systems; given: EPSG:4548 / EPSG:4490"):
        assign.under(points, {"now": now, "draft": now.to_crs("EPSG:4490")})
    with pytest.raises(CRSError, match="points, plan draft differ"):
        assign.under(points, {"draft": assign.Index(now.to_crs("EPSG:4490"))})
    with pytest.raises(SchemaError, match="plan draft lacks the columns kind"):
        assign.under(points, {"now": now, "draft": now.drop(columns="kind")})
    with pytest.raises(SchemaError, match="plan draft has duplicate identifiers"):
        assign.under(points, {"draft": redrawn})
    with pytest.raises(SchemaError, match="plan draft is not a GeoDataFrame; given: NoneType"):
        assign.under(points, {"draft": None})
    with pytest.raises(SchemaError, match="plans must map names to grids; given: GeoDataFrame"):
        assign.under(points, now)
    with pytest.raises(SchemaError, match="points is not a GeoDataFrame"):
        assign.under(pd.DataFrame({"x": [1]}), {"now": now})


def test_the_example_runs() -> None:
    for example in doctest.DocTestFinder(recurse=False).find(assign.under, globs={"under": assign.under}):
        assert example.examples
        assert doctest.DocTestRunner().run(example).failed == 0


def test_tiers_of_a_moment_are_those_of_hierarchy() -> None:
    """Where the lowest level of one time has none below at another, events stand on the lowest level of their own time."""
    square = box(0, 0, 9, 9)
    grids = dated(("A", square, None, None), ("A1", square, NEW_YEAR, None), level=[1, 2], parent=[None, "A"])
    points = events((1, 1), (1, 1))
    at = pd.Series([NEW_YEAR - DAY, NEW_YEAR], index=points.index)
    chain = assign.chain(points, grids, at=at)
    assert answers(chain["level_1"]) == ["A", "A"]
    assert answers(chain["level_2"]) == [None, "A1"]
    assert answers(chain["grid"]) == ["A", "A1"]
    assert hierarchy.levels(grids) == [1, 2]


def test_the_command_asks_the_grids_in_force(redrawn: gpd.GeoDataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grids, requests, out = tmp_path / "grids.geojson", tmp_path / "requests.csv", tmp_path / "out.csv"
    written = redrawn.set_geometry(redrawn.translate(5e5, 4e6), crs=METRIC).reset_index()
    for name in ("valid_from", "valid_to"):
        written[name] = redrawn[name].dt.strftime("%Y-%m-%d").to_numpy()
    written.to_crs("EPSG:4490").to_file(grids)
    rows = [
        (500006, 4000005, "2020-12-31 23:59"),
        (500006, 4000005, "2021/1/1 0:00"),
        (500001.5, 4000001.5, "2021-06-01"),
        (500012, 4000005, ""),
    ]
    pd.DataFrame([*rows, (500012, 4000005, "2021-01-01")], columns=["x", "y", "told"]).to_csv(requests, index=False)
    command = ["assign", str(requests), str(grids), "--x", "x", "--y", "y", "--crs", METRIC, "-o", str(out)]
    assert main([*command, "--as-of", "told", "--max-distance", "3", "--lang", "en"]) == 0
    said = capsys.readouterr()
    assert "events have no readable time in told and fall in no grid; 1 rows, first: 4" in said.err
    found = pd.read_csv(out)
    assert answers(found["grid"]) == ["e", "w", "S", None, "e"]
    assert answers(found["level_1"]) == ["e", "w", "w", None, "e"]
    assert main([*command, "--as-of", "when", "--lang", "en"]) == 2
    assert "events lacks the columns when" in capsys.readouterr().err
    written.assign(valid_to="soon").to_crs("EPSG:4490").to_file(grids)
    assert main([*command, "--as-of", "told", "--lang", "en"]) == 2
    assert "column valid_to of grids holds times that cannot be read; given: soon; 5 rows" in capsys.readouterr().err
    assert main([*command, "--lang", "en"]) == 2
    assert "grids has duplicate identifiers" in capsys.readouterr().err

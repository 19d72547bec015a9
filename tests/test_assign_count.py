"""Counts and cubes against the chain of every point, and against pandas groupby on geopandas.sjoin."""

from datetime import date, timedelta

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
from gridmap.assign import counts as counts_module
from gridmap.errors import SchemaError

METRIC = "EPSG:4548"


def events(*geometry: shapely.Geometry | None, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns or {"n": range(len(geometry))}, geometry=list(geometry), crs=METRIC)


def test_count_has_every_grid_and_dedicated_as_of_which(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(50, 50), Point(55, 50), Point(150, 50), Point(350, 50), Point(999, 0))
    counts = assign.count(points, two_tiers)
    assert counts["events"].to_dict() == {"A": 3, "B": 1, "A1": 2, "A2": 1, "B1": 0, "B2": 1, "D": 2}
    assert counts.index.equals(two_tiers.index)
    assert counts["events"].dtype == np.int64


def test_count_by_columns_has_one_column_per_combination_seen(two_tiers: gpd.GeoDataFrame) -> None:
    places = [Point(50, 50), Point(150, 50), Point(350, 50), Point(350, 50), Point(999, 0)]
    points = events(*places, category=["b", "a", "a", None, "c"], year=[2021, 2021, 2020, 2021, 2021])
    single = assign.count(points, two_tiers, by="category")
    assert single.columns[:3].tolist() == ["a", "b", "c"]
    assert single.loc["A"].tolist() == [1, 1, 0, 0]
    assert single.loc["B"].tolist() == [1, 0, 0, 1]  # a missing category is a column of its own, not lost
    double = assign.count(points, two_tiers, by=["category", "year"])
    assert double.columns.names == ["category", "year"]
    assert double["a"].loc["B2"].to_dict() == {2020: 1, 2021: 0}
    assert single.sum(axis=1).equals(assign.count(points, two_tiers)["events"].rename(None))
    assert assign.count(points, two_tiers, by=["category"]).equals(single)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 420), st.integers(-20, 120)), max_size=40))
def test_counts_are_those_of_the_chain_and_add_up_on_every_level(places: list) -> None:
    rows = [("A", 1, None, box(0, 0, 200, 100)), ("B", 1, None, box(200, 0, 400, 100))]
    rows += [(f"{'A' if n < 2 else 'B'}{n}", 2, "A" if n < 2 else "B", box(n * 100, 0, n * 100 + 100, 100)) for n in range(4)]
    grids = (
        gpd.GeoDataFrame(rows, columns=["grid_code", "level", "parent", "geometry"], crs=METRIC).set_index("grid_code").assign(kind="base")
    )
    points = events(*[Point(place) for place in places])
    counts, chain = assign.count(points, grids)["events"], assign.chain(points, grids)
    for level in (1, 2):
        counted = counts[grids["level"] == level]
        assert counted.equals(chain[f"level_{level}"].value_counts().reindex(counted.index, fill_value=0).rename("events"))
        assert counted.sum() == chain["grid"].notna().sum()
    assert hierarchy.roll_up(counts[grids["level"] == 2], grids).equals(counts)


def in_a1(count: int, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, index=range(count), geometry=[Point(10, 10)] * count, crs=METRIC)


def labels(counts: pd.DataFrame) -> list[object]:
    return [None if pd.isna(label) else label for label in counts.columns]


DAYS = pd.to_datetime(["2021-02-27", "2021-03-02", None, "2021-02-27"])
TWO_DAYS = pd.PeriodIndex(["2021-01-01", "2021-01-06"], freq="2D")
EVERY_DAY = ["2021-02-27", "2021-02-28", "2021-03-01", "2021-03-02"]
CATEGORY = pd.Categorical(["b", None, "b", "a"], categories=["c", "b", "a"])
# name -> the key and the labels of its axis, the last for what is missing
AXES: dict[str, tuple[object, list[object]]] = {
    "categories": (CATEGORY, ["c", "b", "a", None]),
    "ordered numbers": (pd.Categorical([3, None, 3, 1], categories=[3, 2, 1], ordered=True), [3, 2, 1, None]),
    "midnights": (DAYS, [*map(pd.Timestamp, EVERY_DAY), None]),
    "midnights of a zone": (DAYS.tz_localize("Asia/Shanghai"), [*(pd.Timestamp(day, tz="Asia/Shanghai") for day in EVERY_DAY), None]),
    "dates": (DAYS.date, [*map(date.fromisoformat, EVERY_DAY), None]),
    "arrow dates": (pd.array(DAYS.date, dtype=pd.ArrowDtype(pa.date32())), [*map(date.fromisoformat, EVERY_DAY), None]),
    "months": (DAYS.to_period("M"), [*pd.period_range("2021-02", "2021-03", freq="M"), None]),
    "hours": (DAYS[:2].append(DAYS[:2]).to_period("h"), list(pd.period_range("2021-02-27 00", "2021-03-02 00", freq="h"))),
    "two-day periods": (TWO_DAYS.append(TWO_DAYS), list(TWO_DAYS)),
    "moments": (DAYS + pd.Timedelta(minutes=1), [pd.Timestamp("2021-02-27 00:01"), pd.Timestamp("2021-03-02 00:01"), None]),
    "texts": (["街", "环", None, "街"], ["环", "街", None]),
    "numbers": ([2021, 2019, 2021, 2021], [2019, 2021]),
    "numbers that may miss": (pd.array([2021, None, 2019, 2021], dtype="Int64"), [2019, 2021, None]),
    "truths": ([True, False, True, True], [False, True]),
    "mixed": (["b", 2, None, "a"], [2, "a", "b", None]),
    "nothing": ([None] * 4, [None]),
}  # fmt: skip


@pytest.mark.parametrize("case", AXES)
@pytest.mark.parametrize("as_series", [False, True])
def test_the_axis_of_a_key_is_complete_where_its_steps_are_known(case: str, as_series: bool, two_tiers: gpd.GeoDataFrame) -> None:
    key, expected = AXES[case]
    points = in_a1(4, key=key)
    counts = assign.count(points, two_tiers, by=points["key"] if as_series else "key")
    assert labels(counts) == expected
    assert counts.columns.name == "key"
    assert counts.loc["A1"].sum() == 4
    values = [None if pd.isna(value) else value for value in points["key"]]
    assert counts.loc["A1"].tolist() == [values.count(label) for label in expected]
    assert (counts.dtypes == np.int64).all()


def test_days_follow_the_clock_of_their_zone(two_tiers: gpd.GeoDataFrame) -> None:
    """A day of 23 hours is one step, and where midnight is left out the day begins at one."""
    berlin = pd.to_datetime(["2021-03-27", "2021-03-30"]).tz_localize("Europe/Berlin")
    counts = assign.count(in_a1(2, day=berlin), two_tiers, by="day")
    assert [str(label) for label in counts.columns] == [f"2021-03-{day} 00:00:00+0{1 + (day > 28)}:00" for day in range(27, 31)]
    cairo = pd.to_datetime(["2023-04-27", "2023-04-29"]).tz_localize("Africa/Cairo")
    counts = assign.count(in_a1(2, day=cairo), two_tiers, by="day")
    assert [str(label) for label in counts.columns] == [
        "2023-04-27 00:00:00+02:00",
        "2023-04-28 01:00:00+03:00",
        "2023-04-29 00:00:00+03:00",
    ]


def test_a_cube_has_every_combination_the_last_key_running_fastest(two_tiers: gpd.GeoDataFrame) -> None:
    points = in_a1(4, category=CATEGORY)
    cube = assign.count(points, two_tiers, by=["category", pd.Series(DAYS, name="day")])
    assert cube.columns.names == ["category", "day"]
    assert cube.shape == (7, 4 * 5)
    assert cube.loc["A", "b"].tolist() == [1, 0, 0, 0, 1]
    assert cube.loc["A2"].sum() == 0
    days = cube.T.groupby(level="day", dropna=False).sum().T
    assert days.loc["A1"].tolist() == [2, 0, 0, 1, 1]
    assert cube.to_numpy().reshape(7, 4, 5)[3, 1].tolist() == cube.loc["A2", "b"].tolist()


def test_a_key_may_stand_in_another_order_of_the_same_rows(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(50, 10), Point(150, 10), category=["x", "y"])
    turned = points["category"].iloc[::-1]
    assert assign.count(points, two_tiers, by=turned).equals(assign.count(points, two_tiers, by="category"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-20, 420), st.integers(-20, 120), st.sampled_from(["a", "b", None]), st.none() | st.integers(0, 9)),
        max_size=30,
    )
)
def test_a_cube_holds_the_groups_of_the_chain(rows: list) -> None:
    """Every level and the dedicated grids; nothing is lost when a key is missing."""
    square = [("A", 1, "base", None, 0, 0, 200), ("B", 1, "base", None, 200, 0, 200)]
    square += [(f"{'A' if n < 2 else 'B'}{n}", 2, "base", "A" if n < 2 else "B", n * 100, 0, 100) for n in range(4)]
    square += [("D", 2, "dedicated", "A0", 20, 20, 30)]
    boxes = [box(x, y, x + side, y + (side if kind == "dedicated" else 100)) for _, _, kind, _, x, y, side in square]
    frame = {"level": [row[1] for row in square], "kind": [row[2] for row in square], "parent": [row[3] for row in square]}
    grids = gpd.GeoDataFrame(frame, index=pd.Index([row[0] for row in square], name="grid_code"), geometry=boxes, crs=METRIC)
    days = [pd.NaT if day is None else pd.Timestamp("2021-01-01") + timedelta(days=day) for *_, day in rows]
    keys = pd.DataFrame({"category": pd.Series([row[2] for row in rows], dtype="str"), "day": pd.Series(days, dtype="datetime64[us]")})
    points = gpd.GeoDataFrame(keys, geometry=[Point(x, y) for x, y, *_ in rows], crs=METRIC)
    cube, chain = assign.count(points, grids, by=["category", "day"]), assign.chain(points, grids)
    assert cube.sum(axis=1).tolist() == assign.count(points, grids)["events"].tolist()
    for level in ("level_1", "level_2", "dedicated"):
        for (grid, category, day), number in points.groupby([chain[level], "category", "day"], dropna=False).size().items():
            if isinstance(grid, str):
                column = [pd.isna(c) == pd.isna(category) and (c == category or pd.isna(c)) for c in cube.columns.get_level_values(0)]
                row = cube.loc[grid, column]
                at = row.index.get_level_values(1)
                assert row[at.isna() if pd.isna(day) else at == day].tolist() == [number]
    assert cube.loc[grids["level"] == 2].loc[grids["kind"] == "base"].to_numpy().sum() == chain["level_2"].notna().sum()


@pytest.mark.parametrize("chunk", [1000, 1 << 20])
def test_a_cube_is_that_of_sjoin_and_groupby(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_module, "CHUNK", chunk)
    town = towns.jianyang(0.05, events=1).grids
    tier = hierarchy.tier(town)
    random = np.random.default_rng(8)
    left, bottom, right, top = town.total_bounds
    count = 5000
    times = pd.Series(pd.Timestamp("2021-06-01", tz="Asia/Shanghai") + pd.to_timedelta(random.integers(0, 30 * 86400, count), unit="s"))
    points = gpd.GeoDataFrame(
        {"category": random.choice(list("abcdef"), count), "day": times.dt.floor("D")},
        geometry=gpd.points_from_xy(random.uniform(left, right, count), random.uniform(bottom, top, count)),
        crs=town.crs,
    )
    joined = gpd.sjoin(points, tier[["geometry"]], predicate="intersects")
    assert joined.index.is_unique  # none on a border: sjoin would count it twice
    expected = joined.groupby(["grid_code", "category", "day"]).size()
    cube = assign.count(points, town, by=["category", "day"])
    assert cube.shape == (len(town), 6 * 30)
    lowest = cube.loc[tier.index].stack(["category", "day"], future_stack=True)
    assert lowest[lowest > 0].sort_index().to_dict() == expected.sort_index().to_dict()
    pd.testing.assert_frame_equal(assign.count(points, assign.Index(town), by=["category", "day"]).loc[town.index], cube)


def test_cubes_that_cannot_be_made(two_tiers: gpd.GeoDataFrame) -> None:
    points = in_a1(2, category=["a", "b"], bags=[["a"], ["b"]], day=pd.to_datetime(["1700-01-01", "2999-01-01"]))
    points["second"] = pd.PeriodIndex(["1700-01-01", "2999-01-01"], freq="s")
    with pytest.raises(SchemaError, match=r"more than 268435456 fields; given: 7 x 40,992,480,001; Hint: give keys of fewer values"):
        assign.count(points, two_tiers, by="second")
    with pytest.raises(SchemaError, match="given: 7 x 474,451 x 2 x 474,451"):
        assign.count(points, two_tiers, by=["day", "category", "day"])
    with pytest.raises(SchemaError, match="bags holds values that cannot be counted by; given: list"):
        assign.count(points, two_tiers, by="bags")
    with pytest.raises(SchemaError, match="by category and the points have different identifiers; 1 rows, first: 1"):
        assign.count(points, two_tiers, by=points["category"].iloc[:1])
    with pytest.raises(SchemaError, match="points lacks the columns area, 7"):
        assign.count(points, two_tiers, by=["area", 7, "category"])
    with pytest.raises(SchemaError, match="by is no Series; given: ndarray"):
        assign.count(points, two_tiers, by=["category", np.array([1, 2])])
    with pytest.raises(SchemaError, match="points is not a GeoDataFrame; given: NoneType"):
        assign.count(None, two_tiers, by="category")
    with pytest.raises(SchemaError, match="grids is not a GeoDataFrame; given: NoneType"):
        assign.count(points, None)

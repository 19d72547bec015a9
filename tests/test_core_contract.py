"""What every function of the core promises: signatures as documented, inputs left alone, results on the input's index."""

import inspect
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import (
    adjacency,
    assign,
    codes,
    coverage,
    crosswalk,
    crs,
    geocode,
    hierarchy,
    hotspot,
    partition,
    plan,
    schema,
    themes,
    workload,
)
from gridmap.errors import SchemaError
from gridmap.partition.goal import DEFAULT

METRIC = "EPSG:4548"
LOADS = {"a": 1.0, "b": 20.0}


def grids() -> gpd.GeoDataFrame:
    """Return two upper grids, four lower ones and a dedicated one, on an index that is not sorted, with a column of its own."""
    rows = [
        ("B2", 2, "base", "B", shapely.box(300, 0, 400, 100)),
        ("A1", 2, "base", "A", shapely.box(0, 0, 100, 100)),
        ("D", 2, "dedicated", "B", shapely.box(240, 40, 260, 60)),
        ("B", 1, "base", None, shapely.box(200, 0, 400, 100)),
        ("A2", 2, "base", "A", shapely.box(100, 0, 200, 100)),
        ("A", 1, "base", None, shapely.box(0, 0, 200, 100)),
        ("B1", 2, "base", "B", shapely.box(200, 0, 300, 100)),
    ]
    frame = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "kind", "parent", "geometry"], crs=METRIC)
    return frame.assign(name=frame["grid_code"], households=range(7)).set_index("grid_code")


def tier() -> gpd.GeoDataFrame:
    return hierarchy.tier(grids())


def events() -> gpd.GeoDataFrame:
    places = [(50, 50), (250, 50), (999, 0), (200, 50), (150, 10)]
    frame = gpd.GeoDataFrame({"category": list("abaab")}, geometry=[shapely.Point(*place) for place in places], crs=METRIC)
    frame.loc[5] = ["b", None]
    return frame.set_index(pd.Index(["e9", "e1", "e5", "e3", "e4", "e2"], name="event_id"))


def times() -> pd.Series:
    days = pd.to_datetime(["2021-01-05", "2021-02-01", None, "2021-03-01", "2020-12-31", "2021-01-31"])
    return pd.Series(days.tz_localize("Asia/Shanghai"), index=events().index, name="day")


def dated_grids() -> gpd.GeoDataFrame:
    began, ended = (pd.Timestamp(day, tz="UTC") for day in ("2021-01-01", "2021-02-01"))
    return pd.concat([grids().assign(valid_from=None, valid_to=ended), grids().assign(valid_from=ended, valid_to=None)]).replace(
        {"valid_from": {None: began}}
    )


def outline() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=["all"], geometry=[shapely.box(0, 0, 400, 120)], crs=METRIC)


def lower_half() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=["R", "L"], geometry=[shapely.box(210, 0, 400, 50), shapely.box(0, 0, 210, 50)], crs=METRIC)


def gazetteer() -> gpd.GeoDataFrame:
    columns = {"road": "长街", "number": ["2", "1"], "compound": None, "building": None, "unit": None, "alias": None}
    index = pd.Index(["second", "first"], name="address_id")
    return gpd.GeoDataFrame(columns, index=index, geometry=[shapely.Point(0, 0), shapely.Point(500, 0)], crs=METRIC)


def figures() -> pd.Series:
    return pd.Series([3, 9, 0, 1], index=["B1", "A1", "A2", "B2"], name="events")


def owners() -> pd.Series:
    return assign.chain(events(), grids())["level_2"]


def staff() -> pd.DataFrame:
    index = pd.Index(["p3", "p1", "p2"], name="post_id")
    return pd.DataFrame({"grid_code": ["A1", "A1", "X"], "role": "worker", "holder": ["h1", "h2", None]}, index=index)


def houses() -> gpd.GeoDataFrame:
    index = pd.Index(["H2", "H1"], name="building_id")
    places = [shapely.Point(50, 50), shapely.Point(999, 0)]
    return gpd.GeoDataFrame({"households": [3, 0], "residents": [7, 2]}, index=index, geometry=places, crs=METRIC)


def streets() -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(200, -50), (200, 150)]), shapely.LineString([(0, 105), (400, 105)])]
    return gpd.GeoDataFrame({"name": [None, "长街"], "class": ["wall", "road"]}, index=["s2", "s1"], geometry=lines, crs=METRIC)


def records() -> pd.DataFrame:
    return themes.from_buildings(houses())


def advice() -> pd.Series:
    units = ("A1",)
    return pd.Series({"action": "transfer", "grid_code": "A", "other": "B", "units": units})


# Every function with the makers of its frames, and its options.
CALLS: list[tuple[Callable[..., object], list[Callable[[], object]], dict[str, object]]] = [
    (crs.to_metric, [grids], {}),
    (crs.rounded, [events], {}),
    (codes.number, [tier], {"prefix": "370102001001"}),
    (codes.check, [lambda: grids().index.to_series()], {}),
    (hierarchy.tier, [grids], {}),
    (hierarchy.dedicated, [grids], {}),
    (hierarchy.ancestors, [grids], {}),
    (hierarchy.check, [grids], {}),
    (hierarchy.roll_up, [figures, grids], {}),
    (adjacency.queen, [tier], {}),
    (adjacency.knn, [tier], {"k": 2}),
    (adjacency.band, [tier], {"distance_m": 100}),
    (assign.to_grids, [events, grids], {"max_distance_m": 5.0}),
    (assign.chain, [events, grids], {}),
    (assign.count, [events, grids], {"by": "category"}),
    (assign.chain, [events, dated_grids], {"at": times}),
    (assign.count, [events, dated_grids], {"at": times, "by": times}),
    (lambda points, plan: assign.under(points, {"plan": plan}), [events, grids], {}),
    (coverage.check, [tier], {"boundary": outline, "parents": outline}),
    (coverage.shares, [grids], {"boundary": outline, "buildings": grids, "events": events}),
    (crosswalk.between, [tier, lower_half], {"weights": grids, "events": events}),
    (crosswalk.rebase, [figures, lambda: crosswalk.between(tier(), lower_half())], {}),
    (lambda one, other: crosswalk.conflicts({"one": one, "other": other}).places, [tier, lower_half], {}),
    (lambda one, other: crosswalk.refine({"one": one, "other": other}), [tier, lower_half], {}),
    (
        lambda units, owner: partition.score(units, owner, boundary=outline(), buildings=houses(), keep=owner),
        [tier, lambda: tier()["parent"]],
        {},
    ),
    (partition.advise, [tier, lambda: tier()["parent"]], {"edges": lambda: partition.edges(tier())}),
    (lambda owner, row: partition.apply(owner, row), [lambda: tier()["parent"], advice], {}),
    (partition.trade_off, [tier], {"keep": lambda: tier()["parent"], "grids": 2, "tolerance": 0.5}),
    (workload.index, [events, owners, tier], {"minutes": LOADS}),
    (workload.balance, [figures], {}),
    (workload.posts, [staff, grids], {}),
    (workload.totals, [staff, grids], {}),
    (workload.check, [staff, grids], {}),
    (themes.count, [records, grids], {"buildings": houses}),
    (themes.chain, [records, grids], {"buildings": houses}),
    (themes.bases, [records], {}),
    (themes.from_buildings, [houses], {}),
    (hotspot.gi_star, [figures, tier], {"permutations": 9}),
    (hotspot.density, [events], {"bandwidth_m": 100, "cell_m": 50}),
    (plan.from_grids, [grids], {}),
    (lambda units, owner: plan.from_units(units, owner), [tier, lambda: tier()["parent"]], {}),
    (lambda frame, lines: plan.describe(plan.from_grids(frame), streets=lines), [grids, streets], {}),
    (lambda frame, table: plan.ledger(plan.from_grids(frame), table), [grids, lower_half], {}),
    (lambda frame, table: plan.compare(plan.from_grids(frame), plan.from_grids(frame.drop("D")), events=table), [grids, events], {}),
    (lambda frame, texts: geocode.Gazetteer(frame).locate(texts), [gazetteer, lambda: pd.Series(["长街1号", None], index=["y", "x"])], {}),
]


def assert_same(one: object, other: object) -> None:
    if isinstance(one, gpd.GeoDataFrame | pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other)
    else:
        assert one == other


@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")
@pytest.mark.parametrize(("function", "makers", "options"), CALLS, ids=lambda value: getattr(value, "__name__", ""))
def test_inputs_are_left_alone(function, makers, options):
    given_frames = [maker() for maker in makers]
    given_options = {name: value() if callable(value) else value for name, value in options.items()}
    function(*given_frames, **given_options)
    for frame, maker in zip(given_frames, makers, strict=True):
        assert_same(frame, maker())
    for name, value in options.items():
        assert_same(given_options[name], value() if callable(value) else value)


SIGNATURES = {
    assign.to_grids: (["points", "grids"], {"at": None, "max_distance_m": 0.0}),
    assign.chain: (["points", "grids"], {"at": None, "max_distance_m": 0.0}),
    assign.count: (["points", "grids"], {"at": None, "by": ()}),
    assign.under: (["points", "plans"], {}),
    coverage.check: (["grids"], {"boundary": None, "parents": None, "gap_width_m": 1.0, "min_overlap_m2": 0.0}),
    coverage.shares: (["grids"], {"boundary": None, "buildings": None, "events": None}),
    crosswalk.between: (["old", "new"], {"weights": None, "events": None}),
    crosswalk.rebase: (["series", "crosswalk"], {"whole": False}),
    crosswalk.restated: (["series", "crosswalk"], {"whole": False}),
    crosswalk.conflicts: (["layers"], {"weights": None, "sliver_width_m": 5.0}),
    crosswalk.refine: (["layers"], {"sliver_width_m": 5.0}),
    partition.blocks: (
        ["streets"],
        {"boundary": inspect.Parameter.empty, "compounds": None, "buildings": None, "band": (300, 500), "min_area_m2": 500.0},
    ),
    partition.edges: (["units"], {"lines": None}),
    partition.score: (["units", "assignment"], {"edges": None, "boundary": None, "buildings": None, "keep": None, "households": None}),
    partition.advise: (["units", "assignment"], {"edges": None, "goal": DEFAULT, "within": None, "households": None, "limit": 20}),
    partition.apply: (["assignment", "advice"], {}),
    adjacency.queen: (["grids"], {}),
    adjacency.knn: (["grids", "k"], {}),
    adjacency.band: (["grids", "distance_m"], {}),
    hierarchy.roll_up: (["values", "grids"], {}),
    workload.index: (["events", "assignment", "grids"], {"minutes": inspect.Parameter.empty}),
    workload.balance: (["load"], {}),
    workload.posts: (["staff", "grids"], {}),
    workload.totals: (["staff", "grids"], {}),
    workload.check: (["staff", "grids"], {}),
    themes.count: (["records", "grids"], {"buildings": None}),
    themes.chain: (["records", "grids"], {"buildings": inspect.Parameter.empty}),
    hotspot.density: (["points"], {"bandwidth_m": inspect.Parameter.empty, "cell_m": inspect.Parameter.empty, "bounds": None}),
    hotspot.gi_star: (["counts", "grids"], {"weights": None, "permutations": 999, "seed": 0}),
    plan.from_grids: (["grids"], {"retired": None, "scheme": None}),
    plan.from_units: (["units", "assignment"], {"parents": None, "keep": None, "scheme": None}),
    plan.require_coverage: (["units"], {}),
    plan.check: (["plan"], {}),
    plan.counted: (["plan", "buildings"], {}),
    plan.describe: (["plan"], {"streets": inspect.Parameter.empty, "buildings": None, "lang": "zh", "tolerance_m": 15.0}),
    plan.ledger: (["plan", "buildings"], {}),
    plan.apply: (["plan", "buildings", "assignment"], {"units": None}),
    plan.difference: (["old", "new"], {"buildings": None, "events": None, "staff": None, "sliver_width_m": 1.0}),
    plan.compare: (["old", "new"], {"buildings": None, "events": None, "staff": None, "sliver_width_m": 1.0}),
    plan.switch: (["scenarios"], {"staff": None}),
    geocode.Gazetteer.locate: (["self", "addresses"], {"min_score": 0.8}),
}


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_options_are_keywords_with_the_agreed_defaults(function):
    parameters = inspect.signature(function).parameters.values()
    frames = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    keywords = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
    assert (frames, keywords) == SIGNATURES[function]


def test_results_stand_on_the_index_of_the_input():
    for found in (
        assign.to_grids(events(), grids()),
        assign.chain(events(), grids()),
        crs.to_metric(events()),
        crs.rounded(events()),
    ):
        assert found.index.equals(events().index)
        assert found.index.name == "event_id"
    assert assign.count(events(), grids()).index.equals(grids().index)
    assert workload.index(events(), owners(), tier(), minutes=LOADS).index.equals(tier().index)
    assert hotspot.gi_star(figures(), tier(), permutations=9).index.equals(figures().index)
    assert codes.number(tier(), "370102001001").index.equals(tier().index)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.permutations(range(7)))
def test_the_order_of_rows_changes_no_figure(of_events, of_grids):
    """Counts, load and density of the same events in another order, over the same grids in another order."""
    shuffled, turned = events().iloc[list(of_events)], grids().iloc[list(of_grids)]
    straight = assign.count(events(), grids(), by="category")
    pd.testing.assert_frame_equal(assign.count(shuffled, turned, by="category").reindex(straight.index), straight)
    load = workload.index(shuffled, owners(), hierarchy.tier(turned), minutes=LOADS)
    assert load.reindex(tier().index).equals(workload.index(events(), owners(), tier(), minutes=LOADS))
    options = {"bandwidth_m": 100, "cell_m": 50}
    assert hotspot.density(shuffled, **options).values == pytest.approx(hotspot.density(events(), **options).values, abs=1e-9)


def test_one_row_each_is_enough():
    alone, event = tier().loc[["A1"]].assign(parent=None), events().iloc[[0]]
    assert assign.chain(event, alone)["grid"].tolist() == ["A1"]
    assert coverage.check(alone).empty
    assert coverage.shares(alone, events=event).loc["events", "share_one"] == 1
    assert repr(adjacency.queen(alone)) == "Weights(n=1, links=0, islands=1)"
    assert workload.balance(workload.index(event, pd.Series(["A1"], index=event.index), alone, minutes=5.0)).gini == 0
    assert hotspot.gi_star(pd.Series([1.0], index=["A1"]), alone)["z"].tolist() == [0]


def test_a_third_dimension_changes_nothing():
    high = grids().set_geometry(shapely.force_3d(grids().geometry.to_numpy(), 40.0), crs=METRIC)
    raised = events().set_geometry(shapely.force_3d(events().geometry.to_numpy(), np.arange(6.0)), crs=METRIC)
    pd.testing.assert_frame_equal(assign.chain(raised, high), assign.chain(events(), grids()))
    assert hierarchy.check(high).empty
    assert coverage.check(hierarchy.tier(high)).empty
    pd.testing.assert_frame_equal(coverage.shares(high, events=raised), coverage.shares(grids(), events=events()))
    assert (adjacency.queen(hierarchy.tier(high)).matrix != adjacency.queen(tier()).matrix).nnz == 0
    options = {"bandwidth_m": 100, "cell_m": 50}
    assert np.array_equal(hotspot.density(raised, **options).values, hotspot.density(events(), **options).values)


def test_a_frame_without_geometry_and_identifiers_without_order_are_named():
    with pytest.raises(SchemaError, match="grids has no geometry; given: level, kind"):
        schema.require_frame(gpd.GeoDataFrame({"level": [1], "kind": ["base"]}), "grids", geometry=schema.POLYGON)
    with pytest.raises(SchemaError, match="identifiers of grids must be one column"):
        schema.require_index(pd.Index([1, "1"], dtype=object), "grids")
    with pytest.raises(SchemaError, match="kind in grids must be base or dedicated; given: Dedicated; 1 rows, first: D"):
        schema.require_one_tier(grids().replace({"kind": {"dedicated": "Dedicated"}}))
    assert schema.code_order(pd.CategoricalIndex(["b", "a"], categories=["b", "a"])).tolist() == [1, 0]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=3), max_size=30))
def test_texts_are_ordered_and_told_apart_alike_however_pandas_keeps_them(texts):
    """A text beyond the first plane sorts after those before it, in UTF-8 as in Python; equal ones keep their order."""
    order = sorted(range(len(texts)), key=texts.__getitem__)
    for kept in (pd.Index(texts, dtype="str"), pd.Index(texts, dtype=object)):
        assert schema.code_order(kept).tolist() == order
        if len(set(texts)) == len(texts):
            schema.require_index(kept, "grids")
        else:
            with pytest.raises(SchemaError, match="grids"):
                schema.require_index(kept, "grids")


@pytest.mark.parametrize("kinds", [["base", None], pd.Categorical(["base", None]), pd.array(["base", pd.NA], dtype="string"), ["base", 1]])
def test_a_kind_that_is_missing_or_no_text_is_named(kinds):
    frame = pd.DataFrame({"kind": kinds}, index=["a", "b"])
    with pytest.raises(SchemaError, match=r"kind in grids must be base or dedicated; given: .*; 1 rows, first: b"):
        schema.require_kinds(frame)
    assert schema.of_kind(frame.head(1), "base").tolist() == [True]
    assert schema.of_kind(frame.head(0), "base").tolist() == []

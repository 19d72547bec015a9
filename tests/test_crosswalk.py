"""Crosswalk: what two layers share adds up to both, and a series keeps its total on new boundaries."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import assign, crosswalk
from gridmap.errors import CRSError, GridmapWarning, SchemaError

METRIC = "EPSG:4548"
ORIGIN = (500_000, 4_050_000)  # in METRIC
SIDES, SEEDS = st.integers(2, 6), st.integers(0, 100_000)
CRS = st.sampled_from([METRIC, "EPSG:4490", "EPSG:3857"])


def frame(shapes: dict[str, shapely.Geometry | None], crs: str = METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=pd.Index(list(shapes), name="grid_code", dtype=object), geometry=list(shapes.values()), crs=crs)


def voronoi(side: int, seed: int, crs: str = METRIC) -> gpd.GeoDataFrame:
    """Return a clean coverage of `side` x `side` grids, about 200 m wide."""
    rng = np.random.default_rng(seed)
    sites = (np.indices((side + 2, side + 2)).reshape(2, -1).T + rng.uniform(-0.35, 0.35, ((side + 2) ** 2, 2))) * 200 + ORIGIN
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    inner = shapely.points(sites.reshape(side + 2, side + 2, 2)[1:-1, 1:-1].reshape(-1, 2))
    cell = shapely.STRtree(cells).query(inner, predicate="intersects")[1]
    return frame({f"{number:02d}": shape for number, shape in enumerate(cells[cell])}).to_crs(crs)


def points(count: int, seed: int, crs: str = METRIC, **columns: object) -> gpd.GeoDataFrame:
    places = np.random.default_rng(seed).uniform(-100, 1500, (count, 2)) + ORIGIN
    return gpd.GeoDataFrame(columns, index=range(count), geometry=shapely.points(places), crs=METRIC).to_crs(crs)


def metric_area(shapes: np.ndarray, crs: str) -> np.ndarray:
    """Return areas in METRIC, borders that are straight in `crs` kept straight there."""
    unit = {METRIC: 1e6, "EPSG:4490": 5e-5}.get(crs, 5.0)
    return gpd.GeoSeries(shapely.segmentize(shapes, unit), crs=crs).to_crs(METRIC).area.to_numpy()


def pairs(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    codes = table[["old_code", "new_code"]].astype(object).fillna("-")
    return dict(zip(codes.itertuples(index=False, name=None), table["area_m2"], strict=True))


# Areas


def test_three_squares_on_two_rectangles():
    """a, b and c of 100 m on A (150 m wide) and B (130 m wide, 20 m short).

    aaaabbbbcccc
    AAAAAABBBBB
    """
    old = frame({code: shapely.box(100 * k, 0, 100 * k + 100, 100) for k, code in enumerate("abc")})
    new = frame({"A": shapely.box(0, 0, 150, 100), "B": shapely.box(150, 0, 280, 110)})
    table = crosswalk.between(old, new)
    assert list(table.columns) == ["old_code", "new_code", "area_m2", "share_old", "share_new"]
    assert pairs(table) == pytest.approx(
        {("a", "A"): 10_000, ("b", "A"): 5_000, ("b", "B"): 5_000, ("c", "B"): 8_000, ("c", "-"): 2_000, ("-", "B"): 1_300}
    )
    assert table["share_old"].tolist() == pytest.approx([1, 0.5, 0.5, 0.8, 0.2, np.nan], nan_ok=True)
    assert table["share_new"].tolist() == pytest.approx([2 / 3, 1 / 3, 5_000 / 14_300, 8_000 / 14_300, np.nan, 1_300 / 14_300], nan_ok=True)


@given(SIDES, SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_areas_are_those_of_shapely_and_add_up_to_both_layers(side, other, seed, crs):
    old, new = voronoi(side, seed, crs), voronoi(other, seed + 1, crs)
    table = crosswalk.between(old, new)
    both = table[table["old_code"].notna() & table["new_code"].notna()]
    shared = shapely.intersection(old.geometry.loc[both["old_code"]].to_numpy(), new.geometry.loc[both["new_code"]].to_numpy())
    assert both["area_m2"].to_numpy() == pytest.approx(metric_area(shared, crs), rel=1e-6, abs=1e-3)
    every = shapely.intersection(old.geometry.to_numpy()[:, None], new.geometry.to_numpy()[None, :])
    real = metric_area(every.ravel(), crs).reshape(every.shape) > 1e-3  # less may be rounding
    expected = {(old.index[row], new.index[column]) for row, column in np.argwhere(real)}
    assert expected == set(both.loc[both["area_m2"] > 1e-3, ["old_code", "new_code"]].itertuples(index=False, name=None))
    for name, code, layer in (("share_old", "old_code", old), ("share_new", "new_code", new)):
        assert table.groupby(code)[name].sum().to_numpy() == pytest.approx(np.ones(len(layer)), abs=1e-9)
        assert table.groupby(code)["area_m2"].sum().to_numpy() == pytest.approx(metric_area(layer.geometry.to_numpy(), crs), rel=1e-7)
        assert table.loc[table[code].notna(), "area_m2"].sum() == pytest.approx(crosswalk.between(layer, layer)["area_m2"].sum(), rel=1e-9)


@given(SIDES, SEEDS, CRS)
@settings(max_examples=15, deadline=None)
def test_a_layer_on_itself_is_the_diagonal(side, seed, crs):
    layer = voronoi(side, seed, crs)
    turned = layer.iloc[::-1].set_geometry(layer.geometry.iloc[::-1].normalize())  # rings from other corners, the other way round
    table = crosswalk.between(layer, turned)
    assert table["old_code"].tolist() == table["new_code"].tolist() == sorted(layer.index)
    assert (table["share_old"] == 1).all()
    assert (table["share_new"] == 1).all()


@given(SIDES, SEEDS, CRS, st.data())
@settings(max_examples=15, deadline=None)
def test_merged_grids_hold_their_parts_exactly(side, seed, crs, data):
    """Also where the new border has corners that the old one lacks, or lacks some: straight in degrees is not straight in metres."""
    layer = voronoi(side, seed, crs)
    group = data.draw(st.lists(st.integers(0, 2), min_size=len(layer), max_size=len(layer)))
    merged = layer.dissolve(by=[f"M{number}" for number in group])
    length = 0.0005 if crs == "EPSG:4490" else 50.0
    denser = merged.set_geometry(shapely.segmentize(merged.geometry.to_numpy(), length), crs=crs)
    for new in (merged, denser):
        table = crosswalk.between(layer, new)
        assert table["new_code"].tolist() == [f"M{number}" for number in group]
        assert (table["share_old"] == 1).all()
        assert table.groupby("new_code")["share_new"].sum().to_numpy() == pytest.approx(np.ones(len(merged)), abs=1e-9)


def test_rings_within_parts_and_touching_corners():
    ring = shapely.box(0, 0, 90, 90) - shapely.box(30, 30, 60, 60)
    two = shapely.MultiPolygon([shapely.box(30, 30, 60, 60), shapely.box(100, 0, 110, 90)])
    old = frame({"ring": ring, "two": two})
    new = frame({"low": shapely.box(-10, -10, 120, 45), "tip": shapely.Polygon([(90, 90), (120, 90), (120, 120)])})
    assert pairs(crosswalk.between(old, new)) == pytest.approx(
        {
            ("ring", "low"): 90 * 45 - 30 * 15,
            ("ring", "-"): 90 * 45 - 30 * 15,
            ("two", "low"): 30 * 15 + 10 * 45,
            ("two", "-"): 30 * 15 + 10 * 45,
            ("-", "low"): 130 * 55 - 90 * 45 - 10 * 45,
            ("-", "tip"): 450,
        }
    )


def test_areas_of_a_country_in_degrees_are_those_of_its_metric_crs():
    """Squares of one degree over a thousand kilometres: the pieces add up, each is right within what the projection itself is off."""
    old = frame({f"{x}{y}": shapely.box(100 + x, 25 + y, 101 + x, 26 + y) for x in range(10) for y in range(9)}, "EPSG:4490")
    new = frame({"east": shapely.box(104.5, 25, 110, 34), "west": shapely.box(100, 25, 104.5, 34)}, "EPSG:4490")
    table = crosswalk.between(old, new)
    assert (table["share_old"].groupby(table["old_code"]).sum() - 1).abs().max() < 1e-12
    dense = gpd.GeoSeries(shapely.segmentize(old.geometry.to_numpy(), 0.001), index=old.index, crs=old.crs).to_crs("EPSG:4544")
    assert table.groupby("old_code")["area_m2"].sum().to_numpy() == pytest.approx(dense.area.sort_index().to_numpy(), rel=2e-5)


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_overlapping_grids_give_the_place_to_the_smallest_code(seed):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 8, (6, 2)) * 10.0
    boxes = shapely.box(*corners.T, *(corners + rng.integers(1, 5, (6, 2)) * 10.0).T)
    layer = frame(dict(zip("abcdef", boxes, strict=True)))
    cells = np.array([shapely.box(x, y, x + 10, y + 10) for x in range(0, 120, 10) for y in range(0, 120, 10)])
    lattice = frame({f"{number:03d}": cell for number, cell in enumerate(cells)})
    with pytest.warns(GridmapWarning, match="old overlap") if shapely.union_all(boxes).area < shapely.area(boxes).sum() else no_warning():
        table = crosswalk.between(layer, lattice)
    inside = shapely.covers(boxes[:, None], shapely.centroid(cells)[None, :])
    first = np.where(inside.any(axis=0), np.array(list("abcdef"))[inside.argmax(axis=0)], "-")
    found = table[table["new_code"].notna()].set_index("new_code")["old_code"].astype(object).fillna("-")
    assert found.reindex(lattice.index).tolist() == first.tolist()
    assert set(table["old_code"].dropna()) == set(layer.index)


class no_warning:  # noqa: N801
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


# Counts


@given(SIDES, SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_counts_are_those_of_points_and_none_is_lost(side, other, seed, crs):
    old, new = voronoi(side, seed, crs), voronoi(other, seed + 1, crs)
    homes = points(80, seed, crs, households=np.random.default_rng(seed).integers(0, 30, 80))
    reports = points(60, seed + 1, crs)
    table = crosswalk.between(old, new, weights=homes, events=reports)
    for counted, name, amount in ((homes, "households", homes["households"]), (homes, "buildings", 1), (reports, "events", 1)):
        owner = pd.DataFrame({"old_code": owners(counted, old), "new_code": owners(counted, new), "amount": amount}).fillna("-")
        expected = owner[(owner["old_code"] != "-") | (owner["new_code"] != "-")].groupby(["old_code", "new_code"])["amount"].sum()
        found = table.fillna({"old_code": "-", "new_code": "-"}).set_index(["old_code", "new_code"])[name]
        assert found[found > 0].to_dict() == expected[expected > 0].to_dict()
        assert table[name].dtype == np.int64


def owners(counted: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> list[str | None]:
    """The first grid by code that covers each point, by shapely alone."""
    hits = shapely.intersects(layer.sort_index().geometry.to_numpy()[None, :], counted.geometry.to_numpy()[:, None])
    return [sorted(layer.index)[row.argmax()] if row.any() else None for row in hits]


def test_homes_where_grids_overlap_are_counted_once(three_by_three):
    old = frame({"b": shapely.box(0, 0, 200, 100), "a": shapely.box(100, 0, 300, 100), "c": shapely.box(120, 10, 180, 90)})
    homes = gpd.GeoDataFrame({"households": [5, 9]}, geometry=[shapely.Point(150, 50), shapely.Point(50, 50)], crs=METRIC)
    with pytest.warns(GridmapWarning, match="grids of old overlap.*2 rows, first: b, c") as told:
        table = crosswalk.between(old, three_by_three, weights=homes)
    assert told[0].filename == __file__
    assert table.set_index(["old_code", "new_code"])["households"].loc[[("a", "b"), ("b", "a")]].tolist() == [5, 9]
    assert table["households"].sum() == 14
    (nowhere,) = table[table["old_code"] == "c"].to_dict("records")  # others hold all of it, and it is not lost
    assert (nowhere["new_code"], nowhere["area_m2"]) == (pytest.approx(np.nan, nan_ok=True), 0)
    found = crosswalk.rebase(pd.Series({"a": 1, "b": 2, "c": 3}), table)
    assert found.sum() == 6
    assert found.index.name == "grid_code"


def test_a_point_on_a_border_alone_makes_a_row_without_area(three_by_three):
    upper = frame({"U": shapely.box(0, 100, 300, 300)})
    edge = gpd.GeoDataFrame({"households": [7]}, geometry=[shapely.Point(50, 100)], crs=METRIC)  # in a by code, in U by cover
    table = crosswalk.between(three_by_three, upper, weights=edge).set_index(["old_code", "new_code"])
    assert table.loc[("a", "U"), ["area_m2", "share_old", "households"]].tolist() == [0, 0, 7]
    assert table["households"].sum() == 7


def test_unknown_counts_and_places_are_told(three_by_three):
    homes = gpd.GeoDataFrame({"households": [3, None]}, geometry=[shapely.Point(50, 50), shapely.Point(60, 50)], crs=METRIC)
    with pytest.warns(GridmapWarning, match=r"no number of households and count as 0; 1 rows, first: 1"):
        assert crosswalk.between(three_by_three, three_by_three, weights=homes)["households"].sum() == 3
    lost = homes.assign(households=4).set_geometry([shapely.Point(50, 50), None], crs=METRIC)
    with pytest.warns(GridmapWarning, match=r"weights has rows without a place"):
        table = crosswalk.between(three_by_three, three_by_three, weights=lost)
    assert (table["households"].sum(), table["buildings"].sum()) == (4, 1)
    with pytest.raises(SchemaError, match="households must be finite and not negative; given: -1"):
        crosswalk.between(three_by_three, three_by_three, weights=homes.assign(households=-1))


# Series


def test_a_series_is_spread_by_the_best_that_is_known():
    """Old a: events; b: households; c: neither, so by area; d lies outside."""
    old = frame({code: shapely.box(100 * k, 0, 100 * k + 100, 100) for k, code in enumerate("abcd")})
    new = frame({"A": shapely.box(0, 0, 150, 100), "B": shapely.box(150, 0, 225, 100), "C": shapely.box(225, 0, 300, 100)})
    homes = gpd.GeoDataFrame({"households": [30, 10]}, geometry=[shapely.Point(110, 5), shapely.Point(190, 5)], crs=METRIC)
    reports = gpd.GeoDataFrame(geometry=[shapely.Point(x, 50) for x in (10, 20, 30)], crs=METRIC)
    table = crosswalk.between(old, new, weights=homes, events=reports)
    found = crosswalk.restated(pd.Series({"d": 5.0, "a": 3.0, "b": 8.0, "c": 4.0}, name="events"), table)
    assert found["value"].tolist() == [3 + 6, 2 + 1, 3, 5]
    assert found.index[:3].tolist() == ["A", "B", "C"]
    assert pd.isna(found.index[3])
    assert found["method"].tolist() == ["events;households", "households;area", "area", "area"]
    assert found.loc["A", ["events", "households"]].tolist() == [3, 6]
    more = crosswalk.restated(pd.Series({"a": 6.0, "b": 0.0, "c": 0.0, "d": 0.0}), table)  # more than the events that have a place
    assert more["event_shares"].tolist() == [6, 0, 0, 0]
    assert more["method"].tolist() == ["event_shares", "", "", ""]


@given(SIDES, SIDES, SEEDS, CRS, st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_totals_are_kept(side, other, seed, crs, weighed, whole):
    rng = np.random.default_rng(seed)
    old, new = voronoi(side, seed, crs), voronoi(other, seed + 1, crs)
    homes = points(30, seed, crs, households=rng.integers(0, 9, 30)) if weighed else None
    table = crosswalk.between(old, new, weights=homes)
    series = pd.Series(rng.integers(0, 1000, len(old)), index=old.index, name="calls").sample(frac=1, random_state=seed)
    found = crosswalk.rebase(series, table, whole=whole)
    assert found.name == "calls"
    assert found.index.dropna().tolist() == sorted(new.index)
    if whole:
        assert found.dtype == np.int64
        assert found.sum() == series.sum()
        assert (found - crosswalk.rebase(series, table)).abs().max() < len(table)
    else:
        assert found.sum() == pytest.approx(series.sum(), rel=1e-9)
    shown = crosswalk.restated(series, table, whole=whole)
    assert shown[list(crosswalk.METHODS)].sum(axis=1).to_numpy() == pytest.approx(shown["value"].to_numpy())


@given(SIDES, SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_events_are_recounted(side, other, seed, crs):
    old, new = voronoi(side, seed, crs), voronoi(other, seed + 1, crs)
    located = points(200, seed, crs)
    located = located[assign.to_grids(located, tier(old)).notna()]
    series = assign.count(located, tier(old))["events"]
    found = crosswalk.rebase(series, crosswalk.between(old, new, events=located))
    expected = assign.count(located, tier(new))["events"]
    assert found[found.index.notna()].to_dict() == expected.to_dict()


def tier(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return layer.assign(level=1, kind="base", parent=None)


def test_a_series_on_itself_is_itself(three_by_three):
    series = pd.Series(np.arange(9.0), index=three_by_three.index)
    pd.testing.assert_series_equal(
        crosswalk.rebase(series, crosswalk.between(three_by_three, three_by_three)), series, check_index_type=False, check_names=False
    )


def test_an_unknown_figure_stays_unknown_where_it_goes(three_by_three):
    halves = frame({"L": shapely.box(0, 0, 150, 300), "R": shapely.box(150, 0, 300, 300)})
    series = pd.Series(1.0, index=three_by_three.index)
    series["c"] = np.nan  # in the south-east
    assert crosswalk.rebase(series, crosswalk.between(three_by_three, halves)).tolist() == pytest.approx([4.5, np.nan], nan_ok=True)


def test_largest_remainders_by_hand():
    """10 over shares of 0.45, 0.35, 0.2: 4, 3 and 2, and one more to the larger of two equal remainders' codes."""
    old = frame({"a": shapely.box(0, 0, 100, 100)})
    new = frame({"A": shapely.box(0, 0, 45, 100), "B": shapely.box(45, 0, 80, 100), "C": shapely.box(80, 0, 100, 100)})
    table = crosswalk.between(old, new).assign(area_m2=[45.0, 35.0, 20.0])
    assert crosswalk.rebase(pd.Series({"a": 10}), table, whole=True).tolist() == [5, 3, 2]
    with pytest.raises(SchemaError, match=r"whole and not negative where whole is asked for; given: 1\.5; 1 rows, first: a"):
        crosswalk.rebase(pd.Series({"a": 1.5}), table, whole=True)


def test_area_interpolation_is_that_of_tobler():
    """It keeps the shared areas in single precision; in double precision the same formula is shapely's."""
    path = Path(__file__).parent / "reference" / "tobler_area_interpolate.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    old, new = (frame({code: shapely.from_wkt(text) for code, text in content[name].items()}, content["crs"]) for name in ("old", "new"))
    table = crosswalk.between(old, new)
    series = pd.Series(content["values"], index=old.index)
    assert table["new_code"].isna().any()
    inside = table[table["new_code"].notna() & table["old_code"].notna()]
    reached = series[inside["old_code"].unique()]
    for rows, figures, total in ((table, series, "False"), (inside, reached, "True")):
        found = crosswalk.rebase(figures, rows).reindex(new.index)
        assert found.to_numpy() == pytest.approx(content["allocate_total"][total], rel=1e-7)
    shared = shapely.area(shapely.intersection(old.geometry.to_numpy()[:, None], new.geometry.to_numpy()[None, :]))
    expected = (series.to_numpy() / old.area.to_numpy()) @ shared
    assert crosswalk.rebase(series, table)[new.index].to_numpy() == pytest.approx(expected, rel=1e-9)


# Hostile input


@pytest.mark.parametrize(
    ("spoiled", "error", "match"),
    [
        (lambda grids: grids.to_crs("EPSG:4490"), CRSError, "old, new differ in their coordinate reference systems"),
        (lambda grids: grids.set_crs(None, allow_override=True), CRSError, "new has no coordinate reference system"),
        (lambda grids: with_shape(grids, None), SchemaError, "new have rows without a geometry; 1 rows, first: e"),
        (lambda grids: with_shape(grids, shapely.Polygon()), SchemaError, "new have rows without a geometry; 1 rows, first: e"),
        (lambda grids: with_shape(grids, shapely.Point(0, 0)), SchemaError, "new must have geometries of type"),
        (
            lambda grids: with_shape(grids, shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])),
            SchemaError,
            r"new has invalid polygons; given: Self-intersection.*first: e; Hint: repair the layer first, with coverage.repair",
        ),
        (lambda grids: with_shape(grids, shapely.Polygon([(0, 0), (9, np.inf), (9, 0)])), SchemaError, "infinite or undefined"),
        (lambda grids: grids.rename(index={"e": "d"}), SchemaError, "new has duplicate identifiers"),
        (lambda grids: grids.rename(index={"e": None}), SchemaError, "new has empty identifiers"),
        (lambda grids: grids.assign(level=[1] * 8 + [2]), SchemaError, "new mixes several levels"),
        (lambda grids: pd.DataFrame(grids), SchemaError, "new is not a GeoDataFrame"),
    ],
)
def test_a_layer_that_cannot_be_compared_is_named(three_by_three, spoiled, error, match):
    with pytest.raises(error, match=match):
        crosswalk.between(three_by_three, spoiled(three_by_three))


def with_shape(grids: gpd.GeoDataFrame, shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    changed = grids.copy()
    changed.loc[["e"], "geometry"] = gpd.GeoSeries([shape], index=["e"], crs=grids.crs)
    return changed


def test_empty_layers(three_by_three):
    none = three_by_three.iloc[:0]
    assert crosswalk.between(none, none).shape == (0, 5)
    one_sided = crosswalk.between(none, three_by_three, events=points(3, 1))
    assert one_sided["old_code"].isna().all()
    assert (one_sided["share_new"] == 1).all()
    table = crosswalk.between(three_by_three, none)
    assert table["new_code"].isna().all()
    found = crosswalk.rebase(pd.Series(2, index=three_by_three.index), table)
    assert found.tolist() == [18]
    assert found.index.isna().all()
    assert crosswalk.rebase(pd.Series(dtype=float), crosswalk.between(none, none)).empty


@pytest.mark.parametrize(
    ("series", "match"),
    [
        (pd.Series([1.0, 2.0], index=["a", "z"]), "series and the grids have different identifiers"),
        (pd.Series(["x"] * 9, index=list("abcdefghi")), "figures of a series must be finite numbers; given: "),
        ([1] * 9, "figures of a series must be finite numbers; given: list"),
        (pd.Series([np.inf] * 9, index=list("abcdefghi")), "figures of a series must be finite numbers; given: inf; 9 rows"),
        (pd.Series(1, index=list("abcdefghh")), "series has duplicate identifiers"),
    ],
)
def test_a_series_that_does_not_fit_is_refused(three_by_three, series, match):
    table = crosswalk.between(three_by_three, three_by_three)
    with pytest.raises(SchemaError, match=match):
        crosswalk.rebase(series, table)
    with pytest.raises(SchemaError, match="crosswalk lacks the columns share_new"):
        crosswalk.rebase(series, table.drop(columns="share_new"))


def test_a_third_dimension_and_codes_as_numbers_change_nothing(three_by_three):
    high = three_by_three.set_geometry(shapely.force_3d(three_by_three.geometry.to_numpy(), 40.0), crs=METRIC)
    pd.testing.assert_frame_equal(crosswalk.between(high, high), crosswalk.between(three_by_three, three_by_three))
    numbered = three_by_three.set_index(pd.Index(range(9), name="grid_code"))
    table = crosswalk.between(numbered, three_by_three.iloc[:8])
    assert table["old_code"].tolist() == list(range(9))
    assert table["new_code"].isna().tolist() == [False] * 8 + [True]
    assert crosswalk.rebase(pd.Series(1, index=numbered.index), table).sum() == 9

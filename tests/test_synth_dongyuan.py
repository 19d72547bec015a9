"""The published figures of the default town, its geometry and its truths; figures as published by the community and the street office."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns

from gridmap import codes, hierarchy, schema, synth

SEEDS = (7, 1, 2, 3)
HOUSEHOLDS = [899, 779, 689, 619, 560, 520, 470, 430, 400, 360, 300, 230, 121, 71, 46, 27]
BUILDINGS = [29, 26, 23, 21, 19, 17, 16, 15, 14, 12, 10, 8, 5, 3, 2, 2]
TRUTH = [450, 449, 390, 389, 345, 344, 310, 309, 330, 230 + 230, 480, 40 + 300, 470 + 27, 430 + 46, 400 + 71, 360 + 121]
TABLE = pd.DataFrame(
    {
        "我要咨询": [79, 43, 35, 21, 21, 32, 20],
        "我要建议": [48, 35, 29, 18, 18, 26, 16],
        "民生困难": [28, 61, 50, 31, 30, 45, 28],
        "环境卫生": [134, 292, 240, 148, 144, 436, 138],
        "矛盾纠纷": [5, 10, 8, 5, 5, 8, 15],
        "安全隐患": [33, 107, 59, 36, 35, 54, 34],
    },
    index=["街道", "郑家台", "詹家拐子", "王家庄", "榆中街", "耿家庄", "周家庄"],
)
LIMIT_HOURS = {"安全隐患": 4, "环境卫生": 8, "我要咨询": 8, "民生困难": 24, "我要建议": 40, "矛盾纠纷": 120}


@pytest.fixture(scope="module", params=SEEDS)
def town(request: pytest.FixtureRequest) -> Iterator[synth.Town]:
    return towns.dongyuan(request.param)


@pytest.fixture(scope="module")
def default() -> synth.Town:
    return towns.dongyuan()


def metric(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs("EPSG:4548")


def lowest(town: synth.Town) -> gpd.GeoDataFrame:
    return hierarchy.tier(town.grids, 3)


def residential(town: synth.Town) -> gpd.GeoDataFrame:
    return town.buildings[town.buildings["use"] == "residential"]


def at_doors(town: synth.Town) -> pd.Index:
    return town.truth.buildings[town.events.index].dropna().index


# what stands still


def test_tables_keep_their_contracts(town: synth.Town) -> None:
    for name, frame in town.frames().items():
        schema.require_table(frame, "events" if name == "later" else name)
        assert name == "staff" or frame.crs == "EPSG:4490"


def test_outline_has_its_area_and_a_river_edge(town: synth.Town) -> None:
    outline = metric(town.boundary).geometry.iloc[0]
    assert outline.area == pytest.approx(2_240_000, abs=1.0)
    river = metric(town.streets).geometry[town.streets["class"] == "river"]
    assert len(river) == 1
    assert outline.exterior.buffer(0.01).contains(river.iloc[0])
    assert river.iloc[0].length > 1500


def test_every_tier_is_a_valid_coverage_in_metres_and_in_degrees(town: synth.Town) -> None:
    layers = [town.units, *(hierarchy.tier(town.grids, level) for level in (1, 2, 3))]
    for layer in layers:
        for frame in (layer, metric(layer)):
            assert shapely.coverage_is_valid(frame.geometry.to_numpy())
            assert frame.geom_type.eq("Polygon").all()
            covered = shapely.coverage_union_all(frame.geometry.to_numpy())
            boundary = town.boundary.to_crs(frame.crs).geometry.iloc[0]
            assert shapely.equals_exact(
                shapely.normalize(covered), shapely.normalize(boundary), tolerance=1e-9 if frame.crs.is_geographic else 1e-4
            )


def test_streets_are_an_irregular_net(town: synth.Town) -> None:
    streets, outline = metric(town.streets), metric(town.boundary).geometry.iloc[0]
    arterials = streets.geometry[streets["class"].isin(["primary", "secondary"])]
    blocks = shapely.polygonize(shapely.get_parts(shapely.union_all([*arterials, outline.exterior])))
    assert sum(outline.buffer(0.01).contains(block) for block in blocks.geoms) >= 24
    assert 60 <= len(town.units) <= 120
    crossing = streets[streets.crosses(outline)]
    assert set(crossing["name"]) == {"人民路"}
    roads = streets[streets["class"].isin(["primary", "secondary", "residential"])]
    assert set(roads["name"][roads["name"].duplicated()]) == {"人民路"}
    parts = roads[roads["name"] == "人民路"].geometry.to_list()
    assert parts[0].coords[-1] == parts[1].coords[0]
    assert parts[0].centroid.x < parts[1].centroid.x


def test_one_street_is_diagonal_and_one_ends_blind(town: synth.Town) -> None:
    streets = metric(town.streets)
    diagonal = streets[streets["name"] == "迎宾斜街"].geometry.iloc[0]
    (x0, y0), (x1, y1) = diagonal.coords[0], diagonal.coords[-1]
    assert 35 < np.degrees(np.arctan2(abs(y1 - y0), abs(x1 - x0))) < 65
    inner = streets[streets["class"] == "residential"]
    loose = {
        name
        for (label, row), name in zip(inner.iterrows(), inner["name"], strict=True)
        for end in (row.geometry.coords[0], row.geometry.coords[-1])
        if streets.drop(label).distance(shapely.Point(end)).min() > 1.0
    }
    assert loose == {"葫芦巷"}


def test_streets_run_along_the_units(town: synth.Town) -> None:
    """Every road and wall within the outline is border of units vertex by vertex, but for the dead end."""
    borders = set(map(tuple, shapely.get_coordinates(metric(town.units).geometry.to_numpy()).round(2)))
    streets, outline = metric(town.streets), metric(town.boundary).geometry.iloc[0].buffer(0.01)
    for name, line in zip(streets["name"], streets.geometry, strict=True):
        corners = [point for point in shapely.get_coordinates(line).round(2) if outline.contains(shapely.Point(point))]
        assert name == "葫芦巷" or set(map(tuple, corners)) <= borders


def test_compounds_have_their_published_figures(town: synth.Town) -> None:
    homes = residential(town).groupby("compound").agg(households=("households", "sum"), buildings=("households", "size"))
    homes = homes.sort_values("households", ascending=False)
    assert homes["households"].tolist() == HOUSEHOLDS
    assert homes["buildings"].tolist() == BUILDINGS
    assert {"翡翠园", "温泉家园", "东苑小区", "怡心园"} <= set(homes.index) == set(town.compounds.index)
    for frame in (town.units, hierarchy.tier(town.grids, 1), residential(town)):
        assert frame["households"].sum() == 6521
        assert frame["residents"].sum() == 20_867
    assert town.units["buildings"].sum() == len(residential(town)) == 222
    by_unit = town.units.groupby("compound")["households"].agg(["sum", "size"])
    assert (by_unit["size"][by_unit["sum"] > 500] > 1).all()
    assert (by_unit["size"][by_unit["sum"] <= 500] == 1).all()


def test_slabs_and_towers_have_their_sizes(town: synth.Town) -> None:
    homes = metric(residential(town))
    sides = np.hypot(*np.diff([shape.exterior.coords for shape in homes.geometry], axis=1).transpose(2, 0, 1))
    assert sides.shape == (222, 4)
    assert sides.min(axis=1).min() >= 12
    assert sides.min(axis=1).max() <= 15
    assert sides.max(axis=1).min() >= 40
    assert sides.max(axis=1).max() <= 70
    units = town.gazetteer.dropna(subset=["unit"]).groupby(["compound", "building"]).size()
    key = homes["address"].str.extract(r"号([^\d]+)(\d+)号楼$")
    entrances = units.loc[pd.MultiIndex.from_frame(key)].to_numpy()
    towers = homes["floors"].to_numpy() > 6
    assert homes["compound"][towers].nunique() == 2
    assert set(homes["floors"][towers]) <= set(range(11, 19))
    assert set(entrances[towers]) == {1}
    assert set(homes["floors"][~towers]) == {5, 6}
    assert set(entrances[~towers]) <= {2, 3, 4}
    assert (homes["floors"] * 2 * entrances >= homes["households"]).all()


def test_buildings_stand_apart_and_in_one_unit_and_one_grid(town: synth.Town) -> None:
    shapes = town.buildings.geometry.to_numpy()
    assert len(shapely.STRtree(shapes).query(shapes, predicate="intersects")[0]) == len(shapes)
    for layer in (town.units, lowest(town)):
        for predicate in ("within", "intersects"):
            pairs = shapely.STRtree(layer.geometry.to_numpy()).query(shapes, predicate=predicate)
            assert pairs[0].tolist() == list(range(len(shapes)))
    homes = residential(town)
    unit = shapely.STRtree(town.units.geometry.to_numpy()).query(homes.geometry.to_numpy(), predicate="within")[1]
    assert town.units["compound"].iloc[unit].tolist() == homes["compound"].tolist()
    counted = homes.groupby(town.units.index[unit])["households"].sum().reindex(town.units.index, fill_value=0)
    assert counted.tolist() == town.units["households"].tolist()
    others = town.buildings[town.buildings["use"] != "residential"]
    assert {"school", "hospital", "mall", "market", "industrial", "park", "station", "office", "shop"} <= set(others["use"])
    assert others["households"].sum() == 0


def test_tiers_nest_and_two_grids_are_out_of_the_band(town: synth.Town) -> None:
    base = town.grids[town.grids["kind"] == "base"]
    assert base.groupby("level").size().to_dict() == {1: 1, 2: 4, 3: 16}
    assert lowest(town).groupby("parent").size().tolist() == [4, 4, 4, 4]
    assert hierarchy.check(town.grids).empty
    size = lowest(town)["households"]
    assert ((size < 300) | (size > 500)).sum() == 2
    assert size.groupby(lowest(town)["parent"]).sum().tolist() == hierarchy.tier(town.grids, 2)["households"].tolist()
    dissolved = town.units.groupby("grid_code")["households"].sum()
    assert dissolved.to_dict() == size.to_dict()


def test_codes_are_unit_grid_codes(town: synth.Town) -> None:
    grids = lowest(town)
    assert codes.check(grids.index.to_series(), parents=grids["parent"]).empty
    assert set(grids.index.str[:6]) == {"990101"}
    again = codes.number(metric(grids), grids["parent"])
    assert (again == grids.index).all()


def test_dedicated_grids_lie_inside_their_parents(town: synth.Town) -> None:
    dedicated = hierarchy.dedicated(town.grids)
    assert len(dedicated) == 8
    parents = town.grids.loc[dedicated["parent"]]
    assert set(parents["level"]) == {2}
    assert shapely.contains_properly(parents.geometry.to_numpy(), dedicated.geometry.to_numpy()).all()
    places = town.gazetteer[town.gazetteer["compound"].isin(dedicated["name"])]
    assert len(places) == 8
    for name, shape in zip(dedicated["name"], dedicated.geometry, strict=True):
        assert shape.contains(places.geometry[places["compound"] == name].iloc[0])


def test_truth_plan_keeps_the_band_and_hangs_together(town: synth.Town) -> None:
    plan = town.truth.plan
    assert plan.index.equals(town.units.index)
    merged = metric(town.units).dissolve(plan.to_numpy(), aggfunc={"households": "sum"})
    assert sorted(merged["households"]) == sorted(TRUTH)
    assert (merged["households"].min(), merged["households"].max()) == (309, 497)
    assert merged.geom_type.eq("Polygon").all()
    living = town.units[town.units["households"] > 0]
    members = living.groupby(plan[living.index].to_numpy())["compound"].unique()
    whole = town.compounds.geometry
    joined = [names for names in members if len(names) > 1]
    assert len(joined) == 6
    assert all(whole[first].intersection(whole[second]).length > 0 for first, second in joined)


def test_areas_are_unions_of_lowest_grids(town: synth.Town) -> None:
    areas = town.truth.areas
    assert sorted(areas.index) == sorted(lowest(town).index)
    assert sorted(areas.unique()) == sorted(TABLE.index.drop("街道"))
    assert lowest(town).dissolve(areas.reindex(lowest(town).index).to_numpy()).geom_type.eq("Polygon").all()


def test_gazetteer_numbers_sides_and_doors(town: synth.Town) -> None:
    table = metric(town.gazetteer)
    assert not table.duplicated(["road", "number", "compound", "building", "unit"]).any()
    lots = table[table["building"].isna()]
    assert not lots.duplicated(["road", "number"]).any()
    main = shapely.line_merge(shapely.union_all(metric(town.streets).geometry[town.streets["name"] == "人民路"].to_list()))
    west_to_east = main if main.coords[0][0] < main.coords[-1][0] else main.reverse()
    on_main = lots[lots["road"] == "人民路"]
    for number, point in zip(on_main["number"].astype(int), on_main.geometry, strict=True):
        on_road = west_to_east.interpolate(west_to_east.project(point))
        if point.distance(on_road) > 1.0:
            assert (point.y > on_road.y) == (number % 2 == 1)
    houses = table[table["building"].notna() & table["unit"].isna()]
    assert len(houses) == 222
    assert houses.geometry.distance(metric(residential(town)).geometry.set_axis(houses.index)).between(1.4, 1.6).all()
    entrances = table.dropna(subset=["unit"]).merge(houses, on=["compound", "building"])
    assert (entrances["geometry_x"] == entrances["geometry_y"]).all()


# what happens


def test_two_way_table_is_the_published_one(town: synth.Town) -> None:
    filed = town.events["area"].astype(object).where(town.events["area"].notna(), "街道")
    counted = pd.crosstab(filed, town.events["category"])
    assert counted.loc[TABLE.index, TABLE.columns].to_numpy().tolist() == TABLE.to_numpy().tolist()
    assert counted.to_numpy().sum() == 2660
    assert TABLE.sum().tolist() == [251, 190, 273, 1532, 56, 358]


def test_kinds_of_places_are_exact(town: synth.Town) -> None:
    events = town.events
    doors = at_doors(town)
    located = events.index[events.geometry.notna()]
    assert len(doors) == 1596
    assert len(located) == 665 + 266
    assert events.geometry[doors].isna().all()
    assert events["address"].notna().all()
    assert len(events) - len(doors) - len(located) == 133
    true = town.truth.points
    assert true.index.equals(events.index.append(town.later.index))
    assert events.geometry[located].geom_equals_exact(true[located], 1e-9).all()


def test_events_lie_in_the_area_they_are_filed_under(town: synth.Town) -> None:
    points = town.truth.points[town.events.index]
    tree = shapely.STRtree(lowest(town).geometry.to_numpy())
    event, grid = tree.query(points.to_numpy(), predicate="intersects")
    assert event.tolist() == list(range(2660))
    found = town.truth.areas.reindex(lowest(town).index).to_numpy()[grid]
    filed = town.events["area"]
    assert (found[filed.notna()] == filed[filed.notna()]).all()


def test_doors_are_drawn_by_households(default: synth.Town) -> None:
    """Pearson's statistic of doors per compound, expectation by households within each area; 16 - 6 = 10 degrees of freedom."""
    buildings = default.buildings
    drawn = default.truth.buildings[at_doors(default)]
    area = default.events["area"].loc[drawn.index]
    inside = drawn[area.notna()]
    seen = pd.crosstab(inside.map(buildings["compound"]).to_numpy(), area[area.notna()].to_numpy())
    unit = shapely.STRtree(default.units.geometry.to_numpy()).query(residential(default).geometry.to_numpy(), predicate="within")[1]
    home_area = default.units["grid_code"].iloc[unit].map(default.truth.areas).to_numpy()
    homes = residential(default).groupby(["compound", home_area])["households"].sum().unstack(fill_value=0)
    assert (seen.to_numpy()[homes.loc[seen.index, seen.columns].to_numpy() == 0] == 0).all()
    expected = homes / homes.sum() * seen.sum()
    cells = expected.to_numpy() > 0
    statistic = (
        (seen.loc[expected.index, expected.columns].to_numpy() - expected.to_numpy())[cells] ** 2 / expected.to_numpy()[cells]
    ).sum()
    # 99.9 % point of chi-squared with as many degrees of freedom as cells less areas
    degrees = int(cells.sum()) - 6
    assert statistic < degrees * (1 - 2 / (9 * degrees) + 3.09 * np.sqrt(2 / (9 * degrees))) ** 3


def test_roadside_events_are_at_roads_and_name_theirs(town: synth.Town) -> None:
    planted = town.events["address"].str.endswith("附近")
    roadside = metric(town.events[town.events.geometry.notna() & ~planted])
    assert len(roadside) == 665
    streets = metric(town.streets).dissolve("name")
    named = roadside["address"].str.replace("示例省东源市河东区", "")
    assert roadside.geometry.distance(streets.geometry.loc[named].set_axis(roadside.index)).max() < 9.1


def test_times_of_the_year(town: synth.Town) -> None:
    at = town.events["reported_at"]
    assert str(at.dt.tz) == "Asia/Shanghai"
    assert at.is_monotonic_increasing
    assert set(at.dt.year) == {2021}
    assert at.max() < town.now == pd.Timestamp("2021-12-31 17:00", tz="Asia/Shanghai")
    assert at.dt.hour.between(7, 21).all()
    per_day = at.dt.day_of_week.value_counts()
    assert per_day[[0, 1, 2, 3, 4]].min() > per_day[[5, 6]].max()
    month = at.dt.month
    heating = month[town.events["subcategory"] == "供暖"]
    assert set(heating) <= {11, 12, 1, 2, 3}
    sanitation = month[town.events["category"] == "环境卫生"].value_counts()
    assert sanitation[[6, 7, 8]].sum() > 2 * sanitation[[12, 1, 2]].sum()


def test_limits_follow_the_working_calendar(default: synth.Town) -> None:
    """Reference: pandas' business hours, 09:00 to 17:00 from Monday to Friday, for reports within them."""
    events = default.events
    at = events["reported_at"].dt.tz_localize(None)
    working = (at.dt.day_of_week < 5) & (at.dt.hour >= 9) & (at.dt.hour < 17) & (at.dt.minute > 0)
    sample = events.index[working][::12]
    for event in sample:
        hours = pd.offsets.BusinessHour(LIMIT_HOURS[events.at[event, "category"]], start="09:00", end="17:00")
        assert events.at[event, "due_at"].tz_localize(None) == at[event] + hours
    evening = events[(at.dt.hour >= 17) & (at.dt.day_of_week == 4) & (events["category"] == "安全隐患")]
    assert len(evening) > 0
    assert ((evening["due_at"].dt.day_of_week == 0) & (evening["due_at"].dt.hour == 13)).all()


def test_progress_at_now(town: synth.Town) -> None:
    events = town.events
    open_ = events["closed_at"].isna()
    assert open_.sum() == 40
    assert set(events["status"][open_]) == {"reported", "dispatched", "handled", "verified", "evaluated"}
    assert set(events["status"][~open_]) == {"archived"}
    assert 0 < (events["due_at"][open_] < town.now).sum() < 40
    assert (events["due_at"] > events["reported_at"]).all()
    closed = events[~open_]
    assert (closed["closed_at"] > closed["reported_at"]).all()
    assert closed["closed_at"].max() <= town.now
    # 92 % of 2,620
    assert (closed["closed_at"] <= closed["due_at"]).sum() == 2410


def test_later_events_come_after_now(town: synth.Town) -> None:
    later = town.later
    assert len(later) == 219
    assert later["reported_at"].between(town.now, town.now + pd.Timedelta(days=30)).all()
    assert later["closed_at"].isna().all()
    assert (later["due_at"] > later["reported_at"]).all()
    assert not later.index.isin(town.events.index).any()
    assert set(later["area"].dropna()) == set(TABLE.index.drop("街道"))
    assert town.truth.buildings[later.index].notna().sum() > 100


def test_planted_hotspots_hold_their_events(town: synth.Town) -> None:
    spots = metric(town.truth.hotspots)
    points = town.truth.points.to_crs("EPSG:4548")
    planted = 0
    for spot in spots.itertuples():
        events = town.events[
            (town.events["category"] == spot.category) & town.events["reported_at"].between(spot.start, spot.end, inclusive="left")
        ]
        near = events[points[events.index].distance(spot.geometry) <= spot.radius_m]
        assert (near["area"].dropna() == spot.area).all()
        named = near[near["address"].str.endswith("附近") & near.geometry.notna()]
        assert len(named) in (44, 45)
        assert set(named["subcategory"]) == {spot.subcategory}
        planted += len(named)
    assert len(spots) == 6
    assert planted == 266


# seeds


def test_a_seed_gives_one_town(default: synth.Town) -> None:
    again = synth.dongyuan(7)
    for name, frame in default.frames().items():
        assert synth.canonical_hash(frame) == synth.canonical_hash(again.frames()[name]), name


def test_another_seed_gives_another_town(default: synth.Town) -> None:
    other = synth.dongyuan(8)
    for name, frame in default.frames().items():
        if name == "staff":  # follows from the grids' codes, which every seed shares
            continue
        assert synth.canonical_hash(frame) != synth.canonical_hash(other.frames()[name]), name


GOLDEN = {
    "boundary": "fc1857f059823f3e",
    "compounds": "533ce66e5d1f1fa9",
    "grids": "749d38fcbb1ebd5e",
    "units": "1518485b75c77a2f",
    "buildings": "07fa527862151656",
    "streets": "c4a9c151f7f26da3",
    "gazetteer": "8c3bbec95b254f48",
    "events": "1cdb9bcef506780e",
    "later": "c4ab2dfd64b78e55",
    "staff": "93f7364d28fe6f39",
    "themes": "cc6657caa7c474bb",
    "truth.plan": "08b40fd50c5525c7",
    "truth.hotspots": "81616fa3fd190d13",
    "truth.points": "0444a32996497dde",
    "truth.buildings": "97980da7b848417a",
    "truth.areas": "e3a8326a14b6d866",
    "truth.links": "cbc1f151d186da68",
}


def test_golden_hashes(default: synth.Town) -> None:
    """One fingerprint per canonical frame: a change here changes everybody's demo and must be meant."""
    truth = default.truth
    frames = default.frames() | {
        "truth.plan": truth.plan.to_frame(),
        "truth.hotspots": truth.hotspots,
        "truth.points": truth.points.to_frame("geometry"),
        "truth.buildings": truth.buildings.to_frame(),
        "truth.areas": truth.areas.to_frame(),
        "truth.links": truth.links,
    }
    assert {name: synth.canonical_hash(frame)[:16] for name, frame in frames.items()} == GOLDEN

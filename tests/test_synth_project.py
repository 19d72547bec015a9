"""A town as a project: events located from their texts, and what analysis finds in it."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import towns

from gridmap import hierarchy, hotspot, schema, synth

HOT = ["hot_90", "hot_95", "hot_99"]


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


@pytest.fixture(scope="module")
def tables(town: synth.Town) -> dict[str, pd.DataFrame]:
    return synth.project(town)[0]


def test_tables_are_those_of_a_project(town: synth.Town, tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables) == set(schema.TABLES) - {"retired", "zones"} | {"later"}
    for name, frame in tables.items():
        schema.require_table(frame, "events" if name == "later" else name)
    assert (len(tables["events"]), len(tables["later"])) == (2660, 219)


def test_settings_say_that_the_data_are_synthetic(town: synth.Town) -> None:
    settings = synth.project(town)[1]
    assert settings == {
        "title_zh": "东苑社区",
        "title_en": "Dongyuan community",
        "now": "2021-12-31T17:00:00+08:00",
        "synthetic": "true",
        "source_zh": "合成数据：按公开数字由程序生成，地点与事件均为虚构",
        "source_en": "synthetic, after published figures; places and events are invented",
    }


@pytest.mark.parametrize("seed", [7, 1, 2, 3])
def test_every_text_of_a_door_finds_its_building(seed: int) -> None:
    """Located point against the true one, and against the building itself: the nearest one, by 1.5 m."""
    town = towns.dongyuan(seed)
    events = synth.project(town)[0]["events"]
    true = town.truth.buildings[town.events.index].dropna()
    found = events.geometry[true.index].to_crs("EPSG:4548")
    assert len(found) == 1596
    assert found.distance(town.truth.points[true.index].to_crs("EPSG:4548")).max() < 0.01
    buildings = town.buildings.to_crs("EPSG:4548").geometry
    nearest = buildings.sindex.nearest(found.to_numpy(), return_all=False)[1]
    assert buildings.index[nearest].tolist() == true.tolist()


def test_texts_that_nobody_can_locate_stay_without_a_point(town: synth.Town, tables: dict[str, pd.DataFrame]) -> None:
    events = tables["events"]
    nowhere = events.geometry.isna()
    assert nowhere.sum() == 133
    assert events["address"][nowhere].notna().all()
    assert 0 < tables["later"].geometry.isna().sum() < 20
    given = town.events.geometry.notna()
    assert events.geometry[given].geom_equals_exact(town.events.geometry[given], 0).all()


def test_the_town_stays_as_it_is(town: synth.Town) -> None:
    before = synth.canonical_hash(town.events)
    synth.project(town)[0]["events"]["category"] = "其他"
    assert synth.canonical_hash(town.events) == before


def test_a_town_without_gazetteer_is_a_project_too() -> None:
    town = towns.jianyang(scale=0.01)
    tables, settings = synth.project(town)
    assert tables["events"].geometry.notna().all()
    assert "gazetteer" not in tables
    assert settings["synthetic"] == "true"


def per_unit(events: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Return the number of events within each unit."""
    tree = shapely.STRtree(units.geometry.to_numpy())
    _, unit = tree.query(events.geometry.dropna().to_numpy(), predicate="within")
    return pd.Series(unit).value_counts().reindex(range(len(units)), fill_value=0).set_axis(units.index).astype(int)


def found(layer: gpd.GeoDataFrame, town: synth.Town, events: gpd.GeoDataFrame) -> list[int]:
    """Return the planted hotspots that Gi* finds on a layer: the polygon of the centre is hot, by category and weeks."""
    hits = []
    for label, spot in town.truth.hotspots.iterrows():
        weeks = events["reported_at"].between(spot["start"], spot["end"], inclusive="left")
        counts = per_unit(events[weeks & (events["category"] == spot["category"])], layer)
        classes = hotspot.gi_star(counts, layer, permutations=99)["class"]
        if classes[layer.contains(spot.geometry)].isin(HOT).any():
            hits.append(label)
    return hits


def test_planted_hotspots_show_on_units(town: synth.Town, tables: dict[str, pd.DataFrame]) -> None:
    assert len(found(town.units, town, tables["events"])) >= 5


def test_planted_hotspots_do_not_show_on_sixteen_grids(town: synth.Town, tables: dict[str, pd.DataFrame]) -> None:
    assert len(found(hierarchy.tier(town.grids, 3), town, tables["events"])) <= 1

"""Spoiled copies: the list says what is there, the checks find it, and the clean town has no finding."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns

from gridmap import coverage, files, hierarchy, workload
from gridmap.errors import SchemaError
from gridmap.synth.jianyang import jianyang
from gridmap.synth.spoiled import MAKERS, Spoiled, broken_chain, spoiled
from gridmap.synth.spoiled.datum import to_gcj02
from gridmap.synth.town import BUILD_CRS, Town, canonical_hash

OF_COVERAGE = ("gap", "overlap", "sliver", "duplicate_code", "duplicate_polygon", "missing_grid")
BAD_ROWS = {"missing_stamp": 3, "reversed_order": 3, "future_date": 2, "duplicate_id": 2, "hotline_and_app": 2}


@pytest.fixture(scope="module", params=["dongyuan", "jianyang"])
def town(request) -> Town:
    return towns.dongyuan() if request.param == "dongyuan" else towns.jianyang(0.05)


@pytest.fixture(scope="module")
def copies(town) -> dict[str, Spoiled]:
    return spoiled(town)


def findings(town: Town, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return coverage.check(hierarchy.tier(grids), boundary=town.boundary, parents=hierarchy.tier(grids, 2))


def test_ten_layers_and_one_table_each_of_events_and_staff(copies):
    assert list(copies) == list(MAKERS)
    assert [name for name, copy in copies.items() if "staff" in copy.frames] == ["staff"]
    assert [name for name, copy in copies.items() if "events" in copy.frames] == ["events"]
    assert sum("grids" in copy.frames for copy in copies.values()) == 10


def test_the_town_itself_is_clean_and_stays_as_it_was(town):
    before = canonical_hash(town.grids), canonical_hash(town.events)
    spoiled(town)
    assert (canonical_hash(town.grids), canonical_hash(town.events)) == before
    assert findings(town, town.grids).empty
    assert hierarchy.check(town.grids).empty


def test_the_same_town_gives_the_same_faults(town, copies):
    again = spoiled(town)
    for name, copy in copies.items():
        assert canonical_hash(copy.faults) == canonical_hash(again[name].faults)
        for table, frame in copy.frames.items():
            assert canonical_hash(frame) == canonical_hash(again[name].frames[table])


@pytest.mark.parametrize("name", OF_COVERAGE)
def test_check_finds_what_was_planted_and_nothing_else(town, copies, name):
    found = findings(town, copies[name].frames["grids"])
    (fault,) = copies[name].faults.itertuples()
    assert found["kind"].tolist() == [fault.finding]
    if name == "missing_grid":
        parent = town.grids["parent"][fault.labels]
        assert found["note"].tolist() == [parent]
    else:
        assert found["grid_codes"].tolist() == [fault.labels]
    if fault.geometry is not None:
        assert found["area_m2"].iloc[0] == pytest.approx(fault.area_m2, rel=1e-6)
        there, planted = gpd.GeoSeries([found.geometry.iloc[0], fault.geometry], crs=4490).to_crs(BUILD_CRS)
        assert shapely.area(shapely.symmetric_difference(there, planted)) < 0.01


def test_the_sliver_is_thinner_than_a_metre_and_the_gap_is_not(copies):
    for name, thin in (("sliver", True), ("gap", False), ("overlap", False)):
        (place,) = copies[name].faults.to_crs(BUILD_CRS).geometry
        assert (2 * place.area / place.length < 1.0) == thin


def test_nesting_finds_the_wrong_parents(copies):
    copy = copies["wrong_parent"]
    found = hierarchy.check(copy.frames["grids"])
    for fault in copy.faults.itertuples():
        assert fault.labels in found.loc[found["kind"] == fault.finding, "grid_code"].tolist()
    # the parents that lost a child are no longer the union of theirs
    assert set(found["kind"]) == {"outside_parent", "wrong_parent", "parent_not_union"}


def test_the_duplicate_code_stands_twice_and_the_missing_one_nowhere(town, copies):
    (code,) = copies["duplicate_code"].faults["labels"]
    assert (copies["duplicate_code"].frames["grids"].index == code).sum() == 2
    (gone,) = copies["missing_grid"].faults["labels"]
    assert gone in town.grids.index
    assert gone not in copies["missing_grid"].frames["grids"].index


def test_spoiled_names_read_back(town, copies):
    copy = copies["twice_decoded_name"]
    annotated, as_gbk, as_latin = (copy.frames["grids"]["name"][code] for code in copy.faults["labels"])
    names = [town.grids["name"][code] for code in copy.faults["labels"]]
    assert annotated == names[0] + "(網(wǎng))"
    assert as_gbk != names[1]
    assert as_latin.encode("latin-1").decode() == names[2]
    assert copy.frames["grids"].geometry.equals(town.grids.geometry)


def test_the_shift_is_that_of_the_published_formula(town, copies):
    # the example of the coordtransform package's own tests
    published = np.array([[116.41024449916938, 39.91640428150164]])
    assert np.allclose(to_gcj02(np.array([[116.404, 39.915]])), published, rtol=0, atol=1e-13)
    # PROJ has no GCJ-02: the shift of the layer must be some hundred metres, as published, and one and the same for a shared corner
    moved = copies["gcj02_shift"].frames["grids"].to_crs(BUILD_CRS).geometry.centroid
    away = moved.distance(town.grids.to_crs(BUILD_CRS).geometry.centroid)
    assert away.between(300, 800).all()
    tier = hierarchy.tier(copies["gcj02_shift"].frames["grids"])
    assert shapely.coverage_is_valid(tier.geometry.to_numpy())


def test_the_recipe_writes_a_shapefile_in_gbk(town, copies, tmp_path):
    copy = copies["gbk_shapefile"]
    assert copy.suffix == ".shp"
    path = tmp_path / f"grids{copy.suffix}"
    files.write(copy.frames["grids"], path, **copy.write)
    name = copy.frames["grids"]["网格名称"].iloc[0]
    content = path.with_suffix(".dbf").read_bytes()
    assert name.encode("gbk") in content
    assert name.encode() not in content
    assert sorted(copy.faults["labels"].iloc[0].split(";")) == sorted(hierarchy.tier(town.grids).index)


def test_twelve_bad_rows_are_added_and_the_year_is_kept(town, copies):
    copy = copies["events"]
    events = copy.frames["events"]
    assert copy.faults["fault"].value_counts().to_dict() == BAD_ROWS
    assert len(events) == len(town.events) + 12
    assert town.events.index.equals(events.index[:-12])
    kept = events.iloc[:-12][town.events.columns].drop(columns="channel", errors="ignore")
    assert kept.equals(town.events.drop(columns="channel", errors="ignore"))


def test_each_bad_row_is_bad_as_listed(town, copies):
    copy = copies["events"]
    bad = copy.frames["events"].iloc[-12:]
    kind = copy.faults["fault"].to_numpy()
    late = bad["closed_at"] - bad["reported_at"]
    assert bad["reported_at"].isna().to_numpy().tolist() == (kind == "missing_stamp").tolist()
    assert (late < pd.Timedelta(0)).to_numpy().tolist() == (kind == "reversed_order").tolist()
    assert (bad["reported_at"] > town.now).to_numpy().tolist() == (kind == "future_date").tolist()
    assert bad.index.isin(town.events.index).tolist() == (kind == "duplicate_id").tolist()
    assert bad.index[kind == "duplicate_id"].tolist() == copy.faults.loc[kind == "duplicate_id", "labels"].tolist()


def test_twins_come_by_hotline_and_by_app_within_50_m_and_2_h(copies):
    copy = copies["events"]
    events = copy.frames["events"].to_crs(BUILD_CRS)
    for labels in copy.faults.loc[copy.faults["fault"] == "hotline_and_app", "labels"]:
        by_app, by_hotline = (events.loc[label] for label in labels.split(";"))
        assert [by_hotline["channel"], by_app["channel"]] == ["hotline", "app"]
        assert by_hotline["category"] == by_app["category"]
        assert 0 < by_hotline.geometry.distance(by_app.geometry) < 50
        assert pd.Timedelta(0) < by_app["reported_at"] - by_hotline["reported_at"] < pd.Timedelta(hours=2)


def test_a_town_too_small_to_spoil_is_refused():
    with pytest.raises(SchemaError, match="too few grids"):
        spoiled(jianyang(0.0004))
    with pytest.raises(SchemaError, match="too few events"):
        MAKERS["events"](jianyang(0.02, events=5))


def test_staff_is_found_where_it_is_missing_or_twice_and_nowhere_else(town, copies):
    copy = copies["staff"]
    found = workload.check(copy.frames["staff"], town.grids)
    assert sorted(zip(found["kind"], found["grid_code"], strict=True)) == sorted(
        zip(copy.faults["finding"], copy.faults["labels"], strict=True)
    )
    assert workload.check(town.staff, town.grids).empty


def test_a_town_without_buildings_has_no_chain_to_break():
    with pytest.raises(SchemaError, match="too few buildings"):
        broken_chain(jianyang(0.002))

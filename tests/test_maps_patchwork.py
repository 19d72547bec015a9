"""Geometry of grids that change a few at a time is the geometry of the whole layer, and what did not change is not done again."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import across, lattice

from gridmap import hierarchy, maps, plan
from gridmap.errors import PlanError
from gridmap.maps import geometry
from gridmap.maps.patchwork import Patchwork, in_buckets


def tiers(grids: gpd.GeoDataFrame) -> np.ndarray:
    return np.where(grids["kind"] == "base", grids["level"], 0)


def layer(found: Patchwork, grids: gpd.GeoDataFrame) -> maps.Layer:
    return maps.grids_layer(in_buckets(grids), lang="zh", pack=found.packed)


def by_id(drawn: maps.Layer) -> dict[str, object]:
    """Return the packed geometry of each grid, in the order in which the page reads it."""
    rows = [feature for key in drawn.data["geometry"] for feature in drawn.parts[key]]
    assert len(rows) == len(drawn.data["ids"])
    return dict(zip(drawn.data["ids"], rows, strict=True))


@pytest.fixture(scope="module")
def town() -> plan.Plan:
    return plan.from_grids(towns.dongyuan().grids)


def edited(found: plan.Plan) -> plan.Plan:
    """Split one grid and merge two."""
    codes = hierarchy.tier(found.grids).index
    once = plan.split(found, codes[9], across(found, codes[9]))
    return plan.merge(once, codes[:2])


def test_a_layer_drawn_by_patches_is_the_layer(town):
    found = Patchwork.of(town.grids, tiers(town.grids))
    plain = maps.grids_layer(town.grids, lang="zh")
    patched = layer(found, town.grids)
    assert by_id(patched) == by_id(plain)
    assert (patched.bounds, patched.legend, patched.data["totals"].keys()) == (plain.bounds, plain.legend, plain.data["totals"].keys())


@pytest.mark.parametrize("most", [geometry.PLAIN_VERTICES, 0])
def test_after_an_edit_it_is_what_the_whole_would_be(town, most, monkeypatch):
    monkeypatch.setattr(geometry, "PLAIN_VERTICES", most)
    monkeypatch.setattr(geometry, "STEPS_ACROSS", 400)  # simplified a great deal, where it is
    after = edited(town)
    begun = Patchwork.of(town.grids, tiers(town.grids))
    assert (begun.tolerance > 0) == (most == 0)
    found, whole = Patchwork.of(after.grids, tiers(after.grids), begun), Patchwork.of(after.grids, tiers(after.grids))
    assert by_id(layer(found, after.grids)) == by_id(layer(whole, after.grids))
    kept = sum(one is other for one, other in zip(begun.features, found.features[found.codes.get_indexer(begun.codes)], strict=True))
    assert kept > len(begun.codes) / 3


def test_parts_without_a_change_keep_their_address():
    grids = lattice()
    found = plan.from_grids(grids)
    begun = Patchwork.of(found.grids, tiers(found.grids))
    before = layer(begun, found.grids)
    code = hierarchy.tier(found.grids).index[0]
    after = plan.split(found, code, across(found, code))
    later = layer(Patchwork.of(after.grids, tiers(after.grids), begun), after.grids)
    assert len(before.parts) > 4
    assert 0 < len(set(later.parts) - set(before.parts)) <= 3  # of its children, and of each tier above


def test_back_again_every_part_is_as_it_was(town):
    begun = Patchwork.of(town.grids, tiers(town.grids))
    before = layer(begun, town.grids)
    after = edited(town)
    there = Patchwork.of(after.grids, tiers(after.grids), begun)
    back = Patchwork.of(town.grids, tiers(town.grids), there)
    assert layer(back, town.grids).parts == before.parts


def test_nothing_is_an_empty_layer(town):
    none = town.grids.iloc[:0]
    assert layer(Patchwork.of(none, tiers(none)), none).data["ids"] == []


@settings(max_examples=10, deadline=None)
@given(steps=st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
def test_many_edits_one_after_the_other(town, steps):
    now = town
    found = Patchwork.of(now.grids, tiers(now.grids))
    for step in steps:
        codes = hierarchy.tier(now.grids).index
        code = codes[step % len(codes)]
        try:
            now = plan.split(now, code, across(now, code))
        except PlanError:
            continue
        found = Patchwork.of(now.grids, tiers(now.grids), found)
    drawn = by_id(layer(found, now.grids))
    assert drawn == by_id(maps.grids_layer(now.grids, lang="zh"))
    assert shapely.coverage_is_valid(hierarchy.tier(now.grids).geometry.to_numpy())

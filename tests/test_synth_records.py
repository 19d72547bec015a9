"""Theme records of the demo towns: published figures, counts alone, and the links that are known to be broken."""

import pytest
import towns

from gridmap import hierarchy, schema, synth, themes

PUBLISHED = {"households": 6521, "population": 20_867, "events": 2660, "security": 298}


@pytest.fixture(scope="module", params=[7, 1, 2])
def town(request: pytest.FixtureRequest) -> synth.Town:
    return towns.dongyuan(request.param)


def test_all_ten_themes_are_there_and_have_their_published_sums(town: synth.Town) -> None:
    sums = town.themes.groupby("theme")["count"].sum()
    assert set(sums.index) == set(schema.THEMES)
    assert sums[list(PUBLISHED)].to_dict() == PUBLISHED
    assert sums["housing"] == len(town.buildings)
    assert sums["party"] == len(hierarchy.tier(town.grids))
    assert sums["services"] == len(town.compounds)


def test_every_record_has_a_place_in_the_town(town: synth.Town) -> None:
    """Warnings are errors here: none has no place, none lies outside, no kind mixes bases."""
    table = themes.count(town.themes, town.grids, buildings=town.buildings)
    lowest = hierarchy.tier(town.grids).index
    assert table.loc[lowest].sum().groupby(level="theme").sum()[list(PUBLISHED)].to_dict() == PUBLISHED
    assert not themes.bases(town.themes)["mixed"].any()


def test_the_chain_finds_the_links_that_were_broken_and_no_other(town: synth.Town) -> None:
    found = themes.chain(town.themes, town.grids, buildings=town.buildings).set_index("record_id")
    planted = town.truth.links
    assert found[["link", "note", "count"]].sort_index().equals(planted.sort_index())
    assert set(planted["note"]) == {"no_households", "no_building", "unknown_building"}
    assert found["grid_code"].notna().all()
    assert found.geometry.notna().all()


def test_the_district_counts_places_and_no_people() -> None:
    town = towns.jianyang(0.05)
    themes.require(town.themes)
    table = themes.count(town.themes, town.grids)
    assert [theme for theme, _ in table.columns] == ["services", "party", "security"]
    first, second = (hierarchy.tier(town.grids, level).index for level in (1, 2))
    assert (table.loc[first, ("services", "便民服务点")] == 1).all()
    assert (table.loc[second, ("party", "党支部")] == 1).all()
    assert table.loc[first, ("security", "摄像头")].sum() == table.loc[second, ("security", "摄像头")].sum() > 0

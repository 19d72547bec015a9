"""Layers that fit: documents up to a size, tiles and exact counts beyond it, and nothing left out of either."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from test_maps_tiles import fields, varints

from gridmap import maps
from gridmap.maps import mercator
from gridmap.maps.bins import EventBins
from gridmap.ui import component, large, mapping, state

CRS = "EPSG:4548"


def lattice(side: int, *, level: int = 1) -> gpd.GeoDataFrame:
    """Return side x side grids of 100 m."""
    column, row = np.divmod(np.arange(side * side), side)
    boxes = shapely.box(column * 100.0, row * 100.0, column * 100.0 + 100, row * 100.0 + 100)
    codes = pd.Index([f"{level}{n:06d}" for n in range(side * side)], name="grid_code")
    return gpd.GeoDataFrame({"name": codes, "level": level, "kind": "base", "parent": None}, index=codes, geometry=boxes, crs=CRS)


def events_of(count: int, *, placeless: int = 0) -> gpd.GeoDataFrame:
    """Return events of two categories over the lattice, the last ones without a place."""
    random = np.random.default_rng(3)
    points = shapely.points(random.uniform(0, 5000, (count, 2)))
    points[count - placeless :] = None
    index = pd.Index([f"e{n}" for n in range(count)], name="event_id")
    times = pd.Timestamp("2021-01-01", tz="Asia/Shanghai") + pd.to_timedelta(np.arange(count), unit="min")
    columns = {"category": np.where(np.arange(count) % 3, "环境卫生", "市容环境"), "reported_at": times}
    return gpd.GeoDataFrame(columns, index=index, geometry=points, crs=CRS)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set bounds that small layers pass."""
    monkeypatch.setattr(large, "MOST_SHAPES", 20)
    monkeypatch.setattr(large, "MOST_DOTS", 100)


def test_what_fits_is_the_layer_of_maps() -> None:
    grids, events = lattice(5), events_of(40)
    assert isinstance(large.grids_layer(grids, lang="zh"), maps.Layer)
    assert large.choropleth(pd.Series(1, index=grids.index), grids, title="t", unit="", lang="zh").role == "theme"
    assert isinstance(large.events_layer(events, lang="zh"), maps.Layer)


def test_the_bound_counts_the_rows_of_a_tier(few: None) -> None:
    assert not large.is_large(pd.concat([lattice(4), lattice(4, level=2)]))
    assert large.is_large(lattice(5))
    assert large.is_large(lattice(5).drop(columns=["level", "kind"]))


@pytest.mark.usefixtures("few")
def test_a_choropleth_of_tiles_has_the_styles_and_the_legend_of_the_plain_one() -> None:
    grids = lattice(6)
    values = pd.Series(np.arange(36) % 7, index=grids.index).drop(grids.index[3])
    tiled = large.choropleth(values, grids, title="负荷", unit="分钟", lang="zh")
    plain = maps.choropleth(values, grids, title="负荷", unit="分钟", lang="zh")
    assert isinstance(tiled, large.Tiled)
    assert tiled.tiles.style.tolist() == plain.data["style"]
    assert list(tiled.shown.styles) == plain.data["styles"]
    assert tiled.shown.legend == plain.legend.as_data()
    ids = [f"{tiled.shown.mark}.{row}" for row in (3, 35, 36, "x", "３")]
    assert tiled.shown.known([*ids, "5", f"{'0' * 12}.6", 7, None]) == (grids.index[3], grids.index[35])
    assert tiled.shown.bounds == pytest.approx(plain.bounds, abs=1e-6)
    assert tiled.plain().data == plain.data


@pytest.mark.usefixtures("few")
def test_outlines_of_several_tiers_keep_the_upper_ones_on_top() -> None:
    lower, upper = lattice(6, level=2), lattice(2)
    upper.geometry = upper.geometry.affine_transform([3, 0, 0, 3, 0, 0])
    tiled = large.grids_layer(pd.concat([upper, lower]), lang="zh")
    assert isinstance(tiled, large.Tiled)
    assert list(tiled.shown.codes) == [*lower.index, *upper.index]
    assert tiled.tiles.style.tolist() == [0] * 36 + [1] * 4
    assert tiled.shown.silent == (1,)
    assert tiled.shown.as_data()["role"] == "grids"


@pytest.mark.usefixtures("few")
def test_codes_that_stand_twice_and_rows_without_shapes_are_in_the_tiles() -> None:
    grids = pd.concat([lattice(5), lattice(5)])
    grids.geometry = grids.geometry.where(np.arange(50) != 4)
    tiled = large.grids_layer(grids, lang="en")
    assert isinstance(tiled, large.Tiled)
    assert len(tiled.tiles) == 50
    assert tiled.shown.codes == list(grids.index)


@pytest.mark.usefixtures("few")
def test_counted_events_say_how_many_have_no_place_and_lose_none() -> None:
    counted = large.events_layer(events_of(500, placeless=7), lang="zh")
    assert isinstance(counted, large.Counted)
    assert len(counted.bins) == 493
    assert "493" in counted.shown.note
    assert "7 件无坐标" in counted.shown.note
    assert counted.shown.categories == ("市容环境", "环境卫生")
    published = counted.published()
    assert published.key == counted.bins.fingerprint
    assert published.known([f"{published.mark}.{row}" for row in (0, 499, 500)]) == ("e0", "e499")


@pytest.mark.parametrize("spread", [0.0, 1.0, 4000.0])
def test_the_counts_in_a_file_sum_to_all_events(spread: float) -> None:
    random = np.random.default_rng(5)
    points = gpd.points_from_xy(500000 + random.uniform(0, 1, 700) * spread, 3.3e6 + random.uniform(0, 1, 700) * spread)
    layer = large.counts_layer(EventBins.of(gpd.GeoDataFrame(geometry=points, crs=CRS)), lang="en")
    assert sum(layer.data["totals"]["Events"]) == 700


@pytest.mark.usefixtures("few")
def test_a_file_of_large_layers_holds_plain_ones() -> None:
    grids, events = lattice(6), events_of(300)
    opened = state.Opened({"grids": grids, "events": events}, {"title_zh": "示例"}, "large", own=False)
    layers = [large.grids_layer(grids, lang="zh"), large.events_layer(events, lang="zh")]
    page = mapping.document(opened, layers, screen="data", lang="zh")
    assert all(code in page for code in grids.index)
    assert "事件" in page


def test_prepared_polygons_are_shared_by_what_is_drawn_on_them(few: None) -> None:
    grids = lattice(7)
    first = large.choropleth(pd.Series(1, index=grids.index), grids, title="a", unit="", lang="zh")
    second = large.choropleth(pd.Series(range(49), index=grids.index), grids, title="b", unit="", lang="zh")
    assert first.tiles.x is second.tiles.x
    assert first.tiles.fingerprint != second.tiles.fingerprint


@pytest.mark.usefixtures("few")
def test_the_map_is_given_tiles_counts_and_what_to_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict = {}

    def show(layers: list, **options: object) -> component.Selection:
        given.update(options, layers=layers)
        return component.Selection()

    monkeypatch.setattr(mapping.component, "show", show)
    for owner, name in ((mapping.parts, "source_line"), (mapping.st, "download_button"), (mapping.st, "caption")):
        monkeypatch.setattr(owner, name, lambda *_, **__: None)
    monkeypatch.setattr(mapping.address, "lang", lambda: "zh")
    grids, events = lattice(6), events_of(300)
    opened = state.Opened({"grids": grids, "events": events}, {"title_zh": "示例"}, "shown large", own=False)
    theme = large.choropleth(pd.Series(range(36), index=grids.index), grids, title="负荷", unit="", lang="zh")
    mapping.show(opened, [theme, large.events_layer(events, lang="zh")], screen="workload", highlight={"theme": [grids.index[5]]})
    assert given["layers"] == []
    assert given["highlight"] == {"tiles": [grids.index[5]]}
    assert given["options"].tools == mapping.TOOLS
    assert given["options"].tiles.key == theme.tiles.fingerprint
    assert given["options"].bins.key


@pytest.mark.usefixtures("few")
def test_rows_of_tiles_say_what_the_plain_layer_says() -> None:
    lower, upper = lattice(6, level=2).assign(households=range(36)), lattice(1)
    both = pd.concat([upper, lower])
    tiled = large.with_totals(large.grids_layer(both, lang="en"), "Events", pd.Series(2, index=lower.index))
    plain = maps.grids_layer(both, lang="en")
    assert isinstance(tiled, large.Tiled)
    order = list(range(37))
    assert tiled.rows.cards(order) == {"fields": plain.data["fields"], "columns": plain.data["columns"]}
    told = tiled.rows.anchors()
    assert told["style"] == plain.data["style"]
    assert told["totals"] == {**plain.data["totals"], "Events": [2.0] * 36 + [None]}
    places = gpd.GeoSeries(gpd.points_from_xy(*(np.cumsum(np.reshape(told["at"], (-1, 2)), axis=0) / 1e6).T), crs=4326).to_crs(CRS)
    assert both.geometry.loc[tiled.shown.codes].to_crs(CRS).reset_index(drop=True).contains(places).all()


@pytest.mark.usefixtures("few")
def test_tiles_carry_each_name_once_and_none_of_an_upper_tier() -> None:
    grids = pd.concat([lattice(2), lattice(6, level=2)])
    tiled = large.grids_layer(grids, lang="en")
    west, south, east, north = tiled.shown.bounds

    def names(zoom: int) -> list[str]:
        column, line = mercator.lattice(np.array([west, east]), np.array([north, south]), zoom)
        tiles = [(zoom, x, y) for x in range(column[0], column[1] + 1) for y in range(line[0], line[1] + 1)]
        return [name for tile in tiles for name in names_of(tiled.tiles.tile(*tile))]

    assert sorted(names(18)) == sorted(grids["name"][grids["level"] == 2])
    assert names(8) == []


def names_of(tile: bytes) -> list[str]:
    """Return the names of a tile, each at a place within it."""
    found = []
    for _, layer in fields(tile):
        parts = list(fields(layer))
        if dict(parts)[1] != b"labels":
            continue
        texts = [dict(fields(value))[1].decode() for number, value in parts if number == 4]
        for feature in (dict(fields(value)) for number, value in parts if number == 2):
            assert feature[3] == 1
            command, *at = varints(feature[4])
            assert command == 9
            assert all(step % 2 == 0 and step < 2 * 4096 for step in at)
            found.append(texts[list(varints(feature[2]))[1]])
    return found

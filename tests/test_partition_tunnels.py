"""Lines in tunnels bound no unit and no border follows them; bridges and underpasses do."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiLineString, box

from gridmap import partition
from gridmap.partition.tunnels import underground

METRIC = "EPSG:4548"
SQUARE = gpd.GeoDataFrame(geometry=[box(0, 0, 400, 400)], crs=METRIC)
ALONG, ACROSS = [(0, 200), (400, 200)], [(200, 0), (200, 400)]


def streets(*rows: tuple[list[tuple[float, float]], object], column: str = "tunnel") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({column: [told for _, told in rows]}, geometry=[LineString(place) for place, _ in rows], crs=METRIC)


@pytest.mark.parametrize("told", ["yes", "Yes ", "T", 1, 1.0, True, "culvert", ["yes", "building_passage"]])
def test_a_tunnel_bounds_nothing(told):
    assert len(partition.blocks(streets((ALONG, None), (ACROSS, told)), boundary=SQUARE)) == 2


@pytest.mark.parametrize("told", ["no", "F", 0, 0.0, False, None, float("nan"), pd.NA, "", "building_passage"])
def test_what_is_in_the_open_bounds(told):
    assert len(partition.blocks(streets((ALONG, None), (ACROSS, told)), boundary=SQUARE)) == 4


def test_a_road_on_a_bridge_is_seen_and_bounds():
    flyover = streets((ALONG, None), (ACROSS, "yes"), column="bridge").assign(layer=[0, 1], tunnel=None)
    assert len(partition.blocks(flyover, boundary=SQUARE)) == 4


def test_an_underpass_is_part_of_its_road():
    """A road dips below a railway for 60 m; as a tunnel it would end at both sides of it, and the blocks left and right be one."""
    railway = ([(0, 200), (400, 200)], None)
    road = [([(200, 0), (200, 170)], None), ([(200, 170), (200, 230)], "yes"), ([(200, 230), (200, 400)], None)]
    assert len(partition.blocks(streets(railway, *road), boundary=SQUARE)) == 4


def test_a_tunnel_drawn_in_pieces_is_as_long_as_they_are_together():
    parts = [LineString([(200, y), (200, y + 40)]) for y in range(0, 400, 40)]
    lines = gpd.GeoDataFrame({"tunnel": "yes"}, index=range(len(parts)), geometry=parts, crs=METRIC)
    assert underground(lines, lines.geometry.to_numpy()).all()
    whole = gpd.GeoDataFrame({"tunnel": ["yes"]}, geometry=[MultiLineString(parts[::2])], crs=METRIC)
    assert underground(whole, whole.geometry.to_numpy()).tolist() == [True]
    assert not underground(lines.iloc[::3], lines.geometry.to_numpy()[::3]).any()
    assert underground(lines.iloc[:0], lines.geometry.to_numpy()[:0]).tolist() == []


def test_no_border_follows_a_metro_below_it():
    units = partition.blocks(streets((ALONG, None)), boundary=SQUARE)
    lines = streets((ALONG, None), ([(0, 201), (400, 201)], "yes")).assign(**{"class": ["tertiary", "rail"]})
    assert partition.edges(units, lines=lines.iloc[::-1])["kind"].tolist() == ["tertiary"]
    assert partition.edges(units, lines=lines.iloc[[1]])["kind"].isna().all()
    assert partition.edges(units, lines=lines.iloc[[1]].assign(tunnel="no"))["kind"].tolist() == ["rail"]


def test_a_metro_changes_no_unit_of_a_real_quarter(shared_data):
    """Lujiazui and the Bund, streets with and without 91 lines of rail, all but a funicular underground: the same units."""
    with warnings.catch_warnings(action="ignore"):  # identifiers stand twice in the file
        roads = gpd.read_file(shared_data / "shanghai_osm" / "shanghai_osm_roads.geojson").to_crs("EPSG:32651")
    square = gpd.GeoDataFrame(geometry=[box(*roads.total_bounds)], crs=roads.crs)
    lines = roads[roads["kind"].isin(["highway", "major_road", "minor_road", "rail"])].rename(columns={"is_tunnel": "tunnel"})
    without, both = (partition.blocks(each, boundary=square) for each in (lines[lines["kind"] != "rail"], lines))
    assert shapely.equals_exact(np.asarray(without.geometry), np.asarray(both.geometry)).all()
    assert len(partition.blocks(lines.drop(columns="tunnel"), boundary=square)) > len(both)

"""Vector tiles, read by GDAL and command by command, held to what shapely cuts out of the same polygons."""

import math
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import CRSError, GridmapError, SchemaError
from gridmap.maps.tiles import BUFFER, EXTENT, TOLERANCE, Tiles

HALF = 20037508.342789244  # half the side of the Web Mercator world in metres (EPSG:3857)


def address(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile at a place, by the published formula."""
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon / 360 + 0.5) * 2**z), int(row * 2**z)


def in_units(layer: gpd.GeoDataFrame, z: int, x: int, y: int) -> np.ndarray:
    """The polygons as PROJ moves them, in units of a tile."""
    moved = layer.geometry.to_crs(3857).to_numpy()
    size = EXTENT * 2**z
    return shapely.transform(
        moved,
        lambda xy: np.stack([(xy[:, 0] + HALF) / 2 / HALF * size - x * EXTENT, (HALF - xy[:, 1]) / 2 / HALF * size - y * EXTENT], axis=1),
    )


def snapped(tiles: Tiles, z: int, x: int, y: int) -> list[list[list[np.ndarray]]]:
    """Rows -> polygons -> rings of corners drawn at a zoom, rounded to units of a tile: plain Python over what `Tiles` keeps."""
    side = 2.0 ** (20 - z)
    places = np.stack([np.floor(tiles.x / side + 0.5) - x * EXTENT, np.floor(tiles.y / side + 0.5) - y * EXTENT], axis=1)
    rings = [places[begin:end][tiles.zoom[begin:end] <= z] for begin, end in zip(tiles.rings, tiles.rings[1:], strict=False)]
    polygons = [rings[begin:end] for begin, end in zip(tiles.polygons, tiles.polygons[1:], strict=False)]
    return [polygons[begin:end] for begin, end in zip(tiles.rows, tiles.rows[1:], strict=False)]


def varints(content: bytes) -> Iterator[int]:
    value, shift = 0, 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value, shift = 0, 0
    assert shift == 0


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of the fields of a protocol buffer."""
    at = 0

    def varint() -> int:
        nonlocal at
        end = at
        while message[end] > 127:
            end += 1
        (value,) = varints(message[at : end + 1])
        at = end + 1
        return value

    while at < len(message):
        key = varint()
        assert key & 7 in (0, 2)
        value = varint()
        if key & 7 == 2:
            assert at + value <= len(message)
            at += value
            yield key >> 3, message[at - value : at]
        else:
            yield key >> 3, value


def rings_of(commands: list[int]) -> list[np.ndarray]:
    """Rings of a polygon's commands; fails where a command breaks the specification's rules for polygons (4.3.4.4)."""
    rings, at, pen = [], 0, np.zeros(2, dtype=int)
    while at < len(commands):
        ring = []
        assert commands[at] == 9  # one MoveTo
        line = commands[at + 3]
        assert line & 7 == 2
        assert line >> 3 >= 2  # LineTo, two at least
        steps = np.array(commands[at + 1 : at + 3] + commands[at + 4 : at + 4 + 2 * (line >> 3)]).reshape(-1, 2)
        steps = (steps >> 1) ^ -(steps & 1)
        assert steps[1:].any(axis=1).all()  # no LineTo to where the pen is
        for step in steps:
            pen = pen + step
            ring.append(pen)
        assert (ring[0] != ring[-1]).any()
        at += 4 + 2 * (line >> 3)
        assert commands[at] == 15  # ClosePath
        at += 1
        rings.append(np.array(ring))
    return rings


def surveyed(ring: np.ndarray) -> float:
    following = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]).sum() / 2)


def decoded(content: bytes, name: str = "grids") -> dict[int, tuple[int | None, list[np.ndarray]]]:
    """Row -> style and rings, every rule of the specification checked."""
    if not content:
        return {}
    ((number, layer),) = fields(content)
    assert number == 3
    parts = list(fields(layer))
    single = {number: value for number, value in parts if number not in (2, 4)}
    assert single[15] == 2
    assert single[1] == name.encode()
    assert single[5] == EXTENT
    values = [dict(fields(value))[5] for number, value in parts if number == 4]
    assert len(set(values)) == len(values)
    found = {}
    for number, feature in parts:
        if number != 2:
            continue
        entry = dict(fields(feature))
        assert entry[3] == 3
        tags = list(varints(entry.get(2, b"")))
        if tags:
            assert single[3] == b"style"
            assert tags[0] == 0
            assert len(tags) == 2
        rings = rings_of(list(varints(entry[4])))
        areas = [surveyed(ring) for ring in rings]
        assert areas[0] > 0
        assert 0 not in areas
        assert entry[1] not in found
        assert all(ring.min() >= -BUFFER and ring.max() <= EXTENT + BUFFER for ring in rings)
        found[entry[1]] = (values[tags[1]] if tags else None, rings)
    return found


def as_polygon(rings: list[np.ndarray]) -> shapely.Geometry:
    """Exterior rings less the interior rings that follow them."""
    exteriors = np.cumsum([surveyed(ring) > 0 for ring in rings])
    groups = [[ring for ring, group in zip(rings, exteriors, strict=True) if group == number] for number in range(1, exteriors[-1] + 1)]
    return shapely.union_all([shapely.make_valid(shapely.Polygon(group[0], group[1:])) for group in groups])


def mosaic(side: int, seed: int, *, steps: int = 6) -> gpd.GeoDataFrame:
    """side x side grids of about 100 m with bent borders that neighbours share corner by corner, in Gauss-Krueger coordinates."""
    random = np.random.default_rng(seed)
    nodes = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) + random.uniform(
        -0.3, 0.3, (side + 1, side + 1, 2)
    )
    share = (np.arange(steps + 1) / steps)[:, None]

    def bent(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        line = a * (1 - share) + b * share
        line[1:-1] += random.uniform(-0.05, 0.05, (steps - 1, 2))
        return line

    across = [[bent(nodes[i, j], nodes[i, j + 1]) for j in range(side)] for i in range(side + 1)]
    up = [[bent(nodes[i, j], nodes[i + 1, j]) for j in range(side + 1)] for i in range(side)]
    rings = [
        np.concatenate([across[i][j][:-1], up[i][j + 1][:-1], across[i + 1][j][:0:-1], up[i][j][:0:-1]])
        for i in range(side)
        for j in range(side)
    ]
    return gpd.GeoDataFrame(geometry=[shapely.Polygon(ring * 100 + [5e5, 2.5e6]) for ring in rings], crs="EPSG:4547")


@pytest.fixture(scope="module")
def layer() -> gpd.GeoDataFrame:
    return mosaic(12, 1)


@pytest.fixture(scope="module")
def tiles(layer: gpd.GeoDataFrame) -> Tiles:
    return Tiles.of(layer)


def around(tiles: Tiles, z: int) -> list[tuple[int, int, int]]:
    """Tiles over a layer at a zoom, a margin of one around them, at most some forty in its middle."""
    west, south, east, north = tiles.bounds
    _, left, top = address(west, north, z)
    _, right, bottom = address(east, south, z)
    columns, rows = (range(max(a - 1, (a + b) // 2 - 3), min(b + 1, (a + b) // 2 + 3) + 1) for a, b in ((left, right), (top, bottom)))
    return [(z, x, y) for x in columns for y in rows]


@pytest.mark.parametrize("z", [3, 9, 12, 14, 15, 17, 19])
def test_every_tile_holds_the_grids_that_meet_it_and_no_others(layer: gpd.GeoDataFrame, tiles: Tiles, z: int) -> None:
    for where in around(tiles, z):
        found = decoded(tiles.tile(*where))
        exact = in_units(layer, *where)
        meeting = shapely.intersects(exact, shapely.box(0, 0, EXTENT, EXTENT))
        reach = BUFFER + TOLERANCE + 1
        near = shapely.intersects(exact, shapely.box(-reach, -reach, EXTENT + reach, EXTENT + reach))
        assert set(np.flatnonzero(meeting)) <= set(found) <= set(np.flatnonzero(near))
        # To the row: the polygons as drawn, their borders included.
        drawn = snapped(tiles, *where)
        square = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        lines = [shapely.MultiLineString([[*ring, ring[0]] for polygon in row for ring in polygon]) for row in drawn]
        bodies = [shapely.make_valid(shapely.Polygon(row[0][0])) if len(row[0][0]) > 2 else lines[k] for k, row in enumerate(drawn)]
        expected = [row for row, (line, body) in enumerate(zip(lines, bodies, strict=True)) if line.union(body).intersects(square)]
        assert sorted(found) == expected


@pytest.mark.parametrize("z", [12, 14, 15, 17, 19, 22, 24])
def test_geometry_is_that_of_shapely_within_the_tolerance(layer: gpd.GeoDataFrame, tiles: Tiles, z: int) -> None:
    west, south, east, north = tiles.bounds
    where = address((west + east) / 2, (south + north) / 2, z)
    exact = in_units(layer, *where)
    square = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    slack = TOLERANCE + 1
    for row, (_, rings) in decoded(tiles.tile(*where)).items():
        drawn = as_polygon(rings)
        wanted = exact[row].intersection(square.buffer(slack))
        assert shapely.covers(wanted.buffer(slack), drawn)
        inner = exact[row].intersection(square).buffer(-slack)
        assert inner.is_empty or shapely.covers(drawn.buffer(0.01), inner)


@pytest.mark.parametrize("z", [14, 17])
def test_geometry_is_shapelys_clip_of_the_rounded_polygons_within_a_unit(tiles: Tiles, z: int) -> None:
    for where in around(tiles, z):
        drawn = snapped(tiles, *where)
        square = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        for row, (_, rings) in decoded(tiles.tile(*where)).items():
            clip = shapely.make_valid(shapely.Polygon(drawn[row][0][0])).intersection(square)
            if clip.area < 2:
                continue
            difference = as_polygon(rings).symmetric_difference(clip)
            assert difference.buffer(-1).is_empty
            assert difference.area <= 1 + clip.length


@pytest.mark.parametrize("z", [12, 14, 16, 17])
def test_neighbours_share_the_corners_of_their_border(tiles: Tiles, z: int) -> None:
    """Inside a tile every edge but those of the layer's rim and of the buffer runs once in each direction."""
    west, south, east, north = tiles.bounds
    where = address((west + east) / 2, (south + north) / 2, z)
    edges = set()
    for _, rings in decoded(tiles.tile(*where)).values():
        for ring in rings:
            edges |= {(*a, *b) for a, b in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True)}
    rim = shapely.union_all([shapely.Polygon(row[0][0]).buffer(0) for row in snapped(tiles, *where)]).buffer(-2)
    inside = shapely.box(1 - BUFFER, 1 - BUFFER, EXTENT + BUFFER - 1, EXTENT + BUFFER - 1).intersection(rim)
    alone = [edge for edge in edges if (edge[2], edge[3], edge[0], edge[1]) not in edges]
    lonely = [edge for edge in alone if inside.contains(shapely.LineString([edge[:2], edge[2:]]))]
    assert len(edges) > 20
    assert lonely == []


def test_gdal_reads_the_same(tiles: Tiles, layer: gpd.GeoDataFrame, tmp_path) -> None:
    styled = tiles.styled(np.arange(len(layer)) % 5)
    west, south, east, north = tiles.bounds
    for z in (11, 14, 16):
        where = address((west + east) / 2, (south + north) / 2, z)
        path = tmp_path / f"{z}.pbf"
        path.write_bytes(styled.tile(*where))
        read = pyogrio.read_dataframe(path, CLIP="NO")
        ours = decoded(styled.tile(*where))
        assert read["mvt_id"].tolist() == list(ours)
        assert read["style"].tolist() == [row % 5 for row in ours] == [style for style, _ in ours.values()]
        for shape, (_, rings) in zip(read.geometry, ours.values(), strict=True):
            turned = shapely.transform(shape, lambda xy: np.stack([xy[:, 0], EXTENT - xy[:, 1]], axis=1))  # GDAL: y up
            assert turned.symmetric_difference(as_polygon(rings)).area == 0


def test_holes_and_islands_wind_as_the_specification_says() -> None:
    holed = shapely.box(114.0, 22.5, 114.03, 22.53) - shapely.box(114.01, 22.51, 114.02, 22.52)
    pair = shapely.MultiPolygon([shapely.box(114.013, 22.513, 114.017, 22.517), shapely.box(114.04, 22.5, 114.05, 22.51)])
    frame = gpd.GeoDataFrame(geometry=[holed, pair, shapely.reverse(holed)], crs=4326)
    found = decoded(Tiles.of(frame).tile(*address(114.01, 22.51, 12)))
    signs = {row: [surveyed(ring) > 0 for ring in rings] for row, (_, rings) in found.items()}
    assert signs == {0: [True, False], 1: [True, True], 2: [True, False]}


def test_a_tile_within_a_hole_is_empty_and_one_within_a_grid_is_full() -> None:
    holed = shapely.box(113.0, 22.0, 115.0, 24.0) - shapely.box(113.5, 22.5, 114.5, 23.5)
    tiles = Tiles.of(gpd.GeoDataFrame(geometry=[holed], crs=4326))
    assert tiles.tile(*address(114.0, 23.0, 14)) == b""
    (rings,) = (rings for _, rings in decoded(tiles.tile(*address(113.2, 23.0, 14))).values())
    assert [surveyed(ring) for ring in rings] == [(EXTENT + 2 * BUFFER) ** 2]


def test_grids_too_small_to_see_and_thin_ones_are_in_every_tile_they_meet() -> None:
    strip = shapely.box(114.0, 22.5, 114.9, 22.5000001)
    speck = shapely.box(114.2, 22.6, 114.2000002, 22.6000002)
    frame = gpd.GeoDataFrame(geometry=[strip, speck, shapely.MultiPolygon([speck, strip])], crs=4326)
    tiles = Tiles.of(frame)
    for lon in (114.05, 114.45, 114.85):
        assert {0, 2} <= set(decoded(tiles.tile(*address(lon, 22.5, 11))))
    for z in (0, 5, 11, 24):
        assert {1, 2} <= set(decoded(tiles.tile(*address(114.2, 22.6, z))))


def test_a_polygon_around_a_corner_of_the_tile_is_not_in_it() -> None:
    z, x, y = address(114.0, 22.5, 12)
    size = 2 * HALF / 2**z
    left, top = x * size - HALF, HALF - y * size
    # An L left of and above the tile, beyond its buffer; its box covers the tile.
    corner = shapely.box(left - size, top - size, left + size, top + size) - shapely.box(
        left - size / 4, top - size, left + size, top + size / 4
    )
    tiles = Tiles.of(gpd.GeoDataFrame(geometry=[corner], crs=3857))
    assert tiles.tile(z, x, y) == b""
    assert set(decoded(tiles.tile(z, x - 1, y))) == {0}


shapes = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 25), st.integers(1, 25), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(10, 20), st.integers(0, 40), st.integers(0, 40))
def test_any_rectangles_and_triangles_give_valid_tiles(drawn: list, z: int, column: int, row: int) -> None:
    def shape(x: int, y: int, width: int, height: int, half: bool) -> shapely.Polygon:
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        return shapely.transform(shapely.Polygon(corners[: 3 if half else 4]), lambda xy: xy * 0.001 + [114.0, 22.5])

    frame = gpd.GeoDataFrame(geometry=[shape(*one) for one in drawn], crs=4326)
    tiles = Tiles.of(frame, style=np.arange(len(frame)) // 2 * 1000)
    where = address(114.0 + column * 0.001, 22.5 + row * 0.001, z)
    found = decoded(tiles.tile(*where))
    exact = in_units(frame, *where)
    assert set(np.flatnonzero(shapely.intersects(exact, shapely.box(0, 0, EXTENT, EXTENT)))) <= set(found)
    assert all(style == number // 2 * 1000 for number, (style, _) in found.items())


blocks = st.sets(st.tuples(st.integers(-8, 3), st.integers(-8, 3)), min_size=1, max_size=40)


@settings(max_examples=80, deadline=None)
@given(st.lists(blocks, min_size=1, max_size=4))
def test_shapes_of_blocks_at_the_corner_of_a_tile_are_shapelys_clip_to_the_unit(drawn: list[set[tuple[int, int]]]) -> None:
    """Holes, islands, parts that touch, edges on the border of the buffer: all corners of the clip are whole units: nothing is rounded."""
    z, x, y = address(114.0, 22.5, 15)
    step, unit = 16, 2 * HALF / 2**z / EXTENT
    exact = [shapely.union_all([shapely.box(step * i, step * j, step * (i + 1), step * (j + 1)) for i, j in cells]) for cells in drawn]
    place = [x * EXTENT * unit - HALF, HALF - y * EXTENT * unit]
    frame = gpd.GeoDataFrame(geometry=[shapely.transform(shape, lambda xy: xy * [unit, -unit] + place) for shape in exact], crs=3857)
    found = decoded(Tiles.of(frame).tile(z, x, y))
    square = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    assert sorted(found) == np.flatnonzero(shapely.intersects(exact, square)).tolist()
    for row, (_, rings) in found.items():
        clip = exact[row].intersection(square)
        if clip.area == 0:  # it touches the border of the buffer
            assert [surveyed(ring) for ring in rings] == [1]
            continue
        assert sum(surveyed(ring) for ring in rings) == clip.area
        assert as_polygon(rings).symmetric_difference(clip).area == 0


def test_rows_without_geometry_are_in_no_tile_and_an_empty_layer_has_none() -> None:
    frame = gpd.GeoDataFrame(geometry=[None, shapely.box(114, 22, 115, 23), shapely.Polygon()], crs=4326)
    assert set(decoded(Tiles.of(frame, name="网格").tile(0, 0, 0), "网格")) == {1}
    empty = Tiles.of(frame[:0])
    assert empty.bounds is None
    assert empty.tile(0, 0, 0) == b""


def test_simplified_borders_stay_within_the_tolerance_and_lose_corners() -> None:
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    circle = shapely.Polygon(np.stack([12.69e6 + 3000 * np.cos(angle), 2.57e6 + 3000 * np.sin(angle)], axis=1))
    frame = gpd.GeoDataFrame(geometry=[circle], crs=3857)
    tiles = Tiles.of(frame)
    for z in (8, 10, 12):
        where = address(114.0, 22.5, z)
        ((ring,),) = (row[0] for row in snapped(tiles, *where))
        exact = in_units(frame, *where)[0]
        assert len(ring) < 200
        assert shapely.hausdorff_distance(shapely.LinearRing(ring), exact.exterior, densify=0.1) <= TOLERANCE + 1


def test_a_place_is_drawn_from_one_zoom_on_in_all_rings(tiles: Tiles) -> None:
    zooms: dict[tuple[int, int], set[int]] = {}
    for x, y, zoom in zip(tiles.x.tolist(), tiles.y.tolist(), tiles.zoom.tolist(), strict=True):
        zooms.setdefault((x, y), set()).add(zoom)
    assert len(zooms) < 0.6 * len(tiles.x)
    assert {len(found) for found in zooms.values()} == {1}
    assert len({zoom for found in zooms.values() for zoom in found}) > 4


def test_an_island_and_the_hole_around_it_share_their_border() -> None:
    angle = np.linspace(0, 2 * np.pi, 9000, endpoint=False)  # longer than what is simplified together
    ring = np.stack([12.69e6 + (3000 + 300 * np.sin(40 * angle)) * np.cos(angle), 2.57e6 + 3000 * np.sin(angle)], axis=1)
    island, lake = (
        shapely.Polygon(ring),
        shapely.Polygon(shapely.box(12.68e6, 2.56e6, 12.7e6, 2.58e6).exterior, [np.roll(ring, 4000, axis=0)]),
    )
    tiles = Tiles.of(gpd.GeoDataFrame(geometry=[lake, island], crs=3857))
    for z in (9, 11, 14):
        (_, hole), (shore,) = (row[0] for row in snapped(tiles, *address(114.0, 22.5, z)))
        assert len(hole) == len(shore) < 2000
        assert set(map(tuple, hole)) == set(map(tuple, shore))


def test_styles_share_the_geometry_and_change_the_fingerprint(tiles: Tiles) -> None:
    styled = tiles.styled(np.zeros(len(tiles), dtype=np.uint8))
    assert styled.x is tiles.x
    assert len({tiles.fingerprint, styled.fingerprint, styled.styled(np.ones(len(tiles), dtype=int)).fingerprint}) == 3
    assert styled.fingerprint == tiles.styled(np.zeros(len(tiles), dtype=int)).fingerprint


@pytest.mark.parametrize("where", [(25, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (3, 0, -1), (0, 10**30, 0)])
def test_a_tile_that_does_not_exist_is_refused(tiles: Tiles, where: tuple[int, int, int]) -> None:
    with pytest.raises(GridmapError, match="no such tile"):
        tiles.tile(*where)


def test_what_is_no_layer_of_polygons_is_refused(tiles: Tiles) -> None:
    with pytest.raises(SchemaError, match="Polygon"):
        Tiles.of(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=4326))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        Tiles.of(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))
    with pytest.raises(CRSError, match="latitudes beyond 90"):
        Tiles.of(gpd.GeoDataFrame(geometry=[shapely.box(5e5, 2.5e6, 6e5, 2.6e6)], crs=4326))
    with pytest.raises(CRSError, match="have no place"):
        Tiles.of(gpd.GeoDataFrame(geometry=[shapely.box(1e30, 1e30, 2e30, 2e30)], crs=4547))
    for style in (np.zeros(3, dtype=int), np.full(len(tiles), -1), np.zeros(len(tiles))):
        with pytest.raises(SchemaError, match="styles must be whole numbers"):
            tiles.styled(style)

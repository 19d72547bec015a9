"""Grid layers with faults of geometry, nesting, codes and names."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy
from gridmap.errors import SchemaError
from gridmap.synth.spoiled.datum import to_gcj02
from gridmap.synth.spoiled.kinds import Spoiled, listed
from gridmap.synth.town import BUILD_CRS, Town

RUN = 7  # shared corners that a border must have to be redrawn
SLIVER_M = 0.4
DEEP = 0.12  # of a grid's width: how far a gap or an overlap reaches
WRONG_NAMES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("annotated", lambda name: f"{name}(網(wǎng))"),
    ("utf8_as_gbk", lambda name: name.encode().decode("gbk", errors="replace").replace("\ufffd", "?")),
    ("utf8_as_latin1", lambda name: name.encode().decode("latin-1")),
)
CHINESE_COLUMNS = {"name": "网格名称", "level": "级别", "kind": "网格类型", "parent": "上级网格编码", "households": "户数"}


@dataclass(frozen=True)
class Border:
    """A stretch of the border between two lowest grids: their codes, its corners (n, 2) as `code` has them, in the town's CRS."""

    code: str
    other: str
    corners: np.ndarray


def gap(town: Town) -> Spoiled:
    """Pull one grid back from its border: the place left belongs to nobody."""
    return _redrawn(town, "gap", "gap", 0, -1.0)


def overlap(town: Town) -> Spoiled:
    """Push one grid over its border: the place belongs to two."""
    return _redrawn(town, "overlap", "overlap", 1, 1.0)


def sliver(town: Town) -> Spoiled:
    """Pull one grid back by 40 cm along a border, as if the border had been drawn twice."""
    return _redrawn(town, "sliver", "sliver", 2, -1.0, depth_m=SLIVER_M)


def wrong_parent(town: Town) -> Spoiled:
    """Hang one lowest grid under a neighbour's parent, and another under a grid two levels up."""
    tier = hierarchy.tier(town.grids)
    strangers = (pair for pair in _borders(town) if tier["parent"][pair.code] != tier["parent"][pair.other])
    stray = next(strangers, None)
    if stray is None:
        raise SchemaError("too_small_to_spoil", what="grids", given=f"{len(tier)}")
    leap = next(code for code in tier.index if code != stray.code)
    grids = town.grids.copy()
    grids.loc[stray.code, "parent"] = tier["parent"][stray.other]
    grids.loc[leap, "parent"] = town.grids["parent"][tier["parent"][leap]]
    rows = [
        _fault(town, "wrong_parent", stray.code, "outside_parent", tier.geometry[stray.code]),
        _fault(town, "wrong_parent", leap, "wrong_parent", tier.geometry[leap]),
    ]
    return Spoiled({"grids": grids}, listed(rows, grids.crs))


def duplicate_code(town: Town) -> Spoiled:
    """Give one grid the code of its sister."""
    one, other = _sisters(town)
    grids = town.grids.rename(index={other: one})
    return Spoiled({"grids": grids}, listed([_fault(town, "duplicate_code", one, "duplicate", None)], grids.crs))


def duplicate_polygon(town: Town) -> Spoiled:
    """List one grid again under a code of its own."""
    one, _ = _sisters(town)
    copy = town.grids.loc[[one]].rename(index={one: one[:-3] + "799"})
    grids = gpd.GeoDataFrame(pd.concat([town.grids, copy]))
    labels = ";".join(sorted([one, copy.index[0]]))
    return Spoiled({"grids": grids}, listed([_fault(town, "duplicate_polygon", labels, "duplicate", town.grids.geometry[one])], grids.crs))


def missing_grid(town: Town) -> Spoiled:
    """Leave one lowest grid out."""
    _, other = _sisters(town)
    grids = town.grids.drop(index=other)
    return Spoiled({"grids": grids}, listed([_fault(town, "missing_grid", other, "missing", town.grids.geometry[other])], grids.crs))


def twice_decoded_name(town: Town) -> Spoiled:
    """Spoil three names: with a reading in brackets, as UTF-8 read as GBK, and as UTF-8 read as Latin-1."""
    chosen = hierarchy.tier(town.grids).index[: len(WRONG_NAMES)]
    grids = town.grids.copy()
    for code, (_, spoil) in zip(chosen, WRONG_NAMES, strict=False):
        grids.loc[code, "name"] = spoil(town.grids["name"][code])
    rows = [{"fault": "twice_decoded_name", "table": "grids", "labels": code} for code in chosen]
    return Spoiled({"grids": grids}, listed(rows, grids.crs))


def gcj02_shift(town: Town) -> Spoiled:
    """Shift the whole layer as Chinese web maps do, and still call it EPSG:4490."""
    grids = town.grids.copy()
    grids.geometry = shapely.transform(town.grids.geometry.to_numpy(), to_gcj02)
    row: dict[str, object] = {"fault": "gcj02_shift", "table": "grids", "labels": ";".join(sorted(grids.index))}
    return Spoiled({"grids": grids}, listed([row], grids.crs))


def gbk_shapefile(town: Town) -> Spoiled:
    """Name the lowest tier's columns in Chinese and say how to write it as a Shapefile in GBK."""
    grids = hierarchy.tier(town.grids)[[*CHINESE_COLUMNS, "geometry"]].rename(columns=CHINESE_COLUMNS).rename_axis("网格编码")
    row: dict[str, object] = {"fault": "gbk_shapefile", "table": "grids", "labels": ";".join(sorted(grids.index))}
    return Spoiled({"grids": grids}, listed([row], grids.crs), write={"encoding": "gbk"}, suffix=".shp")


def _redrawn(town: Town, fault: str, finding: str, nth: int, side: float, depth_m: float | None = None) -> Spoiled:
    """Redraw the border of one grid: outwards with `side` 1, inwards with -1."""
    drawn = (made for border in _borders(town) if (made := _redraw(town, border, side, depth_m)) is not None)
    found = next(itertools.islice(drawn, nth, None), None)
    if found is None:
        raise SchemaError("too_small_to_spoil", what="grids", given=f"{len(town.grids)}")
    border, shape, patch = found
    grids = town.grids.copy()
    grids.loc[[border.code], "geometry"] = gpd.GeoSeries([shape], index=[border.code], crs=grids.crs)
    labels = ";".join(sorted([border.code, border.other]))
    return Spoiled({"grids": grids}, listed([_fault(town, fault, labels, finding, patch)], grids.crs))


def _redraw(town: Town, border: Border, side: float, depth_m: float | None) -> tuple[Border, shapely.Polygon, shapely.Polygon] | None:
    """Return the border, the grid as redrawn and the place between the old and the new border; None where no room is."""
    grid, other = town.grids.geometry[border.code], town.grids.geometry[border.other]
    metric = gpd.GeoSeries([shapely.LineString(border.corners), grid], crs=town.grids.crs).to_crs(BUILD_CRS)
    line = shapely.get_coordinates(metric.iloc[0])
    depth = DEEP * np.sqrt(metric.iloc[1].area) if depth_m is None else depth_m
    # corners go around the grid with its inside on the left
    way = line[2:] - line[:-2]
    outward = np.stack([way[:, 1], -way[:, 0]], axis=1) / np.hypot(way[:, 0], way[:, 1])[:, None]
    rise = np.ones(len(outward)) if depth_m is not None else np.sin(np.pi * np.arange(1, len(line) - 1) / (len(line) - 1))
    moved = shapely.LineString(np.round(line[1:-1] + side * depth * rise[:, None] * outward, 3))
    new = shapely.get_coordinates(gpd.GeoSeries([moved], crs=BUILD_CRS).to_crs(town.grids.crs).iloc[0])
    patch = shapely.Polygon(np.vstack([border.corners, new[::-1]]))
    shape = _replace(grid, border.corners, new)
    room = other if side > 0 else grid
    fits = patch.is_valid and shape.is_valid and shapely.covers(shapely.buffer(room, 1e-12), patch)
    return (border, shape, patch) if fits else None


def _replace(grid: shapely.Polygon, corners: np.ndarray, new: np.ndarray) -> shapely.Polygon:
    """Return the polygon with the inner corners of a stretch of its ring replaced."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.orient_polygons(grid)))[:-1]
    start = int(np.flatnonzero((ring == corners[0]).all(axis=1))[0])
    rest = np.roll(ring, -start, axis=0)[len(corners) - 1 :]
    return shapely.Polygon(np.vstack([corners[:1], new, rest]), list(grid.interiors))


def _borders(town: Town) -> Iterator[Border]:
    """Yield a stretch of the border of each pair of lowest grids that share enough corners, in the order of their codes."""
    tier = hierarchy.tier(town.grids)
    shapes = shapely.orient_polygons(tier.geometry.to_numpy())
    left, right = shapely.STRtree(shapes).query(shapes, predicate="touches")
    order = np.lexsort((right, left))
    for one, other in zip(left[order], right[order], strict=True):
        if one < other and shapes[one].geom_type == "Polygon":
            corners = _stretch(shapes[one], shapes[other])
            if len(corners) >= RUN:
                yield Border(tier.index[one], tier.index[other], corners)


def _stretch(one: shapely.Polygon, other: shapely.Geometry) -> np.ndarray:
    """Return the longest run of corners that the ring of `one` shares with `other`, without the first and the last of it."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(one))[:-1]
    theirs = {tuple(corner) for corner in shapely.get_coordinates(other).tolist()}
    shared = np.array([tuple(corner) in theirs for corner in ring.tolist()])
    if shared.all() or not shared.any():
        return np.empty((0, 2))
    start = int(np.flatnonzero(~shared)[0])
    ring, shared = np.roll(ring, -start, axis=0), np.roll(shared, -start)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shared.astype(int), [0]])))
    runs = edges.reshape(-1, 2)
    begin, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return ring[begin + 1 : end - 1]


def _sisters(town: Town) -> tuple[str, str]:
    """Return the codes of two lowest grids of one parent, the first pair by code that has no dedicated grid below."""
    tier = hierarchy.tier(town.grids)
    tier = tier[~tier.index.isin(town.grids["parent"])]
    for codes in tier.sort_index().groupby("parent").groups.values():
        if len(codes) > 1:
            return str(codes[0]), str(codes[1])
    raise SchemaError("too_small_to_spoil", what="grids", given=f"{len(tier)}")


def _fault(town: Town, fault: str, labels: str, finding: str, place: shapely.Geometry | None) -> dict[str, object]:
    area = None if place is None else float(gpd.GeoSeries([place], crs=town.grids.crs).to_crs(BUILD_CRS).area.iloc[0])
    return {"fault": fault, "table": "grids", "labels": labels, "finding": finding, "area_m2": area, "geometry": place}

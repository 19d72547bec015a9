"""Grids: the plan in force in three tiers, and the eight dedicated grids over them."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import codes
from gridmap.synth.dongyuan import layout
from gridmap.synth.town import BUILD_CRS, snap

DIVISION = "990101"  # no division of the country begins with 99: the codes are synthetic for all to see
TOWN_CODE = DIVISION + "001"
TOWN = "东苑社区"
WALL_M = 9.0  # a place's wall stands back from the middle of the street


def numbered(table: pd.DataFrame, owner: pd.Series) -> dict[str, str]:
    """Return the code of every grid of `layout.GRIDS`: division 6, town 3, quarter 3, grid 3, numbered west to east, north to south."""
    shapes = {key: shapely.coverage_union_all(table.loc[owner == key, "polygon"].to_numpy()) for key in layout.GRIDS}
    frame = gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=BUILD_CRS)
    quarter = {key: f"{TOWN_CODE}{number:03d}" for number, key in enumerate(layout.QUARTERS, start=1)}
    prefix = pd.Series([quarter[key[0]] for key in shapes], index=frame.index)
    return codes.number(frame, prefix).to_dict()


def areas(names: dict[str, str]) -> pd.Series:
    """Return the community as filed (`area`) of every level-3 grid code."""
    found = {names[key]: area for area, keys in layout.AREAS.items() for key in keys}
    return pd.Series(found, name="area", dtype="str").rename_axis("grid_code").sort_index()


def make(units: gpd.GeoDataFrame, places: pd.Series, area: pd.Series) -> gpd.GeoDataFrame:
    """Return the grids, index grid_code.

    Parameters
    ----------
    units
        With grid_code (level 3), households, residents and buildings, EPSG:4548.
    places
        Name of the place that fills a unit, indexed by unit_id, NA elsewhere.
    area
        Community as filed of every level-3 code.
    """
    parts = units[["grid_code", "households", "residents", "buildings", "geometry"]].copy()
    parts["level_2"] = parts["grid_code"].str[:12]
    parts["level_1"] = parts["grid_code"].str[:9]
    tiers = [
        _tier(parts, "level_1", 1, None, lambda _: TOWN),
        _tier(parts, "level_2", 2, "level_1", lambda code: list(layout.QUARTERS.values())[int(code[9:]) - 1][0]),
        _tier(parts, "grid_code", 3, "level_2", _namer(area)),
        _dedicated(units, places),
    ]
    frame = pd.concat(tiers)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=BUILD_CRS)


def _namer(area: pd.Series) -> Callable[[str], str]:
    rank = area.groupby(area).cumcount() + 1
    return lambda code: f"{area[code]}第{rank[code]}网格"


def _tier(parts: gpd.GeoDataFrame, column: str, level: int, parent: str | None, name: Callable[[str], str]) -> gpd.GeoDataFrame:
    groups = parts.groupby(column)
    sums = groups[["households", "residents", "buildings"]].sum()
    shapes = [shapely.coverage_union_all(group.to_numpy()) for _, group in groups["geometry"]]
    upper = [None] * len(sums) if parent is None else groups[parent].first().tolist()
    columns = {
        "name": [name(code) for code in sums.index],
        "level": level,
        "kind": "base",
        "parent": pd.array(upper, dtype="str"),
        **{key: sums[key].to_numpy() for key in sums},
    }
    return gpd.GeoDataFrame(columns, index=pd.Index(sums.index, name="grid_code", dtype="str"), geometry=np.array(shapes), crs=BUILD_CRS)


def _dedicated(units: gpd.GeoDataFrame, places: pd.Series) -> gpd.GeoDataFrame:
    chosen = units[places.reindex(units.index).notna()]
    shapes = snap(shapely.simplify(shapely.buffer(chosen.geometry.to_numpy(), -WALL_M, join_style="mitre"), 0.5))
    quarter = chosen["grid_code"].str[:12]
    rank = quarter.groupby(quarter).cumcount() + 901
    columns = {
        "name": places.reindex(chosen.index).tolist(),
        "level": 2,
        "kind": "dedicated",
        "parent": pd.array(quarter, dtype="str"),
        **{key: chosen[key].to_numpy() for key in ("households", "residents", "buildings")},
    }
    index = pd.Index(quarter + rank.astype(str), name="grid_code", dtype="str")
    return gpd.GeoDataFrame(columns, index=index, geometry=np.asarray(shapes), crs=BUILD_CRS)

"""The district's tables: grids of three tiers with their codes and names, dedicated grids, units and the boundary."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import codes
from gridmap.synth.jianyang.layout import apportion
from gridmap.synth.town import DELIVERY_CRS, stream

DIVISION = "990185"  # no province has the number 99: nobody takes these codes for real ones
TOWNS = (
    "城关街道", "东城街道", "西城街道", "南城街道", "北城街道", "青禾镇", "柳溪镇", "松岭镇",
    "白鹭镇", "桃园镇", "清泉镇", "枫桥镇", "龙湾镇", "竹林镇", "望江镇", "云峰镇",
)  # fmt: skip
CITY_TOWNS = 5
LEVEL_2_FROM = 800  # numbers of a level-1 grid: 000 itself, 001-799 level 3, 801-899 level 2, 901-999 dedicated
DEDICATED_FROM = 900
USES = {"学校": 0.42, "医院": 0.18, "市场": 0.21, "工业园区": 0.19}
PARK = "工业园区"
HOUSEHOLDS = {True: 64.0, False: 41.0}  # median of a unit in and outside built-up places


@dataclass(frozen=True)
class Tiers:
    """Which child belongs where, as numbers from 0: lowest grid of each unit (u,); town, level 1 and 2 of each lowest grid (n,)."""

    grid_of_unit: np.ndarray
    town: np.ndarray
    level_1: np.ndarray
    level_2: np.ndarray


def town_names(count: int) -> list[str]:
    """Return the names of the towns in the order of `Layout.towns`: as many street offices as share the city, then the others."""
    city = max(1, round(count * CITY_TOWNS / len(TOWNS)))
    return [*TOWNS[:city], *TOWNS[CITY_TOWNS : CITY_TOWNS + count - city]]


def scheme(tiers: Tiers) -> codes.Scheme:
    """Return the 15-digit unit grid scheme, with wider numbers of level-1 grids where a town has more than 999."""
    _, first = np.unique(tiers.level_1, return_index=True)
    width = max(3, len(str(np.bincount(tiers.town[first]).max())))
    segments = [codes.Segment(one.name, width if one.name == "community" else one.width) for one in codes.UNIT_SEGMENTS]
    return codes.Scheme(tuple(segments))


def base_grids(units: np.ndarray, households: np.ndarray, tiers: Tiers) -> gpd.GeoDataFrame:
    """Return the base grids of all three tiers, ordered by level and number, with their codes.

    Parameters
    ----------
    units
        Polygons in EPSG:4490, shape (u,), ordered by grid.
    households
        Per unit, shape (u,).

    Notes
    -----
    A parent is the coverage union of its children, so that the two have the same corners.
    """
    third = dissolve(units, tiers.grid_of_unit)
    order = np.argsort(tiers.level_2, kind="stable")
    second = dissolve(third[order], tiers.level_2[order])
    _, one = np.unique(tiers.level_2, return_index=True)
    first = dissolve(second, tiers.level_1[one])
    _, top = np.unique(tiers.level_1, return_index=True)
    counts = np.bincount(tiers.grid_of_unit, households).astype(int)
    code_1, code_2, code_3 = _codes(first, second, third, tiers, one, top)
    shorts = [name.removesuffix("镇").removesuffix("街道") for name in town_names(int(tiers.town.max()) + 1)]
    place = np.array(shorts, dtype=object)[tiers.town]
    # names repeat the running numbers of the codes
    number_1 = np.array([str(int(code[9:-3])) for code in code_1], dtype=object)
    number_2 = np.array([str(int(code[-2:])) for code in code_2], dtype=object)
    number_3 = np.array([str(int(code[-3:])) for code in code_3], dtype=object)
    names = [
        place[top] + number_1 + "网格",
        place[one] + number_1[tiers.level_1[one]] + "-" + number_2 + "网格",
        place + number_1[tiers.level_1] + "-" + number_2[tiers.level_2] + "-" + number_3 + "网格",
    ]
    parts = {
        "name": np.concatenate(names),
        "level": np.repeat([1, 2, 3], [len(first), len(second), len(third)]),
        "kind": "base",
        "parent": np.concatenate([np.full(len(first), None, dtype=object), code_1[tiers.level_1[one]], code_2[tiers.level_2]]),
        "households": np.concatenate([np.bincount(tiers.level_1, counts), np.bincount(tiers.level_2, counts), counts]).astype(int),
    }
    index = pd.Index(np.concatenate([code_1, code_2, code_3]), name="grid_code", dtype="str")
    frame = gpd.GeoDataFrame(parts, index=index, geometry=np.concatenate([first, second, third]), crs=DELIVERY_CRS)
    return frame.astype({"name": "str", "kind": "str", "parent": "str"})


def dissolve(polygons: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the union of each group of a coverage; groups are numbered from 0 and stand together."""
    begin = np.flatnonzero(np.diff(group, prepend=-1))
    return np.array([shapely.coverage_union_all(part) for part in np.split(polygons, begin[1:])], dtype=object)


def _codes(
    first: np.ndarray, second: np.ndarray, third: np.ndarray, tiers: Tiers, one: np.ndarray, top: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the codes of the three tiers; numbers run by position within a town (level 1) or a level-1 grid (levels 2 and 3)."""
    made = scheme(tiers)
    width = made.segments[2].width
    towns = np.array([f"{DIVISION}{number:03d}" for number in range(1, int(tiers.town.max()) + 2)], dtype=object)
    of_town = codes.Scheme(tuple(made.segments[:3]))
    number_1 = _numbered(first, towns[tiers.town[top]], of_town)
    assert {len(code) for code in number_1} == {9 + width}
    number_2 = _numbered(second, number_1[tiers.level_1[one]], made)
    code_2 = np.array([f"{code[:-3]}{LEVEL_2_FROM + int(code[-3:])}" for code in number_2], dtype=object)
    return number_1 + "000", code_2, _numbered(third, number_1[tiers.level_1], made)


def _numbered(polygons: np.ndarray, prefix: np.ndarray, made: codes.Scheme) -> np.ndarray:
    frame = gpd.GeoDataFrame(geometry=polygons, crs=DELIVERY_CRS)
    return codes.number(frame, pd.Series(prefix, index=frame.index), scheme=made).to_numpy(dtype=object)


def households(built_up: np.ndarray, empty: np.ndarray, seed: int) -> np.ndarray:
    """Return seeded households per unit (u,), none in the `empty` ones (positions of units under dedicated grids)."""
    median = np.where(built_up, HOUSEHOLDS[True], HOUSEHOLDS[False])
    counts = np.round(median * np.exp(stream(seed, "jianyang/households").normal(0, 0.35, len(built_up)))).astype(int)
    counts[empty] = 0
    return counts


def choose_dedicated(neighbours: np.ndarray, built_up: np.ndarray, tiers: Tiers, total: int, seed: int) -> list[tuple[str, np.ndarray]]:
    """Choose the units of `total` dedicated grids: use and positions of units.

    Parameters
    ----------
    neighbours
        Pairs of neighbouring units, shape (m, 2).

    Notes
    -----
    A school, hospital or market is one unit within a level-3 grid; an industrial park is two neighbouring units of two level-3 grids
    within one level-2 grid. Three in four stand in built-up places.
    """
    random = stream(seed, "jianyang/dedicated")
    counts = dict(zip(USES, apportion(total, np.array(list(USES.values()))), strict=True))
    below, above = tiers.grid_of_unit, tiers.level_2[tiers.grid_of_unit]
    across = (below[neighbours[:, 0]] != below[neighbours[:, 1]]) & (above[neighbours[:, 0]] == above[neighbours[:, 1]])
    pairs = random.permutation(neighbours[across])
    used: set[int] = set()
    chosen: list[tuple[str, np.ndarray]] = []
    for pair in pairs:
        if len(chosen) == counts[PARK]:
            break
        if used.isdisjoint(map(int, pair)):
            chosen.append((PARK, pair))
            used.update(map(int, pair))
    weight = np.where(built_up, 3.0 / max(built_up.sum(), 1), 1.0 / max((~built_up).sum(), 1))
    weight[list(used)] = 0.0
    # parks that found no place become schools
    single = [use for use in USES if use != PARK for _ in range(counts[use])]
    single += ["学校"] * (total - len(chosen) - len(single))
    spots = random.choice(len(weight), len(single), replace=False, p=weight / weight.sum())
    return chosen + [(use, np.array([spot])) for use, spot in zip(single, spots, strict=True)]


def dedicated_grids(chosen: list[tuple[str, np.ndarray]], units: np.ndarray, base: gpd.GeoDataFrame, tiers: Tiers) -> gpd.GeoDataFrame:
    """Return the dedicated grids; each has the level of its parent, the smallest base grid that holds all its units."""
    by_level = {level: base.index[base["level"] == level] for level in (2, 3)}
    names = base["name"]
    rows, geometry = [], []
    for use, parts in chosen:
        below = tiers.grid_of_unit[parts]
        level = 3 if len(set(below)) == 1 else 2
        parent = by_level[level][below[0] if level == 3 else tiers.level_2[below[0]]]
        rows.append((f"{names[parent].removesuffix('网格')}{use}专属网格", level, "dedicated", parent, 0))
        geometry.append(shapely.coverage_union_all(units[parts]))
    prefix = pd.Series([row[3][:-3] for row in rows], dtype="str")
    running = prefix.groupby(prefix).cumcount() + DEDICATED_FROM + 1
    index = pd.Index(prefix + running.astype(str), name="grid_code", dtype="str")
    frame = gpd.GeoDataFrame(
        rows, columns=["name", "level", "kind", "parent", "households"], index=index, geometry=geometry, crs=DELIVERY_CRS
    )
    return frame.astype({"name": "str", "kind": "str", "parent": "str"})


def unit_table(units: np.ndarray, counts: np.ndarray, third: pd.Index, tiers: Tiers) -> gpd.GeoDataFrame:
    """Return the units: households and code of the lowest grid; the label is that code and a running number."""
    code = third[tiers.grid_of_unit]
    rank = np.arange(len(units)) - np.searchsorted(tiers.grid_of_unit, tiers.grid_of_unit) + 1
    label = pd.Series(code).str.cat(pd.Series(rank).astype(str), sep="-")
    index = pd.Index(label, name="unit_id", dtype="str")
    return gpd.GeoDataFrame({"households": counts, "grid_code": code}, index=index, geometry=units, crs=DELIVERY_CRS)

"""What a repair did to each grid: from places that change hands to the list of changes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.coverage.layer import Plane

RULES = ("invalid", "duplicate", "overlap", "gap", "rim", "sliver", "node", "union")
COLUMNS = ("grid_code", "rule", "other", "gained_m2", "lost_m2", "geometry")
GAINED, LOST, KEPT = 1, -1, 0


class Move(NamedTuple):
    """One place of one grid: gained, lost, or drawn otherwise; `grid` and `other` (-1: nobody) are positions among the codes."""

    rule: str
    grid: int
    other: int
    sign: int
    place: shapely.Geometry


def at(moves: Iterable[Move], rows: np.ndarray) -> Iterator[Move]:
    """Yield moves with every position replaced by the one that `rows` has for it."""
    for move in moves:
        yield move._replace(grid=int(rows[move.grid]), other=int(rows[move.other]) if move.other >= 0 else -1)


def table(moves: Iterable[Move], codes: np.ndarray, plane: Plane) -> gpd.GeoDataFrame:
    """Return a row per grid, rule and other grid, ordered by code, rule and other, with the area that changed hands."""
    together: dict[tuple[str, int, str, int], list[shapely.Geometry]] = {}
    for move in moves:
        other = "" if move.other < 0 else codes[move.other]
        together.setdefault((codes[move.grid], RULES.index(move.rule), other, move.sign), []).append(move.place)
    rows = sorted(together)
    places = np.array([_one(together[row]) for row in rows], dtype=object)
    areas = shapely.area(plane.measured(places)) if len(places) else np.empty(0)
    signs = np.array([row[3] for row in rows], dtype=int)
    columns = {
        "grid_code": pd.Series([row[0] for row in rows], dtype="str"),
        "rule": pd.Series([RULES[row[1]] for row in rows], dtype="str"),
        "other": pd.Series([row[2] for row in rows], dtype="str"),
        "gained_m2": np.where(signs == GAINED, areas, 0.0),
        "lost_m2": np.where(signs == LOST, areas, 0.0),
    }
    return gpd.GeoDataFrame(columns, geometry=places, crs=plane.drawn)


def _one(places: list[shapely.Geometry]) -> shapely.Geometry:
    return places[0] if len(places) == 1 else shapely.union_all(places)

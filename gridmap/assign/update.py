"""A layer of grids, and its table, after some of the grids have changed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.extensions import ExtensionArray

from gridmap.assign.cells.patch import Change, Extend, patched, renumbered
from gridmap.assign.cells.table import Table
from gridmap.assign.exact import NOWHERE
from gridmap.assign.grids import Grids
from gridmap.errors import SchemaError
from gridmap.schema import code_order, geometries, require_columns, require_orderable, require_same_crs

FEW = 16  # codes looked up one by one
Values = TypeVar("Values", ExtensionArray, np.ndarray)


@dataclass(frozen=True)
class Edit:
    """Grids before and after a change, both in the order of their codes.

    Parameters
    ----------
    grids
        The grids after it.
    to
        The position after it of each position before it, -1 where the grid is gone; None if all are as they were.
    moved
        Positions before it of grids that are gone or may have another polygon.
    come
        Positions after it of grids that were not there.
    rewritten
        The columns in which a grid that stays has another value.
    """

    grids: Grids
    to: np.ndarray | None
    moved: np.ndarray
    come: np.ndarray
    rewritten: frozenset[str]


def edited(grids: Grids, changed: gpd.GeoDataFrame, gone: Collection[str]) -> Edit:
    """Return grids with some rows replaced or added and some left out.

    Raises
    ------
    CRSError
        If the two CRS differ.
    SchemaError
        If `changed` lacks a column or has codes of another type, or a code of `gone` is no grid or stands in `changed`, too.
    """
    drawn = geometries(changed)
    require_same_crs(grids, drawn, "grids, changed")
    require_columns(changed, grids.columns, "changed")
    columns, geometry = {name: changed[name].array for name in grids.columns}, np.asarray(drawn)
    place = _places(grids.codes, changed.index)
    left = _ended(grids.codes, place, gone)
    stays = place >= 0
    if stays.all():  # taking some of them would take longer than the comparison
        same = {name: values.equals(grids.columns[name].take(place)) for name, values in columns.items()}
    else:
        same = {name: values[stays].equals(grids.columns[name].take(place[stays])) for name, values in columns.items()}
    rewritten = frozenset(name for name in same if not same[name])
    fits = all(same[name] or columns[name].dtype == values.dtype for name, values in grids.columns.items())
    if fits and not len(left) and stays.all():
        others = {name: values if same[name] else _with(values, place, columns[name]) for name, values in grids.columns.items()}
        after = Grids(grids.codes, others, _with(grids.geometry, place, geometry), grids.crs)
        return Edit(after, None, np.sort(place), place[:0], rewritten)
    kept = np.ones(len(grids.codes), dtype=bool)
    kept[np.append(place[stays], left)] = False
    rows = gpd.GeoDataFrame(columns, geometry=geometry, index=changed.index, crs=grids.crs)
    both = pd.concat([grids.frame[kept], rows])
    require_orderable(both.index, "grids, changed")
    ordered = both.iloc[code_order(both.index)].rename_axis(grids.codes.name)
    to = ordered.index.get_indexer(grids.codes)
    return Edit(Grids.of(ordered), to, np.flatnonzero(~kept), np.setdiff1d(np.arange(len(ordered)), to), rewritten)


def _places(codes: pd.Index, some: pd.Index) -> np.ndarray:
    """Return what `codes.get_indexer(some)` does; for few texts pandas takes longer to get ready than to look."""
    if len(some) > FEW or not isinstance(codes.dtype, pd.StringDtype) or some.dtype != codes.dtype:
        return codes.get_indexer(some)
    return np.array([codes.get_loc(code) if code in codes else NOWHERE for code in some], dtype=np.intp)


def _ended(codes: pd.Index, place: np.ndarray, gone: Collection[str]) -> np.ndarray:
    """Return the positions of the codes that end; raises where one is no code, or among those at `place`."""
    ended = [gone] if isinstance(gone, str) else list(gone)
    if not ended:
        return place[:0]
    left = codes.get_indexer(pd.Index(ended, dtype=object))
    wrong = (left < 0) | np.isin(left, place)
    if wrong.any():
        raise SchemaError("not_gone", what="gone", rows=[code for code, is_wrong in zip(ended, wrong, strict=True) if is_wrong])
    return left


def _with(values: Values, place: np.ndarray, changed: Values) -> Values:
    """Return values of which some are others."""
    made = values.copy()
    made[place] = changed
    return made


def updated(
    table: Table, before: dict[str, np.ndarray], after: dict[str, np.ndarray], geometry: tuple[np.ndarray, np.ndarray], edit: Edit,
    extend: Extend,
) -> tuple[Table, np.ndarray | None] | None:  # fmt: skip
    """Return the table after an edit and the tiles in which answers may differ, or None if it must be built anew.

    Parameters
    ----------
    table
        That of the grids before.
    before, after
        The positions of the grids of each kind that the table holds, sorted.
    geometry
        Of all grids before and after, by their positions.
    extend
        As in `patch.patched`.

    Notes
    -----
    The tiles are None, for all of them, where positions are others. Cost: as `patch.patched`; where positions are others, also proportional
    to the table.
    """
    moving = [_moving(kind, positions, geometry, edit) for kind, positions in before.items()]
    coming = [_coming(kind, positions, geometry[1], edit) for kind, positions in after.items()]
    new = np.concatenate([change.after for change in (*moving, *coming)])
    if not (shapely.is_valid(new) | shapely.is_missing(new)).all():
        return None
    touched = [np.empty(0, dtype=np.int64)]
    for changes, size in ((moving, len(geometry[0])), (coming, len(geometry[1]))):
        if changes is coming and edit.to is not None:
            table = renumbered(table, edit.to)
        for change in changes:
            if not len(change.positions):
                continue
            made = patched(table, change, size, extend)
            if made is None:
                return None
            table, tiles = made
            touched.append(tiles)
    return table, None if edit.to is not None else np.unique(np.concatenate(touched))


def _moving(kind: str, positions: np.ndarray, geometry: tuple[np.ndarray, np.ndarray], edit: Edit) -> Change:
    """Return what becomes of the grids of a kind that were there."""
    here = _common(edit.moved, positions)
    if edit.to is None:
        return Change(geometry[0][here], geometry[1][here], here, kind == "dedicated")
    later = np.append(geometry[1], np.array([None]))[edit.to[here]]  # -1 reads the last
    return Change(geometry[0][here], later, here, kind == "dedicated")


def _coming(kind: str, positions: np.ndarray, geometry: np.ndarray, edit: Edit) -> Change:
    """Return the grids of a kind that were not there."""
    here = _common(edit.come, positions)
    return Change(np.full(len(here), None), geometry[here], here, kind == "dedicated")


def _common(few: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Return the numbers that stand in both of two sorted arrays."""
    place = np.searchsorted(many, few)
    return few[np.append(many, -1)[place] == few]

"""Spoiled copies of a town: each with one kind of fault, and the list of what was planted where."""

from collections.abc import Callable

from gridmap.synth.spoiled import layers, people, rows
from gridmap.synth.spoiled.kinds import Spoiled
from gridmap.synth.spoiled.people import broken_chain
from gridmap.synth.town import Town

__all__ = ["MAKERS", "Spoiled", "broken_chain", "spoiled"]

MAKERS: dict[str, Callable[[Town], Spoiled]] = {
    "gap": layers.gap,
    "overlap": layers.overlap,
    "sliver": layers.sliver,
    "wrong_parent": layers.wrong_parent,
    "duplicate_code": layers.duplicate_code,
    "duplicate_polygon": layers.duplicate_polygon,
    "missing_grid": layers.missing_grid,
    "twice_decoded_name": layers.twice_decoded_name,
    "gcj02_shift": layers.gcj02_shift,
    "gbk_shapefile": layers.gbk_shapefile,
    "events": rows.bad_rows,
    "staff": people.bad_staff,
}


def spoiled(town: Town) -> dict[str, Spoiled]:
    """Return every spoiled copy of a town by name: ten of its grids, one of its events, one of its staff.

    Parameters
    ----------
    town
        With several lowest grids under one parent and at least 24 closed and located events; it is not changed.

    Returns
    -------
    dict
        Name of the fault (of the table for events and staff) to its `Spoiled`. The same town gives the same faults.

    Raises
    ------
    SchemaError
        If the town is too small to hold a fault.
    """
    return {name: make(town) for name, make in MAKERS.items()}

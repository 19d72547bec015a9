"""Plans as files: a GeoPackage with the layer grids and, beside it, the codes that are retired."""

import os
from pathlib import Path

import pandas as pd

from gridmap import plan
from gridmap.files import paths, reading, vector, writing

RETIRED = "retired"


def read_plan(path: str | os.PathLike[str], *, code: str | None = None, layer: str | None = None, crs: str | None = None) -> plan.Plan:
    """Read a plan from a file of grids; parameters and errors as in `read_grids`.

    Raises
    ------
    PlanError
        If the grids are no plan, as `plan.from_grids`.

    Notes
    -----
    Retired codes come from the layer `retired` of a GeoPackage that `write_plan` wrote; without it there are none.
    """
    grids = reading.read_grids(path, code=code, layer=layer, crs=crs)
    target = Path(path)
    retired = None
    if paths.format_of(target) == "gpkg" and RETIRED in vector.layers(target):
        table = reading.read_frame(target, layer=RETIRED)
        retired = reading.as_table(table, "grids")[["name", "level", "kind"]]
    return plan.from_grids(grids, retired=retired)


def write_plan(found: plan.Plan, path: str | os.PathLike[str]) -> None:
    """Write a plan as a new GeoPackage.

    Raises
    ------
    FileError
        As `write_layers`.
    """
    layers: dict[str, pd.DataFrame] = {"grids": found.grids}
    if len(found.retired):
        layers[RETIRED] = found.retired
    writing.write_layers(layers, path)

"""What a spoiled copy is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

COLUMNS = ("fault", "table", "labels", "finding", "area_m2", "geometry")


@dataclass(frozen=True)
class Spoiled:
    """Copies of a town's tables with planted faults, and the list of what was planted.

    Attributes
    ----------
    frames
        The spoiled tables by name, in the town's CRS; the town's other tables go with them unchanged.
    faults
        One row per fault: `fault` (what it is), `table`, `labels` (codes or identifiers concerned, sorted, joined by ";"), `finding` (the
        kind under which `coverage.check`, `hierarchy.check`, `workload.check` or `themes.chain` lists it, NA where none does), `area_m2`
        (NA without one), `geometry` (where, None for a fault of attributes).
    write
        Keyword arguments of `files.write` that make the faulty file, empty where the frame itself is at fault; the suffix stands in
        `suffix`.
    suffix
        Suffix of the file in which the fault shows, None where any will do.
    """

    frames: Mapping[str, pd.DataFrame]
    faults: gpd.GeoDataFrame
    write: Mapping[str, str] = field(default_factory=dict)
    suffix: str | None = None


def listed(rows: list[dict[str, object]], crs: object) -> gpd.GeoDataFrame:
    """Return the faults as a table; what a row leaves out is NA."""
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS if name != "geometry"}
    frame = gpd.GeoDataFrame(columns, geometry=[row.get("geometry") for row in rows], crs=crs)
    return frame.astype({"fault": "str", "table": "str", "labels": "str", "finding": "str", "area_m2": float})

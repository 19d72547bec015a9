"""The grids of an index, column by column: a frame costs more than a small change of boundaries."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from pandas.api.extensions import ExtensionArray

KEPT = ("level", "kind", "parent")


@dataclass(frozen=True, eq=False)
class Grids:
    """Grids in the order of their codes.

    Parameters
    ----------
    codes
        Shape (n,).
    columns
        Those of `KEPT` that there are, by name.
    geometry
        Polygons, shape (n,), in `crs`.
    """

    codes: pd.Index
    columns: dict[str, ExtensionArray]
    geometry: np.ndarray
    crs: pyproj.CRS

    @classmethod
    def of(cls, ordered: gpd.GeoDataFrame) -> "Grids":
        """Return the grids of a frame that is in order; later changes of the frame do not show."""
        columns = {name: ordered[name].array.copy() for name in KEPT if name in ordered.columns}
        return cls(ordered.index, columns, ordered.geometry.to_numpy().copy(), ordered.crs)

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """The grids as a frame."""
        return gpd.GeoDataFrame(self.columns, geometry=self.geometry, index=self.codes, crs=self.crs)

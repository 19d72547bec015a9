"""Towns of squares for the tests of partitions, whose measures can be told by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
from conftest import square


def names(count: int) -> pd.Index:
    width = len(str(count))
    return pd.Index([f"u{number:0{width}d}" for number in range(1, count + 1)], name="unit_id")


def lattice(columns: int, rows: int, *, households: object) -> gpd.GeoDataFrame:
    """Return squares of 100 m, row by row from the south-west."""
    shapes = [square(n % columns, n // columns) for n in range(columns * rows)]
    return gpd.GeoDataFrame({"households": households}, index=names(columns * rows), geometry=shapes, crs="EPSG:4548")


def lattice_edges(columns: int, rows: int) -> pd.DataFrame:
    """Return the borders of `lattice`, 100 m each, without lines."""
    place = np.arange(columns * rows).reshape(rows, columns)
    left = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    right = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    index = names(columns * rows)
    return pd.DataFrame({"left": index[left], "right": index[right], "length_m": 100.0}).sort_values(["left", "right"], ignore_index=True)


def drawn(units: pd.DataFrame, *rows: str) -> pd.Series:
    """Return an assignment drawn as a map of codes, the northernmost row first; `.` is no grid."""
    codes = [code for row in reversed(rows) for code in row.split()]
    return pd.Series(codes, index=units.index, name="grid_code").replace(".", None)

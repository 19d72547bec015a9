"""Lines that run underground: nobody sees a border where they are."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

UNDERPASS_M = 100.0  # a road passes below a railway or a motorway for 20 to 80 m, and goes on as the border that it was
# What OpenStreetMap and those who export it write for a line in the open, or in a house that stands over it.
OPEN = ("", "0", "0.0", "f", "false", "n", "no", "none", "building_passage", "avalanche_protector")


def underground(lines: gpd.GeoDataFrame, shapes: np.ndarray) -> np.ndarray:
    """Mark lines in tunnels.

    Parameters
    ----------
    lines
        Table of lines; where it has a column `tunnel`, each value but those of `OPEN` says that a line is in one.
    shapes
        Their geometries in a metric CRS, shape (n,).

    Returns
    -------
    ndarray
        bool, shape (n,). Lines that meet in a tunnel are one; up to `UNDERPASS_M` in all they are an underpass and not marked.
    """
    if "tunnel" not in lines.columns:
        return np.zeros(len(lines), dtype=bool)
    told = lines["tunnel"].notna().to_numpy()
    said = [str(value).strip().lower() for value in lines["tunnel"].array[told]]
    found = np.flatnonzero(told)[~np.isin(said, OPEN)]
    parts, line = shapely.get_parts(shapes[found], return_index=True)
    parts, line = parts[~shapely.is_empty(parts)], line[~shapely.is_empty(parts)]
    ends = shapely.get_coordinates([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    node = pd.factorize(np.round(ends, 2) @ [1, 1j])[0] + len(found)
    count = node.max(initial=len(found) - 1) + 1
    links = coo_array((np.ones(len(node)), (np.tile(line, 2), node)), shape=(count, count))
    tunnel = connected_components(links, directed=False)[1][: len(found)]
    length = np.bincount(tunnel, shapely.length(shapes[found]), count)
    result = np.zeros(len(lines), dtype=bool)
    result[found] = length[tunnel] > UNDERPASS_M
    return result

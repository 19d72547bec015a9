"""Where the lines of several departments disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import messages, schema
from gridmap.crosswalk.between import amounts, placed
from gridmap.crosswalk.layer import Layer, prepare
from gridmap.crosswalk.overlay import Overlay, overlay
from gridmap.crosswalk.places import places
from gridmap.errors import SchemaError

KINDS = ("conflict", "one_sided", "sliver")


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Where the lines of several departments disagree, and how much it comes to.

    Parameters
    ----------
    places
        A row per pair of grids and kind, in the CRS of the layers, what matters first: by kind in the order of `KINDS`, then by
        households if known, then by area. `kind`; `left` and `right`, the departments; `left_code` and `right_code`; `area_m2`;
        `share_left` and `share_right`, of either grid's area; `width_m`, the mean width; with weights `buildings`, `households`,
        `residents`; `geometry` (MultiPolygon). Kinds:

        - `conflict`: the place lies in two grids that are not each other's counterpart, and no part of it is narrower than the tolerance.
        - `one_sided`: it lies in a grid of one department and in none of the other's (NA).
        - `sliver`: such places narrower than the tolerance everywhere: lines that mean the same and were drawn twice.
    pairs
        A row per pair of departments (index `left`, `right`), most conflict first: `agreed_m2`, `conflict_m2`, `one_sided_m2` and
        `sliver_m2`, which add up to what the two cover together; `share_agreed` and `share_conflict` of that.
    grids
        A row per department, other department and grid (index), largest `share_conflict` first within a pair: `area_m2`, the same four
        areas, and the shares `share_conflict`, `share_one_sided` and `share_sliver` of its area.
    """

    places: gpd.GeoDataFrame
    pairs: pd.DataFrame
    grids: pd.DataFrame

    def for_map(self, lang: str) -> gpd.GeoDataFrame:
        """Return `kind`, `text` (one sentence in "zh" or "en") and `geometry` of every place, on the index of `places`."""
        places = self.places
        texts = [
            messages.text(
                f"crosswalk.{row.kind}",
                lang,
                left=row.left,
                right=row.right,
                left_code=messages.text("crosswalk.no_grid", lang) if pd.isna(row.left_code) else row.left_code,
                right_code=messages.text("crosswalk.no_grid", lang) if pd.isna(row.right_code) else row.right_code,
                area=f"{row.area_m2:,.0f}",
                width=f"{row.width_m:,.1f}",
            )
            for row in places.itertuples()
        ]
        columns = {"kind": places["kind"], "text": pd.Series(texts, index=places.index, dtype="str")}
        return gpd.GeoDataFrame(columns, geometry=places.geometry, crs=places.crs)


def conflicts(layers: Mapping[str, gpd.GeoDataFrame], *, weights: gpd.GeoDataFrame | None = None, sliver_width_m: float = 5.0) -> Conflicts:
    """Find where the lines of several departments disagree, and tell slivers from true conflicts.

    Parameters
    ----------
    layers
        Base grids of one tier for every department, by its name; as in `between`.
    weights
        Buildings, as in `between`; counted in the place in which a point on their surface lies.
    sliver_width_m
        Places narrower than this are slivers: what two people who draw the same line leave between their lines.

    Returns
    -------
    Conflicts
        Its tables `places`, `pairs` and `grids`.

    Raises
    ------
    SchemaError
        As `between`, naming the department; if there are fewer than two layers, or the width is negative.
    CRSError
        If there is no CRS, or they differ.

    Warns
    -----
    GridmapWarning
        As `between`.

    Notes
    -----
    The counterpart of a grid is the grid of the other layer that holds most of its area. Two grids agree on what they share if one is the
    other's counterpart, and if the grids that so belong together are one of the one layer and one or several of the other, which it
    holds; where they are not, what has the same code agrees, then what is largest. So a finer net within a coarser one agrees with it,
    and codes need not be alike. A place is judged as a whole: a strip that widens beyond the tolerance anywhere is no sliver. The width
    of a place is that of the widest circle that fits in it. Cost: `between` for every pair of departments, and an overlay of the grids
    that do not agree.
    """
    if not isinstance(layers, Mapping) or len(layers) < 2:
        raise SchemaError("crosswalk_layers", given=len(layers) if isinstance(layers, Mapping) else type(layers).__name__)
    if not sliver_width_m >= 0:
        raise SchemaError("negative", what="sliver_width_m", given=sliver_width_m)
    ready = dict(zip(layers, prepare(dict(layers)), strict=True))
    if weights is not None:
        schema.require_frame(weights, "weights", geometry=schema.POLYGON | schema.POINT)
        schema.require_same_crs(next(iter(layers.values())), weights, "layers, weights")
    plane = next(iter(ready.values())).measure.plane
    found, pairs, grids = [], {}, {}
    for left, right in combinations(ready, 2):
        one, other = ready[left], ready[right]
        cells = overlay(one, other)
        agreed = _agreed(cells, one, other)
        table = places(cells, ~agreed, one, other, sliver_width_m)
        row, kind, area = table["row"].to_numpy(), table["kind"].to_numpy(), table["area_m2"].to_numpy()
        areas = {"agreed_m2": np.where(agreed, cells.area_m2, 0.0)}
        areas |= {f"{name}_m2": np.bincount(row, weights=area * (kind == name), minlength=len(cells.left)) for name in KINDS}
        pairs[left, right] = {name: float(values.sum()) for name, values in areas.items()}
        grids[left, right] = _per_grid(one, cells.left, areas)
        grids[right, left] = _per_grid(other, cells.right, areas)
        found.append(_told(table, cells, left, right, one, other))
    table = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs=plane.drawn)
    if weights is not None:
        table = _weighed(table, weights)
    return Conflicts(_sorted(table), _of_pairs(pairs), _of_grids(grids))


def _agreed(cells: Overlay, one: Layer, other: Layer) -> np.ndarray:
    """Mark the pairs that agree: of those of which one is the other's counterpart, same codes first, then the largest, each that fits."""
    both = np.flatnonzero((cells.left >= 0) & (cells.right >= 0))
    counterparts = set()
    for position in (cells.left, cells.right):
        rows = both[np.lexsort((both, -cells.area_m2[both], position[both]))]  # of equal ones the smallest codes
        counterparts |= set(rows[np.unique(position[rows], return_index=True)[1]].tolist())
    candidates = np.array(sorted(counterparts), dtype=int)
    agreed = np.zeros(len(cells.left), dtype=bool)
    hub: dict[tuple[str, int], tuple[str, int]] = {}  # two alone are each other's; one that holds several is its own
    left, right = one.codes.to_numpy(dtype=object), other.codes.to_numpy(dtype=object)
    renamed = left[cells.left[candidates]] != right[cells.right[candidates]]
    for row in candidates[np.lexsort((-cells.area_m2[candidates], renamed))].tolist():
        free, held = ("left", int(cells.left[row])), ("right", int(cells.right[row]))
        if free in hub:
            free, held = held, free
        if free not in hub and (held not in hub or hub[hub[held]] == held):
            agreed[row] = True
            hub[free], hub[held] = held, held if held in hub else free
    return agreed


def _per_grid(layer: Layer, position: np.ndarray, areas: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the areas of every grid of a layer."""
    here = position >= 0
    sums = {name: np.bincount(position[here], weights=values[here], minlength=len(layer.codes)) for name, values in areas.items()}
    return pd.DataFrame({"area_m2": layer.areas, **sums}, index=layer.codes)


def _told(table: pd.DataFrame, cells: Overlay, left: str, right: str, one: Layer, other: Layer) -> pd.DataFrame:
    """Return the places of one pair of departments with the codes and shares of the grids concerned."""
    row = table["row"].to_numpy()
    columns = {
        "kind": table["kind"].astype("str"),
        "left": pd.Series([left] * len(table), dtype="str"),
        "right": pd.Series([right] * len(table), dtype="str"),
        "left_code": one.labels(cells.left[row]),
        "right_code": other.labels(cells.right[row]),
        "area_m2": table["area_m2"],
        "share_left": table["area_m2"] / cells.area_m2[row] * cells.share_left[row],
        "share_right": table["area_m2"] / cells.area_m2[row] * cells.share_right[row],
        "width_m": table["width_m"],
        "geometry": table["geometry"],
    }
    return pd.DataFrame(columns)


def _weighed(table: gpd.GeoDataFrame, weights: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the counts of every place; a point on the border of two places of one pair of departments is counted in the first alone."""
    points = placed(weights)
    point, row = shapely.STRtree(table.geometry.to_numpy()).query(points, predicate="intersects")
    order = np.lexsort((row, point))
    hits = pd.DataFrame({"point": point[order], "row": row[order]})
    pair = table.groupby(["left", "right"]).ngroup().to_numpy()
    hits = hits[~hits.assign(pair=pair[hits["row"]]).duplicated(["point", "pair"])]
    at = table.columns.get_loc("geometry")
    for name, values in amounts(weights):
        counted = np.zeros(len(table), dtype=values.dtype)
        np.add.at(counted, hits["row"].to_numpy(), values[hits["point"].to_numpy()])
        table.insert(at, name, counted)
        at += 1
    return table


def _sorted(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    keys = [-table["area_m2"].round(6)]
    if "households" in table.columns:
        keys.append(-table["households"])
    # Equal ones stay as they are: by departments and codes.
    return table.iloc[np.lexsort((*keys, table["kind"].map(KINDS.index)))].reset_index(drop=True)


def _of_pairs(pairs: dict[tuple[str, str], dict[str, float]]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(pairs, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(pairs), names=["left", "right"])
    whole = table.sum(axis=1)
    table["share_agreed"], table["share_conflict"] = table["agreed_m2"] / whole, table["conflict_m2"] / whole
    return table.sort_values("conflict_m2", ascending=False, kind="stable")


def _of_grids(grids: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    shown = []
    for table in grids.values():
        whole = table["area_m2"].where(table["area_m2"] > 0)
        with_shares = table.assign(**{f"share_{kind}": table[f"{kind}_m2"] / whole for kind in KINDS})
        shown.append(with_shares.sort_values(["share_conflict", "share_one_sided"], ascending=False, kind="stable"))
    return pd.concat(shown, keys=list(grids), names=["department", "other", "grid_code"])

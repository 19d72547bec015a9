"""Shares and findings of one layer of grids together: its polygons are made ready, and their union is made, once."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import hierarchy, schema
from gridmap.coverage.check import check_layer
from gridmap.coverage.findings import above, together
from gridmap.coverage.layer import prepare
from gridmap.coverage.shares import shares_of

STEPS = ("prepare", "shares", "cover", "nesting")


@dataclass(frozen=True)
class Inspection:
    """What `shares` and `findings` return."""

    shares: pd.DataFrame
    findings: gpd.GeoDataFrame


def inspect(
    grids: gpd.GeoDataFrame,
    *,
    boundary: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Inspection:
    """Measure and check the lowest base tier at once.

    Parameters
    ----------
    grids, boundary, buildings, events
        As `shares` and `findings` take them.
    on_step
        Told which of `STEPS` begins.

    Returns
    -------
    Inspection
        What `shares` and `findings` return, in less time.

    Raises
    ------
    SchemaError, CRSError
        As these.

    Warns
    -----
    GridmapWarning
        As `shares`.
    """
    begin = on_step or (lambda _: None)
    begin("prepare")
    if boundary is not None:
        schema.require_frame(boundary, "boundary", geometry=schema.POLYGON)
    tier = hierarchy.tier(grids)
    parents = above(grids, tier)
    layer = prepare(tier, boundary=boundary, parents=parents, buildings=buildings, events=events)
    begin("shares")
    of_shares = shares_of(layer, boundary=boundary, buildings=buildings, events=events)
    begin("cover")
    of_cover = check_layer(layer, boundary=boundary, parents=parents)
    begin("nesting")
    return Inspection(of_shares, together(of_cover, tier, grids))

"""The boundaries of a plain project become its first published plan."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, select, update

from gridmap import assign, messages, plan, schema
from gridmap.errors import GridmapError, StoreError
from gridmap.store.home.base import Transaction
from gridmap.store.plans import drafts, layer_in_force, planned, versions
from gridmap.store.tables import rows, triggers
from gridmap.store.tables.described import Table, describe
from gridmap.store.tables.own import PLAN_GRIDS, PLANS

RETIRED = "retired"


def adopt(transaction: Transaction) -> None:
    """Make the boundaries that a project holds its first plan; where they are none, the log says why and the project keeps no plans."""
    if planned.has_plans(transaction.connection) or describe(transaction.connection, planned.GRIDS) is None:
        return
    try:
        _take_over(transaction)
    except GridmapError as error:
        transaction.note("adopt", PLANS.name, why=error.text("en"))


def require(transaction: Transaction) -> None:
    """Make sure that a project keeps plans.

    Raises
    ------
    StoreError
        If its boundaries are no plan; the line says why.
    """
    if planned.has_plans(transaction.connection):
        return
    try:
        _take_over(transaction)
    except GridmapError as error:
        raise StoreError("grids_no_plan", reason=error) from error


def _take_over(transaction: Transaction) -> None:
    connection = transaction.connection
    table = planned.grids_table(connection)
    layer = _layer(connection, table)
    found = plan.from_grids(layer, retired=_retired(connection, layer))
    contents = versions.contents(found.grids, table)
    day = planned.today(connection)
    row = {
        "name": messages.text("plan.taken_over", "zh"),
        "state": "draft",
        "scenario": planned.NORMAL,
        "author": transaction.actor.name,
        "revision": 0,
        "created_at": transaction.at,
        "changed_at": transaction.at,
    }
    plan_id = drafts.added(transaction, row)
    kept = versions.keep(transaction, contents)
    transaction.run(insert(PLAN_GRIDS), [{"plan_id": plan_id, "grid_code": code, "version": version} for code, version in kept.items()])
    drafts.retire(transaction, plan_id, versions.codes(found.retired))
    moved = _moved(layer, found.grids)
    with layer_in_force.publishing(transaction):
        transaction.run(update(PLANS).where(PLANS.c.plan_id == plan_id).values(state="published", valid_from=day))
        layer_in_force.keep_index(transaction, plan_id, assign.Index(found.grids))
        if moved:
            layer_in_force.put(transaction, table, [content for content in contents if content.code in moved], standing=moved)
        transaction.note("adopt", planned.GRIDS, what={"plan": plan_id, "drawn_again": sorted(moved)})
        layer_in_force.show(transaction, plan_id)
    triggers.guard_grids(connection)
    transaction.note("adopt", PLANS.name, first=plan_id, count=1, what={"grids": len(contents)})


def _moved(layer: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> set[str]:
    """Return the upper grids that cover other ground now; a corner more on the same border leaves the layer as it is."""
    before, after = layer.geometry.reindex(grids.index).to_numpy(), grids.geometry.to_numpy()
    other = np.flatnonzero(~shapely.equals_exact(before, after))
    return set(grids.index[other[~shapely.equals(before[other], after[other])]])


def _layer(connection: Connection, table: Table) -> gpd.GeoDataFrame:
    """Return the boundaries as they are, a polygon for every multipolygon of one: files of a common geometry type have those."""
    decoded = rows.decode(connection.execute(select(table.sql)).fetchall(), table, numbered=False)
    assert isinstance(decoded, gpd.GeoDataFrame)
    shapes = decoded.geometry.to_numpy().copy()
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    return decoded.set_geometry(gpd.GeoSeries(shapes, index=decoded.index, crs=decoded.crs))


def _retired(connection: Connection, layer: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Return the codes that the project says are not given again."""
    table = describe(connection, RETIRED)
    if table is None:
        return None
    found = rows.decode(connection.execute(select(table.sql)).fetchall(), table, numbered=False)
    schema.require_table(found, RETIRED)
    return pd.DataFrame(found[["name", "level", "kind"]])[~found.index.isin(layer.index)]

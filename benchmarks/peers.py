"""The peers: a function each that makes the tool's own form of a task and returns the work that is timed.

A work returns the rows of points and the rows of grids that belong together, in the tool's own order and container. Where a tool
offers several plans, the fastest stands here, or each of them.
"""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from layers import Task
from machine import CORES
from ways import GRIDS_READY, POINTS_READY, Way, Work

LOOP_SAMPLE = 10_000


def _frames(task: Task) -> Callable[[], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]]:
    """Return a maker of points and grids with plain row numbers; made anew for each join they hold no tree of an earlier one."""
    points, polygons = task.points, task.tier.to_numpy()

    def frame(geometry: np.ndarray) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=gpd.array.GeometryArray(geometry, crs=task.grids.crs))

    return lambda: (frame(points), frame(polygons))


def sjoin(task: Task) -> Work:
    """Join with the points left and the grids right, as the documentation shows it."""
    frames = _frames(task)

    def work() -> tuple[object, object]:
        joined = gpd.sjoin(*frames(), predicate="intersects")
        return joined.index, joined["index_right"]

    return work


def sjoin_grids_first(task: Task) -> Work:
    """Join with the grids left and the points right: the tree is built of the points."""
    frames = _frames(task)

    def work() -> tuple[object, object]:
        joined = gpd.sjoin(*frames()[::-1], predicate="intersects")
        return joined["index_right"], joined.index

    return work


def tree_of_points(task: Task) -> Work:
    """Ask a tree of the points by every grid."""
    points, polygons = task.points, task.tier.to_numpy()
    return lambda: tuple(shapely.STRtree(points).query(polygons, predicate="intersects")[::-1])


def tree_of_points_ready(task: Task) -> Work:
    """Ask a tree that was built before."""
    tree, polygons = shapely.STRtree(task.points), task.tier.to_numpy()
    tree.query(polygons[0])  # GEOS builds a tree at its first query
    return lambda: tuple(tree.query(polygons, predicate="intersects")[::-1])


def tree_of_grids(task: Task) -> Work:
    """Ask a tree of the grids by every point."""
    points, polygons = task.points, task.tier.to_numpy()
    return lambda: tuple(shapely.STRtree(polygons).query(points, predicate="intersects"))


def tree_of_grids_ready(task: Task) -> Work:
    """Ask a tree that was built before."""
    points, tree = task.points, shapely.STRtree(task.tier.to_numpy())
    tree.query(points[0])
    return lambda: tuple(tree.query(points, predicate="intersects"))


def boxes_of_points(task: Task) -> Work:
    """Ask a tree of the points by the grids' boxes; then coordinates against prepared grids, pair by pair."""
    points, polygons = task.points, _own_polygons(task)

    def work() -> tuple[object, object]:
        shapely.prepare(polygons)
        grid, point = shapely.STRtree(points).query(polygons)
        pairs = _refined(task, polygons, point, grid)
        shapely.destroy_prepared(polygons)
        return pairs

    return work


def boxes_of_grids_ready(task: Task) -> Work:
    """Ask a tree of prepared grids, built before, by every point's box; then coordinates against them."""
    points, polygons = task.points, _own_polygons(task)
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    tree.query(points[0])
    return lambda: _refined(task, polygons, *tree.query(points))


def _own_polygons(task: Task) -> np.ndarray:
    """Return copies: grids once prepared would stay so for the other works."""
    return np.asarray(shapely.from_wkb(shapely.to_wkb(task.tier.to_numpy())))


def _refined(task: Task, polygons: np.ndarray, point: np.ndarray, grid: np.ndarray) -> tuple[object, object]:
    """Return the pairs that intersect."""
    kept = shapely.intersects_xy(polygons[grid], task.x[point], task.y[point])
    return point[kept], grid[kept]


def _tables(task: Task) -> tuple[pa.Table, pa.Table]:
    """Return points and grids as well-known binary with their row numbers."""
    count = len(task.x)
    layout = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
    packed = np.empty(count, dtype=layout)
    packed["order"], packed["kind"], packed["x"], packed["y"] = 1, 1, task.x, task.y
    ends = pa.py_buffer(np.arange(0, (count + 1) * layout.itemsize, layout.itemsize, dtype=np.int32))
    points = pa.Array.from_buffers(pa.binary(), count, [None, ends, pa.py_buffer(packed.tobytes())])
    grids = pa.array(shapely.to_wkb(task.tier.to_numpy()).tolist(), pa.binary())
    return tuple(
        pa.table({name: np.arange(len(wkb), dtype=np.int32), "geometry": wkb}) for name, wkb in (("point", points), ("grid", grids))
    )


def sedonadb(task: Task) -> Work:
    """Join tables in SedonaDB's memory; its default library (tg) and plan were its fastest."""
    import sedonadb as sedona

    context = sedona.connect()
    for name, table in zip(("point", "grid"), _tables(task), strict=True):
        context.create_data_frame(table).to_view("plain", overwrite=True)
        made = context.sql(f"SELECT {name}, ST_GeomFromWKB(geometry) AS geometry FROM plain").to_memtable()
        made.to_view(f"{name}s", overwrite=True)

    def work() -> tuple[object, object]:
        joined = context.sql("SELECT p.point, g.grid FROM grids g JOIN points p ON ST_Intersects(g.geometry, p.geometry)")
        found = pa.table(joined)
        return found["point"], found["grid"]

    return work


def duckdb_intersects(task: Task) -> Work:
    """Join in DuckDB by ST_Intersects."""
    return _duckdb(task, "ST_Intersects(p.geometry, g.geometry)")


def duckdb_dwithin(task: Task) -> Work:
    """Join in DuckDB by a distance of zero, which was its fastest; it takes in points that lie next to a border."""
    return _duckdb(task, "ST_DWithin(p.geometry, g.geometry, 0)")


def _duckdb(task: Task, condition: str) -> Work:
    """Join tables in DuckDB's memory; the extension comes from its package, never from outside."""
    import duckdb

    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": CORES},
    )
    package = find_spec("duckdb_extension_spatial")
    assert package is not None
    assert package.origin is not None
    (extension,) = Path(package.origin).parent.rglob("spatial.duckdb_extension")
    connection.load_extension(str(extension))
    for name, table in zip(("point", "grid"), _tables(task), strict=True):
        connection.register("plain", table)
        connection.execute(f"CREATE TABLE {name}s AS SELECT {name}, ST_GeomFromWKB(geometry) AS geometry FROM plain")
        connection.unregister("plain")
    query = f"SELECT p.point, g.grid FROM points p JOIN grids g ON {condition}"
    if "SPATIAL_JOIN" not in connection.execute(f"EXPLAIN {query}").fetchall()[0][1]:
        raise RuntimeError("DuckDB would not use its spatial join")

    def work() -> tuple[object, object]:
        found = connection.execute(query).to_arrow_table()
        return found["point"], found["grid"]

    return work


def polars_st(task: Task) -> Work:
    """Join lazily by polars-st; asked for the row numbers alone it carries no geometry along."""
    import polars as pl

    importlib.import_module("polars_st")  # registers `.st`

    points, grids = (pl.DataFrame(table).lazy() for table in _tables(task))

    def work() -> tuple[object, object]:
        found = points.st.sjoin(grids).select("point", "grid").collect()
        return found["point"], found["grid"]

    return work


def rtree_loop(task: Task) -> Work:
    """Ask, point by point, a tree of boxes, then the prepared grids; tree and preparation are not timed."""
    from rtree.index import Index

    points, polygons = task.points, _own_polygons(task)
    shapely.prepare(polygons)
    tree = Index((row, box, None) for row, box in enumerate(shapely.bounds(polygons)))
    boxes = np.column_stack([task.x, task.y, task.x, task.y])

    def work() -> tuple[object, object]:
        pairs = [
            (row, grid)
            for row, (point, box) in enumerate(zip(points, boxes, strict=True))
            for grid in tree.intersection(box)
            if polygons[grid].intersects(point)
        ]
        point, grid = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return point, grid

    return work


SJOIN = "geopandas.sjoin"
TREES = ("STRtree of the points", "STRtree of the grids")
PEERS = (
    Way(SJOIN, sjoin, "geopandas"),
    Way("geopandas.sjoin, grids first", sjoin_grids_first, "geopandas"),
    Way(TREES[0], tree_of_points, "shapely"),
    Way(TREES[1], tree_of_grids, "shapely"),
    Way("STRtree of the points, then intersects_xy", boxes_of_points, "shapely"),
    Way("SedonaDB", sedonadb, "sedonadb", CORES),
    Way("DuckDB ST_Intersects", duckdb_intersects, "duckdb_extension_spatial", CORES),
    Way("DuckDB ST_DWithin 0", duckdb_dwithin, "duckdb_extension_spatial", CORES),
    Way("polars-st", polars_st, "polars_st", CORES),
    Way("rtree loop", rtree_loop, "rtree", stage=GRIDS_READY, sample=LOOP_SAMPLE),
    Way("STRtree of the grids, ready", tree_of_grids_ready, "shapely", stage=GRIDS_READY),
    Way("STRtree of the grids, then intersects_xy, ready", boxes_of_grids_ready, "shapely", stage=GRIDS_READY),
    Way("STRtree of the points, ready", tree_of_points_ready, "shapely", stage=POINTS_READY),
)

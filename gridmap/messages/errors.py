"""Texts of errors and warnings: `errors.NAME` says what is wrong, `errors.NAME.hint` what to do about it."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.given": ("收到:{given}", "given: {given}"),
    "errors.rows": ("共 {count} 行,前几行:{rows}", "{count} rows, first: {rows}"),
    "errors.hint": ("提示:{hint}", "Hint: {hint}"),
    # schema
    "errors.not_a_frame": ("{what} 不是带几何的表", "{what} is not a GeoDataFrame"),
    "errors.not_a_frame.hint": ("传入 geopandas.GeoDataFrame", "pass a geopandas.GeoDataFrame"),
    "errors.missing_columns": ("{what} 缺少列 {columns}", "{what} lacks the columns {columns}"),
    "errors.missing_columns.hint": ("给出这些列,或用 --columns 对应列名", "add them, or map names with --columns"),
    "errors.duplicate_index": ("{what} 的编号重复", "{what} has duplicate identifiers"),
    "errors.duplicate_index.hint": ("每个编号只能出现一次;先运行 gridmap check", "each identifier may stand once; run gridmap check first"),
    "errors.missing_index": ("{what} 有空编号", "{what} has empty identifiers"),
    "errors.missing_index.hint": ("为每一行填写编号", "give every row an identifier"),
    "errors.mixed_geometry": ("{what} 的几何类型应为 {expected}", "{what} must have geometries of type {expected}"),
    "errors.mixed_geometry.hint": ("把其他类型的几何分到另一个图层", "move other geometries to a layer of their own"),
    "errors.not_finite": ("{what} 有无穷大或非数值坐标", "{what} has infinite or undefined coordinates"),
    "errors.not_finite.hint": ("改正或删除这些行", "correct or remove these rows"),
    "errors.mixed_levels": ("{what} 混有多个层级", "{what} mixes several levels"),
    "errors.mixed_levels.hint": ("用 --level 或 hierarchy.tier 选一个层级", "select one with --level or hierarchy.tier"),
    "errors.empty": ("{what} 没有任何行", "{what} has no rows"),
    "errors.empty.hint": ("检查文件与图层名", "check the file and the layer's name"),
    "errors.different_index": ("{what} 与网格的编号不一致", "{what} and the grids have different identifiers"),
    "errors.different_index.hint": ("按网格编号重新索引", "reindex it by grid code"),
    # crs
    "errors.no_crs": ("{what} 没有坐标系", "{what} has no coordinate reference system"),
    "errors.no_crs.hint": ("用 --crs EPSG:4490 等说明坐标系", "state it, for example --crs EPSG:4490"),
    "errors.different_crs": ("{what} 的坐标系不同", "{what} differ in their coordinate reference systems"),
    "errors.different_crs.hint": ("先用 to_crs 统一坐标系", "bring them to one with to_crs"),
}

"""Texts of the errors and warnings of `gridmap.schema`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.not_a_frame": ("{what} 不是带几何的表", "{what} is not a GeoDataFrame"),
    "errors.not_a_frame.hint": ("传入 geopandas.GeoDataFrame", "pass a geopandas.GeoDataFrame"),
    "errors.missing_columns": ("{what} 缺少列 {columns}", "{what} lacks the columns {columns}"),
    "errors.missing_columns.hint": ("给出这些列，或用 --columns 对应列名", "add them, or map names with --columns"),
    "errors.identifier_type": (
        "{what} 的标识须为单独一列的文本或整数，不能混用",
        "identifiers of {what} must be one column, all texts or all numbers",
    ),
    "errors.identifier_type.hint": ("把标识都改成文本", "make all of them texts"),
    "errors.duplicate_index": ("{what} 的编号重复", "{what} has duplicate identifiers"),
    "errors.duplicate_index.hint": (
        "每个编号只能出现一次；网格可用 gridmap check 查看是哪些",
        "each identifier may stand once; for grids, gridmap check shows which",
    ),
    "errors.missing_index": ("{what} 有空编号", "{what} has empty identifiers"),
    "errors.missing_index.hint": ("为每一行填写编号", "give every row an identifier"),
    "errors.mixed_geometry": ("{what} 的几何类型应为 {expected}", "{what} must have geometries of type {expected}"),
    "errors.mixed_geometry.hint": ("把其他类型的几何分到另一个图层", "move other geometries to a layer of their own"),
    "errors.not_finite": ("{what} 有无穷大或非数值坐标", "{what} has infinite or undefined coordinates"),
    "errors.not_finite.hint": ("改正或删除这些行", "correct or remove these rows"),
    "errors.mixed_levels": ("{what} 混有多个层级", "{what} mixes several levels"),
    "errors.mixed_levels.hint": ("用 --level 或 hierarchy.tier 选一个层级", "select one with --level or hierarchy.tier"),
    "errors.no_crs": ("{what} 没有坐标系", "{what} has no coordinate reference system"),
    "errors.no_crs.hint": ("用 --crs EPSG:4490 等说明坐标系", "state it, for example --crs EPSG:4490"),
    "errors.different_crs": ("{what} 的坐标系不同", "{what} differ in their coordinate reference systems"),
    "errors.different_crs.hint": ("先用 to_crs 统一坐标系", "bring them to one with to_crs"),
    "errors.unknown_kind": ("{what} 的 kind 只能是 base 或 dedicated", "kind in {what} must be base or dedicated"),
    "errors.unknown_kind.hint": ("改正这些行，或去掉 kind 列", "correct these rows, or leave the column kind out"),
    "errors.no_geometry": ("{what} 没有几何", "{what} has no geometry"),
    "errors.no_geometry.hint": ("给出带几何的文件，如 GeoPackage 或 GeoJSON", "give a file with geometry, such as a GeoPackage or GeoJSON"),
}

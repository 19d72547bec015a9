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
    # crs: places and datums
    "errors.zone_outside_china": ("经度不在中国范围内(73 至 136 度)", "the longitude lies outside China (73 to 136 degrees)"),
    "errors.zone_outside_china.hint": ("中国以外用 UTM 带", "use a UTM zone elsewhere"),
    "errors.no_place": ("没有任何几何,无法选择以米为单位的坐标系", "no geometry says where to measure, so no metric CRS can be chosen"),
    "errors.no_place.hint": ("先检查表是否为空", "check for an empty table first"),
    "errors.no_place_in_crs": ("有坐标无法转换到 {target}", "coordinates have no place in {target}"),
    "errors.no_place_in_crs.hint": (
        "这些行远离其余各行,或坐标系说明有误",
        "these rows lie far away from the others, or their CRS is stated wrongly",
    ),
    "errors.swapped": ("{what} 的经度与纬度互换了", "{what} have longitude and latitude exchanged"),
    "errors.swapped.hint": ("对调两列,例如 --x lon --y lat", "exchange the two columns, for example --x lon --y lat"),
    "errors.out_of_range": (
        "{what} 的经度超出 ±180 或纬度超出 ±90 度",
        "{what} have longitudes beyond 180 or latitudes beyond 90 degrees",
    ),
    "errors.out_of_range.hint": (
        "坐标可能是米:用 --crs 说明投影坐标系,例如 EPSG:4548",
        "they may be metres: state a projected CRS with --crs, for example EPSG:4548",
    ),
    "errors.rounded": (
        "{what} 的坐标只有两位小数({present} 个点中的多数),误差可达一公里",
        "{what} carry coordinates of two decimals (most of {present} points), off by up to a kilometre",
    ),
    "errors.rounded.hint": ("向来源索取完整坐标", "ask the source for the full coordinates"),
    "errors.unknown_datum_shift": (
        "从 {source} 到 {target} 没有已知的基准转换",
        "no transformation of datum is known from {source} to {target}",
    ),
    "errors.unknown_datum_shift.hint": (
        "用当地控制点求转换参数,或向测绘部门索取 CGCS2000 数据;不做转换会偏移约 100 米",
        "fit it to local control points or ask the survey office for CGCS2000 data; without it places are off by about 100 m",
    ),
    # hierarchy
    "errors.no_base_grids": ("没有基础网格", "there is no base grid"),
    "errors.no_base_grids.hint": ("kind 列至少有一行为 base", "at least one row must have kind = base"),
    "errors.absent_level": ("没有第 {level} 级基础网格;现有层级:{present}", "no base grid has level {level}; levels present: {present}"),
    "errors.absent_level.hint": ("用 --level 选择现有层级", "choose one of these with --level"),
    "errors.broken_chain": (
        "最低层网格的上级链中断,上级合计不含这些网格",
        "lowest grids have no unbroken chain of parents: totals above lack them",
    ),
    "errors.broken_chain.hint": ("运行 gridmap check 查看 parent 列", "run gridmap check and correct the parent column"),
    # assign
    "errors.negative_distance": ("{what} 不能为负数", "{what} must not be negative"),
    "errors.negative_distance.hint": ("以米为单位给出 0 或正数", "give 0 or a positive number of metres"),
}

"""Texts of the errors and warnings of `gridmap.crs`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.zone_outside_china": ("经度不在中国范围内（73 至 136 度）", "the longitude lies outside China (73 to 136 degrees)"),
    "errors.zone_outside_china.hint": ("中国以外用 UTM 带", "use a UTM zone elsewhere"),
    "errors.no_place": ("没有任何几何，无法选择以米为单位的坐标系", "no geometry says where to measure, so no metric CRS can be chosen"),
    "errors.no_place.hint": ("先检查表是否为空", "check for an empty table first"),
    "errors.no_place_in_crs": ("有坐标无法转换到 {target}", "coordinates have no place in {target}"),
    "errors.no_place_in_crs.hint": (
        "这些行远离其余各行，或坐标系说明有误",
        "these rows lie far away from the others, or their CRS is stated wrongly",
    ),
    "errors.swapped": ("{what} 的经度与纬度互换了", "{what} have longitude and latitude exchanged"),
    "errors.swapped.hint": ("对调两列，例如 --x lon --y lat", "exchange the two columns, for example --x lon --y lat"),
    "errors.out_of_range": (
        "{what} 的经度超出 ±180 或纬度超出 ±90 度",
        "{what} have longitudes beyond 180 or latitudes beyond 90 degrees",
    ),
    "errors.out_of_range.hint": (
        "坐标可能是米：用 --crs 说明投影坐标系，例如 EPSG:4548",
        "they may be metres: state a projected CRS with --crs, for example EPSG:4548",
    ),
    "errors.rounded": (
        "{what} 的坐标只有两位小数（{present} 个点中的多数），误差可达一公里",
        "{what} carry coordinates of two decimals (most of {present} points), off by up to a kilometre",
    ),
    "errors.rounded.hint": ("向来源索取完整坐标", "ask the source for the full coordinates"),
    "errors.unknown_datum_shift": (
        "从 {source} 到 {target} 没有已知的基准转换",
        "no transformation of datum is known from {source} to {target}",
    ),
    "errors.unknown_datum_shift.hint": (
        "用当地控制点求转换参数，或向测绘部门索取 CGCS2000 数据；不做转换会偏移约 100 米",
        "fit it to local control points or ask the survey office for CGCS2000 data; without it places are off by about 100 m",
    ),
}

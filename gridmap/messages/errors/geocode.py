"""Texts of the errors and warnings of `gridmap.geocode`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.bad_score": ("min_score 须在 0 到 1 之间", "min_score must lie between 0 and 1"),
    "errors.bad_score.hint": ("默认为 0.8", "the default is 0.8"),
    "errors.garbled_names": ("地名库中有乱码的名称，已略去", "names in the gazetteer were decoded wrongly and are left out"),
    "errors.garbled_names.hint": ("从原始来源重新导出这些名称", "export these names anew from their source"),
    "errors.gazetteer_without_point": ("地名库中有的行没有点位，已略去", "rows of the gazetteer have no point and are left out"),
    "errors.gazetteer_without_point.hint": ("补上坐标或删除这些行", "give them coordinates, or remove them"),
}

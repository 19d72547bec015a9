"""Texts of the errors and warnings of `gridmap.coverage`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.negative": ("{what} 不能为负", "{what} must not be negative"),
    "errors.negative.hint": ("给出 0 或正整数", "give 0 or a positive whole number"),
    "errors.no_households": ("有建筑没有户数，户数一行未计入它们", "buildings have no number of households and are left out of that row"),
    "errors.no_households.hint": ("补上户数；没有住户的建筑填 0", "fill them in; give 0 to buildings without residents"),
}

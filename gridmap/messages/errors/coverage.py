"""Texts of the errors and warnings of `gridmap.coverage`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.negative": ("{what} 不能为负", "{what} must not be negative"),
    "errors.negative.hint": ("给出 0 或正整数", "give 0 or a positive whole number"),
    "errors.no_households": ("有建筑没有户数，户数一行未计入它们", "buildings have no number of households and are left out of that row"),
    "errors.no_households.hint": ("补上户数；没有住户的建筑填 0", "fill them in; give 0 to buildings without residents"),
    # repair
    "errors.unrepaired": ("这些网格的边界缠绕得无法修复", "borders of these grids are too tangled to be made to meet"),
    "errors.unrepaired.hint": ("把这些网格的边界重新绘制后再修复", "draw these grids again, then repair the rest"),
    "errors.several_times": (
        "{what} 有的行在另一些行生效之前就已失效（valid_from、valid_to）",
        "{what} have rows that end before others begin (valid_from, valid_to)",
    ),
    "errors.several_times.hint": ("只取同一时间有效的行，逐期修复", "take the rows in force at one time, and repair time by time"),
}

"""Texts of the errors and warnings of `crosswalk`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.crosswalk_invalid": ("{what} 有无效的多边形", "{what} has invalid polygons"),
    "errors.crosswalk_invalid.hint": (
        "先用 coverage.repair（gridmap repair）修复该图层",
        "repair the layer first, with coverage.repair or gridmap repair",
    ),
    "errors.crosswalk_overlap": (
        "{what} 的网格互相重叠；重叠处归编号最小的网格，以下网格因此变小",
        "grids of {what} overlap: such a place belongs to the smallest code, so that these grids have less",
    ),
    "errors.crosswalk_overlap.hint": (
        "要自己决定归属，先用 coverage.repair（gridmap repair）修复该图层",
        "to decide otherwise, repair the layer first with coverage.repair or gridmap repair",
    ),
    "errors.crosswalk_unplaced": ("{what} 有行没有位置，未计入", "{what} has rows without a place, which are left out"),
    "errors.crosswalk_unplaced.hint": ("补上几何后重新计算", "give them a geometry and compute again"),
    "errors.crosswalk_count": ("{what} 须为有限的非负数", "{what} must be finite and not negative"),
    "errors.crosswalk_count.hint": ("改正这些行；不知道时留空", "correct these rows; leave unknown ones empty"),
    "errors.crosswalk_unknown_count": ("有行的 {what} 为空，按 0 计", "rows have no number of {what} and count as 0"),
    "errors.crosswalk_unknown_count.hint": ("补填后重新计算", "fill them in and compute again"),
    "errors.crosswalk_series": ("序列的值须为有限的数", "the figures of a series must be finite numbers"),
    "errors.crosswalk_series.hint": ("改正这些行；不知道时留空", "correct these rows; leave unknown ones empty"),
    "errors.crosswalk_whole": (
        "要求整数结果时，序列的值须为非负整数",
        "figures must be whole and not negative where whole is asked for",
    ),
    "errors.crosswalk_whole.hint": ("去掉 whole，或改正这些行", "leave out whole, or correct these rows"),
    "errors.crosswalk_layers": (
        "layers 须为 部门名 -> 网格 的映射，且数量足够",
        "layers must map departments' names to grids, and hold enough of them",
    ),
    "errors.crosswalk_layers.hint": ('例如 {{"公安": police, "城管": urban}}', 'for example {{"police": police, "works": works}}'),
    "errors.crosswalk_name": ("部门名与结果的列名相同", "a department has the name of a column of the result"),
    "errors.crosswalk_name.hint": ("换一个名称", "give it another name"),
}

"""Texts of the errors of `partition`: units, goals and what cannot be built of them."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.goal_weight": ("目标权重 {what} 须为有限的非负数", "the goal's weight {what} must be finite and not negative"),
    "errors.goal_weight.hint": ("1 为默认，0 表示不考虑", "1 is the default, 0 leaves it out"),
    "errors.goal_tolerance": ("{what} 的允许偏差须大于 0", "the tolerance of {what} must be above 0"),
    "errors.goal_tolerance.hint": ("0.05 表示偏离平均值不超过 5%", "0.05 allows 5 % off the mean"),
    "errors.unit_without_geometry": ("有单元没有几何图形", "units have no geometry"),
    "errors.unit_without_geometry.hint": ("补上几何图形，或先删除这些单元", "draw them, or drop them first"),
    "errors.unit_quantity": ("{what} 须为有限的非负数，不能为空", "{what} must be finite and not negative, none missing"),
    "errors.unit_quantity.hint": ("改正这些行；没有住户的单元填 0", "correct these rows; a unit where nobody lives has 0"),
    "errors.edge_unknown_unit": ("edges 中有不存在的单元", "edges name units that do not exist"),
    "errors.edge_unknown_unit.hint": ("用同一批单元重新计算 partition.edges", "measure partition.edges of the same units again"),
    "errors.edge_to_itself": ("edges 中有单元与自身相邻", "edges lead from a unit to itself"),
    "errors.edge_to_itself.hint": ("删除这些行", "drop these rows"),
    "errors.edge_twice": ("edges 中同一对单元出现多次", "edges name a pair of units more than once"),
    "errors.edge_twice.hint": ("每对相邻单元只留一行，长度相加", "keep one row per pair, with the sum of the lengths"),
    "errors.band_of_unit": (
        "单元的 band_low、band_high 须满足 0 ≤ 下限 ≤ 上限，上限大于 0",
        "band_low and band_high of units must be 0 <= low <= high, high above 0",
    ),
    "errors.band_of_unit.hint": ("改正这些行；没有单独规定时留空", "correct these rows; leave those without a band of their own empty"),
    "errors.different_units": ("{what} 与单元的编号不一致", "{what} and units have different identifiers"),
    "errors.different_units.hint": ("每个单元给一个值，未知的留空", "give one value per unit, empty where it is not known"),
}

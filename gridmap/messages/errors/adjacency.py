"""Texts of the errors and warnings of `gridmap.adjacency`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.undrawn": ("{what} 有行没有几何", "{what} have rows without a geometry"),
    "errors.undrawn.hint": ("补上多边形或删除这些行", "draw their polygons or leave these rows out"),
    "errors.weights_shape": ("权重矩阵的形状与 {n} 个编号不符", "the matrix of weights does not fit {n} identifiers"),
    "errors.weights_shape.hint": ("矩阵的行和列各对应一个编号", "give one row and one column per identifier"),
    "errors.weights_value": ("权重须为有限的非负数", "weights must be finite and not negative"),
    "errors.weights_value.hint": ("改正这些行的权重", "correct the weights in these rows"),
    "errors.weights_self": ("权重把网格与自身相连", "the weights link grids to themselves"),
    "errors.weights_self.hint": (
        "把对角线设为 0；含自身的统计量会自己加上",
        "set the diagonal to 0; statistics that include the grid itself add the link",
    ),
    "errors.k_out_of_range": ("k 须在 1 与 {most} 之间", "k must lie between 1 and {most}"),
    "errors.k_out_of_range.hint": ("邻居数要少于网格数", "ask for fewer neighbours than there are grids"),
    "errors.not_positive": ("{what} 须大于 0", "{what} must be above 0"),
    "errors.not_positive.hint": ("给出以米为单位的正数", "give a positive number of metres"),
    "errors.not_weights": ("这不是权重", "these are not weights"),
    "errors.not_weights.hint": ("传入 adjacency.Weights 或 libpysal Graph", "pass adjacency.Weights or a libpysal Graph"),
}

"""Texts of the crosswalk: what a place in which two departments disagree says on a map."""

TEXTS: dict[str, tuple[str, str]] = {
    "crosswalk.no_grid": ("无网格", "no grid"),
    "crosswalk.conflict": (
        "划分不一致：{left}划入 {left_code}，{right}划入 {right_code}；{area} 平方米，平均宽 {width} 米",
        "drawn differently: {left} has it in {left_code}, {right} in {right_code}; {area} m2, {width} m wide on average",
    ),
    "crosswalk.one_sided": (
        "只有一方划入网格：{left}为 {left_code}，{right}为 {right_code}；{area} 平方米",
        "in a grid of one department alone: {left} {left_code}, {right} {right_code}; {area} m2",
    ),
    "crosswalk.sliver": (
        "描边误差：{left} {left_code} 与 {right} {right_code} 的边线相差平均 {width} 米；{area} 平方米",
        "drawn twice: the lines of {left} {left_code} and {right} {right_code} are {width} m apart on average; {area} m2",
    ),
}

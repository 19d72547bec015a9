"""Texts of the errors and warnings of `gridmap.hierarchy`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.no_base_grids": ("没有基础网格", "there is no base grid"),
    "errors.no_base_grids.hint": ("kind 列至少有一行为 base", "at least one row must have kind = base"),
    "errors.absent_level": ("没有第 {level} 级基础网格；现有层级：{present}", "no base grid has level {level}; levels present: {present}"),
    "errors.absent_level.hint": ("用 --level 选择现有层级", "choose one of these with --level"),
    "errors.broken_chain": (
        "最低层网格的上级链中断，上级合计不含这些网格",
        "lowest grids have no unbroken chain of parents: totals above lack them",
    ),
    "errors.broken_chain.hint": ("运行 gridmap check 查看 parent 列", "run gridmap check and correct the parent column"),
    "errors.bad_level": ("{what} 的 level 须为从 1 起的整数", "level in {what} must be a whole number from 1"),
    "errors.bad_level.hint": ("改正这些行，或去掉 level 列", "correct these rows, or leave the column level out"),
}

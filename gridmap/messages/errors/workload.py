"""Texts of the errors and warnings of `gridmap.workload`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.assignment_index": ("归属表与事件的编号不一致", "assignment and events have different identifiers"),
    "errors.assignment_index.hint": ("用同一批事件重新计算归属", "assign the same events again"),
    "errors.foreign_grid": ("事件归属的网格不在所给网格中", "events are assigned to grids that are not among those given"),
    "errors.foreign_grid.hint": (
        "使用 assign.chain 中该层级的一列（专属网格不属于任何层级）",
        "take the tier's column of assign.chain (a dedicated grid belongs to no tier)",
    ),
    "errors.not_a_load": ("工作量须为有限的非负数", "a load must be finite and not negative"),
    "errors.not_a_load.hint": ("没有事件的网格填 0", "give 0 to grids without events"),
    "errors.minutes_value": ("每件分钟数须为有限的非负数", "minutes per event must be finite and not negative"),
    "errors.minutes_value.hint": ("改正这些类别的分钟数", "correct the minutes of these categories"),
    "errors.unknown_category": (
        "没有这些类别的每件分钟数：{categories}；已有：{known}",
        "no minutes are given for the categories {categories}; known: {known}",
    ),
    "errors.unknown_category.hint": (
        "为每个类别给出分钟数，或用一个数代表全部",
        "give minutes for every category, or one number for all",
    ),
    "errors.posts_elsewhere": ("有岗位不属于所给的任何网格，未计入", "posts belong to none of the grids given and are counted nowhere"),
    "errors.posts_elsewhere.hint": ("核对 grid_code，workload.check 列出每一个", "look at grid_code; workload.check lists each of them"),
}

"""Texts of the errors and warnings of `gridmap.maps`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.basemap_address": ("底图地址无效", "this is no address of a base map"),
    "errors.basemap_address.hint": (
        "写成 https://主机/{{z}}/{{x}}/{{y}}.png 的形式",
        "write it like https://host/{{z}}/{{x}}/{{y}}.png",
    ),
    "errors.unknown_scheme": ("没有这种分级方法；可用：{schemes}", "no such way of classing; there are {schemes}"),
    "errors.unknown_scheme.hint": ("选择其中之一", "choose one of these"),
    "errors.class_edges": (
        "分级界限应为 1 至 {most} 个由小到大的数",
        "the limits of classes must be 1 to {most} numbers, each larger than the one before",
    ),
    "errors.class_edges.hint": ("写各级的上限，如 30, 60, 120", "give the upper limit of each class, such as 30, 60, 120"),
    "errors.edges_and_scheme": ('edges 与 scheme="manual" 须同时给出', 'edges and scheme="manual" go together'),
    "errors.edges_and_scheme.hint": ("两者都给，或都不给", "give both or neither"),
    "errors.class_number": ("分级数应为 1 至 {most}", "the number of classes must be 1 to {most}"),
    "errors.class_number.hint": ("5 级通常最易读", "five classes are usually easiest to read"),
    "errors.values_not_numbers": ("要上色的值不是数字", "the values to colour by are no numbers"),
    "errors.values_not_numbers.hint": ("换一个数字列，如 households", "name a column of numbers, such as households"),
    "errors.values_infinite": ("要上色的值有无穷大", "the values to colour by are infinite in places"),
    "errors.values_infinite.hint": ("把它们改为空值（无数据）", "replace them by NA (no data)"),
    "errors.unknown_class": ("有未知的显著性类别；可用：{classes}", "an unknown class of significance; there are {classes}"),
    "errors.unknown_class.hint": ("传入 hotspot.gi_star 的 class 列", "pass the class column of hotspot.gi_star"),
    "errors.view_zoom": ("缩放级别须在 0 到 {most} 之间", "the zoom must lie between 0 and {most}"),
    "errors.view_zoom.hint": ("传入地图当前的缩放级别", "pass the zoom the map shows"),
    "errors.view_bounds": ("视图范围须为西、南、东、北四个有限的度数", "a view is west, south, east, north in finite degrees"),
    "errors.view_bounds.hint": ("西不大于东，南不大于北", "west may not exceed east, nor south north"),
    "errors.view_categories": ("没有这个类别，共 {count} 个", "no such category, there are {count}"),
    "errors.view_categories.hint": ("用类别在 names 中的位置，从 0 起", "give positions in names, from 0 on"),
    "errors.view_period": ("这些事件没有时间，不能按时段筛选", "these events have no times, so no period can be chosen"),
    "errors.view_period.hint": ("制作时给出时间列", "name a column of times when the bins are made"),
    "errors.no_tile": (
        "没有这个瓦片：级别须在 0 到 {most} 之间，行列号不超出该级",
        "no such tile: zoom 0 to {most}, column and row within it",
    ),
    "errors.no_tile.hint": ("按 z/x/y 的次序给出", "give z/x/y in this order"),
    "errors.tile_styles": (
        "样式编号须为不小于 0 的整数，每行一个，共 {count} 行",
        "styles must be whole numbers from 0 on, one for each of {count} rows",
    ),
    "errors.tile_styles.hint": ("每行给出它的样式编号", "give every row the number of its style"),
}

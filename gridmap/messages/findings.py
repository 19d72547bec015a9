"""What each kind of finding means to a planner: key -> (zh, en). The kinds' short names are in `terms.finding`."""

TEXTS: dict[str, tuple[str, str]] = {
    # coverage
    "findings.gap": (
        "网格之间有一块地不属于任何网格:这里的事件无人负责。",
        "A place enclosed by grids belongs to none of them: nobody answers for events there.",
    ),
    "findings.overlap": (
        "两个网格都包含这块地:这里的事件会有两个责任人。",
        "Two grids both hold this place: events there would have two people in charge.",
    ),
    "findings.sliver": (
        "比容差还窄的缝隙、重叠或网格碎片,多由描边不齐造成:沿同一条线修边即可。",
        "A gap, an overlap or a part of a grid narrower than the tolerance, mostly borders drawn twice: redraw them along one line.",
    ),
    "findings.duplicate": (
        "同一多边形或同一编号出现多次:保留一个,删除或改正其余。",
        "A polygon or a code stands several times: keep one, remove or correct the others.",
    ),
    "findings.invalid": (
        "图形缺失或边线自相交等,面积和归属都不可靠:重新绘制该边界。",
        "The polygon is absent or its outline crosses itself: its area and its events are not reliable; draw the outline again.",
    ),
    "findings.missing": (
        "边界或上级网格内有一片地没有任何网格覆盖:可能漏了整个网格。",
        "Part of the boundary or of an upper grid lies in no grid: a whole grid may be missing.",
    ),
}

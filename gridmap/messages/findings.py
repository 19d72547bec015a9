"""What each kind of finding means to a planner: key -> (zh, en). The kinds' short names are in `terms.finding`."""

TEXTS: dict[str, tuple[str, str]] = {
    # coverage
    "findings.gap": (
        "网格之间有一块地不属于任何网格：这里的事件无人负责。",
        "A place enclosed by grids belongs to none of them: nobody answers for events there.",
    ),
    "findings.overlap": (
        "两个网格都包含这块地：这里的事件会有两个责任人。",
        "Two grids both hold this place: events there would have two people in charge.",
    ),
    "findings.sliver": (
        "比容差还窄的缝隙、重叠或网格碎片，多由描边不齐造成：沿同一条线修边即可。",
        "A gap, an overlap or a part of a grid narrower than the tolerance, mostly borders drawn twice: redraw them along one line.",
    ),
    "findings.duplicate": (
        "同一多边形或同一编号出现多次：保留一个，删除或改正其余。",
        "A polygon or a code stands several times: keep one, remove or correct the others.",
    ),
    "findings.invalid": (
        "图形缺失或边线自相交等，面积和归属都不可靠：重新绘制该边界。",
        "The polygon is absent or its outline crosses itself: its area and its events are not reliable; draw the outline again.",
    ),
    "findings.missing": (
        "边界或上级网格内有一片地没有任何网格覆盖：可能漏了整个网格。",
        "Part of the boundary or of an upper grid lies in no grid: a whole grid may be missing.",
    ),
    # hierarchy
    "findings.duplicate_code": (
        "该编码在前面的行已经出现：每个网格只能有一个编码。",
        "The code stands in a row above already: every grid needs a code of its own.",
    ),
    "findings.orphan": (
        "上级编码为空或不在表中：该网格的数据不会计入任何上级。",
        "The parent is empty or not in the table: figures of this grid reach no upper level.",
    ),
    "findings.wrong_parent": (
        "上级不是高一级的基础网格：改正 parent 或 level。",
        "The parent is not a base grid one level up: correct the parent or the level.",
    ),
    "findings.outside_parent": (
        "网格有一部分在上级网格之外：改正边界或上级。",
        "Part of the grid lies outside its parent: correct the outline or the parent.",
    ),
    "findings.parent_not_union": (
        "上级网格有一部分不属于任何下级网格：补划或改正下级边界。",
        "Part of the upper grid lies in none of its children: draw the missing grid or correct the outlines.",
    ),
    # codes
    "findings.missing_code": ("没有编码：为该行填写编码。", "There is no code: give this row one."),
    "findings.code_not_text": (
        "编码按数字存储，前导零可能已丢失：把该列改为文本。",
        "The code is stored as a number and may have lost leading zeros: make the column text.",
    ),
    "findings.wrong_length": (
        "编码位数与方案不符：检查前导零和截断。",
        "The code has another length than its scheme: check leading zeros and cut-off digits.",
    ),
    "findings.wrong_characters": (
        "编码含有方案不允许的字符，如全角数字、空格或字母。",
        "The code has characters that its scheme does not allow, such as full-width digits, spaces or letters.",
    ),
    "findings.wrong_prefix": (
        "编码的行政部分与上级不一致：改正编码或上级。",
        "The place in the code is not its parent's: correct the code or the parent.",
    ),
    # staff
    "findings.no_post": (
        "网格没有应有的岗位（最低一级要有网格员，以上各级要有网格长，专属网格要有专属网格员）：设岗。",
        "The grid lacks the post it needs (a worker at the lowest level, a chief above, its own post in a dedicated grid): create it.",
    ),
    "findings.vacant": ("网格的岗位空缺：目前无人负责，尽快补人。", "The grid's post is vacant: nobody answers for it; fill it."),
    "findings.two_holders": (
        "只能一人负责的岗位有两人以上：明确由谁负责，其余改岗。",
        "Two or more hold a post that only one may hold: settle who answers for the grid and give the others another role.",
    ),
    "findings.two_posts": (
        "只能设一个的岗位重复登记：保留一个。",
        "A post of which a grid may have one is listed several times: keep one.",
    ),
    "findings.wrong_grid": (
        "专属网格的岗位登记在基础网格上：改正网格编码或角色。",
        "A post for dedicated grids stands at a base grid: correct the grid code or the role.",
    ),
    "findings.unknown_grid": (
        "岗位的网格编码为空或不在网格表中：可能网格已撤并，改正编码。",
        "The post's grid code is empty or not among the grids, which may have been redrawn: correct it.",
    ),
}

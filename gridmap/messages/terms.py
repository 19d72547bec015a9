"""Texts of terms: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    # classes of gi_star, by the false discovery rate
    "terms.class.hot_99": ("热点(99% 置信)", "hot spot (99 % confidence)"),
    "terms.class.hot_95": ("热点(95% 置信)", "hot spot (95 % confidence)"),
    "terms.class.hot_90": ("热点(90% 置信)", "hot spot (90 % confidence)"),
    "terms.class.none": ("不显著", "not significant"),
    "terms.class.cold_90": ("冷点(90% 置信)", "cold spot (90 % confidence)"),
    "terms.class.cold_95": ("冷点(95% 置信)", "cold spot (95 % confidence)"),
    "terms.class.cold_99": ("冷点(99% 置信)", "cold spot (99 % confidence)"),
    # kinds of coverage findings
    "terms.finding.gap": ("缝隙", "gap"),
    "terms.finding.overlap": ("重叠", "overlap"),
    "terms.finding.sliver": ("碎屑", "sliver"),
    "terms.finding.duplicate": ("重复", "duplicate"),
    "terms.finding.invalid": ("图形无效", "invalid polygon"),
    "terms.finding.missing": ("缺失", "missing"),
    # what a finding's note says
    "terms.note.same_polygon": ("多个网格共用同一多边形", "several grids with one polygon"),
    "terms.note.same_code": ("同一编号有多个多边形", "one code on several polygons"),
    "terms.note.same_row": ("同一网格列出多次", "the same grid listed several times"),
    "terms.note.thin_gap": ("细长缝隙", "thin gap"),
    "terms.note.thin_overlap": ("细长重叠", "thin overlap"),
    "terms.note.thin_part": ("网格的细碎部分", "thin part of a grid"),
    "terms.note.no_polygon": ("没有多边形", "no polygon"),
    # measures of coverage.shares
    "terms.measure.area_m2": ("面积(平方米)", "area (m2)"),
    "terms.measure.buildings": ("建筑", "buildings"),
    "terms.measure.households": ("户数", "households"),
    "terms.measure.events": ("事件", "events"),
    # kinds of findings about nesting and codes
    "terms.finding.duplicate_code": ("编码重复", "duplicate code"),
    "terms.finding.orphan": ("没有上级", "no parent"),
    "terms.finding.wrong_parent": ("上级有误", "wrong parent"),
    "terms.finding.outside_parent": ("超出上级", "outside its parent"),
    "terms.finding.parent_not_union": ("下级未铺满", "children leave a part uncovered"),
    "terms.finding.missing_code": ("缺少编码", "no code"),
    "terms.finding.code_not_text": ("编码不是文本", "code is not text"),
    "terms.finding.wrong_length": ("编码位数有误", "wrong length of code"),
    "terms.finding.wrong_characters": ("编码字符有误", "wrong characters in code"),
    "terms.finding.wrong_prefix": ("编码与上级不符", "code does not begin with its parent's"),
    # what a class of gi_star means, a cell of the application's table
    "terms.meaning.hot_99": ("明显偏多,几乎不会是偶然", "clearly more; hardly chance"),
    "terms.meaning.hot_95": ("偏多,不大可能是偶然", "more; unlikely to be chance"),
    "terms.meaning.hot_90": ("可能偏多,宜再观察", "perhaps more; keep watching"),
    "terms.meaning.cold_99": ("明显偏少,几乎不会是偶然", "clearly fewer; hardly chance"),
    "terms.meaning.cold_95": ("偏少,不大可能是偶然", "fewer; unlikely to be chance"),
    "terms.meaning.cold_90": ("可能偏少,宜再观察", "perhaps fewer; keep watching"),
    "terms.category.uncategorised": ("未分类", "uncategorised"),
}

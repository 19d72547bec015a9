"""Texts of the report on where departments' lines disagree: command, map and page."""

TEXTS: dict[str, tuple[str, str]] = {
    # gridmap crosswalk
    "cli.crosswalk": (
        "比对几个部门的网格：哪里划分不一致，哪里只是描边误差；可写出共同细分",
        "compare the grids of several departments: where they disagree, where a line was only drawn twice; and one net for all",
    ),
    "cli.crosswalk_layers": ("部门名=网格文件，两个以上", "name of a department=file of its grids, two or more"),
    "cli.crosswalk_sliver_width": (
        "窄于此宽度（米）的地方算描边误差（默认 5）",
        "places narrower than this many metres are slivers (default 5)",
    ),
    "cli.output_crosswalk": (
        "写出结果：.html 地图与表，.xlsx .csv 表，或 .gpkg 图层",
        "write the result: .html map and tables, .xlsx or .csv tables, or .gpkg layers",
    ),
    "cli.refine": ("写出各部门网格的共同细分（.gpkg）", "write the proposed common refinement of all layers (.gpkg)"),
    "cli.crosswalk_pair": ("{left} / {right}：{share:.2%} 一致", "{left} / {right}: {share:.2%} agreed"),
    "cli.crosswalk_kind": ("  {word}：{count} 处，{area} 平方米", "  {word}: {count}, {area} m2"),
    "cli.crosswalk_largest": ("  最要紧的：", "  what matters most:"),
    "cli.crosswalk_place": ("    {text}", "    {text}"),
    "cli.crosswalk_counted": ("    {text}；{amounts}", "    {text}; {amounts}"),
    "cli.crosswalk_title": ("{names}的网格比对", "Where the grids of {names} disagree"),
    "terms.crosswalk.conflict": ("划分不一致", "drawn differently"),
    "terms.crosswalk.one_sided": ("只有一方划入网格", "in a grid of one department alone"),
    "terms.crosswalk.sliver": ("描边误差", "drawn twice"),
    # maps of the departments' lines
    "maps.conflicts": ("不一致之处", "Where they disagree"),
    "maps.conflict_kind": ("类型", "Kind"),
    "maps.conflict_text": ("说明", "What"),
    "maps.conflict_slivers": ("描边误差", "Lines drawn twice"),
    "maps.conflict_counted": ("处", "places"),
    "maps.conflict_note": (
        "一处 = 两个部门各一个网格之间的全部同类地块",
        "one place = all ground of a kind between a grid of one department and one of another",
    ),
    "maps.department_grids": ("{name}的网格界线", "Borders of {name}"),
    # report
    "report.crosswalk_lead": (
        "{names}的网格有 {conflicts} 处划分不一致，共 {area} 公顷；{one_sided} 处只有一方划入网格；另有 {slivers} 处描边误差，不计入。",
        (
            "The grids of {names} are drawn differently in {conflicts} places, {area} ha in all; {one_sided} places are in a grid of one "
            "department alone. {slivers} more are lines drawn twice and not counted."
        ),
    ),
    "report.crosswalk_hectares": ("划分不一致的面积（公顷）", "hectares drawn differently"),
    "report.crosswalk_map_note": (
        "各部门界线线型不同。指向着色处可看双方编码和面积；点击下表的编码，地图放大到该处。图例中可打开描边误差。",
        (
            "Each department's borders have a line of their own. Point at a coloured place for both codes and the area; "
            "click a code in a table to zoom to it. The legend brings the lines drawn twice."
        ),
    ),
    "report.crosswalk_pairs": ("各部门之间", "Between departments"),
    "report.crosswalk_departments": ("部门", "Departments"),
    "report.crosswalk_pair": ("{left} / {right}", "{left} / {right}"),
    "report.crosswalk_agreed": ("一致（平方米）", "agreed (m2)"),
    "report.crosswalk_share": ("一致比例", "share agreed"),
    "report.crosswalk_of_kind": ("{word}（平方米，处数）", "{word} (m2, places)"),
    "report.crosswalk_amount": ("{area}（{count}）", "{area} ({count})"),
    "report.crosswalk_places": ("最要紧的地方", "What matters most"),
    "report.crosswalk_code": ("{name} {code}", "{name} {code}"),
    "report.crosswalk_kind": ("类型", "kind"),
    "report.crosswalk_width": ("平均宽（米）", "mean width (m)"),
    "report.crosswalk_places_note": (
        "点击编码可在地图上查看；共 {count} 处，此处列出 {shown} 处：先不一致、后一方独有，再按户数（如有）、面积。",
        (
            "Click a code to see it on the map; {shown} of {count} places: those drawn differently first, "
            "then by households where known, then by area."
        ),
    ),
    "report.crosswalk_grids": ("不一致的网格", "Grids that disagree"),
    "report.crosswalk_other": ("对照部门", "compared with"),
    "report.crosswalk_share_conflict": ("划分不一致的比例", "share drawn differently"),
    "report.crosswalk_share_one_sided": ("一方独有的比例", "share in its own layer alone"),
    "report.crosswalk_grids_note": (
        "共 {count} 个，此处列出比例最大的 {shown} 个；全部见 xlsx 或 gpkg 输出。",
        "{shown} of {count}, the largest shares; all of them are in the xlsx or gpkg output.",
    ),
    "report.crosswalk_method_counterpart": (
        "一个网格的对应网格是对方图层中占其面积最多的网格；对方一个网格含本方几个网格不算不一致，编码也不必相同。",
        (
            "A grid's counterpart is the grid of the other layer that holds most of it; several grids within one of the other layer agree "
            "with it, and codes need not be alike."
        ),
    ),
    "report.crosswalk_method_slivers": (
        "处处窄于 {width} 米的地方算描边误差；只要有一段更宽，整处算不一致。",
        "Places narrower than {width} m everywhere are lines drawn twice; one that widens beyond that anywhere counts as a whole.",
    ),
    "report.crosswalk_method_pairs": (
        "处数和面积按每两个部门分别计算：三个以上部门时，同一块地可能计入几对。",
        "Places and areas are counted for each two departments: with three or more, the same ground may stand in several pairs.",
    ),
}

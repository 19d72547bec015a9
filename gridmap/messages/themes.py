"""Texts on the ten themes (GI 分析): command, map, page and report."""

TEXTS: dict[str, tuple[str, str]] = {
    # gridmap themes
    "cli.themes": (
        "十大主题在各网格的数量，以及人进户、户进房、房进网格、网格进图断开的环节",
        "counts of the ten themes in each grid, and the links from residents to the map that are broken",
    ),
    "cli.themes_file": (
        "主题记录表：列 record_id、theme、kind、count，以及 building_id 或位置；或项目文件",
        "table of theme records: columns record_id, theme, kind, count, and building_id or a place; or a project file",
    ),
    "cli.themes_grids": ("网格面图层文件（默认：THEMES 项目中的网格）", "file of grid polygons (default: the grids of the project THEMES)"),
    "cli.themes_layer": ("主题文件中的图层或工作表名（默认 themes）", "layer or sheet of the themes' file (default themes)"),
    "cli.themes_buildings": (
        "楼栋文件（默认：网格所在项目的楼栋）",
        "file of buildings (default: those of the project that the grids are from)",
    ),
    "cli.output_themes": (
        "写出结果：.html 报告，.xlsx 或 .csv 表，或 .gpkg 图层",
        "write the result: .html report, .xlsx or .csv tables, or .gpkg layers",
    ),
    "cli.themes_counted": (
        "{records} 条记录，{themes} 个主题，网格 {grids} 个",
        "{records} records, {themes} themes, {grids} grids",
    ),
    "cli.themes_unlinked": (
        "没有楼栋数据，未核对人进户、户进房、房进网格、网格进图",
        "without buildings the links from residents to the map are not checked",
    ),
    "cli.themes_link": (
        "  {kind}（{note}）：{count} 处，涉及 {amount}，前几处：{first}",
        "  {kind} ({note}): {count}, {amount}, first: {first}",
    ),
    "cli.themes_title": ("十大主题：{title}", "The ten themes: {title}"),
    # what hangs on a broken link
    "maps.link_on.resident_household": ("{n} 人", "residents {n}"),
    "maps.link_on.household_building": ("{n} 户", "households {n}"),
    "maps.link_on.building_grid": ("{n} 栋", "buildings {n}"),
    "maps.link_on.grid_polygon": ("{n} 个网格", "grids {n}"),
    # kinds that the demo towns count
    "terms.theme_kind.住宅楼": ("住宅楼", "residential buildings"),
    "terms.theme_kind.非住宅楼": ("非住宅楼", "other buildings"),
    "terms.theme_kind.常住户": ("常住户", "resident households"),
    "terms.theme_kind.常住人口": ("常住人口", "residents"),
    "terms.theme_kind.独居老人": ("独居老人", "elderly people living alone"),
    "terms.theme_kind.残疾人": ("残疾人", "people with disabilities"),
    "terms.theme_kind.九小场所": ("九小场所", "small public premises"),
    "terms.theme_kind.企业": ("企业", "companies"),
    "terms.theme_kind.全年事件": ("全年事件", "events of the year"),
    "terms.theme_kind.便民服务点": ("便民服务点", "service points"),
    "terms.theme_kind.党支部": ("党支部", "party branches"),
    "terms.theme_kind.摄像头": ("摄像头", "cameras"),
    "terms.basis.常住": ("常住", "usual residents"),
    "terms.basis.户籍": ("户籍", "registered"),
    "terms.basis.实有": ("实有", "actually present"),
    # what a broken link means
    "findings.resident_household": (
        "居民所在楼栋没有登记住户，或居民没有楼栋：补登住户或楼栋编号。",
        "Residents are in a building for which no household is counted, or in none: enter the households or the building.",
    ),
    "findings.household_building": (
        "住户没有楼栋，或楼栋编号不在楼栋表中：改正楼栋编号。",
        "Households are in no building, or in one that is not in the table of buildings: correct the building's number.",
    ),
    "findings.building_grid": (
        "楼栋不在任何最低一级网格内，或没有位置：核对边界或楼栋位置。",
        "A building lies in no grid of the lowest level, or has no place: look at the borders or at its place.",
    ),
    "findings.grid_polygon": ("网格没有多边形，不在图上：补画边界。", "A grid has no polygon and is not on the map: draw it."),
    # map
    "maps.theme_kind": ("{theme}：{kind}", "{theme}: {kind}"),
    "maps.links": ("断开的环节", "Broken links"),
    "maps.link_kind": ("环节", "Link"),
    "maps.link_note": ("原因", "Why"),
    "maps.link_amount": ("涉及", "Concerns"),
    "maps.links_counted": ("处", "places"),
    # page
    "ui.page.themes": ("十大主题", "Themes"),
    "ui.table.themes": ("主题记录", "theme records"),
    "ui.unlocks.themes": (
        "房屋、住户、人口、特殊群体等十大主题在各网格的数量，以及人、户、房、网格、图之间断开的环节",
        "counts of the ten themes in every grid, and the links from residents to the map that are broken",
    ),
    "ui.themes_empty": ("主题表里没有记录。", "The table of themes has no record."),
    "ui.theme": ("主题", "Theme"),
    "ui.theme_kind": ("分类", "Kind"),
    "ui.theme_counted": ("{records} 条记录，{grids} 个网格", "{records} records, {grids} grids"),
    "ui.theme_basis": ("口径：{basis}", "basis of the count: {basis}"),
    "ui.theme_days": ("统计日期：{days}", "counted on {days}"),
    "ui.links": ("断开的环节", "Broken links"),
    "ui.link_line": ("人进户、户进房、房进网格、网格进图", "residents, households, buildings, grids, map"),
    "ui.links_whole": (
        "没有断开的环节：人进户、户进房、房进网格、网格进图。",
        "No broken link: residents are in households, these in buildings, these in grids, these on the map.",
    ),
    "ui.links_unknown": ("没有楼栋数据，未核对。", "Not checked: there are no buildings."),
    "ui.column.link": ("环节", "link"),
    "ui.column.note": ("原因", "why"),
    "ui.column.count": ("数量", "count"),
    "ui.column.record_id": ("记录", "record"),
    "ui.column.building_id": ("楼栋", "building"),
    # report
    "report.themes_lead": (
        "在 {grids} 个最低一级网格中统计了 {themes} 个主题；人、户、房、网格、图之间断开的环节 {links} 处。",
        "{themes} themes counted in {grids} grids of the lowest level; broken links from residents to the map: {links}.",
    ),
    "report.themes_lead_unlinked": (
        "在 {grids} 个最低一级网格中统计了 {themes} 个主题；没有楼栋数据，未核对人、户、房、网格、图之间的环节。",
        "{themes} themes counted in {grids} grids of the lowest level; without buildings the links to the map are not checked.",
    ),
    "report.themes_map_note": (
        "图例中可切换主题；指向网格可看编码、名称和数量。",
        "The legend switches between themes; point at a grid for its code, name and count.",
    ),
    "report.themes_records": ("记录数", "records"),
    "report.themes_kinds": ("各主题的数量", "Counts by theme"),
    "report.themes_theme": ("主题", "Theme"),
    "report.themes_kind": ("分类", "Kind"),
    "report.themes_count": ("数量", "Count"),
    "report.themes_basis": ("口径", "Basis"),
    "report.themes_days": ("统计日期", "Counted on"),
    "report.themes_links": ("断开的环节", "Broken links"),
    "report.themes_links_note": (
        "共 {count} 处，列出 {shown} 处。点击网格编码，地图放大到该处。",
        "{count} in all, {shown} listed. Click a grid code to zoom to the place.",
    ),
    "report.themes_no_links": ("没有断开的环节。", "No link is broken."),
    "report.themes_record": ("记录", "Record"),
    "report.themes_building": ("楼栋", "Building"),
    "report.themes_method_counts": (
        "记录落在所属楼栋或自身位置所在的网格；同一主题的不同分类可能重叠，不相加。",
        "A record is counted in the grid around its building or its own place; kinds of one theme may overlap and are not added up.",
    ),
    "report.themes_method_people": (
        "只统计数量，不含姓名、证件号码等个人信息。",
        "Counts alone: no names, no identity numbers.",
    ),
}

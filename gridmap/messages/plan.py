"""Texts of plans: what a plan, an edit and a difference say of themselves."""

TEXTS: dict[str, tuple[str, str]] = {
    # what a plan says of its grids
    "plan.side.east": ("东", "east"),
    "plan.side.south": ("南", "south"),
    "plan.side.west": ("西", "west"),
    "plan.side.north": ("北", "north"),
    "plan.side.to": ("{side}至{things}", "{side}: {things}"),
    "plan.side.beside": ("{side}{things}", "{side}: {things}"),
    "plan.side.grids": ("与{grids}相邻", "beside {grids}"),
    "plan.side.both": ("{lines}并与{grids}相邻", "{lines}, and beside {grids}"),
    "plan.side.void": ("辖区边界", "the boundary of the plan"),
    "plan.side.between": ("，", "; "),
    "plan.grid_named": ("{name}网格", "grid {name}"),
    "plan.grid_ends": ("网格 区 街道 镇 乡 村", "grid Grid"),  # a name that ends so says itself what it is
    "plan.class.road": ("无名道路", "an unnamed road"),
    "plan.class.river": ("河流", "a river"),
    "plan.class.stream": ("河流", "a stream"),
    "plan.class.canal": ("水渠", "a canal"),
    "plan.class.rail": ("铁路", "a railway"),
    "plan.class.wall": ("围墙", "a wall"),
    # words of a difference
    "terms.change.added": ("新增", "added"),
    "terms.change.retired": ("撤销", "retired"),
    "terms.change.split": ("拆分", "split"),
    "terms.change.merged": ("合并", "merged"),
    "terms.change.changed": ("边界调整", "changed"),
    "terms.change.recoded": ("仅改编码", "recoded"),
    "terms.change.re_parented": ("仅改上级", "other parent"),
    "terms.change.unchanged": ("未变", "unchanged"),
    "terms.move.split": ("因拆分划出", "split off"),
    "terms.move.merged": ("因合并并入", "merged in"),
    "terms.move.transferred": ("网格间划转", "transferred"),
    "terms.move.gained": ("新纳入网格", "from no grid"),
    "terms.move.lost": ("划出网格", "to no grid"),
    "terms.move.sliver": ("描边误差", "sliver"),
    "terms.amount.area_m2": ("面积（平方米）", "area (m2)"),
    "terms.amount.households": ("户数", "households"),
    "terms.amount.residents": ("人口", "residents"),
    "terms.amount.buildings": ("建筑", "buildings"),
    "terms.amount.events": ("事件", "events"),
    "terms.amount.staff": ("岗位", "posts"),
    # gridmap compare
    "cli.compare": (
        "比较新旧两套网格：拆分、合并、划转及归属变更的户数、建筑、事件",
        "compare two sets of grids: what was split, merged or moved, and how many change hands",
    ),
    "cli.old": ("旧网格文件", "file of the old grids"),
    "cli.new": ("新网格文件", "file of the new grids"),
    "cli.units": ("带 households 等列的单元，代替建筑物", "units with households, in place of buildings"),
    "cli.compare_staff": ("岗位表（旧网格编码），统计归属变更的岗位", "staff by old grid code, to count posts that change hands"),
    "cli.compare_not_scored": (
        "单元的户数不全，两个方案未评分",
        "plans are not scored: households of units are not known",
    ),
    "cli.compare_streets": (
        "街路线（含 class），与 --units 一起给出，判断边界是否沿街（默认取项目文件中的街路）",
        "streets with their class, beside --units, to tell which borders follow them (default: those of a project file)",
    ),
    "cli.compare_events": ("事件文件，统计归属变更的事件", "events, to count those that change hands"),
    "cli.sliver_width": (
        "窄于此宽度（米）的差异算描边误差（默认 1）",
        "differences narrower than this many metres are slivers (default 1)",
    ),
    "cli.output_compare": (
        "写出结果：.html 地图与表，.xlsx .csv 表，或 .gpkg 图层",
        "write the result: .html map and tables, .xlsx or .csv tables, or .gpkg layers",
    ),
    "cli.compare_tier": (
        "第 {level} 级：{before} 个网格 -> {after} 个；{words}",
        "level {level}: {before} grids -> {after}; {words}",
    ),
    "cli.compare_dedicated": (
        "专属网格：{before} 个 -> {after} 个；{words}",
        "dedicated grids: {before} -> {after}; {words}",
    ),
    "plan.counted": ("{word} {count}", "{word} {count}"),
    "plan.turned": ("{word} {before} 个网格 → {after} 个", "{word} {before} -> {after}"),
    "plan.turned_cell": ("{before} → {after}", "{before} -> {after}"),
    "plan.between": ("、", ", "),
    "cli.compare_moved": ("  归属变更：{amounts}", "  changes hands: {amounts}"),
    "cli.compare_amount": ("{word} {moved} / {total} = {share:.2%}", "{word} {moved} of {total} = {share:.2%}"),
    "cli.compare_outside": (
        "  新纳入网格 {gained} 平方米，划出网格 {lost} 平方米",
        "  {gained} m2 came from no grid, {lost} m2 went to none",
    ),
    "cli.compare_slivers": ("  描边误差共 {area} 平方米，不计入", "  slivers of {area} m2 in all are not counted"),
    "cli.compare_largest": ("变动最大的：", "largest moves:"),
    "cli.compare_move": ("  {origin} -> {target}（{word}）：{amounts}", "  {origin} -> {target} ({word}): {amounts}"),
    "cli.compare_plain": ("{word} {number}", "{word} {number}"),
    "cli.compare_nothing": ("没有差异", "no difference"),
    "cli.compare_slivers_alone": ("除描边误差外没有差异", "no difference, slivers aside"),
    "cli.compare_title": ("{old} 与 {new} 的差异", "From {old} to {new}"),
    "plan.no_grid": ("无网格", "no grid"),
    "plan.dedicated": ("专属", "dedicated"),
    # maps of a difference
    "maps.moves": ("归属变更的地块", "Ground that changes hands"),
    "maps.moves_counted": ("处", "places"),
    "maps.moves_note": ("一处 = 从一个网格到另一个网格的全部地块", "one place = all ground from one grid to another"),
    "maps.move_from": ("原网格", "From"),
    "maps.move_to": ("现网格", "To"),
    "maps.move_kind": ("方式", "How"),
    "maps.changes": ("网格的变化", "What became of the grids"),
    "maps.old_borders": ("已取消的旧边界", "Old borders that are gone"),
    "maps.old_grids": ("旧网格", "Old grids"),
    "maps.new_grids": ("新网格", "New grids"),
    # report of a difference
    "report.compare_lead": (
        "第 {level} 级 {before} 个网格变为 {after} 个：{words}。归属变更面积 {area} 公顷，占 {share}。",
        "On level {level}, {before} grids became {after}: {words}. {area} ha change hands, {share} of the whole.",
    ),
    "report.compare_same": (
        "第 {level} 级 {before} 个网格没有差异（描边误差除外）。",
        "The {before} grids of level {level} do not differ, slivers aside.",
    ),
    "report.compare_figure": ("归属变更的{word}", "{word} changing hands"),
    "report.compare_hectares": ("归属变更的面积（公顷）", "hectares changing hands"),
    "report.compare_changed": ("有变化的网格", "grids that differ"),
    "report.compare_tiers": ("各级合计", "Totals by tier"),
    "report.compare_level": ("第 {level} 级", "level {level}"),
    "report.compare_change": ("变化", "Change"),
    "report.compare_map_note": (
        "指向地块可看原网格、现网格和数量；点击下表的编码，地图放大到该处。图例中可切换到“网格的变化”，可打开旧网格。",
        (
            "Point at a place for where it comes from, where it goes and what goes with it; click a code in a table to zoom to it. "
            "The legend switches to what became of the grids and brings the old ones."
        ),
    ),
    "report.compare_gained_outside": ("新纳入网格的面积（平方米）", "area from no grid (m2)"),
    "report.compare_lost_outside": ("划出网格的面积（平方米）", "area to no grid (m2)"),
    "report.compare_moves": ("变动最大的地块", "Largest moves"),
    "report.compare_moves_note": (
        "点击编码可在地图上查看；共 {count} 处，此处列出最大的 {shown} 处。",
        "Click a code to see it on the map; {shown} of {count} places, the largest.",
    ),
    "report.compare_grids": ("有变化的网格", "Grids that differ"),
    "report.compare_grids_note": (
        "共 {count} 个，此处列出变动最大的 {shown} 个；全部见 xlsx、csv 或 gpkg 输出。",
        "{shown} of {count}, those of the largest moves first; all of them are in the xlsx, csv or gpkg output.",
    ),
    "report.compare_none": ("没有。", "None."),
    "report.compare_before": ("原有网格", "grids before"),
    "report.compare_after": ("现有网格", "grids after"),
    "report.compare_from": ("原网格", "from"),
    "report.compare_to": ("现网格", "to"),
    "report.compare_how": ("方式", "how"),
    "report.compare_gained": ("划入（平方米）", "gained (m2)"),
    "report.compare_lost": ("划出（平方米）", "lost (m2)"),
    "report.compare_of": ("{moved}（共 {total}）", "{moved} of {total}"),
    "report.compare_method_ground": (
        "按地块叠加判断，不只看编码：新旧网格互为对方大半，即为同一网格；一个旧网格的地里有两个以上新网格为拆分，反之为合并。",
        (
            "Told by overlay of ground, not by codes alone: an old and a new grid are the same if most of either lies in the other; "
            "a grid is split if two new ones or more lie for the most part in it, merged the other way round."
        ),
    ),
    "report.compare_method_slivers": (
        "窄于 {width} 米或小于 1 平方米的差异算描边误差，不计入面积；户数、建筑、事件按所在位置计，不受此限。",
        (
            "Differences narrower than {width} m or smaller than 1 m2 are slivers and not counted as area; "
            "households, buildings and events are counted where they lie."
        ),
    ),
    "report.compare_method_sums": (
        "面积在投影坐标系中计算；每级划入之和等于划出之和（新纳入和划出网格的另列）。",
        "Areas are measured in a metric coordinate system; on every tier what grids gain is what others lose, ground of no grid aside.",
    ),
    # zones of an emergency
    "zones.grid_code": ("网格编码", "grid_code"),
    "zones.zone": ("风险区", "zone"),
    "zones.risk": ("风险等级", "risk"),
    "zones.grids": ("网格", "grids"),
    "zones.area_ha": ("面积（公顷）", "hectares"),
    "zones.uncounted": ("未统计的网格", "grids not counted"),
    "zones.dedicated": ("其中专属网格", "of which dedicated grids"),
    "zones.posts": ("岗位", "posts"),
    "zones.vacant": ("其中空缺", "of which vacant"),
    "zones.posts_above": ("上级岗位", "posts above"),
    "zones.total": ("合计", "total"),
    "terms.risk.high": ("高", "high"),
    "terms.risk.medium": ("中", "medium"),
    "terms.risk.low": ("低", "low"),
    "terms.finding.plan": ("方案不成立", "plan does not hold"),
    "cli.plan_zones": (
        "把基础网格划入风险区（平急结合），或列出已划的",
        "group base grids into the risk zones of an emergency, or list them",
    ),
    "cli.plan_switch": (
        "平急转换：列出各风险区涉及的网格、户数与岗位，并写出转换后的网格",
        "switch to an emergency or back: the grids, households and posts of each zone, and the grids that hold then",
    ),
    "cli.plan_zoned": ("风险区 {zones} 个，含最低一级网格 {grids} 个", "risk zones: {zones}, of {grids} grids of the lowest tier"),
    "cli.zones_table": (
        "风险区表：列 网格编码 风险区 风险等级（高、中、低）；上级网格代表其全部下级（默认：列出方案已有的）",
        "table with grid_code, zone, risk (high, medium, low); an upper grid stands for all below it (default: list the plan's)",
    ),
    "cli.zones_output": (
        "新方案文件（.gpkg），含风险区与急时网格",
        "file of the new plan (.gpkg) with its zones and the grids of the emergency",
    ),
    "cli.switch_to": ("转为急时（emergency，默认）或平时（normal）", "what to switch to (default: emergency)"),
    "cli.switch_staff": (
        "岗位表，统计涉及的岗位（默认：项目自己的）",
        "table of posts, to count those concerned (default: that of the project)",
    ),
    "cli.switch_buildings": (
        "建筑物文件，重新统计户数与人口（默认：方案中的数字）",
        "buildings, to count households and residents anew (default: the figures of the plan)",
    ),
    "cli.no_dedicated": ("写出的网格不含专属网格", "leave dedicated grids out of what is written"),
    "cli.switch_output": (
        "写出结果：.html 地图与表，.xlsx .csv 表，或 .gpkg（网格 grids 与风险区 switch）",
        "write the result: .html map and tables, .xlsx or .csv tables, or .gpkg (layers grids and switch)",
    ),
    "cli.plan_scheme": (
        "编码规则：unit（15 位）、community（20 位），或自左至右各段位数（如 区县=6,街道=3,序号=3）；新编码照此，不符的不收",
        "what codes are made of: unit (15 digits), community (20 digits), or the width of each part from left to right, the number last",
    ),
    "cli.output_plan_check": (
        "把问题写成表：.csv .xlsx .gpkg .geojson .parquet .shp .zip",
        "write the findings: .csv .xlsx .gpkg .geojson .parquet .shp .zip",
    ),
    "cli.plan_units_cut": (
        "单元随边界切开 {count} 个，成 {parts} 块（{codes}）；户数未知的 {unknown} 块",
        "units cut by the new borders: {count} into {parts} parts ({codes}); households unknown in {unknown}",
    ),
    "report.switch_title.emergency": ("{plan}：平时转急时", "{plan}: switch to the emergency"),
    "report.switch_title.normal": ("{plan}：急时转平时", "{plan}: back to normal days"),
    "report.switch_lead.emergency": (
        "转入急时：{zones} 个风险区合并管理 {grids} 个网格，涉及{amounts}；其余 {others} 个网格不变。",
        "In the emergency {zones} zones take the place of {grids} grids, which concerns {amounts}; {others} other grids stay.",
    ),
    "report.switch_lead.normal": (
        "恢复平时：{zones} 个风险区分回 {grids} 个网格，涉及{amounts}；其余 {others} 个网格不变。",
        "On normal days {grids} grids take the place of {zones} zones, which concerns {amounts}; {others} other grids stay.",
    ),
    "report.switch_amount": ("{word} {number}", "{word} {number}"),
    "report.switch_posts": (
        "岗位 {posts} 个（空缺 {vacant} 个），上级岗位 {above} 个",
        "posts {posts} (vacant {vacant}), posts above {above}",
    ),
    "report.switch_zones": ("各风险区", "Zones"),
    "report.switch_grids": ("风险区所含网格", "Grids in the zones"),
    "report.switch_map_note": (
        "指向风险区可看等级与数量；图例可打开平时网格。",
        "Point at a zone for its risk and figures; the legend brings the grids of normal days.",
    ),
    "report.switch_method_zones": (
        "风险区由最低一级基础网格组成，须连成一片；合计中每个网格、每个岗位只计一次。",
        "A zone is made of base grids of the lowest tier and hangs together; in total every grid and every post counts once.",
    ),
    "report.switch_method_unknown": (
        "有网格未统计的，该区该项数字为空；户数与人口按基础网格计。",
        "A figure is empty where that of one of the grids is unknown; households and residents are those of base grids.",
    ),
    "report.switch_method_dedicated": (
        "专属网格仍叠加在基础网格之上，其数字含在其中，不另相加；跨风险区边界的在两边都列出。",
        "Dedicated grids lie over base grids as before; their figures are never added; one across a border is listed on both sides.",
    ),
    "report.switch_method_posts": (
        "岗位为区内网格和区内专属网格的岗位；上级岗位为有网格划入风险区的上级网格的岗位。",
        "Posts are those of the grids, and dedicated grids, in a zone; posts above are those of upper grids that have grids in it.",
    ),
    "maps.zones": ("风险区", "Risk zones"),
    "maps.zones_counted": ("个", "areas"),
    "maps.normal_grids": ("平时网格", "Grids of normal days"),
    "plan.taken_over": ("现行边界", "boundaries in force"),
}

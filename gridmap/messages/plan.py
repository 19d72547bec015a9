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
    "plan.taken_over": ("现行边界", "boundaries in force"),
}

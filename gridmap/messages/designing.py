"""Texts of the page where grids are designed: `designing.NAME` -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    "designing.base": ("以哪一版为底", "Based on"),
    # units
    "designing.no_units": (
        "这个项目没有单元表。可由街路、边界（以及小区、建筑）划出街区单元，网格由这些单元拼成。",
        (
            "This project has no units. They can be made of its streets and boundary (and compounds and buildings); "
            "grids are put together from them."
        ),
    ),
    "designing.make_units": ("由街路划出单元", "Make units from streets"),
    "designing.no_households": (
        "单元没有户数，无法按户数设计网格。请导入带户数（households）的建筑表或单元表。",
        "The units have no households, so grids cannot be designed by them. Import buildings or units with a column households.",
    ),
    "designing.units": ("单元户数", "Households of units"),
    "designing.units_counted": ("单元数", "units"),
    "designing.none_chosen": ("未选", "none"),
    "designing.households_unit": ("户", "households"),
    # the area
    "designing.area": ("重划范围", "Area"),
    "designing.area.all": ("全部网格", "All grids"),
    "designing.area.picked": ("自选网格", "Grids picked"),
    "designing.picked": ("要重划的网格", "Grids to draw anew"),
    "designing.pick_help": (
        "在地图上点选、框选或套索网格（或单元），可只重划它们，或把它们锁定。",
        "Click, box or lasso grids (or units) on the map to draw only these anew, or to lock them.",
    ),
    "designing.pick_first": ("请先选择要重划的网格。", "Choose the grids to draw anew first."),
    "designing.redraw_these": ("只重划所选 {count} 个网格", "Draw only these {count} grids anew"),
    "designing.lock_these": ("锁定所选 {count} 个网格", "Lock these {count} grids"),
    "designing.crossing": (
        (
            "{count} 个单元跨越所选网格的外边界（{units} 等），将沿边界切开，只有界内部分参与重划；"
            "切开处的户数按楼栋计，楼栋数据对不上的按面积分摊。"
        ),
        (
            "{count} units lie across the outline of the grids chosen (such as {units}). They are cut along it, and their parts inside "
            "drawn anew; households of parts are counted by buildings, or shared by area where buildings do not add up to the unit's."
        ),
    ),
    # households as they will be
    "designing.growth": ("户数变化", "Households to come"),
    "designing.growth_of": ("户数变化（已改 {count}）", "Households to come ({count} changed)"),
    "designing.growth_help": (
        "新楼盘、拆迁等：在地图上选网格或单元，增减它们的户数再设计；或上传一张表。只用于设计，项目里的户数不变；居民数和工作量按同比例变。",
        (
            "New buildings, demolitions: choose grids or units on the map, change their households, and design; or load a table. "
            "For designs alone: the project stays as it is. Residents and load change in proportion."
        ),
    ),
    "designing.growth_amount": ("每个单元增减", "Each unit by"),
    "designing.growth_by": ("单位", "in"),
    "designing.growth_by.percent": ("%", "%"),
    "designing.growth_by.households": ("户", "households"),
    "designing.grow": ("改所选 {count} 个单元的户数", "Change the {count} units chosen"),
    "designing.growth_file": ("或上传新户数（列：unit_id、households）", "Or load new households (columns unit_id, households)"),
    "designing.grown": (
        "已改 **{count}** 个单元：合计 {before} → {after} 户",
        "**{count}** units changed: {before} → {after} households in all",
    ),
    "designing.growth_undo": ("还原", "Undo all"),
    "designing.growth_gone": (
        "改过的户数已不在服务器上（服务重启过），现按项目里的户数。",
        "The households that were changed are no longer on the server (it was restarted); those of the project are used.",
    ),
    "designing.growth_columns": ("表中缺少列 {missing}；现有列：{given}", "the table lacks the columns {missing}; it has {given}"),
    "designing.growth_unknown": (
        "{count} 行的单元不在项目中，如 {units}",
        "{count} rows name units that the project does not have, such as {units}",
    ),
    "designing.growth_twice": ("{count} 行的单元重复，如 {units}", "{count} rows name a unit twice, such as {units}"),
    "designing.growth_number": (
        "{count} 行的户数不是 0 至 10 亿的数，如单元 {units}",
        "{count} rows have no number of households from 0 to 1e9, such as {units}",
    ),
    "designing.growth_table": ("单元编号和现有户数见此表，改好即可上传：", "The units and their households, to be changed and loaded:"),
    "designing.growth_empty": ("表中没有数据行", "the table has no rows"),
    "designing.growth_nameless": ("（未填编号）", "(no unit)"),
    # what is asked
    "designing.pane": ("内容", "View"),
    "designing.pane.ask": ("设定", "Set-up"),
    "designing.pane.score": ("评分", "Score"),
    "designing.pane.curve": ("权衡", "Trade-off"),
    "designing.pane.advice": ("建议", "Advice"),
    "designing.pane.accept": ("采纳", "Accept"),
    "designing.by": ("划分方式", "Made by"),
    "designing.by.band": ("户数区间", "band of households"),
    "designing.by.number": ("网格个数", "number of grids"),
    "designing.low": ("每格最少户数", "Fewest households"),
    "designing.high": ("每格最多户数", "Most households"),
    "designing.grids": ("网格个数", "Number of grids"),
    "designing.as_now": ("同现在：{count}", "as now: {count}"),
    "designing.tolerance": ("允许偏离平均（%）", "Allowed off the mean (%)"),
    "designing.stability": ("稳定程度", "Stability"),
    "designing.stability_help": (
        "0：重新划分，不管现有网格；1：只动必须动的。介于其间：均衡与少动之间权衡",
        "0: begin anew, whatever stands; 1: only what must move does; between them evenness is weighed against change",
    ),
    "designing.nested": ("上级网格", "Upper grids"),
    "designing.nested.yes": ("边界不变", "stay as they are"),
    "designing.nested.no": ("随之调整", "follow"),
    "designing.nested.level": ("仅第 {level} 级不变", "level {level} alone stays"),
    "designing.unfit": ("划不成的上级网格", "Upper grids that cannot be divided"),
    "designing.unfit.yes": ("说明原因", "tell"),
    "designing.unfit.no": ("保持现状", "stay as they are"),
    "designing.locks": ("锁定的网格", "Locked grids"),
    "designing.locks_help": ("这些网格原样保留", "these stay as they are"),
    "designing.further": ("权重与其他", "Weights and more"),
    "designing.weight.balance": ("户数均衡", "Evenness"),
    "designing.weight.balance.help": (
        "在限制之内各网格户数相近；0 表示在限制内即可",
        "even households within the limits; 0: within them is enough",
    ),
    "designing.weight.border": ("边界短", "Short borders"),
    "designing.weight.border.help": ("网格之间的边界总长", "length of borders between grids"),
    "designing.weight.compactness": ("形状紧凑", "Compact shape"),
    "designing.weight.compactness.help": ("接近圆形，少狭长", "round rather than long"),
    "designing.weight.streets": ("沿路沿河", "Along streets"),
    "designing.weight.streets.help": ("主干路、河流、铁路不穿过网格", "no main road, river or rail runs through a grid"),
    "designing.own_bands": ("单元自带的户数区间", "Bands that units have"),
    "designing.own_bands.yes": ("优先采用", "come first"),
    "designing.own_bands.no": ("不用", "are left out"),
    "designing.with_load": ("工作量（分钟）也均衡", "Even workload (minutes) too"),
    "designing.with_load.yes": ("偏离平均不超过 25%", "within 25 % of the mean"),
    "designing.with_load.no": ("不考虑", "no"),
    "designing.seed": ("随机种子", "Seed"),
    "designing.seed_help": ("同样的设定与种子，得到同样的结果", "the same set-up and seed give the same grids"),
    "designing.asked.grown": ("户数已改 {count} 个单元，", "households of {count} units changed, "),
    "designing.asked": ("{what}，稳定程度 {stability}，重划 {count} 个网格", "{what}, stability {stability}, {count} grids drawn anew"),
    "designing.asked.band": ("每格 {low}–{high} 户", "{low} to {high} households a grid"),
    "designing.asked.grids": ("{count} 个网格", "{count} grids"),
    # the work
    "designing.start": ("开始设计", "Design"),
    "designing.working_on": ("正在设计：{share}", "Designing: {share}"),
    "designing.waiting": ("正在准备 …", "Getting ready …"),
    "designing.best_so_far": ("；目前最好：边界 {border} 公里，最大偏离 {off}", "; best so far: {border} km of borders, at most {off} off"),
    "designing.cancel": ("取消", "Cancel"),
    "designing.ending": ("正在取消 …", "Cancelling …"),
    "designing.cancelled": ("已取消。", "Cancelled."),
    "designing.run_gone": (
        "这个设计已不在服务器上（服务重启过，或之后做了许多别的设计）。设定都还在，同样的设定会得到同样的结果。",
        (
            "This design is no longer on the server (it was restarted, or many others were made since). "
            "What was asked is still here and gives the same grids again."
        ),
    ),
    "designing.short": (
        (
            "没有找到全部满足限制的划分，地图上是最接近的一个：超出限制最多 {off}（相对平均值）。"
            "可放宽限制、改个数或种子、降低稳定程度，或按“建议”逐步改善。"
        ),
        (
            "No grids were found that all keep the limits. These come nearest: at most {off} of the mean outside of them. "
            "Widen the limits, try another number or seed or less stability, or mend them step by step by “Advice”."
        ),
    ),
    "designing.unchanged": (
        "现有网格已满足所设的限制，没有需要改动的。要另行划分，请降低“稳定程度”（0：不管现有网格）。",
        "The grids as they are keep the limits set, and nothing had to change. To divide anew, lower the stability (0: whatever stands).",
    ),
    "designing.spared": (
        "有 {count} 个上级网格在限制之内划不成，其中的 {grids} 个网格保持现状，其余已重划。",
        "{count} upper grids cannot be divided within the limits: their {grids} grids stay as they are, the others are drawn anew.",
    ),
    # what would mend it
    "designing.remedies": ("可以这样解决（点一下即重新设计）", "What would mend it (a click designs again)"),
    "designing.remedy.spare": ("这 {count} 个上级网格保持现状，重划其余", "Leave these {count} upper grids, draw the others anew"),
    "designing.remedy.follow": ("不保留上级网格，让它们随之调整", "Let upper grids follow"),
    "designing.remedy.level": ("只保留第 {level} 级网格", "Keep the grids of level {level} alone"),
    "designing.remedy.band": ("区间放宽到 {low}–{high} 户", "Widen the band to {low} to {high} households"),
    "designing.no_answer": ("无解：", "no answer: "),  # how errors begin, said once
    "designing.unfit_grids": ("划不成的上级网格（{count}）", "Upper grids that cannot be divided ({count})"),
    "designing.upper_at_fault": ("划不成的上级网格", "Upper grids that cannot be divided"),
    "designing.grid.name": ("名称", "name"),
    "designing.grid.grids": ("现有网格", "grids now"),
    "designing.grid.misfit": ("差多少", "by how much"),
    "designing.misfit.small": ("不够 1 个，差 {lacking} 户", "{lacking} households short of one grid"),
    "designing.misfit.between": (
        "{fewer} 个超出 {surplus} 户，{more} 个差 {lacking} 户",
        "{surplus} too many for {fewer}, {lacking} short of {more}",
    ),
    "designing.misfit.shape": ("户数够，但单元拼不成", "households fit, but its units do not"),
    "designing.at_fault": ("有问题的单元", "Units at fault"),
    # the map of the result
    "designing.colour": ("着色", "Colours"),
    "designing.colour.band": ("户数区间", "Band"),
    "designing.colour.households": ("户数", "Households"),
    "designing.colour.load": ("工作量", "Workload"),
    "designing.band.below": ("低于区间", "below the band"),
    "designing.band.within": ("在区间内", "within the band"),
    "designing.band.above": ("高于区间", "above the band"),
    "designing.band_note": ("区间 {low}–{high} 户", "band of {low} to {high} households"),
    "designing.ground_moved": ("换网格的地块", "Ground that changes grids"),
    "designing.maps": ("地图", "Maps"),
    "designing.maps.one": ("新方案", "the design"),
    "designing.maps.two": ("新旧并排", "old and new"),
    "designing.rest": ("其余网格", "Other grids"),
    # the score
    "designing.column.measure": ("指标", "measure"),
    "designing.column.old": ("现状", "now"),
    "designing.column.new": ("新方案", "new"),
    "designing.in_band": ("在区间内的网格", "Grids within the band"),
    "designing.before": ("现状 {value}", "now {value}"),
    "designing.moved": ("换网格的户数", "Households moved"),
    "designing.moved_of": ("{moved} / {whole} 户", "{moved} of {whole}"),
    "designing.score_help": (
        "仅统计重划的网格。工作量按{load}计；总体指标含义见 docs/design.md。",
        "Of the grids drawn anew alone. The load is {load}; docs/design.md says what the measures mean.",
    ),
    "designing.load.households": ("户数", "households"),
    "designing.load.load_min": ("分钟", "minutes"),
    "designing.every_grid": ("逐个网格（{count}）", "Grid by grid ({count})"),
    "designing.measure.grids": ("网格个数", "grids"),
    "designing.measure.in_band": ("在户数区间内的网格", "grids within the band"),
    "designing.measure.off_band": ("区间外的户数合计", "households outside of the band"),
    "designing.measure.max_over_mean": ("最大 / 平均工作量", "largest load over the mean"),
    "designing.measure.cv": ("工作量变异系数", "CV of the load"),
    "designing.measure.gini": ("工作量基尼系数", "Gini of the load"),
    "designing.measure.border_m": ("网格间边界（公里）", "borders between grids (km)"),
    "designing.measure.street_share": ("沿街路河流的边界", "of these along streets or rivers"),
    "designing.measure.compactness": ("紧凑度（圆为 1）", "compactness (circle: 1)"),
    "designing.measure.span_m": ("平均最远两点（米）", "mean largest span (m)"),
    "designing.measure.contiguous": ("连成一片的网格", "grids in one piece"),
    "designing.measure.moved": ("换网格的户数", "households moved"),
    "designing.measure.moved_share": ("占全部", "share of all"),
    "designing.broken": ("不合“{principle}”的网格", "grids that break “{principle}”"),
    "designing.principle.band": ("规模适度", "moderate size"),
    "designing.principle.balance": ("任务相当", "comparable workload"),
    "designing.principle.contiguity": ("连成一片", "one piece"),
    "designing.principle.street": ("街巷定界", "street-bounded"),
    "designing.principle.compactness": ("形状紧凑", "compact"),
    "designing.grid.grid_code": ("编码", "code"),
    "designing.grid.households": ("户数", "households"),
    "designing.grid.off_band": ("区间外", "off the band"),
    "designing.grid.load": ("工作量", "load"),
    "designing.grid.deviation": ("偏离平均", "off the mean"),
    "designing.grid.street_share": ("沿街边界", "along streets"),
    "designing.grid.compactness": ("紧凑度", "compactness"),
    "designing.grid.moved": ("划入户数", "moved in"),
    # the trade-off
    "designing.curve_help": (
        "同样的设定，从尽量不动到重新划分，各做一次，算好一个显示一个：越靠左动得越少，越靠下越均衡。点一个点，地图就显示那个方案。",
        (
            "The same set-up from hardly any change to anew, each shown once it is there: further left fewer households move, "
            "further down grids are more even. A click on a point shows that design on the map."
        ),
    ),
    "designing.curve_do": ("计算权衡曲线", "Work out the curve"),
    "designing.no_old": ("没有现有网格可比。", "There are no old grids to compare with."),
    "designing.curve_more": ("继续计算", "Go on"),
    "designing.curve.design": ("方案", "design"),
    "designing.curve.moved_share": ("换网格的户数", "households moved"),
    "designing.curve.deviation": ("最大偏离", "largest deviation"),
    "designing.curve.in_band": ("在区间内", "within the band"),
    "designing.curve.border_km": ("边界（公里）", "borders (km)"),
    "designing.show_point": ("显示这个方案", "Show this design"),
    "designing.shown": ("地图上的方案", "Design on the map"),
    "designing.shown_as": ("{design}：换 {moved}", "{design}: {moved} move"),
    "designing.design.built": ("本次设计", "this design"),
    "designing.design.old": ("现状", "as it is"),
    "designing.design.point": ("稳定 {stability}", "stability {stability}"),
    # advice
    "designing.advice_help": (
        "每条建议是一次小调整，按“每动一户的改善”排序；采用后重新计算。邻格都没有余量时，给出逐格传递的办法。",
        (
            "Each is one small change, the most mended per household moved first; once one is applied they are worked out again. "
            "Where no neighbour has room, units are passed on from grid to grid."
        ),
    ),
    "designing.no_advice": (
        "没有小调整就能改善的网格。",
        "No grid that breaks a principle can be mended by a small change.",
    ),
    "designing.apply": ("采用", "Apply"),
    "designing.where": ("看位置", "Show"),
    "designing.advice_undo": ("撤回上一条（已采用 {count} 条）", "Take the last one back ({count} applied)"),
    "designing.and_more": (" 等", " …"),
    "designing.move.transfer": (
        "把 {units}（{count} 个单元）从 {grid_code} 划给 {other}",
        "give {units} (units: {count}) from {grid_code} to {other}",
    ),
    "designing.move.exchange": (
        "{grid_code} 与 {other} 互换 {units}（{count} 个单元）",
        "exchange {units} (units: {count}) between {grid_code} and {other}",
    ),
    "designing.move.split": (
        "把 {grid_code} 拆开：{units}（{count} 个单元）另成 {other}",
        "split {grid_code}: {units} (units: {count}) become {other}",
    ),
    "designing.move.merge": ("把 {grid_code} 并入 {other}", "merge {grid_code} into {other}"),
    "designing.move.chain": (
        "逐格传递 {path}（共 {count} 个单元）：{steps}",
        "pass on {path} (units: {count} in all): {steps}",
    ),
    "designing.move.step": ("{one} 给 {other}：{units}", "{one} gives to {other}: {units}"),
    "designing.move.between": ("；", "; "),
    "designing.move_way": ("去向", "goes"),
    "designing.move_why": (
        "改善 {grid} 的“{principle}”：扣分 {before} → {after}；换网格 {households} 户",
        "mends “{principle}” of {grid}: {before} → {after} points lost; {households} households move",
    ),
    "designing.move_units": ("建议中的单元", "Units of the advice"),
    # acceptance
    "designing.accept": ("存为方案草案", "Save as a draft plan"),
    "designing.draft_name": ("草案名称", "Name of the draft"),
    "designing.draft_example": ("如：2022 年网格重划", "such as: grids of 2022"),
    "designing.reason": ("事由", "Reason"),
    "designing.accept_help": (
        "草案以上方所选方案为底，可在“网格方案”页继续修改、对比、发布；现行网格不变。",
        (
            "The draft is based on the plan chosen above; it can be edited, compared and published on “Plans”. "
            "The grids in force stay as they are."
        ),
    ),
    "designing.accept_do": ("采纳并起草", "Accept as a draft"),
    "designing.name_missing": ("请填写草案名称。", "Give the draft a name."),
    "designing.saved": ("已存为草案 {plan}“{name}”。", "Saved as draft {plan}, “{name}”."),
    "designing.open_draft": ("打开草案", "Open the draft"),
    "designing.base_moved": (
        "底版在设计之后又有修改，不能直接采纳。请回到“设定”重新运行。",
        "The plan it is based on was edited since, so this cannot be saved. Go back to “Set-up” and design again.",
    ),
}

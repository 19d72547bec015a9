"""Texts of the errors of `partition`: units, goals and what cannot be built of them."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.goal_weight": ("目标权重 {what} 须为有限的非负数", "the goal's weight {what} must be finite and not negative"),
    "errors.goal_weight.hint": ("1 为默认，0 表示不考虑", "1 is the default, 0 leaves it out"),
    "errors.goal_tolerance": ("{what} 的允许偏差须为大于 0 的有限数", "the tolerance of {what} must be above 0 and finite"),
    "errors.goal_tolerance.hint": ("0.05 表示偏离平均值不超过 5%", "0.05 allows 5 % off the mean"),
    "errors.unit_without_geometry": ("有单元没有几何图形", "units have no geometry"),
    "errors.unit_without_geometry.hint": ("补上几何图形，或先删除这些单元", "draw them, or drop them first"),
    "errors.unit_quantity_absent": (
        "单元没有 {what}（没有这一列，或整列为空）",
        "units have no {what} (no such column, or an empty one)",
    ),
    "errors.unit_quantity_absent.hint": (
        "写入单元表；户数（households）可由建筑统计：gridmap blocks --buildings",
        "write it into the table of units; gridmap blocks --buildings counts households",
    ),
    "errors.unit_quantity": (
        "{what} 须为 0 至 1e15 的数，不能为空",
        "{what} must be numbers from 0 to 1e15, none missing",
    ),
    "errors.unit_quantity.hint": ("改正这些行；没有住户的单元填 0", "correct these rows; a unit where nobody lives has 0"),
    "errors.edge_unknown_unit": ("edges 中有不存在的单元", "edges name units that do not exist"),
    "errors.edge_unknown_unit.hint": ("用同一批单元重新计算 partition.edges", "measure partition.edges of the same units again"),
    "errors.edge_to_itself": ("edges 中有单元与自身相邻", "edges lead from a unit to itself"),
    "errors.edge_to_itself.hint": ("删除这些行", "drop these rows"),
    "errors.edge_twice": ("edges 中同一对单元出现多次", "edges name a pair of units more than once"),
    "errors.edge_twice.hint": ("每对相邻单元只留一行，长度相加", "keep one row per pair, with the sum of the lengths"),
    "errors.grids_or_households": ("grids 与 households 须且只须给出一个", "give one of grids and households"),
    "errors.grids_or_households.hint": ("例如 grids=16，或 households=(300, 500)", "for example grids=16, or households=(300, 500)"),
    "errors.grids_value": ("网格数须为正整数", "the number of grids must be a whole number above 0"),
    "errors.grids_value.hint": ("例如 grids=16", "for example grids=16"),
    "errors.tiers_value": (
        "各级网格数须为不减的正整数",
        "numbers of grids per tier must be whole, above 0 and never fall",
    ),
    "errors.tiers_value.hint": ("自上而下，例如 (5, 20, 80)", "from the top, for example (5, 20, 80)"),
    "errors.tiers_goal": ("tiers 不接受锁定和种子", "tiers takes neither locks nor seeds"),
    "errors.tiers_goal.hint": ("逐级使用 build 和 within", "use build with within, tier by tier"),
    "errors.stability_value": ("stability 须为有限的非负数", "stability must be finite and not negative"),
    "errors.stability_value.hint": ("0 为重新划分，1 为只动必须动的", "0 begins anew, at 1 only what must move does"),
    "errors.seed_value": ("seed 须为整数", "seed must be a whole number"),
    "errors.seed_value.hint": ("例如 seed=0", "for example seed=0"),
    "errors.band_value": (
        "户数区间须为两个数，0 ≤ 下限 ≤ 上限，上限大于 0",
        "a band of households is two numbers, 0 <= low <= high, high above 0",
    ),
    "errors.band_value.hint": ("例如 households=(300, 500)，命令中 300:500", "for example households=(300, 500), of a command 300:500"),
    "errors.band_of_unit": (
        "单元的 band_low、band_high 须为数字，且 0 ≤ 下限 ≤ 上限，上限大于 0",
        "band_low and band_high of units must be numbers, 0 <= low <= high, high above 0",
    ),
    "errors.band_of_unit.hint": ("改正这些行；没有单独规定时留空", "correct these rows; leave those without a band of their own empty"),
    "errors.not_a_series_of_units": ("{what} 须为 Series", "{what} must be a Series"),
    "errors.not_a_series_of_units.hint": ("以单元编号为索引", "indexed by the identifiers of the units"),
    "errors.different_units": ("{what} 与单元的编号不一致", "{what} and units have different identifiers"),
    "errors.different_units.hint": ("每个单元给一个值，未知的留空", "give one value per unit, empty where it is not known"),
    "errors.without_parent": ("有单元没有上级网格", "units have no parent"),
    "errors.without_parent.hint": ("within 中为每个单元给出上级网格编号", "name the parent of every unit in within"),
    "errors.unknown_lock": ("要锁定的网格不在 keep 中", "locks name grids that are not in keep"),
    "errors.unknown_lock.hint": ("锁定只对 keep 中的旧网格有效", "only grids of the old plan can be locked"),
    "errors.unknown_seed": ("种子中有不存在的单元", "seeds name units that do not exist"),
    "errors.unknown_seed.hint": ("seeds 的键为单元编号", "the keys of seeds are identifiers of units"),
    "errors.fewer_grids_than_parents": (
        "网格数少于上级网格数（{parents}）",
        "there are fewer grids than parents ({parents})",
    ),
    "errors.fewer_grids_than_parents.hint": ("每个上级网格至少一个网格", "every parent has one grid at least"),
    "errors.more_grids_than_units": (
        "无解：要划 {grids} 个网格，只有 {units} 个单元（不可分的小区算一个）",
        "no answer: {grids} grids of {units} units (a compound that stays whole is one)",
    ),
    "errors.more_grids_than_units.hint": ("减少网格数，或把单元划细", "ask for fewer grids, or cut the units"),
    "errors.unit_above_cap": (
        "无解：单个单元的 {what} 超过一个网格的上限 {most}",
        "no answer: single units have more {what} than a grid may have ({most})",
    ),
    "errors.unit_above_cap.hint": ("把这些单元切开，或放宽限制", "cut these units, or widen the limits"),
    "errors.dead_end_above_cap": (
        "无解：这些单元只能经由其中一个与外界相连，单独不够成一个网格，合起来又超过网格上限 {most}",
        "no answer: units that one of them alone leads to are too few for a grid without it, and with it above what one may have ({most})",
    ),
    "errors.dead_end_above_cap.hint": (
        "把连着它们的那个单元切开，用一条 edges 另外连通，或放宽限制",
        "cut the unit that leads to them, connect them by another edge, or widen the limits",
    ),
    "errors.dead_end_seeds": (
        "无解：这些单元只能在同一个网格，却被定在不同编号的网格",
        "no answer: these units can only be in one grid, and are seeds of several codes",
    ),
    "errors.dead_end_seeds.hint": ("去掉其中的种子，或用 edges 另外连通", "drop some of these seeds, or connect them by another edge"),
    "errors.unit_stuck": (
        "无解：这些单元连同任何相邻单元都凑不成限制之内的网格",
        "no answer: whichever units around them they are put together with, these units are in no grid within the limits",
    ),
    "errors.unit_stuck.hint": (
        "切开这些单元或其相邻的大单元，用 edges 连到别的单元，或放宽限制",
        "cut them or a large unit beside them, connect them to others by an edge, or widen the limits",
    ),
    "errors.no_partition": (
        "无解：这些单元不论怎样组合，都划不成 {grids} 个连片且都在限制之内的网格（不可分的小区算一个单元）",
        (
            "no answer: however these units are put together, they make no {grids} connected grids within the limits "
            "(a compound that stays whole is one unit)"
        ),
    ),
    "errors.no_partition.hint": (
        "切开其中的大单元，用 edges 连通，放宽限制，或让上级网格随之调整（网格设计页）",
        "cut the large ones, connect units by an edge, widen the limits, or let the parents follow (on the page)",
    ),
    "errors.piece_does_not_fit": (
        "无解：一片不与其他单元相连的单元（有上级网格时，只算该上级之内）无法划成整数个网格（每个网格 {low} 至 {high}）",
        "no answer: units that are connected to no others (of their parent, if any) cannot be made whole grids of {low} to {high}",
    ),
    "errors.piece_does_not_fit.hint": (
        "放宽限制，用一条 edges 把它们连到邻近单元（桥、路口），或让上级网格随之调整（网格设计页）",
        "widen the limits, connect them to units nearby by an edge (a bridge, a crossing), or let the parents follow (on the page)",
    ),
    "errors.parents_not_whole": (
        (
            "无解：{of} 个上级网格中，有 {count} 个的户数划不成整数个 {low:g} 至 {high:g} 户的网格"
            "（{small} 个不足 {low:g} 户；{between} 个少分一个超出，多分一个不足）"
        ),
        (
            "no answer: {count} of {of} upper grids cannot be divided into whole grids of {low:g} to {high:g} households "
            "({small} have fewer than {low:g}; {between} have too many for a number of grids and too few for one more)"
        ),
    ),
    "errors.parents_not_whole.hint": (
        "让上级网格随之调整，或把区间放宽到 {fit_low:g} 至 {fit_high:g}，或不重划这些上级网格",
        "let the upper grids follow, widen the band to {fit_low:g} to {fit_high:g}, or leave these upper grids as they are",
    ),
    "errors.parents_unfit": (
        "无解：{of} 个上级网格中有 {count} 个划不成，第一个的原因：{cause}",
        "no answer: {count} of {of} upper grids cannot be divided; the first one: {cause}",
    ),
    "errors.parents_unfit.hint": (
        "让上级网格随之调整，放宽限制，或不重划这些上级网格",
        "let the upper grids follow, widen the limits, or leave these upper grids as they are",
    ),
    "errors.pieces_do_not_add_up": (
        "无解：互不相连的各片共可划 {least} 至 {most} 个网格，不能划 {grids} 个",
        "no answer: the connected pieces make {least} to {most} grids in all, not {grids}",
    ),
    "errors.pieces_do_not_add_up.hint": (
        "改变网格数，放宽限制，或用 edges 连接各片",
        "change the number of grids, widen the limits, or connect the pieces by edges",
    ),
    "errors.locked_off": (
        "无解：锁定的网格不在限制（{low} 至 {high}）之内",
        "no answer: locked grids are outside of the limits ({low} to {high})",
    ),
    "errors.locked_off.hint": ("解除锁定，或放宽限制", "unlock them, or widen the limits"),
    "errors.locked_apart": ("无解：锁定的网格本身不连通", "no answer: locked grids are not in one piece"),
    "errors.locked_apart.hint": ("解除锁定，或用 edges 连接", "unlock them, or connect them by edges"),
    "errors.locked_seeds": ("无解：种子与锁定的网格矛盾", "no answer: seeds contradict locked grids"),
    "errors.locked_seeds.hint": ("去掉这些种子，或解除锁定", "drop these seeds, or unlock the grids"),
    "errors.locked_all": (
        "无解：{grids} 个网格中锁定了 {locked} 个，其余单元没有网格可归",
        "no answer: {locked} of {grids} grids are locked, and none is left for the other units",
    ),
    "errors.locked_all.hint": ("增加网格数，或解除锁定", "ask for more grids, or unlock some"),
    "errors.seeds_apart": ("无解：同一编号的种子之间不连通", "no answer: seeds of one code are not connected"),
    "errors.seeds_apart.hint": ("分成不同编号，或用 edges 连接", "give them different codes, or connect them by edges"),
    "errors.seeds_above_cap": (
        "无解：编号 {code} 的种子合计超过一个网格的上限 {most}",
        "no answer: seeds of code {code} are more than a grid may have ({most})",
    ),
    "errors.seeds_above_cap.hint": ("减少种子，或放宽限制", "name fewer seeds, or widen the limits"),
    "errors.more_seeds_than_grids": (
        "无解：{codes} 个编号的种子在只能划 {grids} 个网格的一片里",
        "no answer: seeds of {codes} codes lie where there are {grids} grids",
    ),
    "errors.more_seeds_than_grids.hint": ("增加网格数，或减少编号", "ask for more grids, or name fewer codes"),
    "errors.seeds_no_partition": (
        "无解：去掉这些种子可以划成 {grids} 个网格，有了它们则不论怎样组合都划不成",
        "no answer: without these seeds there are {grids} grids within the limits, with them none, however units are put together",
    ),
    "errors.seeds_no_partition.hint": (
        "减少种子，换成相邻的单元，或放宽限制",
        "name fewer seeds, or ones that lie together, or widen the limits",
    ),
    "errors.seeds_in_the_way": ("种子互相阻挡，没有找到解", "seeds stand in each other's way, and no answer was found"),
    "errors.seeds_in_the_way.hint": ("减少种子，或换成相邻的单元", "name fewer seeds, or ones that lie together"),
    "errors.not_balanced": (
        "没有找到满足限制的划分；最好的一个超出限制 {off}（相对平均值）",
        "no partition within the limits was found; the best is {off} of the mean outside of them",
    ),
    "errors.not_balanced.hint": (
        "放宽限制，改变网格数，换一个 seed，或把大单元切开；最好的结果：命令加 --best 写出，程序中为错误的 .best",
        (
            "widen the limits, change the number of grids or the seed, or cut large units; "
            "the best found is written by --best of the command, and is .best of the error"
        ),
    ),
    "errors.unit_without_grid": ("有单元不属于任何网格", "units are in no grid"),
    "errors.unit_without_grid.hint": ("先把它们划入网格，或删除这些单元", "assign them first, or drop them"),
    "errors.lock_without_grid": ("要锁定的网格不在划分中", "locks name grids that are not in the assignment"),
    "errors.lock_without_grid.hint": ("锁定的是现有网格的编号", "give the codes of grids as they are"),
    "errors.advice_outdated": ("划分已变动，这条建议不再适用", "the assignment has changed, and this advice is not for it"),
    "errors.advice_outdated.hint": ("对现在的划分重新计算 partition.advise", "ask partition.advise again, of the assignment as it is"),
    "errors.no_plans_asked": ("没有给出 stability 或 tolerance", "no stability or no tolerance is given"),
    "errors.no_plans_asked.hint": ("例如 stabilities=(0, 0.1, 0.3, 1)", "for example stabilities=(0, 0.1, 0.3, 1)"),
    # blocks
    "errors.blocks_band": ("户数区间须为 0 以上的下限和上限", "the band of households must be a lowest and a highest number from 0"),
    "errors.blocks_band.hint": ("例如 300:500", "for example 300:500"),
    "errors.blocks_count": ("建筑的 {column} 须为非负整数", "{column} of buildings must be whole numbers that are not negative"),
    "errors.blocks_count.hint": ("补全或改正；没有住户的建筑填 0", "fill in or correct these rows; give 0 to buildings without residents"),
    "errors.blocks_streets_apart": (
        "没有一条街路与辖区边界相交，每片辖区成为一个单元",
        "no street crosses the boundary: each part of it is one unit",
    ),
    "errors.blocks_streets_apart.hint": (
        "核对两个图层的坐标系，以及是否为同一地区",
        "check the coordinate systems of both layers and whether they cover one area",
    ),
    "errors.blocks_buildings_outside": (
        "有建筑在辖区边界之外，未计入任何单元",
        "buildings lie outside the boundary and are counted in no unit",
    ),
    "errors.blocks_buildings_outside.hint": ("核对辖区边界，或去掉这些建筑", "check the boundary, or leave these buildings out"),
    "errors.blocks_above_band": (
        "有单元超过 {most} 户且无法再切：单栋楼已超出上限，或楼与楼之间无处可切",
        "units have more than {most} households and cannot be cut: one building is above the band, or no line runs between several",
    ),
    "errors.blocks_above_band.hint": (
        "提高户数上限，或按楼门（单元门）分开登记这些楼的户数",
        "allow more households, or give the households of these buildings by entrance",
    ),
}

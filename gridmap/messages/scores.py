"""Texts of two plans scored side by side: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    "report.score": ("五项原则对照", "Scores of both plans"),
    "report.score_note": (
        "绿色▲为改善，橙色▼为变差；第五项只说明变动多少，不论好坏。",
        "▲ green: better, ▼ orange: worse; the fifth principle tells how much moves, which is neither.",
    ),
    "report.score_principle": ("原则", "Principle"),
    "report.score_measure": ("指标", "Measure"),
    "report.score_old": ("原方案", "before"),
    "report.score_new": ("新方案", "after"),
    "report.score_better": ("改善", "better"),
    "report.score_worse": ("变差", "worse"),
    "report.score_unknown": ("—", "–"),
    # principles
    "report.score_street": ("街巷定界", "Street-bounded"),
    "report.score_band": ("规模适度", "Moderate size"),
    "report.score_balance": ("任务相当", "Comparable workload"),
    "report.score_coverage": ("无缝覆盖", "Seamless coverage"),
    "report.score_change": ("动态调整", "Dynamic adjustment"),
    "report.score_shape": ("形状", "Shape"),
    # measures
    "report.score_street_share": ("边界沿街巷、河流、铁路、围墙的比例", "border along streets, rivers, rails and walls"),
    "report.score_in_band": ("户数在区间内的网格", "grids within their band of households"),
    "report.score_off_band": ("超出和不足的户数合计", "households above and below the bands"),
    "report.score_cv": ("变异系数（{load}）", "coefficient of variation ({load})"),
    "report.score_gini": ("基尼系数（{load}）", "Gini coefficient ({load})"),
    "report.score_max_over_mean": ("最大值与平均值之比（{load}）", "largest over mean ({load})"),
    "report.score_area_one": ("恰好属于一个网格的面积", "ground in exactly one grid"),
    "report.score_outside": ("不属于任何网格的户数", "households in no grid"),
    "report.score_contiguous": ("连成一片的网格", "grids in one piece"),
    "report.score_moved": ("换了网格编码的户数", "households whose grid code changes"),
    "report.score_moved_share": ("占全部户数的比例", "as a share of all households"),
    "report.score_regrouped_share": ("实际换了网格的户数占比（单纯改编码不算）", "share that changes grid, renumbering aside"),
    "report.score_compactness": ("紧凑度", "compactness"),
    "report.score_span_m": ("最远两点距离平均（米）", "mean distance across (m)"),
    "report.score_border_m": ("网格之间边界总长（米）", "length of borders between grids (m)"),
    "report.score_workload": ("工作量（分钟）", "workload (minutes)"),
    # maps
    "report.score_map_band_old": ("原方案：户数", "Before: households"),
    "report.score_map_band_new": ("新方案：户数", "After: households"),
    "report.score_map_load_old": ("原方案：{load}与平均值之差", "Before: {load}, off the mean"),
    "report.score_map_load_new": ("新方案：{load}与平均值之差", "After: {load}, off the mean"),
    "report.score_band_below": ("低于区间", "below the band"),
    "report.score_band_within": ("在区间内", "within the band"),
    "report.score_band_above": ("高于区间", "above the band"),
    "report.score_load_far_below": ("低于平均 25% 以上", "more than 25 % below the mean"),
    "report.score_load_below": ("低于平均 10%–25%", "10–25 % below"),
    "report.score_load_near": ("相差 10% 以内", "within 10 %"),
    "report.score_load_above": ("高于平均 10%–25%", "10–25 % above"),
    "report.score_load_far_above": ("高于平均 25% 以上", "more than 25 % above the mean"),
    "report.score_no_units": ("没有单元", "no units"),
    "report.score_moved_ground": ("换网格的地块", "ground that changes grids"),
    "report.score_legend": ("{word} {count} 个", "{word}: {count}"),
    # grids
    "report.score_grids": ("逐个网格", "Grid by grid"),
    "report.score_households": ("户数", "Households"),
    "report.score_deviation": ("任务量偏差", "Load off the mean"),
    "report.score_column_street": ("沿街边界", "Street-bounded"),
    "report.score_column_compactness": ("紧凑度", "Compactness"),
    "report.score_column_band": ("户数区间", "Band"),
    "report.score_broken": ("新方案中不符合的原则", "Breaks, in the new plan"),
    "report.score_gone": ("已取消", "no longer there"),
    "report.score_breaks_band": ("规模（{off} 户）", "size ({off} households)"),
    "report.score_breaks_balance": ("任务", "workload"),
    "report.score_breaks_contiguity": ("不连片（{parts} 块）", "in {parts} pieces"),
    "report.score_breaks_street": ("定界", "street-bounded"),
    "report.score_breaks_compactness": ("紧凑", "compactness"),
    "report.score_grids_note": (
        "共 {count} 个，不符合项多的在前，此处列出 {shown} 个。",
        "{shown} of {count}, those first that break most principles.",
    ),
    # method
    "report.score_method_units": (
        (
            "评分按单元计算：单元属于其内部一点所在的网格，边界为单元之间的边界。单元面积中落在另一网格的部分：原方案 {old}，新方案 {new}；"
            "比例大时，评分只是近似。"
        ),
        (
            "Scores are those of units: each belongs to the grid that a point inside it lies in, and borders are those between units. "
            "Share of their ground that lies in another grid: {old} before, {new} after; where that is much, scores are approximate."
        ),
    ),
    "report.score_method_load": (
        "任务相当以{load}衡量；变异系数、基尼系数为 0 表示完全均衡。",
        "Workload is told by {load}; a coefficient of variation or of Gini of 0 is perfectly even.",
    ),
    "report.score_method_broken": (
        (
            "不符合原则的标准：户数在区间之外；工作量偏离平均 25% 以上；网格不连片；沿线边界不足一半；"
            "紧凑度（面积与同周长圆面积之比，Polsby-Popper）低于 0.25。"
        ),
        (
            "A grid breaks a principle with households outside of its band; a load more than 25 % off the mean; several pieces; less than "
            "half of its border along lines; a compactness (area over that of a circle of its perimeter, Polsby-Popper) below 0.25."
        ),
    ),
    "report.score_method_streets": (
        "没有街路图层，沿街比例未知；可用 --streets 给出街路。",
        "No streets are given: the share along streets is not known. Give streets with --streets.",
    ),
}

"""Texts of report: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    "report.hotspots_title": ("事件热点报告", "Hotspots of events"),
    "report.density_title": ("事件密度报告", "Density of events"),
    "report.synthetic": ("合成数据", "synthetic data"),
    "report.period": ("时段：{period}", "Period: {period}"),
    "report.source": ("来源：{source}", "Source: {source}"),
    "report.n": ("事件数", "Events"),
    "report.share": ("占比", "Share"),
    "report.total": ("合计 n = {n} 件", "total n = {n}"),
    # what was found
    "report.lead": (
        (
            "在 {grids} 个网格中发现热点 {hot} 个（99% 置信 {hot_99} 个，95% 置信 {hot_95} 个，90% 置信 {hot_90} 个），冷点 {cold} 个；"
            "其余 {rest} 个网格与随机分布没有显著差别。"
        ),
        (
            "Hot spots: {hot} of {grids} grids ({hot_99} at 99 %, {hot_95} at 95 %, {hot_90} at 90 % confidence); cold spots: {cold}. "
            "The other {rest} do not differ from chance."
        ),
    ),
    "report.lead_none": (
        "在 {grids} 个网格中没有发现显著的热点或冷点：事件的分布与随机分布没有显著差别。",
        "None of the {grids} grids is a significant hot or cold spot: the events do not differ from a random spread.",
    ),
    "report.events": ("事件总数", "events"),
    "report.in_grids": ("落在网格内", "in a grid"),
    "report.outside": ("在所有网格之外", "outside every grid"),
    "report.unlocated": ("无坐标", "without coordinates"),
    "report.located": ("有坐标", "with coordinates"),
    "report.hot_grids": ("热点网格", "hot-spot grids"),
    "report.cold_grids": ("冷点网格", "cold-spot grids"),
    "report.highest": ("最高密度（件/平方千米）", "highest density (events per km²)"),
    "report.bandwidth": ("带宽", "bandwidth"),
    "report.map": ("地图", "Map"),
    "report.map_note": (
        "指向网格可看编码、名称和数值；点击下表的网格编码，地图放大到该网格。图例中可切换到事件数图层。",
        (
            "Point at a grid for its code, name and figures; click a grid code in the table below to zoom to it. "
            "The legend switches to the layer of counts."
        ),
    ),
    "report.density_map_note": (
        "颜色表示每平方千米的事件数；图例中可显示事件点。点击下表的坐标，地图放大到该处。",
        "Colours show events per km²; the legend switches the events on. Click a place in the table below to zoom to it.",
    ),
    "report.counts_layer": ("各网格事件数", "Events per grid"),
    "report.events_unit": ("件", "events"),
    "report.classes_layer": ("热点与冷点", "Hot and cold spots"),
    "report.classes_layer_all": ("热点与冷点（全部类别）", "Hot and cold spots (all categories)"),
    "report.category_layer": ("热点与冷点：{category}", "Hot and cold spots: {category}"),
    # the table
    "report.significant": ("显著网格", "Significant grids"),
    "report.significant_note": (
        "按 z 值从高到低排列。z：Gi* 统计量；p：随机置换得出的双侧概率；q：校正多重检验后的概率，置信程度由它决定。",
        (
            "Sorted by z, highest first. z: the Gi* statistic; p: two-sided probability by permutation; q: probability corrected "
            "for multiple testing, which sets the confidence."
        ),
    ),
    "report.none_significant": (
        "{grids} 个网格中没有一个的 q 值小于 0.10。",
        "None of the {grids} grids has q below 0.10.",
    ),
    "report.grid": ("网格编码", "Grid code"),
    "report.name": ("名称", "Name"),
    "report.sim": ("置换", "sim"),
    "report.meaning": ("含义", "Meaning"),
    "report.meaning.hot_99": (
        "显著热点（99% 置信）：本网格及相邻网格的事件明显多于全区平均水平",
        "Hot spot (99 % confidence): this grid and its neighbours have clearly more events than the average of the area",
    ),
    "report.meaning.hot_95": (
        "显著热点（95% 置信）：本网格及相邻网格的事件多于全区平均水平",
        "Hot spot (95 % confidence): this grid and its neighbours have more events than the average of the area",
    ),
    "report.meaning.hot_90": (
        "可能的热点（90% 置信）：本网格及相邻网格的事件偏多，宜继续观察",
        "Possible hot spot (90 % confidence): rather more events here and next door; keep watching",
    ),
    "report.meaning.cold_99": (
        "显著冷点（99% 置信）：本网格及相邻网格的事件明显少于全区平均水平",
        "Cold spot (99 % confidence): this grid and its neighbours have clearly fewer events than the average of the area",
    ),
    "report.meaning.cold_95": (
        "显著冷点（95% 置信）：本网格及相邻网格的事件少于全区平均水平",
        "Cold spot (95 % confidence): this grid and its neighbours have fewer events than the average of the area",
    ),
    "report.meaning.cold_90": (
        "可能的冷点（90% 置信）：本网格及相邻网格的事件偏少，宜核对上报渠道",
        "Possible cold spot (90 % confidence): rather fewer events here and next door; check the reporting channels",
    ),
    "report.meaning.alone": (
        "；仅看相邻网格则不突出（p ≥ 0.10）",
        "; its neighbours taken alone do not stand out (p ≥ 0.10)",
    ),
    "report.each_category": ("分类别的热点", "Hot spots by category"),
    "report.each_category_note": (
        "对 {count} 个类别分别计算；每类最多列出 10 个热点网格，地图图例中可切换到各类别。",
        "Computed for {count} categories one by one; at most ten hot-spot grids each. The map's legend switches to every category.",
    ),
    "report.category_summary": ("n = {n}，落在网格内 {placed}，热点网格 {hot} 个", "n = {n}, in a grid {placed}, hot-spot grids {hot}"),
    "report.category_none": ("n = {n}，落在网格内 {placed}，没有显著热点", "n = {n}, in a grid {placed}, no significant hot spot"),
    "report.more_rows": ("另有 {count} 个热点网格未列出，见地图", "{count} more hot-spot grids are on the map"),
    # peaks of the density
    "report.density_lead": (
        "{n} 件有坐标的事件中，密度最高的 {peaks} 处列于下表。",
        "Among {n} events with coordinates, the table below lists the {peaks} places of highest density.",
    ),
    "report.peaks": ("密度高峰", "Peaks of the density"),
    "report.rank": ("序号", "Rank"),
    "report.density_unit": ("件/平方千米", "Events per km²"),
    "report.within": ("{metres} 米内事件数", "Events within {metres} m"),
    "report.place": ("位置（经度，纬度）", "Place (longitude, latitude)"),
    "report.peaks_note": (
        "局部最高点，彼此相距至少一个带宽，且不低于最高峰的四分之一；最多列出 10 处。",
        "Local maxima at least a bandwidth apart and not below a quarter of the highest; at most ten.",
    ),
    "report.no_peaks": ("没有带坐标的事件。", "There is no event with coordinates."),
    # counts
    "report.by_category": ("按类别", "By category"),
    "report.by_month": ("按月", "By month"),
    "report.by_day": ("按日", "By day"),
    "report.by_week": ("按周", "By week"),
    "report.category": ("类别", "Category"),
    "report.day": ("日期", "Day"),
    "report.month": ("月份", "Month"),
    "report.week": ("周（周一日期）", "Week (its Monday)"),
    "report.uncategorised": ("未分类", "no category"),
    "report.no_categories": ("数据没有类别列。", "The data carry no category."),
    "report.no_times": ("数据没有上报时间。", "The data carry no time of report."),
    "report.untimed": ("另有 {n} 件没有上报时间。", "{n} more events carry no time of report."),
    # notes
    "report.method": ("方法", "Method"),
    "report.method_formula": (
        (
            "统计量为 Getis-Ord Gi*（Ord 与 Getis 1995，公式 14）：把每个网格及其相邻网格的事件数之和与全区平均水平比较，除以标准差得到 z。"
            "z 为正表示高值聚集，为负表示低值聚集。"
        ),
        (
            "The statistic is Getis-Ord Gi* (Ord & Getis 1995, eq. 14): the events of a grid and its neighbours together, compared "
            "with the average of the whole area and divided by the standard deviation, give z. Positive z: high counts gather; "
            "negative z: low counts."
        ),
    ),
    "report.method_neighbours": (
        "相邻：边界相距 1 米以内的网格；每个网格也是自己的邻居，权重相同。",
        "Neighbours: grids whose borders are within 1 m of each other; a grid counts as its own neighbour with the same weight.",
    ),
    "report.method_permutations": (
        (
            "p 由 {permutations} 次随机置换得出（双侧，相等的值计为极端），不依赖正态分布的假设。"
            "置换时保留本网格的事件数，只打乱其余网格，因此 p 只说明相邻网格是否突出。"
        ),
        (
            "p comes from {permutations} random permutations (two-sided, ties count as extreme) and does not assume a normal distribution. "
            "They keep the grid's own count and shuffle the others, so p speaks of the neighbours alone."
        ),
    ),
    "report.method_unpermuted": (
        "没有做随机置换，p 一栏为空；是否显著只看下述的 q，它以正态分布为前提。",
        "Nothing was permuted, so the column p is empty; significance rests on q below alone, which assumes a normal distribution.",
    ),
    "report.method_fdr": (
        (
            "多重检验：同时检验许多网格，难免有网格碰巧显著。q 由 z 的解析概率经 Benjamini-Hochberg 错误发现率（FDR）校正得出；"
            "99%、95%、90% 置信对应 q < 0.01、0.05、0.10。"
        ),
        (
            "Multiple testing: of many grids tested at once some look significant by luck. q is the analytic probability of z corrected by "
            "the Benjamini-Hochberg false discovery rate (FDR); 99, 95 and 90 % confidence mean q < 0.01, 0.05 and 0.10."
        ),
    ),
    "report.method_categories": (
        "各类别分别校正；{count} 个类别之间没有再作校正。",
        "Each category is corrected by itself; there is no further correction across the {count} categories.",
    ),
    "report.method_counts": (
        "比较的是事件数，没有按户数或人口折算：人口稠密的网格自然事件较多。热点说明聚集，不说明原因。",
        "Counts are compared, not rates: a populous grid has more events by nature. A hot spot says that events gather, not why.",
    ),
    "report.sparse": ("；事件少，q 仅供参考", "; few events, q is a rough guide"),
    "report.method_sparse": (
        "事件少于网格数的类别，计数远离正态分布，由 z 得出的 q 只是粗略参考，请同时看置换得出的 p。",
        (
            "Where there are fewer events than grids, counts are far from normal and q, which follows from z, is a rough guide: "
            "read p beside it."
        ),
    ),
    "report.method_few": (
        "注意：只有 {grids} 个网格，检验能力很弱，没有显著结果不等于没有聚集；可改用下一级网格、单元或密度图。",
        (
            "Caution: with {grids} grids the test has little power; no significant grid does not mean no cluster. Use a finer tier, "
            "units, or the density instead."
        ),
    ),
    "report.method_density": (
        "核密度：每个事件以高斯核（标准差 {metres} 米）摊到周围，各处相加，单位为件/平方千米。",
        (
            "Kernel density: every event is spread over its surroundings by a Gaussian (standard deviation {metres} m) and the parts are "
            "added up, in events per km²."
        ),
    ),
    "report.method_density_caution": (
        "密度图只描述事件在哪里密集，不作显著性检验；带宽越大，图越平滑。比较的是事件数，没有按人口折算。",
        "A density describes where events are dense and tests nothing; a larger bandwidth is smoother. Counts, not rates, are shown.",
    ),
    "report.data": ("数据", "Data"),
    "report.data_events": (
        "事件共 {n} 件；其中 {unlocated} 件没有坐标，计入上面的计数表，但不参与空间分析。",
        "{n} events, of which {unlocated} without coordinates: these are in the tables of counts but not in the spatial analysis.",
    ),
    "report.data_outside": (
        "有坐标但不在任何网格内的事件 {outside} 件，不参与热点分析。",
        "{outside} events have coordinates but lie in no grid; they take no part in the analysis.",
    ),
    "report.data_reported": (
        "事件是上报的事件：上报渠道不同、上报习惯不同的地区，件数不能直接比较。",
        "Events are reports: where channels or habits of reporting differ, counts do not compare directly.",
    ),
    "report.data_source": ("来源：{source}", "Source: {source}"),
    "report.data_synthetic": (
        "全部数据为合成数据，与真实地点、事件无关。",
        "All data are synthetic and describe no real place or event.",
    ),
}

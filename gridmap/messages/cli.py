"""Texts of cli: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    "cli.usage": ("用法：", "usage: "),
    "cli.arguments": ("参数", "arguments"),
    "cli.options": ("选项", "options"),
    "cli.commands": ("命令", "commands"),
    "cli.about": (
        "网格化治理工具：核查网格边界，把事件归入网格，分析工作量与热点，绘制离线地图。",
        "A toolkit for grid governance: check grid boundaries, assign events to grids, analyse workload and hotspots, draw offline maps.",
    ),
    "cli.exit_codes": (
        "退出码：0 正常，1 有核查发现，2 输入有误（标准错误输出一行说明），3 程序出错。",
        "Exit codes: 0 fine, 1 findings, 2 bad input (one line on standard error), 3 a fault of the program.",
    ),
    "cli.misused": (
        "{command}：参数有误：{message}；提示：{command} --help",
        "{command}: wrong arguments: {message}; Hint: {command} --help",
    ),
    "cli.error": ("错误：{message}", "error: {message}"),
    "cli.warning": ("警告：{message}", "warning: {message}"),
    "cli.stopped_folder": (
        "已中断；已写出的文件完整，再次运行同一命令会做完其余的",
        "stopped; the files written are whole, and the same command does the rest",
    ),
    "cli.stopped": ("已中断，未写出结果", "stopped; nothing was written"),
    # one line per command
    "cli.demo": ("生成演示项目并打开应用", "build the demo project and open the app"),
    "cli.app": ("打开应用", "open the app"),
    "cli.check": ("核查网格的覆盖、层级与编码", "check coverage, nesting and codes of grids"),
    "cli.geocode": ("用本地地名地址库定位地址", "locate addresses with a local gazetteer"),
    "cli.assign": ("把事件归入各级网格", "assign events to grids of every level"),
    "cli.workload": ("每个网格的工作量及其均衡程度", "workload of each grid and how balanced it is"),
    "cli.hotspots": ("事件热点：报告或表格", "hotspots of events: a report or a table"),
    "cli.map": ("写出一个自包含的离线地图页面", "write one self-contained offline map page"),
    # arguments
    "cli.help": ("显示本帮助并退出", "show this help and exit"),
    "cli.version": ("显示版本并退出", "show the version and exit"),
    "cli.lang": ("输出语言（默认：GRIDMAP_LANG，其次系统语言）", "language of the output (default: GRIDMAP_LANG, else the locale's)"),
    "cli.town": ("演示城镇（默认 dongyuan）", "demo town (default dongyuan)"),
    "cli.project_file": ("演示项目文件（默认放在用户数据目录）", "demo project file (default: in the user's data folder)"),
    "cli.project": ("项目文件（GeoPackage）", "project file (GeoPackage)"),
    "cli.port": ("端口（默认 8501）", "port (default 8501)"),
    "cli.no_browser": ("不打开浏览器", "do not open a browser"),
    "cli.grids": ("网格面图层文件", "file of grid polygons"),
    "cli.events": (
        "事件文件：CSV/XLSX（坐标列）、GeoJSON、GeoPackage、GeoParquet",
        "events: CSV/XLSX (coordinate columns), GeoJSON, GeoPackage, GeoParquet",
    ),
    "cli.events_or_folder": (
        "事件文件：CSV/XLSX（坐标列）、GeoJSON、GeoPackage、GeoParquet；或装有 Parquet 文件的文件夹",
        "events: CSV/XLSX (coordinate columns), GeoJSON, GeoPackage, GeoParquet; or a folder of Parquet files",
    ),
    "cli.output_assign": (
        "输出文件：.csv .xlsx .gpkg .geojson .parquet .shp .zip；EVENTS 是文件夹时为文件夹",
        "output file: .csv .xlsx .gpkg .geojson .parquet .shp .zip; a folder where EVENTS is one",
    ),
    "cli.scheduler": (
        "文件夹：dask 调度器地址，如 tls://10.0.0.5:8786（默认：本机的多个进程）",
        "of a folder: address of a dask scheduler, e.g. tls://10.0.0.5:8786 (default: processes of this machine)",
    ),
    "cli.workers": (
        "文件夹：由 dask 启动的本机进程数（默认：命令自身，每个处理器一个线程）",
        "of a folder: processes of this machine, by dask (default: threads of the command, one per processor)",
    ),
    "cli.addresses": ("带 address 列的表", "table with a column address"),
    "cli.gazetteer": ("地名地址库文件", "gazetteer file"),
    "cli.boundary": ("辖区边界文件", "file of the boundary"),
    "cli.buildings": ("建筑物文件", "file of buildings"),
    "cli.level": ("网格层级（默认：最低一级）", "level of the grids (default: the lowest)"),
    "cli.code": (
        "网格编码列名（默认 grid_code；图层 units 为 unit_id）",
        "name of the grids' code column (default grid_code; of the layer units unit_id)",
    ),
    "cli.layer": ("网格文件中的图层名（默认 grids）", "layer of the grids' file (default grids)"),
    "cli.events_layer": ("事件文件中的图层或工作表名（默认 events）", "layer or sheet of the events' file (default events)"),
    "cli.addresses_layer": ("地址文件中的图层或工作表名（默认 events）", "layer or sheet of the addresses' file (default events)"),
    "cli.crs_grids": (
        "网格文件未注明时的坐标系，如 EPSG:4490",
        "coordinate system of the grids where the file states none, e.g. EPSG:4490",
    ),
    "cli.crs_events": (
        "事件文件未注明时的坐标系，如 EPSG:4326",
        "coordinate system of the events where the file states none, e.g. EPSG:4326",
    ),
    "cli.gap_width": ("窄于此宽度（米）的缝隙算缝隙（默认 1）", "gaps narrower than this many metres are findings (default 1)"),
    "cli.min_overlap": ("大于此面积（平方米）的重叠才算（默认 0）", "overlaps above this many m2 are findings (default 0)"),
    "cli.output_check": (
        "写出核查结果：.html 地图，或 .csv .xlsx .gpkg .geojson .parquet .shp .zip 表",
        "write the findings: .html map, or .csv .xlsx .gpkg .geojson .parquet .shp .zip table",
    ),
    "cli.output_table": (
        "输出文件：.csv .xlsx .gpkg .geojson .parquet .shp .zip",
        "output file: .csv .xlsx .gpkg .geojson .parquet .shp .zip",
    ),
    "cli.output_report": (
        "输出文件：.html 报告，或 .csv .xlsx .gpkg .geojson .parquet .shp .zip 表",
        "output file: .html report, or .csv .xlsx .gpkg .geojson .parquet .shp .zip table",
    ),
    "cli.output_page": ("输出页面：.html", "output page: .html"),
    "cli.x": ("经度或东坐标列名", "name of the longitude or easting column"),
    "cli.y": ("纬度或北坐标列名", "name of the latitude or northing column"),
    "cli.columns": ("列名对应，如 event_id=srnumber,category=requesttype", "column names, e.g. event_id=srnumber,category=requesttype"),
    "cli.tz": ("无时区时间的时区（默认 Asia/Shanghai）", "time zone of times that state none (default Asia/Shanghai)"),
    "cli.max_distance": (
        "网格外的点归入此距离（米）内最近的网格（默认 0）",
        "points outside join the nearest grid within this many metres (default 0)",
    ),
    "cli.as_of": (
        "按各事件此列的时间取当时有效的网格（网格表须有 valid_from、valid_to）",
        "ask the grids in force at each event's time in this column (grids need valid_from and valid_to)",
    ),
    "cli.min_score": ("低于此分数（0-1）的匹配不采用（默认 0.8）", "matches below this score (0-1) are not taken (default 0.8)"),
    "cli.minutes": (
        "每件事件的分钟数：带 category,minutes 列的表，或 类别=分钟，...（默认：内置表）",
        "minutes per event: a table with columns category,minutes, or category=minutes,... (default: the built-in table)",
    ),
    "cli.method": ("方法（默认 gi_star）", "method (default gi_star)"),
    "cli.category": ("只取这一类别", "only this category"),
    "cli.by_category": ("每个类别一节", "one section per category"),
    "cli.from": ("只取此日期起（含）的事件，如 2021-03-01", "only events from this date on (inclusive), e.g. 2021-03-01"),
    "cli.to": ("只取此日期止（含）的事件", "only events up to this date (inclusive)"),
    "cli.permutations": ("置换次数（默认 999）", "number of permutations (default 999)"),
    "cli.seed": ("随机种子（默认 0）", "random seed (default 0)"),
    "cli.bandwidth": ("密度的带宽（米，默认 200）", "bandwidth of the density in metres (default 200)"),
    "cli.cell": ("密度的像元（米，默认 25）", "cell of the density in metres (default 25)"),
    "cli.value": ("按此列为网格分级设色", "colour the grids by this column"),
    # what commands say
    "cli.written": ("已写出 {path}", "written: {path}"),
    "cli.checked": (
        "核查 {grids} 行网格，第 {level} 级的覆盖，坐标系 {crs}",
        "checked {grids} rows of grids, coverage of level {level}, {crs}",
    ),
    "cli.no_findings": ("没有发现问题", "no findings"),
    "cli.finding": ("  {kind}：{count} 处，最大的几处：{first}", "  {kind}: {count}, largest: {first}"),
    "cli.findings": ("共发现 {count} 处问题", "findings: {count}"),
    "cli.check_title": ("{title}：边界核查，{count} 处问题", "{title}: boundary check, findings {count}"),
    "cli.share": (
        "恰好在一个网格内的{measure}：{one:,.0f} / {total:,.0f} = {share:.2%}",
        "in exactly one grid, {measure}: {one:,.0f} of {total:,.0f} = {share:.2%}",
    ),
    "cli.assigned": (
        "{total} 行：归入网格 {assigned}（其中专属网格 {dedicated}），网格外 {outside}，无坐标 {missing}",
        "{total} rows: {assigned} in a grid (of which {dedicated} in a dedicated one), {outside} outside, {missing} without coordinates",
    ),
    "cli.folder_done": (
        "{files} 个文件：本次 {done}，先前已完成 {resumed}",
        "{files} files: {done} now, {resumed} by an earlier run",
    ),
    "cli.folder_progress": ("文件", "files"),
    "cli.located": (
        "{total} 个地址：匹配 {matched}，多个可能 {ambiguous}，未找到 {not_found}",
        "{total} addresses: {matched} matched, {ambiguous} ambiguous, {not_found} not found",
    ),
    "cli.worked": (
        "{grids} 个网格，归入 {events} / {total} 件事件，共 {hours:,.1f} 小时",
        "{grids} grids, {events} of {total} events in one of them, {hours:,.1f} hours in all",
    ),
    "cli.balance": (
        "均衡程度：基尼系数 {gini:.3f}，变异系数 {cv:.3f}，最大/平均 {ratio:.2f}",
        "balance: Gini {gini:.3f}, coefficient of variation {cv:.3f}, largest / mean {ratio:.2f}",
    ),
    "cli.hot": (
        "  {category}：{events} 件，显著热点网格 {hot}，冷点 {cold}",
        "  {category}: {events} events, hot grids {hot}, cold {cold}",
    ),
    "cli.hotspots_of": ("热点：{category}", "Hotspots: {category}"),
    "cli.every_category": ("全部类别", "all categories"),
    "cli.peak": ("  {category}：{events} 件，最高 {peak:,.1f} 件/平方公里", "  {category}: {events} events, at most {peak:,.1f} per km2"),
    "cli.demo_current": ("演示项目已是最新：{path}", "the demo project is current: {path}"),
    "cli.demo_building": ("正在生成演示项目 {town}（合成数据）…", "building the demo project {town} (synthetic data) ..."),
    "cli.demo_built": ("已写出 {path}({megabytes:.1f} MB)", "written: {path} ({megabytes:.1f} MB)"),
    # repair
    "cli.repair": ("修复网格的覆盖，并列出全部改动", "repair the coverage of grids, and list every change"),
    "cli.gap_width_repair": (
        "放不下此直径（米）的圆的缝隙予以填补（默认 2）",
        "gaps into which no circle of this diameter in metres fits are filled (default 2)",
    ),
    "cli.changes": (
        "写出改动清单：.csv .xlsx .gpkg .geojson .parquet .shp .zip",
        "write the list of changes: .csv .xlsx .gpkg .geojson .parquet .shp .zip",
    ),
    "cli.repaired": (
        "修复 {grids} 行网格，改动 {changed} 个，坐标系 {crs}",
        "repaired {grids} rows of grids, changed {changed}, {crs}",
    ),
    "cli.no_changes": ("覆盖无误，未作改动", "nothing to repair, nothing changed"),
    "cli.change": (
        "  {rule}：{count} 个网格，得 {gained:,.2f} 平方米，失 {lost:,.2f} 平方米",
        "  {rule}: grids {count}, gained {gained:,.2f} m2, lost {lost:,.2f} m2",
    ),
    "cli.left": ("需要人工处理的：", "left to do by hand:"),
}

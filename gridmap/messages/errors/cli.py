"""Texts of the errors and warnings of `gridmap.cli`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.without_time": (
        "列 {column} 中有的事件没有可读的时间，不归入任何网格",
        "events have no readable time in {column} and fall in no grid",
    ),
    "errors.without_time.hint": ("写成 2021-12-31 17:00", "write it as 2021-12-31 17:00"),
    "errors.unread_period": ("{what} 的列 {column} 有读不出的时间", "column {column} of {what} holds times that cannot be read"),
    "errors.unread_period.hint": (
        "写成 2021-12-31 17:00；留空表示没有起止",
        "write them as 2021-12-31 17:00; an empty cell is an open end",
    ),
    "errors.output_suffix": ("输出文件的后缀应为 {suffixes}", "the output file must end in {suffixes}"),
    "errors.output_suffix.hint": ("改用其中一种后缀", "choose one of these"),
    "errors.output_place": (
        "输出文件的文件夹不存在，或该名称是文件夹",
        "the folder of the output file does not exist, or the name is a folder's",
    ),
    "errors.output_place.hint": ("先建立文件夹", "make the folder first"),
    "errors.output_is_input": ("输出文件就是输入文件", "the output file is one of the inputs"),
    "errors.output_is_input.hint": ("换一个文件名", "choose another name"),
    "errors.option_pairs": ("应写作 名称=值，名称=值", "must be written name=value,name=value"),
    "errors.option_pairs.hint": (
        "例如 --columns event_id=srnumber,category=requesttype",
        "for example --columns event_id=srnumber,category=requesttype",
    ),
    "errors.option_number": ("分钟数不是数字", "the minutes are no number"),
    "errors.option_number.hint": (
        "例如 --minutes 环境卫生=20，安全隐患=45，或 --minutes 30",
        "for example --minutes litter=20,hazard=45 or --minutes 30",
    ),
    "errors.option_date": ("日期应写作 YYYY-MM-DD", "a date must be written YYYY-MM-DD"),
    "errors.option_date.hint": ("例如 --from 2021-03-01", "for example --from 2021-03-01"),
    "errors.option_period": ("起始日期晚于截止日期", "the period ends before it starts"),
    "errors.option_period.hint": ("对调 --from 与 --to", "exchange --from and --to"),
    "errors.classes_without_value": ("--scheme 与 --edges 须与 --value 同用", "--scheme and --edges go with --value"),
    "errors.classes_without_value.hint": ("用 --value 指定要分级的列", "name the column to be classed with --value"),
    "errors.absent_category": ("没有这一类别的事件；现有：{present}", "no event has this category; there are {present}"),
    "errors.absent_category.hint": ("用 --category 选择现有类别", "choose one of these with --category"),
    "errors.no_events_left": (
        "所选时段与类别内没有事件；文件的时段：{present}",
        "no event lies in the period and category chosen; the file covers {present}",
    ),
    "errors.no_events_left.hint": ("放宽 --from、--to 或 --category", "widen --from, --to or --category"),
    "errors.one_density": ("密度报告只画一个类别或全部", "the report of a density draws one category or all of them"),
    "errors.one_density.hint": (
        "用 --category 选一个类别，或写成表格 -o F.gpkg",
        "choose one with --category, or write a table with -o F.gpkg",
    ),
    "errors.not_a_demo": ("这个文件不是演示项目，不会覆盖它", "this file is no demo project and is not replaced"),
    "errors.not_a_demo.hint": ("换一个文件名，或用 gridmap app 打开它", "choose another name, or open it with gridmap app"),
}

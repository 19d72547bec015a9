"""Texts of the errors and warnings of `gridmap.store`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.no_project_file": ("没有项目文件：{path}", "there is no project file {path}"),
    "errors.no_project_file.hint": ("检查路径，或用 gridmap demo 生成演示项目", "check the path, or make the demo with gridmap demo"),
    "errors.store_busy": ("另一个程序正占用 {path}", "another program holds {path}"),
    "errors.store_busy.hint": ("稍后再试，或关闭正在编辑它的程序", "try again in a moment, or close the program that edits it"),
    "errors.store_refused": ("{path} 无法读写：{reason}", "{path} cannot be read or written: {reason}"),
    "errors.store_refused.hint": (
        "检查它是否为完好的项目文件、磁盘是否已满",
        "check that it is a sound project file and that the disk is not full",
    ),
    "errors.no_events_table": ("{path} 没有事件表", "{path} has no table of events"),
    "errors.no_events_table.hint": ("用带 events 图层的项目文件", "use a project file with a layer events"),
    "errors.events_present": ("{what} 的编号已存在，未写入任何一行", "identifiers of {what} are there already, and nothing was written"),
    "errors.events_present.hint": ("去掉已有的行，或换用新编号", "leave out the rows that are there, or give them new identifiers"),
    "errors.identifiers_not_text": ("{what} 的编号须为文本", "identifiers of {what} must be texts"),
    "errors.identifiers_not_text.hint": ("先把编号转为文本", "turn them into texts first"),
    "errors.unknown_columns": ("{what} 有项目中没有的列：{columns}", "{what} have columns that the project has not: {columns}"),
    "errors.unknown_columns.hint": ("去掉这些列，或改成已有的列名", "leave them out, or rename them to columns that are there"),
    "errors.does_not_fit": ("{what} 的列 {column} 有放不进 {type} 的值", "column {column} of {what} has values that do not fit {type}"),
    "errors.does_not_fit.hint": ("改正这些行", "correct these rows"),
    "errors.times_without_zone": ("{what} 的列 {column} 不是带时区的时间", "column {column} of {what} holds no times with a time zone"),
    "errors.times_without_zone.hint": ("用 tz_localize 说明时区", "state the zone with tz_localize"),
    "errors.audit_taken": ("项目文件的 audit 表另有用途", "the table audit of the project file is another's"),
    "errors.audit_taken.hint": ("给它改名", "rename it"),
}

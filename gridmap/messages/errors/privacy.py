"""Texts of the errors and warnings of `gridmap.privacy`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.personal_columns": (
        "{what} 的列 {columns} 像是姓名、证件、电话等个人信息；这里只收数量",
        "columns {columns} of {what} look like names, identity papers or phones of people; only counts are taken",
    ),
    "errors.personal_columns.hint": (
        "删除这些列，只留数量；若并非个人信息，改个列名",
        "remove them and keep the counts alone; if they are nothing personal, rename them",
    ),
    "errors.personal_values": (
        "{what} 的列 {column} 有像身份证号或电话号码的值；这里只收数量",
        "column {column} of {what} holds what looks like identity or phone numbers; only counts are taken",
    ),
    "errors.personal_values.hint": (
        "删除这些值（行号从 1 起，内容不再显示）；若是自编的编号，请加字母前缀",
        "remove them (rows count from 1; what they hold is not repeated here); give numbers of your own a letter in front",
    ),
    "errors.not_numbered": (
        "{what} 的列 {column} 有不含数字的编号，可能是姓名",
        "identifiers in {column} of {what} have no digit and may be somebody's name",
    ),
    "errors.not_numbered.hint": (
        "用岗位号、工号等编号代替（行号从 1 起，内容不再显示）",
        "give a number of the post or of the office instead (rows count from 1; what they hold is not repeated here)",
    ),
}

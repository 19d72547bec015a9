"""Texts of the errors and warnings of `gridmap.themes`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.missing_values": ("{what} 的列 {column} 有空值", "column {column} of {what} has empty values"),
    "errors.missing_values.hint": ("补全这些行", "fill in these rows"),
    "errors.not_a_count": ("{what} 的列 {column} 须为 0 至 {most} 的整数", "{column} in {what} must be whole numbers from 0 to {most}"),
    "errors.not_a_count.hint": ("改正这些行；没有的填 0", "correct these rows; give 0 where there is none"),
    "errors.nowhere_to_place": ("{what} 既没有 building_id 列，也没有几何", "{what} has neither a column building_id nor geometries"),
    "errors.nowhere_to_place.hint": ("每条记录写明所在房屋，或给出位置", "say for each record in which building, or where, it was counted"),
    "errors.not_a_date": ("{what} 的列 {column} 有读不出的日期", "column {column} of {what} holds dates that cannot be read"),
    "errors.not_a_date.hint": ("写成 2021-12-31；不知道的留空", "write them as 2021-12-31; leave unknown ones empty"),
    "errors.mixed_bases": ("同一类数字混用了几种统计口径", "figures of one kind rest on several bases of counting"),
    "errors.mixed_bases.hint": (
        "统一口径（户籍、常住或实有），或按口径分成几类；themes.bases 列出各类口径",
        "take one (registered, resident or actual), or make each a kind of its own; themes.bases lists them",
    ),
    "errors.unplaced_records": ("有记录不知道在哪里，未计入任何网格", "records have no place and are counted in no grid"),
    "errors.unplaced_records.hint": ("补上 building_id 或位置", "give them a building_id or a place"),
    "errors.records_outside": ("有记录不在任何最低一级网格内", "records lie in no grid of the lowest level"),
    "errors.records_outside.hint": ("运行 gridmap check 查看缝隙，并核对位置", "look for gaps with gridmap check, and at their places"),
}

"""Texts of errors and warnings: `errors.NAME` says what is wrong, `errors.NAME.hint` what to do about it.

Each stands in the module of a room that raises it; of several rooms, that of the lowest one.
"""

from importlib import import_module

# From below.
ROOMS = (
    "schema", "privacy", "crs", "codes", "hierarchy", "adjacency", "assign", "coverage", "geocode", "workload", "themes", "hotspot",
    "partition", "crosswalk", "plan", "files", "maps", "store", "report", "scale", "synth", "ui", "cli",
)  # fmt: skip

TEXTS: dict[str, tuple[str, str]] = {
    "errors.given": ("收到：{given}", "given: {given}"),
    "errors.rows": ("共 {count} 行，前几行：{rows}", "{count} rows, first: {rows}"),
    "errors.where": ("位置：{where}", "at {where}"),
    "errors.hint": ("提示：{hint}", "Hint: {hint}"),
    "errors.between": ("；", "; "),
}
for _room in ROOMS:
    TEXTS |= import_module(f"{__name__}.{_room}").TEXTS

"""Texts of the errors and warnings of `gridmap.report`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.assignment_events": ("归属结果与事件不是同一批行", "the assignment and the events are not the same rows"),
    "errors.assignment_events.hint": ("对同一张事件表运行 assign.to_grids", "run assign.to_grids on the same events"),
}

"""Texts of the errors and warnings of `gridmap.synth`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.scale_out_of_range": ("规模必须给出 1 至 {most} 个三级网格", "the scale must give 1 to {most} level-3 grids"),
    "errors.scale_out_of_range.hint": ("规模 1 有 2,600 个三级网格", "scale 1 has 2,600 level-3 grids"),
    "errors.too_small_to_spoil": ("{what} 太少，无法植入差错", "there are too few {what} to plant faults in"),
    "errors.too_small_to_spoil.hint": ("用更大的城镇", "take a larger town"),
    "errors.events_out_of_range": ("事件数必须在 0 至 {most} 之间", "the number of events must lie between 0 and {most}"),
    "errors.events_out_of_range.hint": ("省略 events 则按规模取数", "leave events out for a number in proportion to the scale"),
}

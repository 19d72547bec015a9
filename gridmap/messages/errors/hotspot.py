"""Texts of the errors and warnings of `gridmap.hotspot`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.no_figure": ("{what} 有空值或无穷大", "{what} have missing or infinite values"),
    "errors.no_figure.hint": ("没有事件的网格填 0", "give 0 to grids without events"),
    "errors.cell_too_coarse": ("cell_m 不能超过带宽的一半（{most} 米）", "cell_m must not exceed half the bandwidth ({most} m)"),
    "errors.cell_too_coarse.hint": ("减小 cell_m 或加大 bandwidth_m", "lower cell_m or raise bandwidth_m"),
    "errors.too_many_cells": ("格网超过 {most} 个方格", "the lattice would have more than {most} squares"),
    "errors.too_many_cells.hint": (
        "加大 cell_m,缩小 bounds,或检查是否有偏远的点",
        "raise cell_m, narrow bounds, or look for a point far from the others",
    ),
}

"""Errors of designing grids."""

TEXTS: dict[str, tuple[str, str]] = {
    # blocks
    "errors.blocks_band": ("户数区间须为 0 以上的下限和上限", "the band of households must be a lowest and a highest number from 0"),
    "errors.blocks_band.hint": ("例如 300:500", "for example 300:500"),
    "errors.blocks_count": ("建筑的 {column} 须为非负整数", "{column} of buildings must be whole numbers that are not negative"),
    "errors.blocks_count.hint": ("补全或改正；没有住户的建筑填 0", "fill in or correct these rows; give 0 to buildings without residents"),
    "errors.blocks_streets_apart": (
        "没有一条街路与辖区边界相交，每片辖区成为一个单元",
        "no street crosses the boundary: each part of it is one unit",
    ),
    "errors.blocks_streets_apart.hint": (
        "核对两个图层的坐标系，以及是否为同一地区",
        "check the coordinate systems of both layers and whether they cover one area",
    ),
    "errors.blocks_buildings_outside": (
        "有建筑在辖区边界之外，未计入任何单元",
        "buildings lie outside the boundary and are counted in no unit",
    ),
    "errors.blocks_buildings_outside.hint": ("核对辖区边界，或去掉这些建筑", "check the boundary, or leave these buildings out"),
}

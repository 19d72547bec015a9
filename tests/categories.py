"""Events of every category that has a mark of its own, and what their marks look like on a screen."""

import itertools

import geopandas as gpd
import shapely

from gridmap.maps import palette

APART_M = 100
AT_A_PLACE = 20  # the largest size of a mark

# Which pixels around places of a canvas belong to a mark: `drawn` tells it by red, green, blue and alpha.
MASKS = """(canvas, places, scale, drawn) => {
    const copy = document.createElement('canvas'), half = Math.round(17 * scale), side = 2 * half;
    copy.width = canvas.width; copy.height = canvas.height;
    const pen = copy.getContext('2d'); pen.drawImage(canvas, 0, 0);
    return places.map(([x, y]) => {
        const d = pen.getImageData(Math.round(x * scale) - half, Math.round(y * scale) - half, side, side).data, mask = [];
        for (let i = 0; i < d.length; i += 4) mask.push(drawn(d[i], d[i + 1], d[i + 2], d[i + 3]));
        return mask;
    });
}"""


def one_of_each() -> gpd.GeoDataFrame:
    """Return events of as many categories as there are marks, each at a place of its own; the last ones share a mark."""
    names = [f"c{rank}" for rank in range(len(palette.SHAPES))]
    rows = [(name, shapely.Point(500_000 + APART_M * (rank % 4), 4_000_000 + APART_M * (rank // 4))) for rank, name in enumerate(names)]
    rows = [row for row in rows for _ in range(AT_A_PLACE)]
    index = [f"e{n}" for n in range(len(rows))]
    return gpd.GeoDataFrame({"category": [name for name, _ in rows]}, geometry=[at for _, at in rows], crs="EPSG:4548", index=index)


def require_different(masks: list[list[bool]]) -> None:
    """Fail where two marks have the same outline, up to a tenth of their pixels."""
    assert len(masks) == len(palette.SHAPES)
    for (one, first), (other, second) in itertools.combinations(zip(palette.SHAPES, masks, strict=True), 2):
        either = sum(a or b for a, b in zip(first, second, strict=True))
        differing = sum(a != b for a, b in zip(first, second, strict=True))
        assert either > 100, (one, other)
        assert differing > either / 10, (one, other)

"""Write tobler_area_interpolate.json: two layers and what tobler makes of figures counted on the first.

Run in an environment of its own: `python -m venv tobler-env && tobler-env/bin/pip install tobler`, then this file with its python.
"""

import json
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from tobler.area_weighted import area_interpolate

CRS = "EPSG:32650"
ORIGIN = np.array([400_000.0, 4_000_000.0])


def voronoi(side: int, step: float, seed: int) -> list[shapely.Geometry]:
    rng = np.random.default_rng(seed)
    sites = (np.indices((side + 2, side + 2)).reshape(2, -1).T + rng.uniform(-0.4, 0.4, ((side + 2) ** 2, 2))) * step + ORIGIN
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    inner = shapely.points(sites.reshape(side + 2, side + 2, 2)[1:-1, 1:-1].reshape(-1, 2))
    return [cells[k] for k in shapely.STRtree(cells).query(inner, predicate="intersects")[1]]


old, new = voronoi(5, 200.0, 1), voronoi(4, 260.0, 2)
lake = shapely.Point(old[12].centroid).buffer(40)
old[12] = old[12].difference(lake)  # a ring within
old[3:5] = [shapely.MultiPolygon([old[3], old[24]]), old[4]]  # two parts
del old[24]
rounded = [[shapely.from_wkt(shapely.to_wkt(shape, rounding_precision=3)) for shape in layer] for layer in (old, new)]
frames = [gpd.GeoDataFrame({"code": [f"{k:02d}" for k in range(len(layer))]}, geometry=layer, crs=CRS) for layer in rounded]
values = np.random.default_rng(3).integers(50, 500, len(frames[0])).tolist()
source = frames[0].assign(value=values)
estimates = {
    str(total): area_interpolate(source, frames[1], extensive_variables=["value"], allocate_total=total)["value"].tolist()
    for total in (False, True)
}
content = {
    "source": f"tobler {version('tobler')} area_weighted.area_interpolate (geopandas {version('geopandas')}, shapely {version('shapely')})",
    "crs": CRS,
    "old": dict(zip(frames[0]["code"], shapely.to_wkt(frames[0].geometry.to_numpy(), rounding_precision=3).tolist(), strict=True)),
    "new": dict(zip(frames[1]["code"], shapely.to_wkt(frames[1].geometry.to_numpy(), rounding_precision=3).tolist(), strict=True)),
    "values": values,
    "allocate_total": estimates,
}
Path(__file__).with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

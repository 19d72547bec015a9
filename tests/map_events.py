"""A great many events, the same ones for the page and for whoever counts after it."""

import geopandas as gpd
import numpy as np

MILLION = 1_000_000
MIDDLE = (117.43, 36.13)


def many(count: int = MILLION) -> gpd.GeoDataFrame:
    """Return events around the demo town, thick at some places and thin over a district, each with one of six categories."""
    random = np.random.default_rng(11)
    hearts = random.uniform(-0.2, 0.2, (40, 2)) * [1.2, 1.0]
    hearts[0] = 0
    thick = hearts[random.integers(0, 40, count)] + random.normal(0, 0.004, (count, 2))
    thin = random.uniform(-0.25, 0.25, (count, 2))
    places = np.where(random.random((count, 1)) < 0.7, thick, thin) + MIDDLE
    kinds = random.choice(["环境卫生", "噪声扰民", "违章停车", "占道经营", "设施损坏", "其他"], count, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    return gpd.GeoDataFrame({"category": kinds}, geometry=gpd.points_from_xy(*places.T), crs="EPSG:4326")

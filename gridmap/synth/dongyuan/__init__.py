"""The default town: one community on a laptop."""

import geopandas as gpd
import pandas as pd

from gridmap.synth.dongyuan import fabric
from gridmap.synth.town import DELIVERY_CRS, Town, Truth, deliver

NOW = pd.Timestamp("2021-12-31 17:00", tz="Asia/Shanghai")


def dongyuan(seed: int = 7) -> Town:
    """Build the community of 2.24 km2, 16 compounds, 222 residential buildings, 6,521 households and 2,660 events.

    Parameters
    ----------
    seed
        Any whole number; every published figure is the same for all.
    """
    still = fabric.make(seed)
    empty = {
        "category": pd.array([], dtype="str"),
        "reported_at": pd.DatetimeIndex([], tz="Asia/Shanghai", dtype="datetime64[ns, Asia/Shanghai]"),
    }
    return Town(
        name="dongyuan",
        title=("东苑社区(合成数据)", "Dongyuan community (synthetic data)"),
        now=NOW,
        boundary=deliver(still.boundary),
        compounds=deliver(still.compounds),
        grids=deliver(still.grids),
        units=deliver(still.units),
        buildings=deliver(still.buildings),
        streets=deliver(still.streets),
        gazetteer=deliver(still.gazetteer),
        events=gpd.GeoDataFrame(empty, index=pd.Index([], name="event_id", dtype="str"), geometry=[], crs=DELIVERY_CRS),
        truth=Truth(plan=still.plan),
    )

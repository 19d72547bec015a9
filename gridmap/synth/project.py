"""A town as a project: the tables of a project file and its settings, with events located from their address text."""

import geopandas as gpd
import pandas as pd

from gridmap import geocode
from gridmap.synth.town import Town

SOURCE = ("合成数据：按公开数字由程序生成，地点与事件均为虚构", "synthetic, after published figures; places and events are invented")


def project(town: Town) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables and settings of a town's project file.

    Returns
    -------
    tuple
        Tables by name, those the town has, as `gridmap.schema` describes them, without the truth; the events after `now` are the table
        `later`, for a replay; and the settings title_zh, title_en, source_zh, source_en, now (ISO 8601) and synthetic ("true").

    Notes
    -----
    What a user would have is what goes in: an event that came with a text alone gets its point from the gazetteer, or none.
    """
    tables = town.frames()
    tables |= {
        name: located(frame, town.gazetteer) for name, frame in (("events", town.events), ("later", town.later)) if frame is not None
    }
    settings = {
        "title_zh": town.title[0],
        "title_en": town.title[1],
        "now": town.now.isoformat(),
        "synthetic": "true",
        "source_zh": SOURCE[0],
        "source_en": SOURCE[1],
    }
    return tables, settings


def located(events: gpd.GeoDataFrame, gazetteer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the events with the gazetteer's point where they had an address and no geometry; others stay as they are.

    Notes
    -----
    CRS: the gazetteer's must be the events'; the demo towns deliver both in EPSG:4490.
    """
    if gazetteer is None or "address" not in events.columns:
        return events.copy()
    waiting = events.geometry.isna() & events["address"].notna()
    found = geocode.Gazetteer(gazetteer).locate(events.loc[waiting, "address"])
    points = events.geometry.copy()
    points.loc[waiting] = found.geometry.to_numpy()
    return events.set_geometry(points)

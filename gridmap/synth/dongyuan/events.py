"""The year's 2,660 events, the thirty days after it, and the truth about both."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import filing, moments, spots
from gridmap.synth.dongyuan.fabric import Fabric
from gridmap.synth.town import BUILD_CRS, snap, stream

NOW = pd.Timestamp("2021-12-31 17:00", tz=moments.ZONE)
LATER_DAYS = 30
LATER_EVENTS = round(filing.EVENTS * LATER_DAYS / 365)


@dataclass(frozen=True)
class Reports:
    """Events in EPSG:4548, their true points and the buildings at whose doors they are, all indexed by event_id."""

    events: gpd.GeoDataFrame
    points: gpd.GeoSeries
    buildings: pd.Series


def year(town: Fabric, seed: int) -> Reports:
    """Return the events of 2021 as they stand at `NOW`."""
    rows = filing.year(stream(seed, "dongyuan/filing"))
    random = stream(seed, "dongyuan/moments")
    times = moments.reported(rows, "2021-01-01", 365, NOW.hour, random)
    rows, times = _in_order(rows, times)
    limits = moments.due(times, rows["category"])
    closed, steps = moments.progress(times, limits, moments.seconds(NOW), stream(seed, "dongyuan/progress"))
    where = spots.locate(rows, town, stream(seed, "dongyuan/spots"))
    return _reports(
        rows.assign(reported=times, due=limits, closed=closed, status=steps), where, "DY2021", stream(seed, "dongyuan/channels")
    )


def later(town: Fabric, seed: int) -> Reports:
    """Return the events of the thirty days after `NOW`, none of them touched yet."""
    random = stream(seed, "dongyuan/later")
    rows = filing.thirty_days(LATER_EVENTS, random)
    times = moments.reported(rows, "2022-01-01", LATER_DAYS, NOW.hour, random)
    rows, times = _in_order(rows, times)
    where = spots.locate(rows, town, random)
    rows = rows.assign(reported=times, due=moments.due(times, rows["category"]), closed=np.int64(-1), status="reported")
    return _reports(rows, where, "DY2022", random)


def hotspots(town: Fabric) -> gpd.GeoDataFrame:
    """Return the planted hotspots: radius_m, category, subcategory, area, start, end (half-open) and their centres."""
    centres = snap(town.ground.metric(np.array([spot.centre for spot in filing.PLANTED])))
    columns = {
        "radius_m": [spot.radius_m for spot in filing.PLANTED],
        "category": [spot.category for spot in filing.PLANTED],
        "subcategory": [spot.subcategory for spot in filing.PLANTED],
        "area": [spot.area for spot in filing.PLANTED],
        "start": pd.DatetimeIndex([spot.start for spot in filing.PLANTED]).tz_localize(moments.ZONE),
        "end": pd.DatetimeIndex([spot.end for spot in filing.PLANTED]).tz_localize(moments.ZONE),
    }
    index = pd.RangeIndex(1, len(filing.PLANTED) + 1, name="hotspot")
    return gpd.GeoDataFrame(columns, index=index, geometry=shapely.points(centres), crs=BUILD_CRS)


def _in_order(rows: pd.DataFrame, times: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    order = np.argsort(times, kind="stable")
    return rows.iloc[order].reset_index(drop=True), times[order]


def _reports(rows: pd.DataFrame, where: pd.DataFrame, prefix: str, random: np.random.Generator) -> Reports:
    index = pd.Index([f"{prefix}{number:05d}" for number in range(1, len(rows) + 1)], name="event_id", dtype="str")
    channels, odds = list(filing.CHANNELS), list(filing.CHANNELS.values())
    columns = {
        "category": rows["category"],
        "subcategory": rows["subcategory"],
        "area": rows["area"],
        "address": where["address"],
        "channel": [channels[position] for position in random.choice(len(channels), len(rows), p=odds)],
        "status": rows["status"],
    }
    texts = {name: pd.array(values, dtype="str") for name, values in columns.items()}
    times = {
        name: moments.stamps(rows[key].to_numpy())
        for name, key in (("reported_at", "reported"), ("due_at", "due"), ("closed_at", "closed"))
    }
    points = gpd.GeoSeries(where["point"].to_numpy(), index=index, crs=BUILD_CRS, name="point")
    given = rows["kind"].isin(["street", "hotspot"]).to_numpy()
    frame = gpd.GeoDataFrame(texts | times, index=index, geometry=points.where(given), crs=BUILD_CRS)
    doors = where["building"].where(rows["kind"] == "door", None)
    return Reports(frame, points, pd.Series(pd.array(doors, dtype="str"), index=index, name="building_id"))

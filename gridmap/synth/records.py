"""Theme records of the demo towns (十大主题): counts alone, made up by rule; in the community a few links of the chain are broken."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy
from gridmap.synth.town import BUILD_CRS, deliver, snap, stream

if TYPE_CHECKING:
    from gridmap.synth.dongyuan.fabric import Fabric

COUNTED_ON, BASIS = "2021-12-31", "常住"
HOUSEHOLDS, RESIDENTS = ("households", "常住户"), ("population", "常住人口")
SPECIAL = {("special_groups", "独居老人"): 0.012, ("special_groups", "残疾人"): 0.015}  # of the residents
AT_WORK = {("managed", "九小场所"): 0.3, ("organisations", "企业"): 0.8}  # on average, in a building without homes
CAMERAS = 298  # of the community, as published
CAMERAS_PER_GRID = 6.0  # of level 2, in the district
LOST_RESIDENTS, LOST_HOUSEHOLDS = 3, 2
LEAST_HOUSEHOLDS = 5  # of a building that loses some


def community(town: "Fabric", happened: gpd.GeoSeries, *, seed: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the records of all ten themes, and the links of the chain that are broken.

    Parameters
    ----------
    town
        Of Dongyuan, in EPSG:4548.
    happened
        Points of the year's events.

    Returns
    -------
    tuple
        Records as `schema.TABLES["themes"]`, in EPSG:4490, each by building or at a point; households, residents, cameras and events add up
        to the published figures. And a row per broken link, on the index of the records: `link` and `note` as `themes.chain` gives them,
        and the `count`.

    Notes
    -----
    One building's households name a building that is not in the table, so that no household is counted for its residents; some residents
    and some households of two others stand on a street and name no building.
    """
    random = stream(seed, "dongyuan/themes")
    lived_in = town.buildings["households"] > 0
    homes, others = town.buildings[lived_in], town.buildings[~lived_in]
    moved, fewer_people, fewer_homes = random.choice(homes.index[homes["households"] >= LEAST_HOUSEHOLDS], 3, replace=False)
    households, residents = homes["households"].copy(), homes["residents"].copy()
    households[fewer_homes] -= LOST_HOUSEHOLDS
    residents[fewer_people] -= LOST_RESIDENTS
    units = town.units.geometry.to_numpy()
    share = shapely.area(units) / shapely.area(units).sum()
    lost = random.choice(_on_streets(town), 2, replace=False)
    records = _numbered(
        [
            _by_building("housing", "住宅楼", pd.Series(1, homes.index)),
            _by_building("housing", "非住宅楼", pd.Series(1, others.index)),
            _by_building(*HOUSEHOLDS, households, basis=BASIS),
            _by_building(*RESIDENTS, residents, basis=BASIS),
            *(_by_building(*what, pd.Series(random.binomial(residents, part), homes.index), basis=BASIS) for what, part in SPECIAL.items()),
            *(_by_building(*what, pd.Series(random.poisson(mean, len(others)), others.index)) for what, mean in AT_WORK.items()),
            _within("events", "全年事件", units, _counted(happened.to_numpy(), units)),
            _within("services", "便民服务点", town.compounds.geometry.to_numpy()),
            _within("party", "党支部", hierarchy.tier(town.grids).geometry.to_numpy()),
            _within("security", "摄像头", units, random.multinomial(CAMERAS, share)),
            _within(*RESIDENTS, lost[:1], np.array([LOST_RESIDENTS]), basis=BASIS),
            _within(*HOUSEHOLDS, lost[1:], np.array([LOST_HOUSEHOLDS]), basis=BASIS),
        ]
    )
    of_moved = records.index[records["building_id"] == moved]
    unhoused, unknown = (of_moved[records["theme"][of_moved] == theme][0] for theme, _ in (RESIDENTS, HOUSEHOLDS))
    records.loc[unknown, "building_id"] = f"{moved}-0"
    records.loc[[unknown], "geometry"] = snap(shapely.point_on_surface(town.buildings.geometry[moved]))
    return deliver(records), _links(records, unhoused, unknown)


def district(grids: gpd.GeoDataFrame, *, seed: int) -> gpd.GeoDataFrame:
    """Return records of three themes at places of the district, in EPSG:4490; its people are counted by nobody, as it has no buildings.

    Parameters
    ----------
    grids
        Grids of three levels, any CRS: a service point in each of level 1, a party branch and some cameras in each of level 2.
    """
    first, second = (hierarchy.tier(grids, level).to_crs(BUILD_CRS).geometry.to_numpy() for level in (1, 2))
    cameras = stream(seed, "jianyang/themes").poisson(CAMERAS_PER_GRID, len(second))
    parts = (
        _within("services", "便民服务点", first),
        _within("party", "党支部", second),
        _within("security", "摄像头", second, cameras),
    )
    return deliver(_numbered(list(parts)))


def _links(records: gpd.GeoDataFrame, unhoused: str, unknown: str) -> pd.DataFrame:
    """Return the broken links; the last two records are those that stand on a street."""
    nobody, nothing = records.index[-2:]
    rows = {
        unhoused: ("resident_household", "no_households"),
        nobody: ("resident_household", "no_building"),
        unknown: ("household_building", "unknown_building"),
        nothing: ("household_building", "no_building"),
    }
    index = pd.Index(list(rows), name=records.index.name, dtype="str")
    return pd.DataFrame(list(rows.values()), index=index, columns=["link", "note"], dtype="str").assign(count=records["count"][index])


def _on_streets(town: "Fabric") -> np.ndarray:
    """Return the middle of every street that has it in the town."""
    streets = town.streets.geometry[town.streets["class"] != "river"].to_numpy()
    middles = shapely.line_interpolate_point(streets, 0.5, normalized=True)
    return middles[shapely.within(middles, town.boundary.geometry.iloc[0])]


def _counted(points: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Return how many points each polygon holds; one on a border belongs to the first."""
    point, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.lexsort((polygon, point))
    once = np.unique(point[order], return_index=True)[1]
    return np.bincount(polygon[order][once], minlength=len(polygons))


def _by_building(theme: str, kind: str, counts: pd.Series, *, basis: str | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {"theme": theme, "kind": kind, "count": counts.to_numpy(), "building_id": counts.index, "basis": basis, "geometry": None}
    )


def _within(theme: str, kind: str, shapes: np.ndarray, counts: np.ndarray | int = 1, *, basis: str | None = None) -> pd.DataFrame:
    points = snap(shapely.point_on_surface(shapes))
    return pd.DataFrame({"theme": theme, "kind": kind, "count": counts, "building_id": None, "basis": basis, "geometry": points})


def _numbered(parts: list[pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return all records that count something, in EPSG:4548, numbered."""
    table = pd.concat(parts, ignore_index=True)
    table = table[table["count"] > 0]
    index = pd.Index([f"R{number:06d}" for number in range(1, len(table) + 1)], name="record_id", dtype="str")
    texts = dict.fromkeys(("theme", "kind", "building_id", "basis"), "str")
    columns = table.drop(columns="geometry").set_axis(index).astype({**texts, "count": "int64"}).assign(counted_on=COUNTED_ON)
    return gpd.GeoDataFrame(columns.astype({"counted_on": "str"}), geometry=table["geometry"].to_numpy(dtype=object), crs=BUILD_CRS)

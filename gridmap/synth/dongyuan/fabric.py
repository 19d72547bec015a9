"""The fabric of the town, everything that stands still, step by step in EPSG:4548; each theme draws from its own stream."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.synth.dongyuan import addresses, buildings, faces, grids, layout, premises, streets, units
from gridmap.synth.town import BUILD_CRS, stream


@dataclass(frozen=True)
class Fabric:
    """The town without its events, in EPSG:4548.

    Attributes
    ----------
    residential
        The 222 residential buildings on the index of `buildings`, whose first rows they are: with door, entrances, number in the compound.
    lots
        Numbered lots, as `addresses.lots` returns them.
    area
        Community as filed of every level-3 code.
    plan
        Truth plan: label of every unit.
    """

    ground: faces.ground.Ground
    boundary: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    gazetteer: gpd.GeoDataFrame
    residential: pd.DataFrame
    lots: pd.DataFrame
    area: pd.Series
    plan: pd.Series


def make(seed: int) -> Fabric:
    """Return the town of a seed without its events."""
    town = faces.make(seed)
    table = town.table
    owner = units.labels(table, layout.GRIDS, within_quarter=True)
    codes = grids.numbered(table, owner)
    area = grids.areas(codes)
    homes = buildings.residential(town, stream(seed, "dongyuan/buildings"))
    others = premises.premises(town, stream(seed, "dongyuan/premises"))
    roads = streets.make(town)
    lots = addresses.lots(town, roads, others)
    parts = units.make(table, owner.map(codes), homes)
    houses = buildings.frame(_all_buildings(homes, others, lots))
    return Fabric(
        ground=town.ground,
        boundary=_named({grids.TOWN: faces.outline(town)}, "community"),
        compounds=_named({compound.name: _outline(table, compound.name) for compound in layout.COMPOUNDS}, "residential"),
        grids=grids.make(parts, pd.Series(table["place"].to_numpy(), index=parts.index), area),
        units=parts,
        buildings=houses,
        streets=roads,
        gazetteer=addresses.gazetteer(homes, lots),
        residential=homes.set_axis(houses.index[: len(homes)]),
        lots=lots,
        area=area,
        plan=pd.Series(units.labels(table, layout.TRUTH, within_quarter=False).to_numpy(), index=parts.index, name="plan", dtype="str"),
    )


def _all_buildings(homes: pd.DataFrame, others: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    living = homes.assign(use="residential", address=addresses.of_residential(homes, lots))
    working = others.assign(compound=None, households=0, residents=0, address=addresses.of_premises(others, lots))
    columns = ["households", "residents", "use", "compound", "address", "floors", "polygon"]
    return pd.DataFrame({name: [*living[name], *working[name]] for name in columns})


def _outline(table: pd.DataFrame, compound: str) -> shapely.Geometry:
    return shapely.coverage_union_all(table.loc[table["compound"] == compound, "polygon"].to_numpy())


def _named(shapes: dict[str, shapely.Geometry], kind: str) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="name", dtype="str")
    return gpd.GeoDataFrame(
        {"kind": pd.array([kind] * len(shapes), dtype="str")}, index=index, geometry=list(shapes.values()), crs=BUILD_CRS
    )

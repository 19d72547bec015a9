"""Addresses: house numbers along the roads, odd on their left and even on their right, and the gazetteer that lists them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import layout
from gridmap.synth.dongyuan.faces import Faces
from gridmap.synth.dongyuan.premises import front
from gridmap.synth.town import BUILD_CRS, snap

REGION = "示例省东源市河东区"  # no such province
LOT_M = 9.0  # two numbers, one on either side, for so many metres of road
LOT = ("road", "number", "name", "premise", "point")
GAZETTEER = ("road", "number", "compound", "building", "unit", "alias")


@dataclass(frozen=True)
class Roads:
    """The roads that carry numbers.

    Attributes
    ----------
    lines
        Shape (n,): the parts of named roads, each drawn from its first house to its last.
    names
        Name of each part.
    starts_m
        Metres of the same road before each part: parts that share a name are numbered through.
    """

    lines: np.ndarray
    names: np.ndarray
    starts_m: np.ndarray

    def spot(self, part: int, point: shapely.Point, inside: shapely.Point) -> tuple[str, float, bool]:
        """Return the road's name, the metres along it, and whether `inside` lies on its left."""
        line = self.lines[part]
        along = float(line.project(point))
        ends = [line.interpolate(max(along - 2.0, 0.0)), line.interpolate(min(along + 2.0, line.length))]
        (x0, y0), (x1, y1) = (end.coords[0] for end in ends)
        left = (x1 - x0) * (inside.y - y0) - (y1 - y0) * (inside.x - x0) > 0.0
        return str(self.names[part]), along + float(self.starts_m[part]), left


def roads(streets: gpd.GeoDataFrame) -> Roads:
    """Return the numbered roads of the streets table (EPSG:4548)."""
    chosen = streets[streets["class"].isin(["primary", "secondary", "residential"])]
    lengths = chosen.length.round(2)
    starts = lengths.groupby(chosen["name"]).cumsum() - lengths
    return Roads(chosen.geometry.to_numpy(), chosen["name"].to_numpy(dtype=object), starts.to_numpy())


def lots(town: Faces, streets: gpd.GeoDataFrame, premises: pd.DataFrame) -> pd.DataFrame:
    """Return every numbered lot: compounds first, then places, then premises without a name.

    Returns
    -------
    DataFrame
        road, number (text), name (compound or place, NA for premises), premise (position in `premises`, -1 for a compound),
        point (gate or door).
    """
    numbered = roads(streets)
    entries = [_compound_lot(compound, town, numbered) for compound in layout.COMPOUNDS]
    named = premises["place"].notna()
    first = premises[named].drop_duplicates("place").index
    entries += [_premise_lot(premises.loc[row], row, numbered) for row in [*first, *premises.index[~named]]]
    frame = pd.DataFrame(entries, columns=["road", "along", "left", "name", "premise", "point"])
    frame["number"] = _numbers(frame)
    return frame.drop(columns=["along", "left"])


def _compound_lot(compound: layout.Compound, town: Faces, numbered: Roads) -> tuple[object, ...]:
    """Give a compound its gate: the middle of what it shares with its road."""
    area = shapely.coverage_union_all(town.table.loc[town.table["compound"] == compound.name, "polygon"].to_numpy())
    parts = np.flatnonzero(numbered.names == compound.road)
    shared = [shapely.intersection(area, numbered.lines[part]) for part in parts]
    part = int(np.argmax(shapely.length(shared)))
    gate = shapely.line_interpolate_point(shapely.line_merge(shared[part]), 0.5, normalized=True)
    lot = numbered.spot(int(parts[part]), gate, area.point_on_surface())
    return (*lot, compound.name, -1, snap(gate))


def _premise_lot(premise: pd.Series, row: int, numbered: Roads) -> tuple[object, ...]:
    centre = premise["polygon"].centroid
    part = int(np.argmin(shapely.distance(numbered.lines, centre)))
    door = front(premise["polygon"], numbered.lines[part])
    return (*numbered.spot(part, door, centre), premise["place"], row, door)


def _numbers(frame: pd.DataFrame) -> list[str]:
    """Return the number of each lot: each side of each road is counted through, and no number stands twice."""
    numbers = pd.Series(0, index=frame.index)
    for (_, left), side in frame.sort_values(["along", "premise"]).groupby(["road", "left"]):
        last = -1 if left else 0
        for row, along in side["along"].items():
            last = max(last + 2, 2 * int(along // LOT_M) + (1 if left else 2))
            numbers[row] = last
    return numbers.astype("str").to_list()


def gazetteer(residential: pd.DataFrame, places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the gazetteer, index address_id: a row per compound, building and entrance, and per place and premise.

    Parameters
    ----------
    residential
        As `buildings.residential` returns them.
    places
        As `lots` returns them.
    """
    alias = {compound.name: compound.alias for compound in layout.COMPOUNDS}
    rows: list[tuple[object, ...]] = []
    for road, number, name, premise, point in zip(*(places[column] for column in LOT), strict=True):
        stem, other = (road, number, name), alias.get(name)
        rows.append((*stem, None, None, other, point))
        if premise < 0:
            rows += [(*stem, *entrance, other, door) for entrance, door in _entrances(residential[residential["compound"] == name])]
    frame = pd.DataFrame(rows, columns=[*GAZETTEER, "geometry"])
    frame.insert(0, "region", REGION)
    frame = frame.astype(dict.fromkeys(("region", *GAZETTEER), "str"))
    frame.index = pd.Index([f"A{number:05d}" for number in range(1, len(frame) + 1)], name="address_id", dtype="str")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=BUILD_CRS)


def _entrances(houses: pd.DataFrame) -> list[tuple[tuple[str, str | None], shapely.Point]]:
    """Return building and unit of each building, first the building as a whole, with its door."""
    found: list[tuple[tuple[str, str | None], shapely.Point]] = []
    for number, entrances, door in zip(houses["number"], houses["entrances"], houses["door"], strict=True):
        found.append(((str(number), None), door))
        found += [((str(number), str(unit)), door) for unit in range(1, entrances + 1)]
    return found


def of_residential(residential: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """Return the full address of every residential building."""
    lot = places[places["premise"] < 0].set_index("name").loc[residential["compound"]].reset_index()
    number = residential["number"].astype("str").to_numpy()
    return pd.Series(REGION + lot["road"] + lot["number"] + "号" + lot["name"] + number + "号楼").set_axis(residential.index)


def of_premises(premises: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """Return the full address of every building without residents; those of one place share its number."""
    lot = places[places["premise"] >= 0]
    text = REGION + lot["road"] + lot["number"] + "号" + lot["name"].fillna("")
    named = pd.Series(text.to_numpy(), index=lot["name"].to_numpy())
    found = pd.Series(text.to_numpy(), index=lot["premise"].to_numpy()).reindex(premises.index)
    return found.where(premises["place"].isna(), premises["place"].map(named[named.index.notna()]))

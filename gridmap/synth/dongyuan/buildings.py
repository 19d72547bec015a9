"""Residential buildings: rows of slabs, two compounds of towers, and the people in them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import faces, layout
from gridmap.synth.dongyuan.faces import Faces
from gridmap.synth.dongyuan.ground import Ground
from gridmap.synth.dongyuan.shares import deal
from gridmap.synth.town import BUILD_CRS, snap

RESIDENTS = 20_867
EDGE_M = 13.0  # free ground at both ends of a row
WIDEST_SLOT_M = 84.0
GAP_M = (8.0, 15.0)
LENGTH_M = (40.2, 69.8)  # a hand's breadth inside 40-70 m: corners are snapped afterwards
DEPTH_M = (12.2, 14.8)
DOOR_M = 1.5  # a door point lies this far outside its wall


@dataclass(frozen=True)
class Slot:
    """Where one building of a row may stand: its middle on the ground, how far it may reach, its direction (cosine, sine)."""

    middle: np.ndarray
    room_m: float
    turn: tuple[float, float]


def residential(town: Faces, random: np.random.Generator) -> pd.DataFrame:
    """Return the 222 residential buildings: compound, part, number, households, residents, entrances, floors, polygon, door (EPSG:4548)."""
    rows = [row for compound in layout.COMPOUNDS for row in _compound(compound, town.ground, random)]
    frame = pd.DataFrame(rows)
    frame["residents"] = deal(RESIDENTS, frame["households"].to_numpy() * random.uniform(0.9, 1.1, len(frame)))
    return frame


def _compound(compound: layout.Compound, ground: Ground, random: np.random.Generator) -> list[dict[str, object]]:
    """Lay a compound's buildings, numbered in reading order from its north-west corner."""
    rows_per_unit = len(compound.rows) // len(compound.units)
    depth = random.uniform(*DEPTH_M)
    found: list[dict[str, object]] = []
    for part, households in enumerate(compound.units):
        first = part * rows_per_unit
        boxes = faces.rows_of(compound)[first : first + rows_per_unit]
        slots = [
            slot for box, count in zip(boxes, compound.rows[first:], strict=False) for slot in _slots(box, count, compound, ground, random)
        ]
        spread = (0.93, 1.07) if compound.tower else (0.86, 1.14)
        homes = deal(households, random.uniform(*spread, len(slots)))
        for slot, count in zip(slots, homes, strict=True):
            entry = _building(slot, int(count), depth, compound.tower, random)
            found.append(entry | {"compound": compound.name, "part": part, "number": len(found) + 1})
    return found


def _slots(box: layout.Box, count: int, compound: layout.Compound, ground: Ground, random: np.random.Generator) -> list[Slot]:
    west, south, east, north = box
    width = min((east - west - 2 * EDGE_M) / count, WIDEST_SLOT_M)
    loose = east - west - 2 * EDGE_M - width * count
    begin = west + EDGE_M + loose * (0.0 if random.random() < 0.5 else 1.0)
    ends = begin + width * np.arange(count + 1)
    level = np.full(count + 1, (south + north) / 2)
    on_ground = ground.metric(np.column_stack([ends, level]))
    middles = ground.metric(np.column_stack([(ends[1:] + ends[:-1]) / 2, level[1:]]))
    rooms = np.hypot(*(on_ground[1:] - on_ground[:-1]).T)
    turn = _direction(compound, ground)
    return [Slot(middle, float(room), turn) for middle, room in zip(middles, rooms, strict=True)]


def _direction(compound: layout.Compound, ground: Ground) -> tuple[float, float]:
    """Return the direction of a compound's rows, the same for all its buildings."""
    west, south, east, north = compound.box
    level = (south + north) / 2
    start, end = ground.metric(np.array([[west, level], [east, level]]))
    length = float(np.hypot(*(end - start)))
    return float((end - start)[0]) / length, float((end - start)[1]) / length


def _building(slot: Slot, households: int, depth: float, tower: bool, random: np.random.Generator) -> dict[str, object]:
    """Return one building with at least as many flats (two a floor and entrance) as households."""
    gap = random.uniform(*GAP_M)
    if tower:
        entrances, length = 1, LENGTH_M[0] + random.uniform(0.0, 3.0)
        floors = min(max(-(-households // 2) + int(random.integers(0, 3)), 11), 18)
    else:
        entrances = min(max(-(-households // 12), 2), 4)
        floors = 5 if households <= 10 * entrances else 6
        length = entrances * random.uniform(15.5, 19.5)
    length = float(np.clip(min(length, slot.room_m - gap), *LENGTH_M))
    return {
        "households": households,
        "entrances": entrances,
        "floors": floors,
        "polygon": block(slot.middle, length, depth, slot.turn),
        "door": snap(shapely.Point(place(np.array([[0.0, -depth / 2 - DOOR_M]]), slot.middle, slot.turn)[0])),
    }


def block(middle: np.ndarray, length: float, depth: float, turn: tuple[float, float]) -> shapely.Polygon:
    """Return a rectangle around `middle`, its long side along `turn`, on the lattice."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (length / 2, depth / 2)
    return shapely.Polygon(snap(place(corners, middle, turn)))


def place(offsets: np.ndarray, middle: np.ndarray, turn: tuple[float, float]) -> np.ndarray:
    """Return offsets (along, across), shape (n, 2), turned and moved to `middle`."""
    cosine, sine = turn
    return middle + np.column_stack([offsets[:, 0] * cosine - offsets[:, 1] * sine, offsets[:, 0] * sine + offsets[:, 1] * cosine])


def frame(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return building rows as a buildings table, index building_id, numbered in their order."""
    index = pd.Index([f"B{number:04d}" for number in range(1, len(rows) + 1)], name="building_id", dtype="str")
    columns = {
        "households": rows["households"].to_numpy("int64"),
        "residents": rows["residents"].to_numpy("int64"),
        "use": pd.array(rows["use"], dtype="str"),
        "compound": pd.array(rows["compound"], dtype="str"),
        "address": pd.array(rows["address"], dtype="str"),
        "floors": rows["floors"].to_numpy("int64"),
    }
    return gpd.GeoDataFrame(columns, index=index, geometry=rows["polygon"].to_list(), crs=BUILD_CRS)

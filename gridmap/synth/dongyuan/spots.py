"""Where events are: at doors by address text alone, along streets, in planted hotspots, or in words that nobody can locate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import filing, layout
from gridmap.synth.dongyuan.addresses import REGION
from gridmap.synth.dongyuan.fabric import Fabric
from gridmap.synth.town import snap

ROADSIDE_M = 9.0
VAGUE = (
    "楼下垃圾桶旁", "小区北门口", "菜市场东侧路边", "单元门口", "学校对面马路边", "河边步道", "公交站牌旁", "地下车库入口",
    "{road}中段", "{road}路灯不亮处", "{road}与无名路交叉口", "幸福里{number}号楼", "阳光花园{number}号楼{unit}单元",
    "学府名苑{number}号楼", "滨江路{number}号", "老电影院后面", "原供销社旁", "{compound}附近",
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Areas of the town as filed, in EPSG:4548; None is the whole town.

    Attributes
    ----------
    polygons
        Per area, a hand's breadth inside its border.
    houses
        Per area, positions of its residential buildings.
    """

    polygons: dict[str | None, shapely.Geometry]
    houses: dict[str | None, np.ndarray]


def places(town: Fabric) -> Places:
    """Return the areas of a town."""
    lowest = town.grids[(town.grids["level"] == 3) & (town.grids["kind"] == "base")]
    area = town.area.reindex(lowest.index)
    shapes: dict[str | None, shapely.Geometry] = {None: town.boundary.geometry.iloc[0]}
    shapes |= {name: shapely.coverage_union_all(lowest.geometry[area == name].to_numpy()) for name in layout.AREAS}
    doors = town.residential["door"].to_numpy()
    houses = {name: np.flatnonzero(shapely.contains(shape, doors)) for name, shape in shapes.items()}
    return Places({name: shapely.buffer(shape, -0.1) for name, shape in shapes.items()}, houses)


def locate(rows: pd.DataFrame, town: Fabric, random: np.random.Generator) -> pd.DataFrame:
    """Return for every row its true point (EPSG:4548), its address text, and the building at whose door it is (None elsewhere)."""
    known = places(town)
    found = pd.DataFrame({"point": None, "address": None, "building": None}, index=rows.index, dtype=object)
    for area in known.polygons:
        filed = rows["area"].isna() if area is None else rows["area"] == area
        for kind, place in (("door", _doors), ("street", _roadside), ("nowhere", _vague)):
            chosen = rows.index[filed & (rows["kind"] == kind)]
            found.loc[chosen] = place(len(chosen), area, known, town, random)
    for number, spot in enumerate(filing.PLANTED):
        chosen = rows.index[rows["hotspot"] == number]
        found.loc[chosen] = _around(len(chosen), spot, known, town, random)
    return found


def _doors(count: int, area: str | None, known: Places, town: Fabric, random: np.random.Generator) -> np.ndarray:
    """Draw doors by households, each with a text in one of three ways of writing."""
    homes = town.residential.iloc[known.houses[area]]
    weights = homes["households"].to_numpy(dtype=float)
    drawn = homes.iloc[random.choice(len(homes), count, p=weights / weights.sum())]
    lots = town.lots[town.lots["premise"] < 0]
    streets = {name: f"{road}{number}号" for name, road, number in zip(lots["name"], lots["road"], lots["number"], strict=True)}
    alias = {compound.name: compound.alias for compound in layout.COMPOUNDS}
    table = np.empty((count, 3), dtype=object)
    asked = drawn[["door", "compound", "number", "floors", "entrances"]]
    for row, (identifier, door, name, number, floors, entrances) in enumerate(asked.itertuples(name=None)):
        way, floor, side = int(random.integers(0, 4)), int(random.integers(1, floors + 1)), int(random.integers(1, 3))
        home = f"{number}号楼{int(random.integers(1, entrances + 1))}单元{floor}{side:02d}室"
        street = streets[name]
        written = (f"{REGION}{street}{name}{home}", f"{name}{home}", f"{alias[name]}{home}", f"{street}{number}号楼")
        table[row] = [door, written[way], identifier]
    return table


def _roadside(count: int, area: str | None, known: Places, town: Fabric, random: np.random.Generator) -> np.ndarray:
    """Draw points within 9 m of the area's roads, by length; the text names the road alone."""
    roads = town.streets[town.streets["class"].isin(["primary", "secondary", "residential"])]
    within = shapely.intersection(roads.geometry.to_numpy(), shapely.buffer(known.polygons[area], 1.0))
    lengths = shapely.length(within)
    names = roads["name"].to_numpy()

    def draw(missing: int) -> tuple[np.ndarray, list[object]]:
        position = random.choice(len(within), missing, p=lengths / lengths.sum())
        along = np.array([_at_share(within[road], share) for road, share in zip(position, random.random(missing), strict=True)])
        return _scatter(along, ROADSIDE_M, random), [f"{REGION}{names[road]}" for road in position]

    return _inside(count, known.polygons[area], draw)


def _around(count: int, spot: filing.Hotspot, known: Places, town: Fabric, random: np.random.Generator) -> np.ndarray:
    """Draw points of a hotspot within its radius and its area."""
    centre = town.ground.metric(np.array([spot.centre]))
    nearest = min(layout.COMPOUNDS, key=lambda compound: shapely.box(*compound.box).distance(shapely.Point(spot.centre))).name

    def draw(missing: int) -> tuple[np.ndarray, list[object]]:
        # a hand's breadth inside the radius: points are snapped afterwards
        return _scatter(np.repeat(centre, missing, axis=0), spot.radius_m - 0.1, random), [f"{nearest}附近"] * missing

    return _inside(count, known.polygons[spot.area], draw)


def _vague(count: int, area: str | None, known: Places, town: Fabric, random: np.random.Generator) -> np.ndarray:
    """Draw doors whose text tells nobody where they are."""
    table = _doors(count, area, known, town, random)
    roads = [road.name for road in layout.ROADS if road.kind in layout.ARTERIALS]
    compounds = town.residential.loc[table[:, 2], "compound"]
    for row, compound in enumerate(compounds):
        fields = {
            "road": roads[int(random.integers(0, len(roads)))],
            "number": int(random.integers(1, 30)),
            "unit": int(random.integers(1, 4)),
            "compound": compound,
        }
        table[row, 1:] = [VAGUE[int(random.integers(0, len(VAGUE)))].format(**fields), None]
    return table


def _at_share(line: shapely.Geometry, share: float) -> tuple[float, float]:
    """Return the point at a share of the length of a line that may have several parts."""
    parts = shapely.get_parts(line)
    ends = np.cumsum(shapely.length(parts))
    part = min(int(np.searchsorted(ends, share * ends[-1])), len(parts) - 1)
    point = parts[part].interpolate(share * ends[-1] - (ends[part] - parts[part].length))
    return point.x, point.y


def _scatter(points: np.ndarray, radius_m: float, random: np.random.Generator) -> np.ndarray:
    """Move points evenly within a circle."""
    angle = random.uniform(0.0, 2.0 * np.pi, len(points))
    reach = radius_m * np.sqrt(random.random(len(points)))
    return points + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])


def _inside(count: int, polygon: shapely.Geometry, draw: Callable[[int], tuple[np.ndarray, list[object]]]) -> np.ndarray:
    """Draw again until every point lies inside."""
    shapely.prepare(polygon)
    table = np.full((count, 3), None, dtype=object)
    missing = np.arange(count)
    while len(missing):
        coordinates, texts = draw(len(missing))
        points = shapely.points(snap(coordinates))
        good = shapely.contains(polygon, points)
        table[missing[good], 0] = points[good]
        table[missing[good], 1] = np.array(texts, dtype=object)[good]
        missing = missing[~good]
    return table

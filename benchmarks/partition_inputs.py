"""Inputs of `benchmarks/partition.py`: units, their borders and how many grids; real ones from the folder of real data."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Voronoi

from gridmap import crs, partition, synth
from gridmap.partition import network

CENTRE, HALF_M = (239_440, 3_384_627), 8_000


class Input(NamedTuple):
    """Units, their borders, and the number of grids."""

    units: pd.DataFrame
    edges: pd.DataFrame
    k: int


def arkansas(data: Path) -> Input:
    """Return 2,294 block groups without geometry; lengths in degrees."""
    graph = json.loads((data / "redistricting" / "05_bg_census_consolidated.json").read_text())
    names = [node["id"] for node in graph["nodes"]]
    units = pd.DataFrame({"households": [node["tot_pop_20"] for node in graph["nodes"]]}, index=pd.Index(names, name="unit_id"))
    rows = [
        (left, border["id"], border["shared_perim"])
        for left, borders in zip(names, graph["adjacency"], strict=True)
        for border in borders
        if left < border["id"]
    ]
    return Input(units, pd.DataFrame(rows, columns=["left", "right", "length_m"]).assign(price=0.0), 35)


def connecticut(data: Path) -> Input:
    """Return 739 precincts, an invalid coverage; what hangs apart is linked to the nearest by a border of a metre."""
    found = gpd.read_file(f"zip://{data / 'redistricting' / 'CT_precincts.zip'}")
    found.index = pd.Index([f"{number:04d}" for number in range(len(found))], name="unit_id")
    units = crs.to_metric(found.set_geometry(found.geometry.make_valid()))[["TOTPOP", "geometry"]].rename(columns={"TOTPOP": "households"})
    units["geometry"] = [shapely.multipolygons([p for p in shapely.get_parts(g) if p.geom_type == "Polygon"]) for g in units.geometry]
    return Input(units, linked(units, partition.edges(units)), 36)


def linked(units: gpd.GeoDataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return borders by which all units hang together."""
    edges = edges.assign(price=0.0)
    while True:
        found = network.of(units, edges)
        piece = network.pieces(found)
        sizes = np.bincount(piece)
        if len(sizes) == 1:
            return edges
        inner, outer = (units.loc[found.index[mask]] for mask in (piece == np.argmin(sizes), piece != np.argmin(sizes)))
        (one, other), distance = shapely.STRtree(outer.geometry.to_numpy()).query_nearest(inner.geometry.to_numpy(), return_distance=True)
        nearest = np.argmin(distance)
        pair = sorted([inner.index[one[nearest]], outer.index[other[nearest]]])
        edges = pd.concat(
            [edges, pd.DataFrame({"left": [pair[0]], "right": [pair[1]], "length_m": [1.0], "price": [0.0]})], ignore_index=True
        )


def wuhan(data: Path) -> Input:
    """Return the street blocks of the centre with seeded households: area x density, which falls outwards and varies."""
    streets = gpd.read_parquet(data / "wuhan" / "streets.parquet").rename(columns={"highway": "class"})
    x, y = CENTRE
    boundary = gpd.GeoDataFrame(geometry=[shapely.box(x - HALF_M, y - HALF_M, x + HALF_M, y + HALF_M)], crs=streets.crs)
    if "name" not in streets:
        streets["name"] = None
    streets.index = pd.Index([f"S{number:06d}" for number in range(len(streets))], name="street_id")
    units = partition.blocks(streets, boundary=boundary)
    centres = units.geometry.centroid
    density = np.exp(-np.hypot(centres.x - x, centres.y - y) / 5_000) * np.random.default_rng(1).lognormal(0, 0.8, len(units)) * 0.004
    units["households"] = np.round(units.area * density).to_numpy().astype(int)
    edges = partition.edges(units).assign(price=0.0)
    k = 80
    for _ in range(20):  # a unit of more than half a grid is one to be cut
        units["households"] = np.minimum(units["households"], int(0.5 * units["households"].sum() / k))
    return Input(units, edges, k)


def jianyang(_: Path) -> Input:
    """Return the 8,000 blocks of the demo town."""
    units = synth.jianyang().units
    return Input(units, partition.edges(units).assign(price=0.0), 400)


def plain(count: int, k: int, seed: int = 0) -> Callable[[Path], Input]:
    """Return a maker of Voronoi cells of jittered sites, with uneven households, none at one in twenty."""

    def make(_: Path) -> Input:
        chance = np.random.default_rng(seed)
        side = int(np.sqrt(count))
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
        sites = grid + 0.5 + chance.uniform(-0.45, 0.45, (side * side, 2))
        mirrored = [sites * (-1, 1), sites * (1, -1), sites * (-1, 1) + (2 * side, 0), sites * (1, -1) + (0, 2 * side)]
        near = [each[((each > -3) & (each < side + 3)).all(axis=1)] for each in mirrored]
        cells = Voronoi(np.concatenate([sites, *near]))
        n = len(sites)
        inner = (cells.ridge_points < n).all(axis=1)
        pairs, ends = np.sort(cells.ridge_points[inner], axis=1), cells.vertices[np.array(cells.ridge_vertices)[inner]] * 100
        names = np.array([f"{number:06d}" for number in range(n)])
        shapes = [shapely.Polygon(cells.vertices[cells.regions[cells.point_region[i]]] * 100 + (500_000, 4_000_000)) for i in range(n)]
        households = np.round(chance.lognormal(3.5, 0.6, n)).astype(int)
        households[chance.random(n) < 0.05] = 0
        units = gpd.GeoDataFrame({"households": households}, index=pd.Index(names, name="unit_id"), geometry=shapes, crs="EPSG:4548")
        length = np.hypot(*(ends[:, 0] - ends[:, 1]).T)
        edges = pd.DataFrame({"left": names[pairs[:, 0]], "right": names[pairs[:, 1]], "length_m": length, "price": 0.0})
        return Input(units, edges[length > 1e-6], k)

    return make


INPUTS: dict[str, Callable[[Path], Input]] = {
    "arkansas": arkansas,
    "connecticut": connecticut,
    "wuhan": wuhan,
    "jianyang": jianyang,
    "plain 3,000": plain(3_000, 80),
    "plain 100,000": plain(100_000, 1_000),
}

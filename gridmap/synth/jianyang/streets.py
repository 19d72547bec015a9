"""Streets that follow shared borders: a river, trunk roads between towns, roads and lanes between grids."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse
import scipy.sparse.csgraph
import scipy.spatial
import shapely

from gridmap.synth.jianyang import lattice
from gridmap.synth.jianyang.frames import Tiers, town_names
from gridmap.synth.town import DELIVERY_CRS, stream

BARE = 0.15  # share of borders between lowest grids of one level-2 grid that no street follows
FIRST = "安平和顺康宁永福长兴德义文明春秋华清金玉东西南北新光复建育英迎丰"
SECOND = "居乐民业泰景盛昌源泉山林园河桥门塘坊井亭"
RIVER = "清江"


@dataclass(frozen=True)
class Net:
    """Borders between lowest grids as a network, ordered by `keys`.

    Attributes
    ----------
    borders
        Positions in `Cells`, shape (b,).
    ends
        Numbers of the end corners, shape (b, 2), the smaller first.
    corners
        Coordinates of all corners in metres, shape (c, 2).
    """

    borders: np.ndarray
    ends: np.ndarray
    lengths: np.ndarray
    corners: np.ndarray

    @property
    def keys(self) -> np.ndarray:
        """One number for each pair of corners, shape (b,), ascending."""
        return self.ends[:, 0] * len(self.corners) + self.ends[:, 1]


RANKS = ("town", "level_1", "level_2", "level_3")


def streets(diagram: lattice.Cells, drawn: np.ndarray, tiers: Tiers, towns: np.ndarray, seed: int) -> gpd.GeoDataFrame:
    """Return the streets: name, class, geometry in EPSG:4490.

    Parameters
    ----------
    drawn
        Every border as a LineString in EPSG:4490, None where it is shorter than the lattice, shape (m,).
    towns
        Centres of the towns in the metres of `diagram`, shape (t, 2).
    """
    between = _between(diagram, tiers)
    shared = np.flatnonzero((between < len(RANKS)) & ~shapely.is_missing(drawn))
    net = _net(diagram, shared)
    names = town_names(len(towns))
    street = np.full(len(diagram.left), -1)
    labels: list[tuple[str, str]] = [(RIVER, "river")]
    street[_river(net)] = 0
    for one, other, path in _trunks(net, towns, street):
        street[path[street[path] < 0]] = len(labels)
        labels.append((f"{names[one][0]}{names[other][0]}路", "primary"))
    street, labels = _roads(diagram, between, tiers, street, labels, shared, seed)
    return _table(street, labels, drawn)


def _net(diagram: lattice.Cells, shared: np.ndarray) -> Net:
    ends = np.sort(np.stack([diagram.start[shared], diagram.finish[shared]], axis=1), axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    return Net(shared[order], ends[order], diagram.length[shared][order], diagram.corners)


def _between(diagram: lattice.Cells, tiers: Tiers) -> np.ndarray:
    """Return the position in RANKS of the highest rank that each border parts, 4 where it parts none or lies on the outline."""
    left, right = tiers.grid_of_unit[diagram.left], tiers.grid_of_unit[diagram.right]
    parts = [tiers.town, tiers.level_1, tiers.level_2, np.arange(len(tiers.town))]
    differs = np.stack([part[left] != part[right] for part in parts] + [np.ones(len(left), dtype=bool)])
    return np.where(diagram.right == lattice.OUTSIDE, len(RANKS), differs.argmax(axis=0))


def _river(net: Net) -> np.ndarray:
    """Return the borders along the shortest way from the northernmost to the southernmost corner of the net."""
    used = np.unique(net.ends)
    if len(used) == 0:
        return used
    heights = net.corners[used, 1]
    return _path(net, net.lengths, int(used[heights.argmax()]), int(used[heights.argmin()]))


def _trunks(net: Net, towns: np.ndarray, street: np.ndarray) -> list[tuple[int, int, np.ndarray]]:
    """Return the trunk roads, each as two towns and the borders of the shortest way: a tree over the towns' centres."""
    used = np.unique(net.ends)
    if len(towns) < 2 or len(used) == 0:
        return []
    nearest = used[scipy.spatial.cKDTree(net.corners[used]).query(towns)[1]]
    gaps = scipy.spatial.distance.cdist(towns, towns)
    tree = scipy.sparse.csgraph.minimum_spanning_tree(gaps).tocoo()
    found = []
    # a road costs more where the river already runs
    costs = net.lengths * np.where(street[net.borders] == 0, 8.0, 1.0)
    for one, other in sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True)):
        found.append((one, other, _path(net, costs, int(nearest[one]), int(nearest[other]))))
    return found


def _path(net: Net, costs: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Return the borders on the cheapest way between two corners, empty where there is none."""
    size = len(net.corners)
    links = scipy.sparse.csr_array((costs, (net.ends[:, 0], net.ends[:, 1])), shape=(size, size))
    before = scipy.sparse.csgraph.dijkstra(links, directed=False, indices=begin, return_predecessors=True)[1]
    way = [end]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    steps = np.sort(np.stack([way[1:], way[:-1]], axis=1), axis=1)
    return net.borders[np.searchsorted(net.keys, steps[:, 0] * size + steps[:, 1])]


def _roads(
    diagram: lattice.Cells,
    between: np.ndarray,
    tiers: Tiers,
    street: np.ndarray,
    labels: list[tuple[str, str]],
    shared: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Give the remaining shared borders to one street per pair of neighbours of the highest rank that they part."""
    rest = shared[street[shared] < 0]
    if len(rest) == 0:
        return street, labels
    left, right = tiers.grid_of_unit[diagram.left[rest]], tiers.grid_of_unit[diagram.right[rest]]
    groups = [tiers.level_1, tiers.level_1, tiers.level_2, np.arange(len(tiers.town))]
    rank = between[rest]
    pair = np.stack([np.choose(rank, [part[side] for part in groups]) for side in (left, right)], axis=1)
    keys = np.column_stack([rank, np.sort(pair, axis=1)])
    unique, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.ravel()
    random = stream(seed, "jianyang/streets")
    followed = (unique[:, 0] < 3) | (random.random(len(unique)) >= BARE)
    place = np.zeros(len(unique), dtype=int)
    place[number] = tiers.town[left]
    drawn_names = random.integers(0, len(FIRST) * len(SECOND), len(unique))
    street = street.copy()
    new = np.where(followed, np.cumsum(followed) - 1 + len(labels), -1)
    street[rest] = new[number]
    towns = [name.removesuffix("镇").removesuffix("街道") for name in town_names(int(tiers.town.max()) + 1)]
    added = [
        (
            towns[town] + FIRST[name // len(SECOND)] + SECOND[name % len(SECOND)] + ("路" if rank_ < 2 else "街" if rank_ == 2 else "巷"),
            "secondary" if rank_ < 2 else "residential",
        )
        for rank_, town, name in zip(unique[followed, 0], place[followed], drawn_names[followed], strict=True)
    ]
    return street, labels + added


def _table(street: np.ndarray, labels: list[tuple[str, str]], drawn: np.ndarray) -> gpd.GeoDataFrame:
    taken = np.flatnonzero(street >= 0)
    taken = taken[np.argsort(street[taken], kind="stable")]
    present, number = np.unique(street[taken], return_inverse=True)
    merged = shapely.line_merge(shapely.multilinestrings(drawn[taken], indices=number)) if len(taken) else []
    rows = [labels[one] for one in present]
    index = pd.Index([f"S{one:06d}" for one in range(1, len(rows) + 1)], name="street_id", dtype="str")
    frame = pd.DataFrame(rows, columns=["name", "class"], index=index, dtype="str")
    return gpd.GeoDataFrame(frame, geometry=list(merged), crs=DELIVERY_CRS)

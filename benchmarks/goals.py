"""The goals, and what a record says of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fresh import TO_GRIDS
from own import ARRAYS, ARRAYS_READY, FRAME, GATHER, INDEX, ONE_THREAD, OWN
from peers import SJOIN
from updates import ANEW, ANEW_FRAME, UPDATE
from ways import END_TO_END, GRIDS_READY

MILLION = 1_000_000
OURS = {way.name for way in OWN}


class MissingError(LookupError):
    """The record does not hold what a figure needs."""


@dataclass(frozen=True)
class Goal:
    """A figure to reach: at least `bound`, or at most if `most`."""

    work: str
    bound: float
    unit: str
    figure: Callable[["Reader"], float]
    most: bool = False

    def reached(self, value: float) -> bool:
        """Tell whether a value is good enough."""
        return value <= self.bound if self.most else value >= self.bound


@dataclass(frozen=True)
class Reader:
    """Looks things up in a record."""

    record: dict[str, Any]

    def rows(self, layer: str, points: int) -> list[dict[str, Any]]:
        """Return the rows of one comparison."""
        return [row for row in self.record["rows"] if row["layer"] == layer and row["points"] == points]

    def seconds(self, layer: str, points: int, work: str) -> float:
        """Return the median of one work."""
        return self._one([row["seconds"] for row in self.rows(layer, points) if row["work"] == work])

    def fastest(self, layer: str, points: int, *stages: str) -> float:
        """Return the median of the fastest peer in one of the stages."""
        return self._least([row["seconds"] for row in self.rows(layer, points) if row["work"] not in OURS and row["stage"] in stages])

    def tree(self, layer: str, points: int) -> float:
        """Return the median of shapely's faster tree, its query alone."""
        trees = ("STRtree of the points, ready", "STRtree of the grids, ready")
        return self._least([row["seconds"] for row in self.rows(layer, points) if row["work"] in trees])

    def first(self, work: str, points: int) -> float:
        """Return the median of a first call."""
        return self._one([row["seconds"] for row in self.record["cold"] if row["work"] == work and row["points"] == points])

    def first_tree(self, points: int) -> float:
        """Return the median of shapely's faster first call."""
        return min(self.first("STRtree of the points", points), self.first("STRtree of the grids", points))

    def growth(self, work: str, points: int) -> float:
        """Return by how much memory grows."""
        return self._one([row["megabytes"] for row in self.record["memory"] if row["work"] == work and row["points"] == points])

    def updated(self, work: str, points: int) -> float:
        """Return the median of a work after a move of a border."""
        return self._one([row["seconds"] for row in self.record["updates"] if row["work"] == work and row["points"] == points])

    def built(self, grids: int) -> float:
        """Return the seconds that the index of so many grids takes, at least."""
        return self._least([row["seconds"] for row in self.record["rows"] if row["work"] == INDEX and row["grids"] >= grids])

    @staticmethod
    def _one(found: list[float]) -> float:
        if len(found) != 1:
            raise MissingError
        return found[0]

    @staticmethod
    def _least(found: list[float]) -> float:
        if not found:
            raise MissingError
        return min(found)


def ready(record: Reader, layer: str, points: int) -> float:
    """Return how many times faster our lookup is than the fastest peer, from whichever start."""
    return record.fastest(layer, points, END_TO_END, GRIDS_READY) / record.seconds(layer, points, ARRAYS_READY)


GOALS = (
    Goal("10 M points, end to end, over the fastest peer", 15, "x",
         lambda record: record.fastest("town", 10 * MILLION, END_TO_END) / record.seconds("town", 10 * MILLION, ARRAYS)),
    Goal("10 M points, end to end, over geopandas.sjoin", 60, "x",
         lambda record: record.seconds("town", 10 * MILLION, SJOIN) / record.seconds("town", 10 * MILLION, ARRAYS)),
    Goal("10 M points, index ready, over the fastest peer", 30, "x", lambda record: ready(record, "town", 10 * MILLION)),
    Goal("10 M points, index ready, share of gather only", 50, "%",
         lambda record: 100 * record.seconds("town", 10 * MILLION, GATHER) / record.seconds("town", 10 * MILLION, ARRAYS_READY)),
    Goal("1 M points, end to end, over the fastest peer", 8, "x",
         lambda record: record.fastest("town", MILLION, END_TO_END) / record.seconds("town", MILLION, ARRAYS)),
    Goal("10,000 points, first call, over STRtree", 0.95, "x", lambda record: record.first_tree(10_000) / record.first(TO_GRIDS, 10_000)),
    Goal("100,000 grids, build", 2, "s", lambda record: record.built(99_000), most=True),
    Goal("100,000 grids, 1 M points, over STRtree's query", 50, "x",
         lambda record: record.tree("lattice", MILLION) / record.seconds("lattice", MILLION, ARRAYS_READY)),
    Goal("10 M points, growth of memory to numbers, as sjoin gives, share of sjoin's", 33.3, "%",
         lambda record: 100 * record.growth(ARRAYS, 10 * MILLION) / record.growth(SJOIN, 10 * MILLION), most=True),
    Goal("10 M points, growth of memory to codes as text, share of sjoin's", 33.3, "%",
         lambda record: 100 * record.growth(FRAME, 10 * MILLION) / record.growth(SJOIN, 10 * MILLION), most=True),
    Goal("10 M points, two threads over one", 1.6, "x",
         lambda record: record.seconds("town", 10 * MILLION, ONE_THREAD) / record.seconds("town", 10 * MILLION, ARRAYS_READY)),
    Goal("1 M points, a border moves, over index and frame anew", 30, "x",
         lambda record: record.updated(ANEW_FRAME, MILLION) / record.updated(UPDATE, MILLION)),
    Goal("1 M points, a border moves, over index and arrays anew", 30, "x",
         lambda record: record.updated(ANEW, MILLION) / record.updated(UPDATE, MILLION)),
)  # fmt: skip

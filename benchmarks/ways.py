"""A way to find the grids of points, and whether it found the right ones."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import shapely
from layers import Task

from gridmap.schema import code_order

Work = Callable[[], object]
END_TO_END, GRIDS_READY, POINTS_READY = "end to end", "grids ready", "points ready"
BUILD, LIMIT = "build", "limit"
NOWHERE = -1


@dataclass(frozen=True)
class Way:
    """One row of the benchmark.

    Parameters
    ----------
    name
        As in the output.
    prepare
        Makes the tool's own form of a task and returns the work that is timed.
    module
        What must be installed.
    threads
        How many it uses.
    stage
        "end to end", which side has its index before the clock starts, "build" alone, or "limit": no answer, a bound to compare with.
    sample
        The most points it is given, its time being scaled; 0 for all.
    """

    name: str
    prepare: Callable[[Task], Work]
    module: str
    threads: int = 1
    stage: str = END_TO_END
    sample: int = 0

    @property
    def installed(self) -> bool:
        """Whether the tool is there."""
        return find_spec(self.module) is not None

    def task(self, task: Task) -> Task:
        """Return the part of the task that this way is given."""
        return task.head(self.sample) if self.sample else task


@dataclass(frozen=True)
class Truth:
    """What shapely answers for each point: the row in the lowest tier, and the position of the owner in all codes; NOWHERE for none."""

    base: np.ndarray
    owner: np.ndarray

    @classmethod
    def of(cls, task: Task) -> "Truth":
        """Ask shapely for every point."""
        ordered = task.grids.iloc[code_order(task.grids.index)]
        dedicated = np.flatnonzero((ordered["kind"] == "dedicated").to_numpy())
        tree = shapely.STRtree(task.points)

        def smallest(polygons: np.ndarray) -> np.ndarray:
            grid, point = tree.query(polygons, predicate="intersects")
            return owners(point, grid, len(task.x))

        base, over = smallest(task.tier.to_numpy()), smallest(ordered.geometry.to_numpy()[dedicated])
        of_tier = np.append(ordered.index.get_indexer(task.tier.index), NOWHERE)
        return cls(base, np.where(over == NOWHERE, of_tier[base], np.append(dedicated, NOWHERE)[over]))


def owners(point: np.ndarray, grid: np.ndarray, count: int) -> np.ndarray:
    """Return the smallest grid of each of `count` points among pairs in any order; NOWHERE for none."""
    found = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(found, np.asarray(point, dtype=np.int64), np.asarray(grid, dtype=np.int64))
    return np.where(found == np.iinfo(np.int64).max, NOWHERE, found)

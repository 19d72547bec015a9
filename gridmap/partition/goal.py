"""What a good partition is: how much each of its ends weighs, further quantities to balance, and what must stay as it is."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gridmap.errors import SchemaError

WEIGHTS = ("balance", "border", "compactness", "streets")


@dataclass(frozen=True, kw_only=True, eq=False)
class Goal:
    """How much each end of a partition weighs, what else is balanced, and what is fixed.

    Parameters
    ----------
    balance
        Weight of evenness within the tolerance or the band, which are kept whatever it is; 0: being within them is enough.
    border
        Weight of the length of borders between grids.
    compactness
        Weight of round grids (perimeter squared over area); without effect where units have no geometry.
    streets
        Weight of the prices of `edges`: what it costs that a dear line (a main road, a river) runs inside a grid.
    quantities
        Further columns of the units to be balanced at once, each with its tolerance as a share of the mean: `{"load_min": 0.1}`.
        `area_m2` is measured where it is no column.
    locks
        Codes of grids of `keep` that stay as they are, unit by unit.
    seeds
        Unit -> code of the grid that it will be in. Units of one code come into one grid, those of different codes into different ones.

    Raises
    ------
    SchemaError
        If a weight is negative or not finite, or a tolerance is not above 0 and finite.

    Notes
    -----
    All weights are relative to their defaults: a 2 counts an end twice as much as the project thinks right for a city's blocks.
    """

    balance: float = 1.0
    border: float = 1.0
    compactness: float = 1.0
    streets: float = 1.0
    quantities: Mapping[str, float] = field(default_factory=dict)
    locks: Collection[str] = ()
    seeds: Mapping[object, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in WEIGHTS:
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SchemaError("goal_weight", what=name, given=getattr(self, name))
        for name, tolerance in self.quantities.items():
            if not 0 < tolerance < math.inf:
                raise SchemaError("goal_tolerance", what=name, given=tolerance)
        object.__setattr__(self, "quantities", dict(self.quantities))
        object.__setattr__(self, "locks", (self.locks,) if isinstance(self.locks, str) else tuple(self.locks))
        object.__setattr__(self, "seeds", dict(self.seeds))


DEFAULT = Goal()

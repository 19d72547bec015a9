"""The gazetteer's rows as plain lists, and the dictionaries that lead to them."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gridmap.geocode.regions import Regions

Part = str | None


@dataclass(frozen=True)
class Entries:
    """Normalised parts of every row, in the order of the identifiers; None where a row does not state a part.

    Parameters
    ----------
    road, number, compound, building, unit, region
        One entry per row.
    names
        Compound and aliases of each row.
    xy
        Points in a metric CRS, shape (n, 2).
    """

    road: list[Part]
    number: list[Part]
    compound: list[Part]
    building: list[Part]
    unit: list[Part]
    region: list[Part]
    names: list[frozenset[str]]
    xy: np.ndarray

    @cached_property
    def roads(self) -> frozenset[str]:
        """Names of roads."""
        return frozenset(road for road in self.road if road is not None)

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of compounds and aliases."""
        return frozenset().union(*self.names)

    @cached_property
    def by_number(self) -> Mapping[Hashable, list[int]]:
        """Rows by (road, number, building); under building None stand all rows of a number."""
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for row, (road, number, building) in enumerate(zip(self.road, self.number, self.building, strict=True)):
            if road is not None and number is not None:
                for part in {None, building}:
                    groups[road, number, part].append(row)
        return dict(groups)

    @cached_property
    def by_name(self) -> Mapping[Hashable, list[int]]:
        """Rows by (compound or alias, building); under building None stand all rows of a name."""
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for row, (names, building) in enumerate(zip(self.names, self.building, strict=True)):
            for name in names:
                for part in {None, building}:
                    groups[name, part].append(row)
        return dict(groups)

    @cached_property
    def regions(self) -> Regions:
        """Regions that the rows state."""
        return Regions(region for region in self.region if region is not None)

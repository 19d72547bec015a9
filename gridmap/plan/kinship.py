"""What became of every grid, told by the ground it stands on and, where that does not decide, by its code."""

from dataclasses import dataclass

import numpy as np

from gridmap.plan.ground import NOWHERE, Pieces


@dataclass(frozen=True)
class Cells:
    """Pairs of an old and a new grid that share ground, or of one and nothing (`NOWHERE`); one entry per pair, in order.

    Parameters
    ----------
    before, after
        Positions of the two grids.
    area_m2
        What they share.
    firm_m2
        The same without slivers.
    """

    before: np.ndarray
    after: np.ndarray
    area_m2: np.ndarray
    firm_m2: np.ndarray

    @classmethod
    def of(cls, pieces: Pieces) -> tuple["Cells", np.ndarray]:
        """Return the pairs, and the number of the pair of every piece."""
        begins = np.ones(len(pieces.before), dtype=bool)
        begins[1:] = (np.diff(pieces.before) != 0) | (np.diff(pieces.after) != 0)
        number = np.cumsum(begins) - 1
        firm = np.where(pieces.sliver, 0.0, pieces.area_m2)
        sums = [np.bincount(number, weights=weights, minlength=int(begins.sum())) for weights in (pieces.area_m2, firm)]
        return cls(pieces.before[begins], pieces.after[begins], *sums), number


@dataclass(frozen=True)
class Kin:
    """Who follows whom in one tier.

    Parameters
    ----------
    after, before
        Position of the new grid that each old one goes on as, and the other way round; `NOWHERE` where it does not go on.
    word_before, word_after
        What became of each old grid, and whence each new one comes: split, merged, retired, added, or "" for one that just goes on.
    part, source
        Of every pair of grids, whether the old one was split and the new one is a part of it, and whether the old one was merged into
        the new one.
    """

    after: np.ndarray
    before: np.ndarray
    word_before: np.ndarray
    word_after: np.ndarray
    part: np.ndarray
    source: np.ndarray


def kin(cells: Cells, codes_before: np.ndarray, codes_after: np.ndarray) -> Kin:
    """Tell which grids go on, and which were split or merged.

    Notes
    -----
    An old and a new grid are the same if most of either lies in the other; a code that both have decides where most of one alone does, or
    where they share ground and neither is the same as a third. A grid is split if two new ones or more lie for the most part in it and
    go on from no other, and merged if two old ones or more lie for the most part in it and go on as no other.
    """
    here = (cells.before >= 0) & (cells.after >= 0)
    left, right, area, firm = cells.before[here], cells.after[here], cells.area_m2[here], cells.firm_m2[here]
    of_old = area > _sums(cells.before, cells.area_m2, len(codes_before))[left] / 2
    of_new = area > _sums(cells.after, cells.area_m2, len(codes_after))[right] / 2
    same_code = codes_before[left] == codes_after[right]
    after, before = np.full(len(codes_before), NOWHERE), np.full(len(codes_after), NOWHERE)
    for rule in (same_code & (of_old | of_new), of_old & of_new, same_code & (firm > 0)):  # of no rule has a grid two
        free = rule & (after[left] == NOWHERE) & (before[right] == NOWHERE)
        after[left[free]], before[right[free]] = right[free], left[free]
    bare, here_too = _without_ground(cells, codes_before, codes_after)
    after[bare], before[here_too] = here_too, bare
    part = of_new & ((before[right] == NOWHERE) | (before[right] == left))
    source = of_old & ((after[left] == NOWHERE) | (after[left] == right))
    part &= (np.bincount(left[part], minlength=len(codes_before)) > 1)[left]
    source &= (np.bincount(right[source], minlength=len(codes_after)) > 1)[right]
    loose = (after[left] == right) & ~same_code & (np.isin(left, left[part]) | np.isin(right, right[source]))
    after[left[loose]], before[right[loose]] = NOWHERE, NOWHERE
    word_before = np.where(after == NOWHERE, "retired", "").astype(object)
    word_after = np.where(before == NOWHERE, "added", "").astype(object)
    word_before[left[source]], word_after[right[part]] = "merged", "split"
    word_before[left[part]], word_after[right[source]] = "split", "merged"
    is_part, is_source = np.zeros_like(here), np.zeros_like(here)
    is_part[here], is_source[here] = part, source
    return Kin(after, before, word_before, word_after, is_part, is_source)


def _without_ground(cells: Cells, codes_before: np.ndarray, codes_after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the grids that others cover altogether in both versions, by their codes."""
    bare_before = np.setdiff1d(np.arange(len(codes_before)), cells.before)
    bare_after = np.setdiff1d(np.arange(len(codes_after)), cells.after)
    _, at_before, at_after = np.intersect1d(codes_before[bare_before], codes_after[bare_after], return_indices=True)
    return bare_before[at_before], bare_after[at_after]


def _sums(position: np.ndarray, area: np.ndarray, count: int) -> np.ndarray:
    """Return the areas of all grids of one tier."""
    there = position >= 0
    return np.bincount(position[there], weights=area[there], minlength=count)

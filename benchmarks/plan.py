"""Edits of a plan: `PYTHONPATH=. python benchmarks/plan.py [--scale S] [--repeats N] [--seed N]`.

The plan is the demo town Jianyang, at scale 1 of 230, 964 and 2,600 base grids and 67 dedicated ones. Each kind of edit is done on grids
drawn at random, on the plan as it was made, until `--repeats` of them went through; the first outcome of each kind is checked once more as
a whole. Printed are the seconds of the edits that went through, validation included, the seconds of processor time, which other work on the
machine does not lengthen, and how many edits were refused on the way (a line that leaves a grid in pieces, ...).
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import hierarchy, plan, synth
from gridmap.errors import PlanError
from gridmap.plan import Plan

GOAL_S = 0.2
MOST_REFUSED = 50  # tries for one edit
Edit = Callable[[], Plan]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.repeats < 1 or options.scale <= 0:
        parser.error("every number must be above 0")
    grids = synth.jianyang(scale=options.scale, events=0).grids
    begin = time.perf_counter()
    found = plan.from_grids(grids)
    say(f"{found}: made in {time.perf_counter() - begin:.2f} s")
    say(f"\n| edit | median s | least | most | processor, median s | refused | goal {GOAL_S} s |\n|---|---|---|---|---|---|---|")
    for name, draw in KINDS.items():
        seconds, processor, refused = measured(found, draw, options.repeats, options.seed)
        middle = statistics.median(seconds)
        verdict = "reached" if middle <= GOAL_S else f"missed by {middle - GOAL_S:.3f} s"
        figures = " | ".join(f"{value:.3f}" for value in (middle, min(seconds), max(seconds), statistics.median(processor)))
        say(f"| {name} | {figures} | {refused} | {verdict} |")


def measured(
    found: Plan, draw: Callable[[Plan, np.random.Generator], Edit], repeats: int, seed: int
) -> tuple[list[float], list[float], int]:
    """Return the seconds of edits that went through, by the clock and by the processor, and how many did not; the first is checked."""
    random = np.random.default_rng(seed)
    seconds: list[float] = []
    processor: list[float] = []
    refused = 0
    while len(seconds) < repeats:
        edit = draw(found, random)
        begin, worked = time.perf_counter(), time.process_time()
        try:
            after = edit()
        except PlanError:
            refused += 1
            if refused > MOST_REFUSED * repeats:
                raise
            continue
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - worked)
        if len(seconds) == 1:
            plan.check(after)
    return seconds, processor, refused


def split(found: Plan, random: np.random.Generator) -> Edit:
    """Cut a lowest grid."""
    code = random.choice(hierarchy.tier(found.grids).index)
    line = across(found.grids.geometry[code], random)
    return lambda: plan.split(found, code, line)


def split_upper(found: Plan, random: np.random.Generator) -> Edit:
    """Cut a grid of the top tier, and what lies below it."""
    code = random.choice(hierarchy.tier(found.grids, found.levels[0]).index)
    line = across(found.grids.geometry[code], random)
    return lambda: plan.split(found, code, line)


def merge(found: Plan, random: np.random.Generator) -> Edit:
    """Unite two neighbours of one parent."""
    code, other = pair(found, random, siblings=True)
    return lambda: plan.merge(found, [code, other])


def transfer(found: Plan, random: np.random.Generator) -> Edit:
    """Give the ground near a neighbour to it."""
    code, other = pair(found, random)
    shapes = found.grids.geometry
    area = shapely.buffer(shapes[other], found.plane.length(20.0))
    return lambda: plan.transfer(found, area, source=code, target=other)


def reshape(found: Plan, random: np.random.Generator) -> Edit:
    """Draw the border of two neighbours straight, through where it is."""
    code, other = pair(found, random)
    shapes = found.grids.geometry
    common = shapely.get_coordinates(shapely.intersection(shapes[code], shapes[other]))
    first, last = common[0], common[-1]
    step = (last - first) / max(np.hypot(*(last - first)), 1e-12) * found.plane.length(200.0)
    line = shapely.LineString([first - step, last + step])
    return lambda: plan.reshape(found, code, other, line)


def re_parent(found: Plan, random: np.random.Generator) -> Edit:
    """Give a grid to the parent of a neighbour."""
    while True:
        code, other = pair(found, random)
        parent = found.grids["parent"][other]
        if parent != found.grids["parent"][code]:
            return lambda: plan.re_parent(found, code, parent)


def add_dedicated(found: Plan, random: np.random.Generator) -> Edit:
    """Lay a small dedicated grid over a lowest one."""
    code = random.choice(hierarchy.tier(found.grids).index)
    place = shapely.point_on_surface(found.grids.geometry[code])
    shape = shapely.buffer(place, found.plane.length(5.0))
    return lambda: plan.add_dedicated(found, shape, parent=code, name="new", code="new")


def retire_dedicated(found: Plan, random: np.random.Generator) -> Edit:
    """Take a dedicated grid away."""
    code = random.choice(found.grids.index[found.grids["kind"] == "dedicated"])
    return lambda: plan.retire_dedicated(found, code)


def recode(found: Plan, random: np.random.Generator) -> Edit:
    """Give a lowest grid another code."""
    code = random.choice(hierarchy.tier(found.grids).index)
    return lambda: plan.recode(found, {code: f"{code}X"})


KINDS: dict[str, Callable[[Plan, np.random.Generator], Edit]] = {
    "split": split,
    "split, top tier": split_upper,
    "merge": merge,
    "transfer": transfer,
    "reshape": reshape,
    "re_parent": re_parent,
    "add_dedicated": add_dedicated,
    "retire_dedicated": retire_dedicated,
    "recode": recode,
}


def across(shape: BaseGeometry, random: np.random.Generator) -> shapely.LineString:
    """Return a straight line through a grid that sticks out on both sides."""
    west, south, east, north = shape.bounds
    place = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    angle = random.uniform(0, np.pi)
    step = 2 * max(east - west, north - south) * np.array([np.cos(angle), np.sin(angle)])
    return shapely.LineString([place - step, place + step])


def pair(found: Plan, random: np.random.Generator, *, siblings: bool = False) -> tuple[str, str]:
    """Return two lowest grids with a common border, of one parent if asked."""
    for code, other in pairs(found, random):
        if not siblings or found.grids["parent"][code] == found.grids["parent"][other]:
            return code, other
    raise AssertionError("no neighbours")


def pairs(found: Plan, random: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Yield neighbours in a random order."""
    lowest = hierarchy.tier(found.grids)
    shapes = lowest.geometry.to_numpy()
    for place in random.permutation(len(lowest)):
        beside = np.flatnonzero(shapely.length(shapely.intersection(shapes, shapes[place])) > 0)
        beside = beside[beside != place]
        if len(beside):
            yield lowest.index[place], lowest.index[random.choice(beside)]


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

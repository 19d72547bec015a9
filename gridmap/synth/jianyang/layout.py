"""Where the district's grids stand: an outline, built-up places in a wide countryside, one site for each lowest grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmap.synth.jianyang import lattice
from gridmap.synth.jianyang.outline import AREA_M2, Outline, draw
from gridmap.synth.town import stream

BUILT_UP_GRIDS = 0.60  # share of the lowest grids that stand in built-up places
BUILT_UP_AREA = 0.05  # share of the district that these grids cover
CITY_SHARE = 0.50  # of the built-up grids; the towns share the rest
CITY_TOWNS = 5  # of 16: the city is cut into street offices, the others have a place of their own
TRIES = 7
RIM_LOSS = 0.0017  # share of the district that rim grids give up to the countryside once they are cut into units
SUBURBS_FROM = 500  # lowest grids; below, the countryside is too coarse to be graded
GRADE = 2.1  # a suburb's ring of grids is this much wider than the one inside it


@dataclass(frozen=True)
class Layout:
    """Sites of the lowest grids in metres from the district's centre, shape (n, 2), and what they belong to.

    Attributes
    ----------
    built_up
        Whether the site stands in a built-up place, shape (n,).
    towns
        Centres of the towns, shape (t, 2), the city's street offices first.
    """

    outline: Outline
    sites: np.ndarray
    built_up: np.ndarray
    towns: np.ndarray


@dataclass(frozen=True)
class Place:
    """A built-up place: its centre, the lowest grids it holds, its radius as an even disc, and its own random stream."""

    centre: np.ndarray
    grids: int
    radius_m: float
    theme: str
    seed: int

    def shape(self, bearing: np.ndarray) -> np.ndarray:
        """Return the factor by which the place reaches further or less far at a bearing."""
        phases = stream(self.seed, f"{self.theme}/shape").uniform(0, 2 * np.pi, 2)
        return 1.0 + 0.16 * np.cos(2 * bearing + phases[0]) + 0.10 * np.cos(3 * bearing + phases[1])


def lay_out(grids: int, towns: int, seed: int) -> Layout:
    """Place the sites of `grids` lowest grids in `towns` towns.

    Notes
    -----
    The places' size is found by bisection, so that their grids (60 %) cover 5 % of the area: grids at a place's rim reach into the
    countryside. With few grids (scale below 0.3) the rims alone are larger than that; the places are then as small as they may be.
    """
    outline = draw(seed)
    built_up = round(grids * BUILT_UP_GRIDS)
    centres, weights, city_towns = _centres(outline, towns, seed)
    counts = apportion(built_up, weights)
    low, high = 0.35, 1.05
    for _ in range(TRIES):
        factor = (low + high) / 2
        places = _places(centres, counts, factor, seed)
        sites = np.vstack([*map(_place_sites, places), _country_sites(outline, places, grids - built_up, seed)])
        areas = lattice.areas(lattice.cells(sites, outline), len(sites))
        share = areas[:built_up].sum() / areas.sum()
        low, high = (factor, high) if share < BUILT_UP_AREA + RIM_LOSS else (low, factor)
    return Layout(outline, sites, np.arange(grids) < built_up, _town_centres(places, city_towns))


def apportion(total: int, weights: np.ndarray) -> np.ndarray:
    """Share out a whole number by largest remainder: whole shares in proportion to `weights`, their sum exactly `total`."""
    exact = total * np.asarray(weights, dtype=float) / np.sum(weights)
    shares = np.floor(exact).astype(int)
    # rounding the remainder keeps equal claims equal on every platform; the first claimant wins
    order = np.lexsort((np.arange(len(shares)), -np.round(exact - shares, 9)))
    shares[order[: total - shares.sum()]] += 1
    return shares


def _centres(outline: Outline, towns: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the centres of the places, the city first, their weights, and how many towns share the city."""
    random = stream(seed, "jianyang/places")
    city_towns = max(1, round(towns * CITY_TOWNS / 16))
    others = towns - city_towns
    centres = [outline.mean_m * random.uniform(-0.12, 0.12, 2)]
    for _ in range(others):
        candidates = outline.mean_m * random.uniform(-1.2, 1.2, (400, 2))
        candidates = candidates[outline.depth(candidates) > 0.17 * outline.mean_m]
        gaps = np.hypot(*(candidates[:, None, :] - np.array(centres)[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        # the tenth best of many keeps distance without falling into a lattice
        centres.append(candidates[np.argsort(-gaps, kind="stable")[min(10, len(gaps) - 1)]])
    shares = random.uniform(0.5, 1.7, others)
    weights = np.array([CITY_SHARE, *((1 - CITY_SHARE) * shares / shares.sum())]) if others else np.ones(1)
    return np.array(centres), weights, city_towns


def _places(centres: np.ndarray, counts: np.ndarray, factor: float, seed: int) -> list[Place]:
    radii = factor * np.sqrt(AREA_M2 * BUILT_UP_AREA * counts / counts.sum() / np.pi)
    return [
        Place(centre, int(count), float(radius), f"jianyang/place/{number}", seed)
        for number, (centre, count, radius) in enumerate(zip(centres, counts, radii, strict=True))
    ]


def _place_sites(place: Place) -> np.ndarray:
    """Return the sites of one place: a turned, shaken square lattice, drawn together towards the middle."""
    random = stream(place.seed, place.theme)
    half = int(np.ceil(np.sqrt(place.grids / np.pi))) + 2
    steps = np.arange(-half, half + 1)
    corners = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) + random.uniform(-0.3, 0.3, (len(steps) ** 2, 2))
    distance = np.hypot(corners[:, 0], corners[:, 1])
    nearest = np.argsort(distance, kind="stable")[: place.grids]
    bearing = np.arctan2(corners[nearest, 1], corners[nearest, 0]) + random.uniform(0, np.pi / 2)
    reach = distance[nearest] / np.sqrt(max(place.grids, 1) / np.pi)
    reach = reach * (0.65 + 0.35 * reach) * place.radius_m * place.shape(bearing)
    return place.centre + np.stack([reach * np.cos(bearing), reach * np.sin(bearing)], axis=1)


def _country_sites(outline: Outline, places: Sequence[Place], count: int, seed: int) -> np.ndarray:
    """Return `count` sites between the outline and the places: a shaken triangular lattice of the widest mesh that yields enough."""
    if count == 0:
        return np.empty((0, 2))
    low = float(np.sqrt(AREA_M2 / count))
    suburbs = np.empty((0, 2))
    if count + sum(place.grids for place in places) >= SUBURBS_FROM:
        rings, places = zip(*(_suburb(place, 0.7 * low) for place in places), strict=True)
        suburbs = np.vstack(rings)
        suburbs = suburbs[outline.depth(suburbs) > 0.2 * low]
    wanted = count - len(suburbs)
    while len(_mesh(outline, places, low)) < wanted:
        low *= 0.8
    high = low * 2
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if len(_mesh(outline, places, middle)) >= wanted else (low, middle)
    corners = _mesh(outline, places, low)
    random = stream(seed, "jianyang/country")
    kept = np.sort(np.argsort(random.random(len(corners)), kind="stable")[:wanted])
    return np.vstack([suburbs, corners[kept] + random.uniform(-0.24, 0.24, (wanted, 2)) * low])


def _suburb(place: Place, widest_m: float) -> tuple[np.ndarray, Place]:
    """Return rings of ever wider grids around a place, and the place grown by them."""
    random = stream(place.seed, f"{place.theme}/suburb")
    inner = 1.35 * place.radius_m / np.sqrt(max(place.grids, 1) / np.pi)
    reach, width, rings = place.radius_m, GRADE * inner, [np.empty((0, 2))]
    while width < widest_m and place.grids:
        reach += (inner + width) / 2
        count = int(np.ceil(2 * np.pi * reach / width))
        bearing = 2 * np.pi * (np.arange(count) + random.uniform(0, 1) + random.uniform(-0.2, 0.2, count)) / count
        away = reach * place.shape(bearing) + random.uniform(-0.15, 0.15, count) * width
        rings.append(place.centre + np.stack([away * np.cos(bearing), away * np.sin(bearing)], axis=1))
        inner, width = width, width * GRADE
    return np.vstack(rings), replace(place, radius_m=reach + inner / 2 if len(rings) > 1 else reach)


def _mesh(outline: Outline, places: Sequence[Place], width: float) -> np.ndarray:
    """Return the corners of a triangular lattice inside the outline and clear of the places."""
    reach = 1.4 * outline.mean_m
    rows = np.arange(-np.ceil(reach / (width * 0.866)), np.ceil(reach / (width * 0.866)) + 1)
    columns = np.arange(-np.ceil(reach / width), np.ceil(reach / width) + 1)
    x = (columns[None, :] + 0.5 * (rows[:, None] % 2)) * width
    y = np.broadcast_to(rows[:, None] * width * 0.866, x.shape)
    corners = np.stack([x.ravel(), y.ravel()], axis=1)
    corners = corners[outline.depth(corners) > 0.35 * width]
    for place in places:
        away = corners - place.centre
        bearing = np.arctan2(away[:, 1], away[:, 0])
        corners = corners[np.hypot(away[:, 0], away[:, 1]) > place.radius_m * place.shape(bearing) + 0.5 * width]
    return corners


def _town_centres(places: list[Place], city_towns: int) -> np.ndarray:
    """Return one centre per town: street offices around the middle of the city, then the other places."""
    city = places[0]
    bearing = 2 * np.pi * np.arange(city_towns - 1) / max(city_towns - 1, 1) + 0.4
    ring = city.centre + 0.6 * city.radius_m * np.stack([np.cos(bearing), np.sin(bearing)], axis=1)
    return np.vstack([city.centre[None, :], ring, *(place.centre[None, :] for place in places[1:])])

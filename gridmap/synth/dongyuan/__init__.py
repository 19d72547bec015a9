"""The default town: one community on a laptop."""

import pandas as pd

from gridmap.synth import records, staff
from gridmap.synth.dongyuan import events, fabric
from gridmap.synth.town import DELIVERY_CRS, Town, Truth, deliver


def dongyuan(seed: int = 7) -> Town:
    """Build the community of 2.24 km2, 16 compounds, 222 residential buildings, 6,521 households and 2,660 events.

    Parameters
    ----------
    seed
        Any whole number. The plan of the town and every published figure are the same for all; the ground, the houses, the streets' bends
        and the events differ.

    Returns
    -------
    Town
        Frames in EPSG:4490; events at buildings' doors carry an address text and no geometry. `truth` holds the truth plan by unit, the six
        planted hotspots, every event's true point and building, the community as filed of each level-3 grid, and the broken links of the
        theme records.

    Notes
    -----
    Three tiers of 1, 4 and 16 grids, of which two of the 16 lie outside 300 to 500 households, and eight dedicated grids. Of its staff the
    16 grid workers are published; the chiefs and the workers of dedicated grids follow from the grids. `buildings` of
    grids and units counts residential buildings. Cost: about 2 s.
    """
    town = fabric.make(seed)
    year, later = events.year(town, seed), events.later(town, seed)
    points = pd.concat([year.points, later.points])
    themes, links = records.community(town, year.points, seed=seed)
    return Town(
        name="dongyuan",
        title=("东苑社区", "Dongyuan community"),
        now=events.NOW,
        boundary=deliver(town.boundary),
        compounds=deliver(town.compounds),
        grids=deliver(town.grids),
        units=deliver(town.units),
        buildings=deliver(town.buildings),
        streets=deliver(town.streets),
        gazetteer=deliver(town.gazetteer),
        events=deliver(year.events),
        later=deliver(later.events),
        staff=staff.basic(town.grids),
        themes=themes,
        truth=Truth(
            plan=town.plan,
            hotspots=deliver(events.hotspots(town)),
            points=points.to_crs(DELIVERY_CRS),
            buildings=pd.concat([year.buildings, later.buildings]),
            areas=town.area,
            links=links,
        ),
    )

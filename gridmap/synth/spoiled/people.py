"""A table of staff with faulty posts, and theme records with broken links."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy, themes
from gridmap.errors import SchemaError
from gridmap.synth.spoiled.kinds import Spoiled, listed
from gridmap.synth.town import Town, stream

LINKS = {
    "residents_unhoused": "resident_household",
    "residents_nowhere": "resident_household",
    "households_nowhere": "household_building",
    "households_unknown": "household_building",
    "building_outside": "building_grid",
    "grid_undrawn": "grid_polygon",
}


def bad_staff(town: Town) -> Spoiled:
    """Spoil six posts, each kind of finding of `workload.check` once.

    Notes
    -----
    - `post_removed`: a level-3 grid's only worker's post is gone.
    - `post_vacant`: another one's has no holder.
    - `second_holder`: another one has a second worker.
    - `listed_twice`: another one's post stands twice, under one holder.
    - `dedicated_at_base`: a post for dedicated grids stands at a base grid.
    - `grid_retired`: a post names a grid that is no more.

    `labels` names the grid.
    """
    if town.staff is None or len(hierarchy.tier(town.grids)) < 5:
        raise SchemaError("too_small_to_spoil", what="staff", given="0" if town.staff is None else f"{len(town.staff)}")
    staff = town.staff
    codes = stream(len(staff), "spoiled/staff").choice(hierarchy.tier(town.grids).index.sort_values(), 5, replace=False)
    worker = staff[staff["role"] == "worker"].reset_index().set_index("grid_code")["post_id"]
    removed, vacant, second, twice, based = codes
    added = pd.DataFrame(
        [
            ("BAD001", second, "worker", "P900001"),
            ("BAD002", twice, "worker", staff["holder"][worker[twice]]),
            ("BAD003", based, "dedicated", "P900003"),
            ("BAD004", f"{based}-0", "assistant", "P900004"),
        ],
        columns=["post_id", "grid_code", "role", "holder"],
        dtype="str",
    ).set_index("post_id")
    spoiled = pd.concat([staff.drop(index=worker[removed]), added])
    spoiled.loc[worker[vacant], "holder"] = pd.NA
    planted = [
        ("post_removed", removed, "no_post"),
        ("post_vacant", vacant, "vacant"),
        ("second_holder", second, "two_holders"),
        ("listed_twice", twice, "two_posts"),
        ("dedicated_at_base", based, "wrong_grid"),
        ("grid_retired", f"{based}-0", "unknown_grid"),
    ]
    places = town.grids.geometry
    rows: list[dict[str, object]] = [
        {"fault": fault, "table": "staff", "labels": label, "finding": finding, "geometry": places.get(label)}
        for fault, label, finding in planted
    ]
    return Spoiled({"staff": spoiled}, listed(rows, town.grids.crs))


def broken_chain(town: Town) -> Spoiled:
    """Break six links between residents, households, buildings, grids and the map in the records that a town's buildings hold.

    Parameters
    ----------
    town
        With buildings, three of them lived in, and a dedicated grid; it is not changed.

    Returns
    -------
    Spoiled
        The tables `themes`, `buildings` and `grids`. `finding` is the link under which `themes.chain` lists the fault, `labels` the record,
        building or grid.

    Raises
    ------
    SchemaError
        If the town has no buildings, or too few.

    Notes
    -----
    - `residents_unhoused`: a building's residents without its households' record.
    - `residents_nowhere`, `households_nowhere`: records that name no building.
    - `households_unknown`: a record that names a building that is not in the table.
    - `building_outside`: a building 1 degree east of the town.
    - `grid_undrawn`: a dedicated grid without polygon.
    """
    own = hierarchy.dedicated(town.grids).index
    if town.buildings is None or (town.buildings["households"] > 0).sum() < 3 or not len(own):
        raise SchemaError("too_small_to_spoil", what="buildings", given="0" if town.buildings is None else f"{len(town.buildings)}")
    random = stream(len(town.buildings), "spoiled/themes")
    lived_in = town.buildings.index[town.buildings["households"] > 0]
    unhoused, unknown, moved = random.choice(lived_in, 3, replace=False)
    records = themes.from_buildings(town.buildings).drop(index=f"{unhoused}-2")
    nowhere = pd.DataFrame(
        [
            ("BAD001", "population", "resident", 3, pd.NA),
            ("BAD002", "households", "household", 2, pd.NA),
            ("BAD003", "households", "household", 1, f"{unknown}-0"),
        ],
        columns=["record_id", "theme", "kind", "count", "building_id"],
    ).set_index("record_id")
    records = pd.concat([records, nowhere.astype({"building_id": "str", "theme": "str", "kind": "str"})])
    buildings, grids = town.buildings.copy(), town.grids.copy()
    buildings.loc[[moved], "geometry"] = shapely.transform(
        buildings.geometry[[moved]].to_numpy(), lambda places: places + np.array([1.0, 0.0])
    )
    undrawn = random.choice(own)
    grids.loc[[undrawn], "geometry"] = None
    labels = (f"{unhoused}-3", "BAD001", "BAD002", "BAD003", moved, undrawn)
    rows: list[dict[str, object]] = [
        {"fault": fault, "table": "themes", "labels": label, "finding": link}
        for (fault, link), label in zip(LINKS.items(), labels, strict=True)
    ]
    frames: dict[str, pd.DataFrame] = {"themes": records, "buildings": gpd.GeoDataFrame(buildings), "grids": gpd.GeoDataFrame(grids)}
    return Spoiled(frames, listed(rows, town.grids.crs))

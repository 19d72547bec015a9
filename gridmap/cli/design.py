"""`gridmap design`: grids out of units, anew or out of old ones."""

import argparse
import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import assign, crs, files, hierarchy, messages, partition, plan
from gridmap.cli import inputs, outputs
from gridmap.cli.check import FINDINGS
from gridmap.coverage.layer import repaired
from gridmap.errors import GridmapWarning, SchemaError, SearchFailed

WRITTEN = (".gpkg",)
STEPS = 100  # of the bar
BAND_COLUMNS = ("band_low", "band_high")
ACROSS = 0.01  # less of a unit beyond its parent is the width of a line
FAITHFUL = 1.0  # the stability of a redraw where none is given: only what must move does


@dataclass(frozen=True)
class _Old:
    """The plan that is redrawn, and the grid of it in which every unit lies."""

    plan: plan.Plan
    grids: pd.Series


def run_design(arguments: argparse.Namespace) -> int:
    """Write grids and units and print what they are like; return 1 if they are the best that was found and not good enough."""
    outputs.require_output(arguments.output, WRITTEN, inputs=(arguments.units, arguments.streets, arguments.keep, arguments.within))
    if arguments.grids is not None and len(arguments.grids) > 1 and (arguments.keep or arguments.within):
        raise SchemaError("tiers_anew", given=",".join(map(str, arguments.grids)))
    goal = _goal(arguments)
    units = files.read_layer(arguments.units, "units", crs=arguments.crs)
    plan.require_coverage(units)  # told before the search, which takes long
    streets = None if arguments.streets is None else crs.transform(inputs.read_streets(arguments.streets, arguments.columns), units.crs)
    old = None if arguments.keep is None else _old(arguments, units)
    parents, chain = _parents(arguments, units, old)
    _tell_own_bands(units, arguments.households)
    edges = partition.edges(units, lines=streets)
    tiers, failed = _built(units, edges, goal, arguments, old, parents)
    found = tiers.iloc[:, -1]
    drawn = plan.from_units(units, found, parents=pd.concat([*_links(tiers), chain]), keep=None if old is None else old.plan)
    score = partition.score(units, found, edges=edges, keep=None if old is None else old.grids, households=arguments.households)
    banded = arguments.households is not None or _own_bands(units).any()
    grids = _with_bands(drawn.grids, score) if banded else drawn.grids
    files.write_layers({"grids": grids, "units": units.assign(grid_code=found)}, arguments.output)
    _print(score, arguments.lang, banded=banded)
    if failed is not None:
        print(failed.text(arguments.lang))
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0 if failed is None else FINDINGS


def _goal(arguments: argparse.Namespace) -> partition.Goal:
    """Return the goal that the options state."""
    weights: dict[str, Any] = _numbers(arguments.weights)
    unknown = sorted(weights.keys() - set(partition.WEIGHTS))
    if unknown:
        raise SchemaError("unknown_end", given=", ".join(unknown), ends=", ".join(partition.WEIGHTS))
    return partition.Goal(**weights, quantities=_numbers(arguments.balance), locks=arguments.lock)


def _numbers(text: str | None) -> dict[str, float]:
    """Return the numbers of `a=1,b=2`."""
    return {name: inputs.number(value, "goal_number") for name, value in (inputs.pairs(text) or {}).items()}


def _old(arguments: argparse.Namespace, units: gpd.GeoDataFrame) -> _Old:
    """Return the plan to be redrawn."""
    grids = crs.transform(files.read_grids(arguments.keep, code=arguments.code), units.crs)
    found = _around(units, hierarchy.tier(grids))
    if found.isna().all():
        raise SchemaError("keep_elsewhere", given=arguments.keep)
    return _Old(plan.from_grids(grids), found)


def _around(units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the grid in which a point inside of every unit lies."""
    return assign.to_grids(units.set_geometry(units.representative_point()), grids)


def _parents(arguments: argparse.Namespace, units: gpd.GeoDataFrame, old: _Old | None) -> tuple[pd.Series | None, pd.Series]:
    """Return the parent of every unit, None where there are none, and those of the parents; a plan that is redrawn keeps its tiers."""
    if arguments.within is not None:
        grids = crs.transform(files.read_grids(arguments.within, code=arguments.code), units.crs)
        found = _around(units, hierarchy.tier(grids))
        _warn_across(units, found, hierarchy.tier(grids))
        return found, _chain(grids)
    if old is None or len(hierarchy.levels(old.plan.grids)) == 1:
        return None, pd.Series(dtype="str")
    parent = old.plan.grids["parent"]
    return old.grids.map(parent), _chain(old.plan.grids)


def _warn_across(units: gpd.GeoDataFrame, found: pd.Series, parents: gpd.GeoDataFrame) -> None:
    """Warn of units that lie across the outline of their parent: they go to it as a whole, and its outline with them."""
    placed = found.notna().to_numpy()
    shapes, homes = (repaired(each.to_numpy()) for each in (units.geometry[placed], parents.geometry.loc[found[placed]]))
    out = shapely.area(shapely.difference(shapes, homes)) > ACROSS * shapely.area(shapes)
    if out.any():
        warnings.warn(GridmapWarning("units_across", rows=units.index[placed][out]), stacklevel=2)


def _chain(grids: gpd.GeoDataFrame) -> pd.Series:
    """Return the parent of every base grid that has one."""
    if not {"parent", "kind"} <= set(grids.columns):
        return pd.Series(dtype="str")
    return grids.loc[grids["kind"] == "base", "parent"].dropna().astype("str")


def _own_bands(units: gpd.GeoDataFrame) -> pd.Series:
    """Mark the units whose area has a band of its own."""
    return units[[name for name in BAND_COLUMNS if name in units.columns]].notna().any(axis=1)


def _tell_own_bands(units: gpd.GeoDataFrame, band: tuple[int, int] | None) -> None:
    """Warn where the band of the option is not that of every unit."""
    if band is None:
        return
    own = pd.DataFrame(units).reindex(columns=list(BAND_COLUMNS))
    other = own.index[(own.notna() & own.ne(list(band))).any(axis=1)]
    if len(other):
        warnings.warn(GridmapWarning("bands_of_units", band=f"{band[0]}:{band[1]}", rows=other), stacklevel=2)


def _with_bands(grids: gpd.GeoDataFrame, score: partition.Score) -> gpd.GeoDataFrame:
    """Return the grids of a plan, the lowest ones with the band that they were made for."""
    bands = score.grids[list(BAND_COLUMNS)].round().astype("Int64")
    return grids.assign(**{name: bands[name].reindex(grids.index) for name in BAND_COLUMNS})


def _links(tiers: pd.DataFrame) -> list[pd.Series]:
    """Return the parent of every grid, tier by tier from the top."""
    return [upper.groupby(lower).first() for (_, upper), (_, lower) in pairwise(tiers.items())]


def _built(
    units: gpd.GeoDataFrame,
    edges: pd.DataFrame,
    goal: partition.Goal,
    arguments: argparse.Namespace,
    old: _Old | None,
    parents: pd.Series | None,
) -> tuple[pd.DataFrame, SearchFailed | None]:
    """Return the grids of every unit, a column per tier; with `--best` also those that are not good enough, and why."""
    label = messages.text("cli.designing", arguments.lang)
    common: dict[str, Any] = {"edges": edges, "goal": goal, "seed": arguments.seed}
    common["on_progress"] = lambda done, _: outputs.draw_bar(min(int(done * STEPS), STEPS - 1), STEPS, label)
    if arguments.tolerance is not None:
        common["tolerance"] = arguments.tolerance
    failed = None
    try:
        if arguments.grids is not None and len(arguments.grids) > 1:
            found = partition.tiers(units, arguments.grids, **common)
        else:
            common |= {"households": arguments.households, "grids": arguments.grids[0] if arguments.grids else None}
            common |= {"keep": None if old is None else old.grids, "within": parents, "stability": _stability(arguments)}
            found = partition.build(units, **common)
    except SearchFailed as error:
        if not arguments.best or error.best is None:
            raise
        found, failed = error.best, error
    finally:
        outputs.wipe_bar()
    tiers = found if isinstance(found, pd.DataFrame) else found.to_frame()
    return tiers if parents is None else tiers.assign(parent=parents).iloc[:, ::-1], failed


def _stability(arguments: argparse.Namespace) -> float:
    if arguments.stability is not None:
        return float(arguments.stability)
    return 0.0 if arguments.keep is None else FAITHFUL


def _print(found: partition.Score, lang: str, *, banded: bool) -> None:
    """Print how far the five principles are kept; the band where there is one."""
    total, households = found.total, found.grids["households"]
    sizes = {"least": f"{households.min():,.0f}", "mean": f"{households.mean():,.0f}", "most": f"{households.max():,.0f}"}
    print(messages.text("cli.design_made", lang, grids=f"{total['grids']:,.0f}", units=f"{total['units']:,.0f}", **sizes))
    if banded:
        low, high = found.grids["band_low"], found.grids["band_high"]
        key = "cli.design_band" if low.nunique() == high.nunique() == 1 else "cli.design_bands"
        band = f"{low.min():,.0f}:{high.max():,.0f}"
        print(messages.text(key, lang, inside=f"{found.grids['in_band'].sum():,}", grids=f"{len(low):,}", band=band))
    load = messages.text(f"cli.load_{found.load}", lang)
    unknown = messages.text("cli.design_unknown", lang)
    if not pd.isna(total["cv"]):  # of nothing at all there is no evenness
        print(messages.text("cli.design_even", lang, load=load, cv=total["cv"], most=total["max_over_mean"]))
    street = unknown if pd.isna(total["street_share"]) else f"{total['street_share']:.1%}"
    print(messages.text("cli.design_border", lang, border=total["border_m"] / 1000, street=street, compact=total["compactness"]))
    if not pd.isna(total["moved_share"]):
        print(messages.text("cli.design_moved", lang, moved=f"{total['moved']:,.0f}", share=total["moved_share"]))

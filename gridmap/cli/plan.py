"""`gridmap plan`: look at and edit a plan in a file; an edit that cannot be is refused with its reason and its place."""

import argparse
from collections.abc import Callable, Iterable

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import crs, files, hierarchy, messages, plan, schema
from gridmap.cli import extras, outputs, plan_files
from gridmap.cli.plan_files import PlanFile
from gridmap.errors import PlanError, SchemaError
from gridmap.plan import Plan

CONFLICT = (".geojson", ".gpkg")
METRIC_DIGITS, DEGREE_DIGITS = 1, 6


def run_plan(arguments: argparse.Namespace) -> int:
    """Do one action on a plan's file."""
    return {"count": _count, "show": _show}.get(arguments.action, _edit)(arguments)


def _edit(arguments: argparse.Namespace) -> int:
    return edit(arguments, lambda found: EDITS[arguments.action](found.plan, arguments))


def edit(arguments: argparse.Namespace, change: Callable[[PlanFile], Plan]) -> int:
    """Say what an edit changes, and write the new plan."""
    if arguments.output is None and not arguments.dry_run:
        raise SchemaError("plan_no_output")
    sources = [getattr(arguments, name, None) for name in ("plan", "line", "area", "ledger", "buildings", "units")]
    outputs.require_output(arguments.output, plan_files.SUFFIXES, inputs=sources)
    outputs.require_output(arguments.conflict, CONFLICT, inputs=(*sources, arguments.output))
    found = plan_files.read(arguments)
    try:
        edited = found.then(change(found), buildings=_of_option(arguments, found))
    except PlanError as error:
        place(error, found.plan.grids, arguments)
        raise
    if not arguments.dry_run:
        plan_files.write(edited, arguments.output)
    _print_changes(found.plan, edited.plan, arguments.lang)
    _print_units(found, edited, arguments.lang)
    key, path = ("cli.plan_not_written", "") if arguments.dry_run else ("cli.written", arguments.output)
    print(messages.text(key, arguments.lang, path=path))
    return 0


def _split(found: Plan, arguments: argparse.Namespace) -> Plan:
    codes = None if arguments.codes is None else [code.strip() for code in arguments.codes.replace("，", ",").split(",")]
    return plan.split(found, arguments.grid, plan_files.drawn(arguments.line, found, "line"), codes=codes)


def _merge(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.merge(found, arguments.grids, code=arguments.new_code, name=arguments.name)


def _transfer(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.transfer(found, plan_files.drawn(arguments.area, found, "area"), source=arguments.source, target=arguments.target)


def _reshape(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.reshape(found, arguments.left, arguments.right, plan_files.drawn(arguments.line, found, "line"))


def _re_parent(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.re_parent(found, arguments.grid, arguments.parent)


def _add_dedicated(found: Plan, arguments: argparse.Namespace) -> Plan:
    shape = plan_files.drawn(arguments.area, found, "area")
    return plan.add_dedicated(found, shape, parent=arguments.parent, name=arguments.name, code=arguments.grid)


def _retire_dedicated(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.retire_dedicated(found, arguments.grid)


def _recode(found: Plan, arguments: argparse.Namespace) -> Plan:
    return plan.recode(found, plan_files.codes_of(arguments.codes))


EDITS: dict[str, Callable[[Plan, argparse.Namespace], Plan]] = {
    "split": _split,
    "merge": _merge,
    "transfer": _transfer,
    "reshape": _reshape,
    "re-parent": _re_parent,
    "add-dedicated": _add_dedicated,
    "retire-dedicated": _retire_dedicated,
    "recode": _recode,
}


def _count(arguments: argparse.Namespace) -> int:
    """Count the buildings in every grid anew, and write the plan with the counts."""
    outputs.require_output(arguments.output, plan_files.SUFFIXES, inputs=(arguments.plan, arguments.buildings))
    found = plan_files.read(arguments)
    buildings = found.tables.get("buildings") if arguments.buildings is None else files.read_layer(arguments.buildings, "buildings")
    if buildings is None:
        raise SchemaError("plan_no_buildings")
    schema.require_columns(buildings, ("households", "residents"), "buildings")
    after = plan.counted(found.plan, crs.transform(gpd.GeoDataFrame(buildings), found.plan.grids.crs))
    plan_files.write(found.then(after), arguments.output)
    lowest = hierarchy.tier(after.grids)
    counts = _listed((f"{messages.term('measure', name, arguments.lang)} {lowest[name].sum():,}" for name in plan.COUNTS), arguments.lang)
    outside = len(buildings) - int(lowest["buildings"].sum())
    print(messages.text("cli.plan_counted", arguments.lang, grids=len(after.grids), counts=counts, outside=outside))
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _kept(arguments: argparse.Namespace) -> PlanFile | None:
    """Return the plan that a project keeps; None where the file is another one, or what reads projects is not installed."""
    if arguments.plan_id is None and "://" not in arguments.plan and not extras.installed("server"):
        return None
    from gridmap.cli import plan_store

    kept = arguments.plan_id is not None or plan_store.keeps(arguments.plan)
    return plan_store.read(arguments) if kept else None


def _show(arguments: argparse.Namespace) -> int:
    """Print the tiers, or the grids named."""
    found = _kept(arguments) or plan_files.read(arguments)
    grids, lang = found.plan.grids, arguments.lang
    area = pd.Series(shapely.area(found.plan.plane.measured(grids.geometry.to_numpy())), index=grids.index)
    for code in arguments.grids:
        _print_grid(found.plan, found.plan.row(code), area[code], lang)
    if arguments.grids:
        return 0
    for (kind, level), codes in grids.groupby(["kind", "level"]).groups.items():
        figures = {"count": len(codes), "mean": area[codes].mean(), "least": area[codes].min(), "most": area[codes].max()}
        print(messages.text("cli.plan_tier", lang, kind=messages.term("kind", kind, lang), level=level, **figures))
    retired = _listed(found.plan.retired.index, lang)
    print(messages.text("cli.plan_retired", lang, count=len(found.plan.retired), codes=retired or "-"))
    if found.scenarios is not None:
        print(messages.text("cli.plan_zoned", lang, zones=len(found.scenarios.risk), grids=len(found.scenarios.zones)))
    _print_tables(found, lang)
    return 0


def _print_grid(found: Plan, row: pd.Series, area_m2: float, lang: str) -> None:
    children = found.grids.index[(found.grids["parent"] == row.name).to_numpy()]
    figures = {name: row[name] for name in plan.COUNTS if name in row and pd.notna(row[name])}
    counts = _listed((f"{messages.term('measure', name, lang)} {value:,.0f}" for name, value in figures.items()), lang)
    print(
        messages.text(
            "cli.plan_shown_grid",
            lang,
            grid=_named(row.name, row["name"]),
            kind=messages.term("kind", row["kind"], lang),
            level=row["level"],
            parent=row["parent"] if pd.notna(row["parent"]) else "-",
            area=area_m2,
            counts=counts or "-",
            children=_listed(children, lang) or "-",
        )
    )


def _print_tables(found: PlanFile, lang: str) -> None:
    if found.tables:
        tables = _listed((f"{name} {len(table):,}" for name, table in found.tables.items()), lang)
        print(messages.text("cli.plan_tables", lang, tables=tables))


def _print_changes(before: Plan, after: Plan, lang: str) -> None:
    """Print a line for each grid that changed, upper ones first, with areas."""
    changes = after.changes.sort_values(["level", "kind"], kind="stable")
    names = pd.concat([after.grids["name"], before.grids["name"]])
    names = names[~names.index.duplicated()]
    print(messages.text("cli.plan_changes", lang, count=len(changes)))
    for code, row in changes.iterrows():
        areas = (row["area_before_m2"], row["area_after_m2"])
        print(
            messages.text(
                "cli.plan_change",
                lang,
                change=messages.text(f"cli.plan_change_{row['change']}", lang),
                kind=messages.term("kind", row["kind"], lang),
                level=row["level"],
                grid=_named(code, names[code]),
                areas=" -> ".join(dict.fromkeys(f"{area:,.1f} m2" for area in areas if pd.notna(area))),
                note=_note(code, row, before, after, lang),
            )
        )
    unknown = [name for name in plan.COUNTS if name in after.grids and after.grids.loc[_standing(after), name].isna().any()]
    if unknown:
        print(messages.text("cli.plan_uncounted", lang, counts=_listed((messages.term("measure", name, lang) for name in unknown), lang)))


def _of_option(arguments: argparse.Namespace, found: PlanFile) -> gpd.GeoDataFrame | None:
    """Return the buildings of an edit's own option, in the CRS of the plan."""
    path = getattr(arguments, "buildings", None)
    return None if path is None else crs.transform(files.read_layer(path, "buildings"), found.plan.grids.crs)


def _print_units(before: PlanFile, after: PlanFile, lang: str) -> None:
    """Say how many units of the file were cut, and in how many parts nobody knows the households."""
    if "units" not in before.tables:
        return
    old, new = before.tables["units"], after.tables["units"]
    cut = old.index.difference(new.index)
    if len(cut):
        parts = new.loc[new.index.difference(old.index)]
        unknown = int(parts.reindex(columns=["households"])["households"].isna().sum())
        print(messages.text("cli.plan_units_cut", lang, count=len(cut), parts=len(parts), unknown=unknown, codes=_listed(cut[:5], lang)))


def _named(code: object, name: object) -> str:
    """Return a grid's code, and its name where it has one of its own."""
    own = pd.notna(name) and str(name).strip() not in ("", str(code))
    return f"{outputs.printable(code)} {outputs.printable(name)}" if own else outputs.printable(code)


def _note(code: object, row: pd.Series, before: Plan, after: Plan, lang: str) -> str:
    """Return what a grid came from, or which parents it had and has."""
    if row["origin"]:
        return messages.text("cli.plan_origin", lang, codes=_listed(row["origin"].split(";"), lang))
    if row["change"] == "re_parented":
        old, new = (outputs.printable(found.grids.loc[code, "parent"]) for found in (before, after))
        return messages.text("cli.plan_parents", lang, old=old, new=new)
    return ""


def _listed(names: Iterable[object], lang: str) -> str:
    return messages.text("cli.plan_between", lang).join(outputs.printable(name) for name in names)


def _standing(after: Plan) -> pd.Index:
    """Return the grids that changed and are there."""
    return after.changes.index.intersection(after.grids.index)


def place(error: PlanError, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> None:
    """Say in the error where the conflict lies, and write its geometry if asked."""
    if error.geometry is None or shapely.is_empty(error.geometry):
        return
    centre = gpd.GeoSeries([shapely.centroid(error.geometry)], crs=grids.crs)
    degrees = crs.transform(centre, "EPSG:4326").iloc[0]
    where = f"{degrees.x:.{DEGREE_DIGITS}f}, {degrees.y:.{DEGREE_DIGITS}f}"
    if not grids.crs.is_geographic:
        where = f"{centre.iloc[0].x:.{METRIC_DIGITS}f}, {centre.iloc[0].y:.{METRIC_DIGITS}f} ({where})"
    error.where = where
    if arguments.conflict is not None:
        conflict = gpd.GeoDataFrame({"reason": [error.text(arguments.lang)]}, geometry=[error.geometry], crs=grids.crs)
        files.write(conflict, arguments.conflict, layer="conflict")

"""A plan in the office's words: what bounds each grid (四至), its area, its households and its buildings."""

import re
import unicodedata
import warnings
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, crs, hierarchy, messages
from gridmap.coverage.layer import repaired
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.plan import sides
from gridmap.plan.value import COUNTS, Plan
from gridmap.schema import LINE, POLYGON, require_columns, require_frame, require_index, require_same_crs

LISTED = ("address", "compound", "use", "floors", "households", "residents")
TOLERANCE_M = 15.0  # half a wide street: borders run along its middle or its edge


def describe(
    plan: Plan, *, streets: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None = None, lang: str = "zh", tolerance_m: float = TOLERANCE_M
) -> pd.DataFrame:
    """Describe every grid of a plan in words and figures.

    Parameters
    ----------
    streets
        Table of streets in the CRS of the plan: streets, rivers, rails and walls; may be empty.
    buildings
        Table of buildings in the same CRS. Without it figures are those of the plan and no building is listed.
    lang
        "zh" or "en".
    tolerance_m
        A line up to this far from a border, and in its direction, bounds the grid.

    Returns
    -------
    DataFrame
        On the index of `plan.grids`: `name`, `level`, `kind`, `parent`; `east`, `south`, `west`, `north` (what bounds that side, in order
        from north to south or from west to east) and `bounds` (the four in one sentence); `area_km2`, `area_ha` (hectares);
        `households`, `residents`, `buildings` (NA where unknown); `building_list` (addresses in natural order).

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract or lies in another CRS, or a count of a building is no whole number from 0.

    Warns
    -----
    GridmapWarning
        If a building has no count: it counts as 0.

    Notes
    -----
    A side is the part of the outer border that looks there; what runs along less than a tenth of it is left out. Names come from the
    nearest line; a line without a name is called by its class, and a road without one gives way to any other line. Where no line runs,
    the grid of the same level beyond is named (beside a dedicated grid, of the lowest), or the boundary of the plan.
    """
    require_frame(streets, "streets", geometry=LINE)
    require_columns(streets, ("name", "class"), "streets")
    require_same_crs(streets, plan.grids, "streets and plan")
    grids = plan.grids
    area_m2 = shapely.area(plan.plane.measured(grids.geometry.to_numpy()))
    sizes = pd.DataFrame({"area_km2": area_m2 / 1e6, "area_ha": area_m2 / 1e4}, index=grids.index)
    words = _bounds(plan, streets, lang, tolerance_m)
    return pd.concat([pd.DataFrame(grids[["name", "level", "kind", "parent"]]), words, sizes, _figures(plan, buildings, lang)], axis=1)


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what texts are sorted by so that number 2 comes before number 10; full-width figures count as figures."""
    parts = re.findall(r"[0-9]+|[^0-9]+", unicodedata.normalize("NFKC", text))
    return tuple((0, len(part.lstrip("0")), part.lstrip("0")) if part[0] in "0123456789" else (1, 0, part) for part in parts)


def counts_of(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return households and residents of buildings, as far as given, as whole numbers; NA where unknown.

    Raises
    ------
    SchemaError
        If a count is no whole number from 0.
    """
    found = {}
    for name in COUNTS[:2]:
        if name in buildings:
            numbers = pd.to_numeric(buildings[name], errors="coerce").astype("float64")
            wrong = buildings[name].notna() & ~((numbers >= 0) & (numbers % 1 == 0))
            if wrong.any():
                given = ", ".join(map(str, buildings.loc[wrong, name].unique()[:5]))
                raise SchemaError("plan_ledger_count", column=name, given=given, rows=buildings.index[wrong])
            found[name] = numbers.astype("Int64")
    return pd.DataFrame(found, index=buildings.index)


def name_of(grids: pd.DataFrame, code: str) -> str:
    """Return a grid's name, "" where it has none of its own."""
    name = grids["name"][code]
    return "" if pd.isna(name) else str(name).strip()


def building_names(buildings: gpd.GeoDataFrame) -> pd.Series:
    """Return the address of each building, its compound or its number where there is none."""
    names = pd.Series(pd.NA, index=buildings.index, dtype="str")
    for column in ("address", "compound"):
        if column in buildings:
            given = buildings[column].astype("str").str.strip()
            names = names.fillna(given.where(given != ""))
    return names.fillna(pd.Series(buildings.index.astype("str"), index=buildings.index))


def placed(plan: Plan, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the grid that each building lies in on every level, and its dedicated grid, as `assign.chain`; by a point on its surface.

    Raises
    ------
    SchemaError, CRSError
        If the buildings are no polygons or lie in another CRS.
    """
    require_frame(buildings, "buildings", geometry=POLYGON)
    require_index(buildings.index, "buildings")
    require_same_crs(buildings, plan.grids, "buildings and plan")
    points = shapely.point_on_surface(repaired(buildings.geometry.to_numpy()))
    return assign.chain(gpd.GeoDataFrame(geometry=points, index=buildings.index, crs=buildings.crs), plan.grids)


def ledger(plan: Plan, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """List every building with the grid it lies in (网格台账): what `apply` takes back.

    Returns
    -------
    DataFrame
        On the labels of the buildings, ordered by grid and address: `grid_code`, `grid_name` of the lowest base grid, NA outside the plan;
        `dedicated`, the code of the dedicated grid that owns it, NA where none; then `address`, `compound`, `use`, `floors`, `households`,
        `residents` as far as given.

    Raises
    ------
    SchemaError, CRSError
        If the buildings are no polygons or lie in another CRS.
    """
    chain = placed(plan, buildings)
    table = pd.DataFrame({"grid_code": chain[f"level_{plan.levels[-1]}"], "grid_name": pd.NA, "dedicated": chain["dedicated"]})
    table["grid_name"] = plan.grids["name"].reindex(table["grid_code"]).to_numpy()
    table = table.astype("str").join(buildings[[name for name in LISTED if name in buildings]])
    keys = list(zip(table["grid_code"].fillna("\U0010ffff"), map(natural, building_names(buildings)), strict=True))
    return table.iloc[sorted(range(len(table)), key=keys.__getitem__)]


def _bounds(plan: Plan, streets: gpd.GeoDataFrame, lang: str, tolerance_m: float) -> pd.DataFrame:
    lines = plan.plane.measured(streets.geometry.to_numpy())
    names = np.array([_line_name(name, kind, lang) for name, kind in zip(streets["name"], streets["class"], strict=True)], dtype=object)
    minor = np.array([name == messages.text("plan.class.road", lang) for name in names], dtype=bool)
    grids = plan.grids
    depth = np.where(grids["kind"] == "base", np.searchsorted(plan.levels, grids["level"]), len(plan.levels) - 1)
    shapes = plan.plane.measured(grids.geometry.to_numpy())
    found = sides.along(shapes, depth, lines, minor, partial(_grids_at, plan, depth), tolerance_m=tolerance_m)
    called = grids["name"].astype("str").fillna("").str.strip()
    beyond = np.array([_grid_name(name or code, lang) for code, name in called.items()], dtype=object)
    return _texts(_named(found, names, beyond, lang), grids.index, lang)


def _grids_at(plan: Plan, depth: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the position of the base grid of every level, top first, at each place of the metric CRS, -1 for none."""
    codes, lowest = plan.grids.index, hierarchy.tier(plan.grids)
    x, y = crs.transformer(plan.plane.metric, plan.plane.drawn).transform(*places.T)
    found = assign.to_grids(gpd.GeoDataFrame(geometry=shapely.points(x, y), crs=lowest.crs), lowest)
    return hierarchy.climb(codes.get_indexer(plan.grids["parent"]), depth, codes.get_indexer(found), len(plan.levels))


def _named(found: pd.DataFrame, lines: np.ndarray, grids: np.ndarray, lang: str) -> pd.DataFrame:
    """Return the table of sides by name: pieces of one street count together."""
    label = np.full(len(found), messages.text("plan.side.void", lang), dtype=object)
    for what, words in ((sides.LINE, lines), (sides.GRID, grids)):
        here = (found["what"] == what).to_numpy()
        label[here] = words[found["which"].to_numpy()[here]]
    is_grid = found["what"] == sides.GRID
    weighted = found.assign(label=label, is_grid=is_grid, x=found["x"] * found["length_m"], y=found["y"] * found["length_m"])
    sums = weighted.groupby(["shape", "side", "label", "is_grid"], as_index=False)[["length_m", "x", "y"]].sum()
    return sides.main_ones(sums.assign(x=sums["x"] / sums["length_m"], y=sums["y"] / sums["length_m"]))


def _texts(found: pd.DataFrame, index: pd.Index, lang: str) -> pd.DataFrame:
    """Return the sentence of the four sides, and a column per side with what bounds it."""
    texts = np.full((len(index), len(sides.SIDES)), "", dtype=object)
    phrases = texts.copy()
    between = messages.text("plan.between", lang)
    held: dict[tuple[int, int], tuple[list[str], list[str]]] = {}
    for shape, side, label, is_grid in found[["shape", "side", "label", "is_grid"]].itertuples(index=False, name=None):
        held.setdefault((shape, side), ([], []))[is_grid].append(label)
    for (shape, side), told in held.items():
        lines, grids = map(between.join, told)
        things = lines if not grids else messages.text("plan.side.both" if lines else "plan.side.grids", lang, lines=lines, grids=grids)
        texts[shape, side] = things
        name = messages.text(f"plan.side.{sides.SIDES[side]}", lang)
        phrases[shape, side] = messages.text("plan.side.to" if lines else "plan.side.beside", lang, side=name, things=things)
    table = pd.DataFrame(texts, columns=[*sides.SIDES], index=index, dtype="str")
    table.insert(0, "bounds", pd.Series([messages.text("plan.side.between", lang).join(row) for row in phrases], index=index, dtype="str"))
    return table


def _line_name(name: object, kind: object, lang: str) -> str:
    text = "" if pd.isna(name) else str(name).strip()
    key = f"plan.class.{kind}"
    return text or messages.text(key if key in messages.CATALOGUE else "plan.class.road", lang)


def _grid_name(text: str, lang: str) -> str:
    ends = tuple(messages.text("plan.grid_ends", lang).split())
    return text if text.rstrip("-0123456789").endswith(ends) else messages.text("plan.grid_named", lang, name=text)


def _figures(plan: Plan, buildings: gpd.GeoDataFrame | None, lang: str) -> pd.DataFrame:
    """Return counts and lists of buildings by grid: of base grids down the chain, of dedicated ones what they own."""
    grids = plan.grids
    if buildings is None:
        known = {name: grids[name].astype("Int64") if name in grids else pd.array([pd.NA] * len(grids), dtype="Int64") for name in COUNTS}
        return pd.DataFrame(known | {"building_list": ""}, index=grids.index).astype({"building_list": "str"})
    chain = placed(plan, buildings)
    columns = [f"level_{level}" for level in plan.levels] + ["dedicated"]
    names = building_names(buildings)
    stock = counts_of(buildings)
    for name in stock:
        unknown = stock[name].isna() & chain[columns[0]].notna()
        if unknown.any():
            warnings.warn(GridmapWarning("plan_unknown_count", what=f"buildings.{name}", rows=buildings.index[unknown]), stacklevel=3)
    stock = stock.assign(buildings=1, building_list=names).iloc[sorted(range(len(names)), key=lambda row: natural(names.iloc[row]))]
    between = messages.text("plan.between", lang)
    pieces = []
    for column in columns:
        groups = stock.groupby(chain[column].reindex(stock.index))
        sums = groups[[name for name in COUNTS if name in stock]].sum()
        pieces.append(sums.assign(building_list=groups["building_list"].agg(between.join)))
    table = pd.concat(pieces).reindex(grids.index)
    counted = {name: table[name].fillna(0).astype("Int64") if name in table else pd.NA for name in COUNTS}
    return pd.DataFrame(counted | {"building_list": table["building_list"].fillna("").astype("str")}, index=grids.index)

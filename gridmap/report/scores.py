"""Two plans scored side by side: the five principles, grid by grid, and maps of both by households and by load."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gridmap import assign, coverage, crs, hierarchy, messages, palette, partition
from gridmap.partition import Score
from gridmap.report.document import Texts

SHOWN_GRIDS = 100
WIDTH = 500  # of a small map, in its own units; its height follows
TALLEST = 700
UNEVEN = (-0.25, -0.1, 0.1, 0.25)  # the outer ones are where a grid breaks the principle


@dataclass(frozen=True, eq=False)
class Side:
    """One plan: its tier of grids, the score of its units, and how well the two agree.

    Attributes
    ----------
    grids
        Base grids of one level.
    score
        Of the units, each in the grid that a point on its surface lies in.
    area_one
        Share of the units' ground that lies in exactly one grid.
    astray
        Share of the units' ground that lies in another grid than its unit is counted in.
    """

    grids: gpd.GeoDataFrame
    score: Score
    area_one: float
    astray: float


@dataclass(frozen=True, eq=False)
class Scores:
    """Two plans scored on the same units."""

    old: Side
    new: Side


@dataclass(frozen=True)
class Shape:
    """One grid on a small map: its outline, the colour and what is said of it."""

    outline: str
    colour: str
    said: str


@dataclass(frozen=True)
class Drawing:
    """A small map with its legend: colour, class and number of grids."""

    heading: str
    shapes: list[Shape]
    legend: list[tuple[str, str, int]]


@dataclass(frozen=True)
class Line:
    """One measure of both plans; `better` is "better", "worse" or nothing."""

    principle: str
    measure: str
    old: str
    new: str
    better: str


@dataclass(frozen=True)
class GridRow:
    """One grid of both plans as the table prints it: pairs of figures, its band, and what it breaks in the new plan."""

    code: str
    cells: list[str]
    band: str
    broken: str


def scores(
    units: gpd.GeoDataFrame,
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    level: int | None = None,
    lines: gpd.GeoDataFrame | None = None,
    households: tuple[float, float] | None = None,
) -> Scores:
    """Score two plans on the same units.

    Parameters
    ----------
    units
        As in `partition.score`, with geometry.
    old, new
        The two tables of grids, in the CRS of `units`.
    level
        Base tier that is scored, the lowest of each by default.
    lines
        Streets, rivers, rails and walls with their `class`: which borders follow them is not known without.
    households
        Band of a grid's households, as in `partition.score`.

    Returns
    -------
    Scores

    Raises
    ------
    SchemaError, CRSError
        As `partition.edges` and `partition.score`; if there is no such level.
    """
    edges = partition.edges(units, lines=lines)
    points = units.set_geometry(units.representative_point())
    tiers = [hierarchy.tier(grids, level if level in hierarchy.levels(grids) else None) for grids in (old, new)]
    owners = [assign.to_grids(points, tier) for tier in tiers]
    before = partition.score(units, owners[0], edges=edges, households=households)
    after = partition.score(units, owners[1], edges=edges, keep=owners[0], households=households)
    ground = gpd.GeoDataFrame(geometry=[shapely.union_all(units.geometry.to_numpy())], crs=units.crs)
    sides = [
        Side(tier, score, float(coverage.shares(tier, boundary=ground).loc["area_m2", "share_one"]), _astray(units, owner, tier))
        for tier, owner, score in zip(tiers, owners, (before, after), strict=True)
    ]
    return Scores(*sides)


def _astray(units: gpd.GeoDataFrame, owner: pd.Series, tier: gpd.GeoDataFrame) -> float:
    counted = owner.notna().to_numpy()
    drawn, shapes = (crs.to_metric(frame.geometry) for frame in (units[counted], tier))
    held = shapes.to_crs(drawn.crs).to_numpy()[tier.index.get_indexer(owner[counted])]
    area = shapely.area(drawn.to_numpy()).sum()
    return max(0.0, 1 - float(shapely.area(shapely.intersection(drawn.to_numpy(), held)).sum() / area)) if area else 0.0


@dataclass(frozen=True)
class Section:
    """What the template shows of two scores."""

    lines: list[Line]
    drawings: list[Drawing]
    moved: list[str]
    frame: str
    headings: list[str]
    grids: list[GridRow]
    grids_note: str
    method: list[str]


def section(scored: Scores, moves: gpd.GeoDataFrame, t: Texts, lang: str) -> Section:
    """Return what the template shows of two scores; `moves` is the ground that changes hands, outlined on every map."""
    codes, view = _worst_first(scored), _view(scored)
    load = messages.term("amount", "households", lang) if scored.new.score.load == "households" else t("score_workload")
    method = [
        t("score_method_units", old=f"{scored.old.astray:.1%}", new=f"{scored.new.astray:.1%}"),
        t("score_method_load", load=load),
        t("score_method_broken"),
    ]
    sides = ((scored.old, "old"), (scored.new, "new"))
    return Section(
        lines=_lines(scored, load, t),
        drawings=[_drawing(side, by, name, view, load, t) for by in ("band", "load") for side, name in sides],
        moved=_outlines(moves[moves.geometry.notna().to_numpy()], view),
        frame=f"0 0 {view.width:.0f} {view.height:.0f}",
        headings=[t(f"score_{name}") for name in ("households", "deviation", "column_street", "column_compactness")],
        grids=[_grid(scored, code, t, lang) for code in codes[:SHOWN_GRIDS]],
        grids_note=t("score_grids_note", count=f"{len(codes):,}", shown=f"{min(len(codes), SHOWN_GRIDS):,}"),
        method=method + ([t("score_method_streets")] if _streets_unknown(scored) else []),
    )


def _lines(scored: Scores, load: str, t: Texts) -> list[Line]:
    """Return the measures of both plans, principle by principle."""
    old, new = ({**side.score.total, "area_one": side.area_one} for side in (scored.old, scored.new))
    shares, counts, plain = "{:.1%}".format, "{:,.0f}".format, "{:.3f}".format
    # principle, measure, how it is written, whether more is better (0: neither)
    rows: list[tuple[str, str, Callable[[float], str], int]] = [
        ("street", "street_share", shares, 1),
        ("band", "in_band", shares, 1),
        ("band", "off_band", counts, -1),
        ("balance", "cv", plain, -1),
        ("balance", "gini", plain, -1),
        ("balance", "max_over_mean", plain, -1),
        ("coverage", "area_one", shares, 1),
        ("coverage", "outside", counts, -1),
        ("coverage", "contiguous", shares, 1),
        ("change", "moved", counts, 0),
        ("change", "moved_share", shares, 0),
        ("change", "regrouped_share", shares, 0),
        ("shape", "compactness", plain, 1),
        ("shape", "span_m", counts, -1),
        ("shape", "border_m", counts, -1),
    ]
    found, before = [], ""
    for principle, measure, written, sign in rows:
        one, other = (t("score_unknown") if np.isnan(value) else written(value) for value in (old[measure], new[measure]))
        gain = 0.0 if one == other else sign * (new[measure] - old[measure])
        better = "better" if gain > 0 else "worse" if gain < 0 else ""
        found.append(Line(t(f"score_{principle}") if principle != before else "", t(f"score_{measure}", load=load), one, other, better))
        before = principle
    return found


def _streets_unknown(scored: Scores) -> bool:
    """Tell whether there are borders, and no lines were looked at."""
    totals = [side.score.total for side in (scored.old, scored.new)]
    return any(np.isnan(total["street_share"]) and total["border_m"] > 0 for total in totals)


def _worst_first(scored: Scores) -> list[str]:
    """Return the codes of both plans, those first that break most principles in the new one."""
    new = scored.new.score.broken.sum(axis=1)
    codes = sorted({*scored.old.score.grids.index, *new.index})
    return sorted(codes, key=lambda code: (-int(new.get(code, 0)), code not in new.index, code))


def _grid(scored: Scores, code: str, t: Texts, lang: str) -> GridRow:
    cells = []
    for name, written in (("households", "{:,.0f}"), ("deviation", "{:+.0%}"), ("street_share", "{:.0%}"), ("compactness", "{:.2f}")):
        for side in (scored.old, scored.new):
            value = side.score.grids[name].get(code, np.nan)
            cells.append(t("score_unknown") if np.isnan(value) else written.format(value))
    new = scored.new.score
    if code not in new.grids.index:
        return GridRow(code, cells, "", t("score_gone") if code not in scored.new.grids.index else t("score_no_units"))
    row, broken = new.grids.loc[code], new.broken.loc[code]
    words = [t(f"score_breaks_{name}", off=f"{row['off_band']:+,.0f}", parts=int(row["parts"])) for name in broken.index[broken]]
    between = messages.text("plan.between", lang)
    return GridRow(code, cells, f"{row['band_low']:,.0f}–{row['band_high']:,.0f}", between.join(words))


@dataclass(frozen=True)
class View:
    """Where small maps of both plans lie: metric CRS, size and north-west corner, units of the drawing per metre."""

    crs: pyproj.CRS
    width: float
    height: float
    corner: np.ndarray
    scale: float


def _view(scored: Scores) -> View:
    both = crs.to_metric(pd.concat([scored.old.grids[["geometry"]], scored.new.grids[["geometry"]]]))
    west, south, east, north = both.total_bounds
    scale = min(WIDTH / max(east - west, 1e-9), TALLEST / max(north - south, 1e-9))
    return View(both.crs, (east - west) * scale, (north - south) * scale, np.array([west, north]), scale)


def _outlines(grids: gpd.GeoDataFrame, view: View) -> list[str]:
    """Return grids as paths of a small map."""
    found = []
    for shape in shapely.simplify(grids.geometry.to_crs(view.crs).to_numpy(), 0.3 / view.scale):
        places = [
            (shapely.get_coordinates(ring)[:-1] - view.corner) * [view.scale, -view.scale]
            for ring in shapely.get_rings(shapely.get_parts(shape))
        ]
        found.append("".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in place) + "Z" for place in places))
    return found


def _drawing(side: Side, by: str, name: str, view: View, load: str, t: Texts) -> Drawing:
    """Return the map of a plan by band or by load."""
    measured = side.score.grids.reindex(side.grids.index)
    names = ["households", "band_low", "band_high"] if by == "band" else ["load", "deviation"]
    if by == "band":
        number, pattern = np.sign(measured["off_band"].to_numpy()) + 1, "{:,.0f} ({:,.0f}–{:,.0f})"
    else:
        deviation = measured["deviation"].to_numpy()
        number, pattern = np.where(np.isnan(deviation), np.nan, np.digitize(deviation, UNEVEN)), "{:,.0f} ({:+.0%})"
    said = [pattern.format(*row) for row in measured[names].to_numpy()]
    classes = palette.BANDS if by == "band" else palette.UNEVEN
    words, colours = list(classes), list(classes.values())
    known = ~np.isnan(number)
    shapes = [
        Shape(outline, colours[int(place)] if there else palette.NO_DATA, f"{code}: {text if there else t('score_no_units')}")
        for outline, place, there, code, text in zip(_outlines(side.grids, view), number, known, side.grids.index, said, strict=True)
    ]
    legend = [
        (colour, t(f"score_{by}_{word}"), int((number == place).sum()))
        for place, (word, colour) in enumerate(zip(words, colours, strict=True))
    ]
    legend += [(palette.NO_DATA, t("score_no_units"), int((~known).sum()))] if not known.all() else []
    return Drawing(t(f"score_map_{by}_{name}", load=load), shapes, legend)

"""Layers of grids: outlines, choropleths, categories; findings about them; what lies around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import messages
from gridmap.errors import SchemaError
from gridmap.maps import geometry, palette
from gridmap.maps.classify import NO_DATA, classify
from gridmap.maps.geometry import Packed
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, numbers, shapes, written

MANY_GRIDS = 400  # from here on thick lines would hide the grids

_EDGE: Style = {"color": "#5b6770", "weight": 0.8, "opacity": 0.9}
_LINE, _AREA = palette.DEDICATED
_DEDICATED: Style = {"color": _LINE, "weight": 1.8, "opacity": 1.0, "fillColor": _AREA, "fillOpacity": 0.3, "dashArray": "5 3"}
_HATCH: Style = {**_EDGE, "fillColor": "hatch", "fillOpacity": 1.0}


def grids_layer(
    grids: gpd.GeoDataFrame, *, lang: str, name: str | None = None, pack: Callable[[gpd.GeoDataFrame, np.ndarray], Packed] | None = None
) -> Layer:
    """Draw outlines: every tier of base grids with its own line, dedicated grids dashed over them.

    Pointing at a grid of the finest tier or at a dedicated grid shows its code, name, parent and households.

    Parameters
    ----------
    grids
        Grids of any levels and kinds. Columns `level` and `kind` may be missing: then all rows are one tier of base grids.
    lang
        "zh" or "en".
    name
        Heading in the layer panel.
    pack
        Packs rows, given the number of the tier of each, such as `Patchwork.packed`; by default they are packed here.
    """
    ranked = _ranked(grids)
    chosen = grids.iloc[ranked.order]
    levels = sorted(ranked.levels, reverse=True)
    fineness = 1.0 if len(grids) <= MANY_GRIDS else 0.45
    styles = [_outline(rank, fineness) for rank in range(len(levels))] + [_DEDICATED]
    words = [messages.text("maps.level", lang, level=level) for level in levels] + [messages.text("maps.dedicated", lang)]
    counts = np.bincount(ranked.style, minlength=len(styles)).tolist()
    samples = ["line"] * len(levels) + ["area"]
    entries = [Entry(*line) for line in zip(words, styles, counts, samples, strict=True) if line[2]]
    packed = geometry.pack(chosen, "grids", coverages=ranked.style) if pack is None else pack(chosen, ranked.style)
    data = shapes(
        packed,
        styles,
        ranked.style,
        card=_grid_card(chosen, lang),
        silent=range(1, len(levels)),
        over=[len(levels)],
        further=_live(chosen, lang),
    )
    only_dedicated = bool(counts[-1]) and not levels
    heading = name or messages.text("maps.dedicated" if only_dedicated else "maps.grids", lang)
    legend = Legend(tuple(entries[::-1]), counted=messages.text("maps.grids_counted", lang))
    return Layer(heading, "dedicated" if only_dedicated else "grids", data, packed.parts, packed.bounds, legend)


def dedicated_layer(grids: gpd.GeoDataFrame, *, lang: str, name: str | None = None) -> Layer:
    """Draw the dedicated grids alone, as a layer of their own; parameters as in `grids_layer`."""
    return grids_layer(grids[grids["kind"] == "dedicated"], lang=lang, name=name or messages.text("maps.dedicated", lang))


@dataclass(frozen=True)
class _Ranked:
    """Rows in drawing order (finest tier first, dedicated last), the style of each, and the levels of base grids."""

    order: np.ndarray
    style: np.ndarray
    levels: list[int]


def _ranked(grids: gpd.GeoDataFrame) -> _Ranked:
    levels = grids["level"].to_numpy(dtype=int) if "level" in grids.columns else np.ones(len(grids), dtype=int)
    dedicated = (grids["kind"] == "dedicated").to_numpy() if "kind" in grids.columns else np.zeros(len(grids), dtype=bool)
    present = sorted(set(levels[~dedicated].tolist()))
    finest_first = np.searchsorted(-np.array(present[::-1], dtype=int), -levels)
    style = np.where(dedicated, len(present), finest_first)
    order = np.argsort(style, kind="stable")
    return _Ranked(order, style[order], present)


def choropleth(
    values: pd.Series,
    grids: gpd.GeoDataFrame,
    *,
    title: str,
    unit: str,
    lang: str,
    scheme: str = "quantiles",
    k: int = 5,
    edges: Sequence[float] | None = None,
) -> Layer:
    """Colour grids of one tier by a number.

    Parameters
    ----------
    values
        Numbers on the index of `grids` or part of it; grids without a value are hatched.
    grids
        Grids of one tier.
    title, unit
        What the number is, and its unit; the legend shows both, and the number of grids in each class.
    lang
        "zh" or "en".
    scheme, k, edges
        As in `classify`.

    Raises
    ------
    SchemaError
        If a value belongs to no grid, or the values cannot be classed.
    """
    matched = _on_grids(values, grids)
    classes = classify(matched, scheme=scheme, k=k, edges=edges)
    fills = [{**_EDGE, "fillColor": colour, "fillOpacity": 0.75} for colour in classes.colours]
    entries = [Entry(*line) for line in zip(classes.labels, fills, classes.counts.tolist(), strict=True)]
    if classes.no_data:
        entries.append(Entry(messages.text("maps.no_data", lang), _HATCH, classes.no_data))
    style = np.where(classes.codes == NO_DATA, len(fills), classes.codes)
    card = _grid_card(grids, lang) | {title: _with_unit(written(matched, absent=messages.text("maps.no_data", lang)), matched, unit)}
    packed = geometry.pack(grids, "grids", coverages=_tiers(grids))
    note = messages.text(f"maps.{scheme}", lang)
    further = _live(grids, lang)
    further["totals"] = {**further["totals"], title: numbers(matched)}
    legend = Legend(tuple(entries), _unit(unit, lang), messages.text("maps.grids_counted", lang), note)
    return Layer(title, "theme", shapes(packed, [*fills, _HATCH], style, card=card, further=further), packed.parts, packed.bounds, legend)


def classes_layer(
    classes: pd.Series, grids: gpd.GeoDataFrame, *, lang: str, title: str | None = None, details: Mapping[str, pd.Series] | None = None
) -> Layer:
    """Colour grids by a category: the classes of Gi*, hot in red and cold in blue, "not significant" in grey.

    Parameters
    ----------
    classes
        hot_99, hot_95, hot_90, none, cold_90, cold_95 or cold_99 on the index of `grids` or part of it; NA is hatched.
    grids
        Grids of one tier.
    lang
        "zh" or "en".
    title
        Heading in the layer panel.
    details
        Further fields of a grid's card: heading -> values on the index of `grids`.

    Raises
    ------
    SchemaError
        If a value belongs to no grid, or a class is unknown.
    """
    matched = _on_grids(classes, grids)
    known = list(palette.GI_STAR)
    unknown = matched.notna() & ~matched.isin(known)
    if unknown.any():
        raise SchemaError("unknown_class", classes=", ".join(known), given=str(matched[unknown].iloc[0]), rows=matched.index[unknown])
    styles: list[Style] = [{**_EDGE, "fillColor": palette.GI_STAR[name], "fillOpacity": 0.78} for name in known]
    style = matched.map({name: rank for rank, name in enumerate(known)}).fillna(len(known)).to_numpy(dtype=int)
    counts = np.bincount(style, minlength=len(known) + 1).tolist()
    entries = [Entry(messages.term("class", name, lang), styles[rank], counts[rank]) for rank, name in enumerate(known)]
    if counts[-1]:
        entries.append(Entry(messages.text("maps.no_data", lang), _HATCH, counts[-1]))
    heading = title or messages.text("maps.significance", lang)
    words = [messages.text("maps.no_data", lang) if pd.isna(name) else messages.term("class", name, lang) for name in matched.tolist()]
    card: dict[str, list[Cell]] = _grid_card(grids, lang) | {heading: list(words)}
    card |= {field: written(_on_grids(values, grids)) for field, values in (details or {}).items()}
    packed = geometry.pack(grids, "grids", coverages=_tiers(grids))
    legend = Legend(tuple(entries), "", messages.text("maps.grids_counted", lang), messages.text("maps.significance_note", lang))
    return Layer(
        heading,
        "theme",
        shapes(packed, [*styles, _HATCH], style, card=card, further=_live(grids, lang)),
        packed.parts,
        packed.bounds,
        legend,
    )


def findings_layer(findings: gpd.GeoDataFrame, *, lang: str, name: str | None = None) -> Layer:
    """Draw the findings of a check with strong outlines, a colour per kind; clicking one zooms to it.

    Parameters
    ----------
    findings
        Columns kind, grid_codes (texts joined by ";" or lists), area_m2 and geometry, as `coverage.check` returns them.
    lang
        "zh" or "en".
    name
        Heading in the layer panel.
    """
    kinds = [str(kind) for kind in findings["kind"].drop_duplicates()]
    kinds.sort(key=lambda kind: list(palette.FINDINGS).index(kind) if kind in palette.FINDINGS else len(palette.FINDINGS))
    styles = [_finding_style(kind) for kind in kinds]
    style = np.array([kinds.index(str(kind)) for kind in findings["kind"]], dtype=int)
    words = [messages.term("finding", kind, lang) for kind in kinds]
    codes = ["; ".join(cell) if isinstance(cell, list | tuple) else str(cell).replace(";", "; ") for cell in findings["grid_codes"]]
    card: dict[str, list[Cell]] = {
        messages.text("maps.finding_kind", lang): [words[number] for number in style],
        messages.text("maps.finding_codes", lang): list(codes),
        messages.text("maps.finding_area", lang): written(findings["area_m2"]),
    }
    packed = geometry.pack(findings, "findings")
    counts = np.bincount(style, minlength=len(kinds)).tolist()
    entries = tuple(Entry(*line) for line in zip(words, styles, counts, strict=True))
    legend = Legend(entries, "", messages.text("maps.findings_counted", lang), messages.text("maps.findings_note", lang))
    heading = name or messages.text("maps.findings", lang)
    further = {"ids": [str(label) for label in findings.index]}
    return Layer(heading, "findings", shapes(packed, styles, style, card=card, further=further), packed.parts, packed.bounds, legend)


def _finding_style(kind: str) -> Style:
    colour = palette.FINDINGS.get(kind, "#5f5f5f")
    return {"color": colour, "weight": 2.5, "opacity": 1.0, "fillColor": colour, "fillOpacity": 0.3}


def _outline(rank: int, fineness: float) -> Style:
    """Return the line of a tier, `rank` tiers above the finest, thinner where there are many."""
    weight, colour = palette.TIERS[min(rank, 2)]
    return {"color": colour, "weight": weight * fineness, "opacity": 0.95, "fill": rank == 0, "fillOpacity": 0.0}


def _grid_card(grids: gpd.GeoDataFrame, lang: str) -> dict[str, list[Cell]]:
    """Return what a grid says of itself: code first, then what its table holds."""
    card: dict[str, list[Cell]] = {messages.text("maps.code", lang): [str(code) for code in grids.index.tolist()]}
    columns = {"name": "maps.grid_name", "parent": "maps.parent", "households": "maps.households"}
    return card | {messages.text(key, lang): written(grids[column]) for column, key in columns.items() if column in grids.columns}


def _live(grids: gpd.GeoDataFrame, lang: str) -> dict:
    """Return what the application's map needs to choose grids: ids, labels, and the numbers it may sum."""
    ids = [str(code) for code in grids.index.tolist()]
    names = written(grids["name"]) if "name" in grids.columns else ids
    further: dict = {"ids": ids, "labels": [name or None for name in names], "totals": {}}
    if "households" in grids.columns:
        further["totals"][messages.text("maps.households", lang)] = numbers(grids["households"])
    return further


def _with_unit(texts: list[Cell], values: pd.Series, unit: str) -> list[Cell]:
    """Append the unit to every number."""
    return [f"{text} {unit}".rstrip() if known else text for text, known in zip(texts, values.notna(), strict=True)]


def _on_grids(values: pd.Series, grids: gpd.GeoDataFrame) -> pd.Series:
    """Put values in the order of the grids, NA where a grid has none."""
    strangers = ~values.index.isin(grids.index)
    if strangers.any() or not values.index.is_unique:
        raise SchemaError("different_index", what="values", rows=values.index[strangers | values.index.duplicated()])
    return values.reindex(grids.index)


def _unit(unit: str, lang: str) -> str:
    return messages.text("maps.unit", lang, unit=unit) if unit else ""


def _tiers(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return which coverage each row belongs to."""
    if not {"kind", "level"} <= set(grids.columns):
        return np.zeros(len(grids), dtype=int)
    return grids.groupby(["kind", "level"], dropna=False).ngroup().to_numpy()

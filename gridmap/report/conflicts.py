"""The report on where the grids of several departments disagree: map, pairs of departments, places, grids."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import maps, messages
from gridmap.crosswalk import KINDS, Conflicts
from gridmap.maps import palette
from gridmap.report.document import About, Texts, around, box, facts, rendered

SHOWN_PLACES = 30
SHOWN_GRIDS = 100
COUNTS = ("households", "residents", "buildings")


@dataclass(frozen=True)
class PlaceRow:
    """One place as the table prints it."""

    left: str
    right: str
    word: str
    colour: str
    amounts: list[str]
    box: str


@dataclass(frozen=True)
class GridRow:
    """One grid that disagrees as the table prints it."""

    department: str
    other: str
    code: str
    amounts: list[str]
    box: str


def conflicts(found: Conflicts, layers: Mapping[str, gpd.GeoDataFrame], *, about: About, sliver_width_m: float = 5.0) -> str:
    """Write the report on where departments' grids disagree.

    Parameters
    ----------
    found
        What `crosswalk.conflicts` returned for these layers.
    layers
        Grids of one tier for every department, by its name.
    about
        Language, title, source, layers beneath.
    sliver_width_m
        What `found` was computed with.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
    t, lang, places = about.texts, about.lang, found.places
    counts = {kind: int((places["kind"] == kind).sum()) for kind in KINDS}
    hectares = f"{found.pairs['conflict_m2'].sum() / 1e4:,.1f}"
    listed = places[(places["kind"] != "sliver").to_numpy()]
    differing = found.grids[((found.grids[["conflict_m2", "one_sided_m2"]] > 0).any(axis=1)).to_numpy()]
    measures = [name for name in COUNTS if name in places.columns]
    borders = [maps.department_layer(grids, name=name, rank=rank, lang=lang) for rank, (name, grids) in enumerate(layers.items())]
    drawn = [*about.context, maps.conflicts_layer(found, lang=lang), *borders, maps.conflict_slivers_layer(found, lang=lang).hidden()]
    names = messages.text("plan.between", lang).join(layers)
    numbers = {f"{kind}s" if kind != "one_sided" else kind: f"{count:,}" for kind, count in counts.items()}
    return rendered(
        "conflicts.html",
        about,
        title=about.title,
        facts=facts(about, ""),
        lead=t("crosswalk_lead", names=names, area=hectares, **numbers),
        figures=[
            *((messages.term("crosswalk", kind, lang), f"{count:,}") for kind, count in counts.items()),
            (t("crosswalk_hectares"), hectares),
        ],
        embedded=maps.embed(drawn, lang=lang),
        kinds=[t("crosswalk_of_kind", word=messages.term("crosswalk", kind, lang)) for kind in KINDS],
        pairs=_pairs(found, t),
        measures=[messages.term("amount", name, lang) for name in ("area_m2", *measures)],
        places=_places(listed.head(SHOWN_PLACES), measures, t, lang),
        places_note=t("crosswalk_places_note", count=f"{len(listed):,}", shown=f"{min(len(listed), SHOWN_PLACES):,}"),
        grids=_grids(differing, layers),
        grids_note=t("crosswalk_grids_note", count=f"{len(differing):,}", shown=f"{min(len(differing), SHOWN_GRIDS):,}"),
        method=[
            t("crosswalk_method_counterpart"),
            t("crosswalk_method_slivers", width=f"{sliver_width_m:g}"),
            *([t("crosswalk_method_pairs")] if len(found.pairs) > 1 else []),
        ],
        data=([t("data_source", source=about.source)] if about.source else []) + ([t("data_synthetic")] if about.synthetic else []),
    )


def _pairs(found: Conflicts, t: Texts) -> list[list[str]]:
    counts = found.places.groupby(["left", "right", "kind"]).size()
    lines = []
    for (left, right), row in found.pairs.iterrows():
        amounts = [
            t("crosswalk_amount", area=f"{row[f'{kind}_m2']:,.0f}", count=f"{counts.get((left, right, kind), 0):,}") for kind in KINDS
        ]
        lines.append([t("crosswalk_pair", left=left, right=right), *amounts, f"{row['agreed_m2']:,.0f}", f"{row['share_agreed']:.2%}"])
    return lines


def _places(places: gpd.GeoDataFrame, measures: list[str], t: Texts, lang: str) -> list[PlaceRow]:
    boxes = around(places.geometry)
    nowhere = messages.text("crosswalk.no_grid", lang)
    left, right = (
        [
            t("crosswalk_code", name=name, code=nowhere if pd.isna(code) else code)
            for name, code in zip(places[side], places[f"{side}_code"], strict=True)
        ]
        for side in ("left", "right")
    )
    return [
        PlaceRow(
            left=left[number],
            right=right[number],
            word=messages.term("crosswalk", row["kind"], lang),
            colour=palette.CONFLICTS[row["kind"]],
            amounts=[*(f"{row[name]:,.0f}" for name in ("area_m2", *measures)), f"{row['width_m']:,.1f}"],
            box=box(boxes[number]),
        )
        for number, (_, row) in enumerate(places.iterrows())
    ]


def _grids(differing: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> list[GridRow]:
    shares = ["share_conflict", "share_one_sided"]
    shown = differing.sort_values(shares, ascending=False, kind="stable").head(SHOWN_GRIDS)
    crs = next(iter(layers.values())).crs
    boxes = around(gpd.GeoSeries([layers[department].geometry[code] for department, _, code in shown.index], crs=crs))
    return [
        GridRow(department, other, str(code), [f"{row['area_m2']:,.0f}", *(f"{row[name]:.1%}" for name in shares)], box(boxes[number]))
        for number, ((department, other, code), row) in enumerate(shown.iterrows())
    ]

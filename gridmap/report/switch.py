"""The report of a switch between normal days and an emergency: map of the risk zones, whom it concerns, the grids of each zone."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import maps, messages
from gridmap.maps import palette
from gridmap.plan import TOTAL, Scenarios, switch_words
from gridmap.report.document import About, around, box, facts, rendered

NOTES = ("zones", "unknown", "dedicated")


@dataclass(frozen=True)
class ZoneRow:
    """One zone, or the total, as the table prints it."""

    name: str
    risk: str
    colour: str
    amounts: list[str]
    box: str


def switch(scenarios: Scenarios, table: pd.DataFrame, grids: gpd.GeoDataFrame, *, to: str, about: About) -> str:
    """Write the report of a switch.

    Parameters
    ----------
    scenarios
        The plan with its zones.
    table
        What `plan.switch` returned for them.
    grids
        The grids that hold after the switch: those of the emergency, or of normal days.
    to
        "emergency" or "normal".
    about
        Language, title, source, layers beneath.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
    t, lang = about.texts, about.lang
    shown = switch_words.readable(table, lang)
    emergency = scenarios.emergency
    zones = emergency.loc[list(scenarios.risk.index)]
    normal = scenarios.normal.grids
    layers = [
        *about.context,
        maps.grids_layer(normal[(normal["kind"] == "base").to_numpy()], lang=lang, name=messages.text("maps.normal_grids", lang)).hidden(),
        maps.grids_layer(grids, lang=lang),
        maps.zones_layer(zones, lang=lang),
    ]
    notes = [*NOTES, "posts"] if "posts" in table else NOTES
    names = normal["name"].reindex(scenarios.zones.index)
    return rendered(
        "switch.html",
        about,
        title=about.title,
        facts=facts(about, ""),
        lead=switch_words.in_words(scenarios, table, to=to, lang=lang),
        figures=list(zip(list(shown)[2:], shown.iloc[-1].tolist()[2:], strict=True)),
        embedded=maps.embed(layers, lang=lang),
        headings=list(shown),
        zones=_rows(table, shown, zones),
        grids=[(zone, list(zip(codes, names[codes], strict=True))) for zone, codes in _codes(scenarios)],
        method=[t(f"switch_method_{note}") for note in notes],
        data=([t("data_source", source=about.source)] if about.source else []) + ([t("data_synthetic")] if about.synthetic else []),
    )


def _rows(table: pd.DataFrame, shown: pd.DataFrame, zones: gpd.GeoDataFrame) -> list[ZoneRow]:
    boxes = dict(zip(zones.index, around(zones.geometry), strict=True))
    return [
        ZoneRow(
            name=texts[0],
            risk=texts[1],
            colour="" if zone == TOTAL else palette.RISKS[table["risk"][zone]],
            amounts=texts[2:],
            box="" if zone == TOTAL else box(boxes[zone]),
        )
        for zone, texts in zip(table.index, shown.to_numpy(dtype=object).tolist(), strict=True)
    ]


def _codes(scenarios: Scenarios) -> list[tuple[str, list[str]]]:
    """Return the grids of every zone, in the order of the table."""
    return [(zone, list(scenarios.zones.index[(scenarios.zones == zone).to_numpy()])) for zone in scenarios.risk.index]

"""The report on the ten themes: a map of each kind, what is counted, and the links that are broken."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import hierarchy, maps, messages
from gridmap.maps import palette
from gridmap.report.document import About, around, box, facts, rendered

SHOWN_LINKS = 100
DAY = "%Y-%m-%d"


@dataclass(frozen=True)
class KindRow:
    """One kind of a theme as the table prints it."""

    theme: str
    kind: str
    amounts: list[str]
    basis: str
    days: str


@dataclass(frozen=True)
class LinkRow:
    """One broken link as the table prints it."""

    grid: str
    word: str
    colour: str
    note: str
    amount: str
    building: str
    record: str
    box: str


def themes(
    counts: pd.DataFrame,
    kinds: pd.DataFrame,
    links: gpd.GeoDataFrame | None,
    grids: gpd.GeoDataFrame,
    *,
    about: About,
    buildings: gpd.GeoDataFrame | None = None,
    level: int | None = None,
) -> str:
    """Write the report on themes in grids.

    Parameters
    ----------
    counts, kinds, links
        What `themes.count`, `themes.bases` and `themes.chain` returned for the same records; `links` None where there are no buildings.
    grids
        Grids of all levels and kinds.
    about
        Language, title, source, layers beneath.
    buildings
        Drawn where a link is broken in one.
    level
        Of the map and of the figures; the lowest when None.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
    t, lang = about.texts, about.lang
    tier = hierarchy.tier(grids, level)
    drawn = tier[(tier.geometry.notna() & ~tier.geometry.is_empty).to_numpy()]
    layers = [*about.context]
    for theme, kind in reversed(counts.columns):  # the panel lists the last layer first
        title = messages.text(
            "maps.theme_kind", lang, theme=messages.term("theme", theme, lang), kind=messages.term("theme_kind", kind, lang)
        )
        layer = maps.choropleth(counts.loc[drawn.index, (theme, kind)], drawn, title=title, unit="", lang=lang)
        layers.append(layer if (theme, kind) == counts.columns[0] else layer.hidden())
    if links is not None:
        layers.append(maps.links_layer(links, buildings, lang=lang))
    shown = pd.DataFrame() if links is None else links.head(SHOWN_LINKS)
    names = counts.columns.get_level_values(0).nunique()
    key = "themes_lead_unlinked" if links is None else "themes_lead"
    found = [] if links is None else [(t("themes_links"), f"{len(links):,}")]
    return rendered(
        "themes.html",
        about,
        title=about.title,
        facts=facts(about, ""),
        lead=t(key, grids=f"{len(tier):,}", themes=names, **({} if links is None else {"links": f"{len(links):,}"})),
        figures=[(t("themes_theme"), f"{names}"), (t("themes_records"), f"{kinds['records'].sum():,}"), *found],
        embedded=maps.embed(layers, lang=lang),
        kinds=_kinds(kinds, lang),
        linked=links is not None,
        links=[] if links is None else _links(shown, buildings, lang),
        links_note=t("themes_links_note", count=f"{0 if links is None else len(links):,}", shown=f"{len(shown):,}"),
        method=[t("themes_method_counts"), t("themes_method_people")],
        data=([t("data_source", source=about.source)] if about.source else []) + ([t("data_synthetic")] if about.synthetic else []),
    )


def _kinds(kinds: pd.DataFrame, lang: str) -> list[KindRow]:
    rows = []
    for (theme, kind), row in kinds.iterrows():
        days = sorted({f"{day:{DAY}}" for day in (row["first"], row["last"]) if pd.notna(day)})
        rows.append(
            KindRow(
                messages.term("theme", theme, lang),
                messages.term("theme_kind", kind, lang),
                [f"{row['records']:,}", f"{row['count']:,}"],
                "; ".join(messages.term("basis", basis, lang) for basis in row["bases"].split(";")),
                " – ".join(days),
            )
        )
    return rows


def _links(links: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, lang: str) -> list[LinkRow]:
    boxes = around(maps.link_places(links, buildings))
    told = links[["grid_code", "building_id", "record_id"]].astype(object).where(lambda table: table.notna(), "")
    notes = [messages.term("note", note, lang) for note in links["note"]]
    return [
        LinkRow(
            grid=told["grid_code"].iloc[number] or "—",
            word=messages.term("finding", link, lang),
            colour=palette.LINKS[link],
            note=notes[number],
            amount=amount,
            building=told["building_id"].iloc[number],
            record=told["record_id"].iloc[number],
            box=box(boxes[number]),
        )
        for number, (link, amount) in enumerate(zip(links["link"], maps.link_amounts(links, lang), strict=True))
    ]

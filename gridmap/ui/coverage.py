"""Coverage: how much lies in exactly one lowest base grid, and every place where the layer breaks that rule."""

from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Thread

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import coverage, maps, messages
from gridmap.errors import GridmapWarning
from gridmap.ui import address, large, mapping, parts, state
from gridmap.ui.parts import text

ADDITIONS = ("boundary", "buildings", "events")
# What is looked for, the gravest first.
LOOK_S = 0.3  # how often a page looks how far a check is
KINDS = ("missing", "gap", "overlap", "duplicate", "invalid", "sliver", "orphan", "wrong_parent", "outside_parent", "parent_not_union")


Checked = tuple[tuple[pd.DataFrame, gpd.GeoDataFrame], list[GridmapWarning]]


@dataclass
class Checking:
    """The check of a large layer, which goes on while pages come and go, and the step it is at."""

    step: str = coverage.STEPS[0]
    result: "Future[Checked]" = field(default_factory=Future)


def page() -> None:
    """Show the screen."""
    opened = parts.require_open(text("page.coverage"))
    parts.needs(opened, "grids")
    above = st.container()
    left, right = parts.map_and_table()
    if large.is_large(opened.tables["grids"]) and not started(opened).result.done():
        with left:
            mapping.show(opened, [outlines(opened, address.lang())], screen="coverage")
        with above:
            await_check(started(opened), len(opened.tables["grids"]))
        st.rerun()
    with above:
        with parts.working():
            (shares, findings), warnings = check(opened)
        parts.show_warnings(warnings)
        metrics(shares, bounded=opened.tables.get("boundary") is not None)
    with right:
        chosen = findings_table(findings)
        explain(KINDS if findings.empty else findings["kind"].unique())
        st.caption(text("shares_table"))
        parts.downloads(shares, "shares")
    with left:
        row = findings.iloc[[] if chosen is None else [chosen]]
        picked = mapping.show(
            opened,
            layers(opened, address.lang()),
            screen="coverage",
            focus=focus(findings, chosen),
            highlight={"findings": [str(label) for label in row.index]},
        )
    with right:
        parts.chosen_rows(findings, finding_columns(), picked.ids("findings"), words={"kind": "finding"})
    parts.could_add(opened, ADDITIONS)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def check(opened: state.Opened) -> Checked:
    """Return shares and findings of the open tables, and the warnings given on the way."""
    if large.is_large(opened.tables["grids"]):
        return started(opened).result.result()
    return _checked(opened, Checking())


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def started(opened: state.Opened) -> Checking:
    """Begin the check of the open tables, once for all pages that ask for it."""
    checking = Checking()

    def run() -> None:
        try:
            checking.result.set_result(_checked(opened, checking))
        except Exception as fault:  # raised where the result is asked for
            checking.result.set_exception(fault)

    Thread(target=run, daemon=True).start()
    return checking


def await_check(checking: Checking, grids: int) -> None:
    """Say how far a check is until it is done."""
    shown, place = "", st.empty()
    while not checking.result.done():
        if checking.step != shown:
            shown = checking.step
            number = coverage.STEPS.index(shown)
            line = text("checking", step=number + 1, steps=len(coverage.STEPS), what=text(f"checking.{shown}"), grids=f"{grids:,}")
            place.progress(number / len(coverage.STEPS), text=line)
        wait([checking.result], timeout=LOOK_S)
    place.empty()


def _checked(opened: state.Opened, checking: Checking) -> Checked:
    tables = opened.tables

    def both() -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        found = coverage.inspect(
            tables["grids"],
            boundary=tables.get("boundary"),
            buildings=tables.get("buildings"),
            events=opened.located,
            on_step=lambda step: setattr(checking, "step", step),
        )
        return found.shares, _in_order(found.findings)

    return state.noted(both)


def _in_order(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the findings, the gravest kind first and the largest of a kind first."""
    # Faults of the codes alone, which have no place, come last.
    rank = {kind: number for number, kind in enumerate(KINDS)}
    order = pd.DataFrame({"kind": found["kind"].map(rank).fillna(len(KINDS)), "area": -found["area_m2"].astype(float)})
    return found.iloc[order.reset_index(drop=True).sort_values(["kind", "area"], kind="stable").index]


def metrics(shares: pd.DataFrame, *, bounded: bool) -> None:
    """Show each share with its numerator and denominator; without a boundary nothing is known of area in no grid."""
    shown = []
    for measure, row in shares.iterrows():
        of = text("fraction", part=amount(row["one"]), whole=amount(row["total"]), unit=text(f"unit.{measure}"))
        known = bounded or measure != "area_m2"
        rest = text("none_several" if known else "several_alone", none=amount(row["none"]), several=amount(row["several"]))
        value = "—" if pd.isna(row["share_one"]) else f"{row['share_one']:.2%}"
        shown.append(parts.Figure(text(f"share.{measure}"), value, (of, rest), text("share_help")))
    parts.figures(shown)


def amount(value: float) -> str:
    """Return a count or an area with thousands marked."""
    return f"{value:,.0f}"


def findings_table(findings: gpd.GeoDataFrame) -> int | None:
    """Show the findings, and return the position of the one chosen."""
    if findings.empty:
        st.success(text("no_findings"), icon=":material/check_circle:")
        return None
    counts = findings["kind"].value_counts(sort=False)
    by_kind = " · ".join(f"{word(kind)} {n}" for kind, n in counts.items())
    st.markdown(f"**{text('findings', count=len(findings))}**  {by_kind}")
    st.caption(text("click_to_zoom"))
    shown = findings.assign(area_m2=findings["area_m2"].round(1))
    chosen = parts.choose_row(shown, finding_columns(), name="findings", words={"kind": "finding"}, height=parts.MAP_HEIGHT - 150)
    parts.downloads(findings, "findings")
    return chosen


def finding_columns() -> dict[str, parts.Heading]:
    """Return the columns of findings that are shown."""
    return {
        "kind": text("column.kind"),
        "grid_codes": st.column_config.TextColumn(text("column.grid_codes"), width=190),
        "area_m2": st.column_config.NumberColumn(text("column.area_m2"), format="localized"),
    }


def word(kind: object) -> str:
    """Return the word for a kind of finding."""
    return messages.term("finding", kind, address.lang())


def explain(kinds: Iterable[str]) -> None:
    """Say what each kind of finding means."""
    with st.expander(text("kinds"), icon=":material/help:"):
        st.markdown("\n".join(f"- **{word(kind)}**: {messages.text(f'findings.{kind}', address.lang())}" for kind in kinds))


def focus(findings: gpd.GeoDataFrame, chosen: int | None) -> gpd.GeoDataFrame | None:
    """Return the finding chosen, where it has a place."""
    return None if chosen is None else findings.iloc[[chosen]].dropna(subset="geometry")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def outlines(opened: state.Opened, lang: str) -> large.Layer:
    """Return the layer of grids."""
    return large.grids_layer(opened.tables["grids"], lang=lang)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def layers(opened: state.Opened, lang: str) -> list[large.Layer]:
    """Return the layers of grids and findings."""
    (_, findings), _ = check(opened)
    shown = [outlines(opened, lang)]
    if len(findings):
        shown.append(maps.findings_layer(findings, lang=lang))
    return shown

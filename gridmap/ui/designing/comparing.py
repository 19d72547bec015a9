"""The score of a design beside that of the grids as they are."""

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from gridmap import partition
from gridmap.partition import Score
from gridmap.ui import parts
from gridmap.ui.designing.asking import text
from gridmap.ui.designing.ground import Task
from gridmap.ui.designing.runs import Run

# Measure -> how it is written, and what it is divided by.
MEASURES: dict[str, tuple[str, float]] = {
    "grids": (",.0f", 1),
    "in_band": (".1%", 1),
    "off_band": (",.0f", 1),
    "max_over_mean": (".2f", 1),
    "cv": (".3f", 1),
    "gini": (".3f", 1),
    "border_m": (",.1f", 1000),
    "street_share": (".1%", 1),
    "compactness": (".3f", 1),
    "span_m": (",.0f", 1),
    "contiguous": (".0%", 1),
    "moved": (",.0f", 1),
    "moved_share": (".1%", 1),
}
GRID_COLUMNS = ("grid_code", "households", "off_band", "load", "deviation", "street_share", "compactness", "moved")


@st.cache_resource(max_entries=32, show_spinner=False)
def scored(mark: tuple[Hashable, ...], _task: Task, _assignment: pd.Series) -> Score:  # noqa: ARG001 - the key
    """Return the score of an assignment of the part that was drawn anew."""
    return partition.score(_task.units, _assignment, edges=_task.edges, keep=_task.keep, households=_task.options["households"])


def show(run: Run, new: Score) -> None:
    """Show both scores side by side, and the new grids."""
    old = scored((run.key, "old"), run.task, run.task.keep)
    figures(old, new)
    table = compared(old, new)
    st.dataframe(
        table,
        hide_index=True,
        height=parts.HEADING_HEIGHT + parts.ROW_HEIGHT * len(table),
        column_config={name: text(f"column.{name}") for name in table},
        key="design_score",
    )
    st.caption(text("score_help", load=text(f"load.{new.load}")))
    columns: dict[str, parts.Heading] = {name: text(f"grid.{name}") for name in GRID_COLUMNS}
    for name in ("deviation", "street_share"):
        columns[name] = st.column_config.NumberColumn(text(f"grid.{name}"), format="percent")
    for name in ("compactness",):
        columns[name] = st.column_config.NumberColumn(text(f"grid.{name}"), format="%.2f")
    with st.expander(text("every_grid", count=len(new.grids)), icon=":material/table_rows:"):
        parts.table(new.grids, columns, name="design_grids", height=360)


def figures(old: Score, new: Score) -> None:
    """Show what a planner looks at first: the band, evenness, and how many households change hands."""
    now = new.total
    first, second = st.columns(2, gap="small")
    inside = int(new.grids["in_band"].sum())
    with first.container(border=True, gap=None, height="stretch"):
        st.metric(text("in_band"), f"{inside:,} / {len(new.grids):,}")
        st.caption(text("before", value=f"{int(old.grids['in_band'].sum()):,} / {len(old.grids):,}"))
    with second.container(border=True, gap=None, height="stretch"):
        st.metric(text("moved"), f"{now['moved_share']:.1%}")
        st.caption(text("moved_of", moved=f"{now['moved']:,.0f}", whole=f"{now['households']:,.0f}"))


def compared(old: Score, new: Score) -> pd.DataFrame:
    """Return a row per measure: what it is, before and after."""
    rows = []
    for name, (form, scale) in MEASURES.items():
        before, after = (score.total[name] for score in (old, new))
        if name.startswith("moved"):
            before = float("nan")
        if not (pd.isna(before) and pd.isna(after)):
            rows.append({"measure": text(f"measure.{name}"), "old": _written(before / scale, form), "new": _written(after / scale, form)})
    for principle in new.broken:
        counts = [str(int(score.broken[principle].sum())) for score in (old, new)]
        rows.append({"measure": text("broken", principle=text(f"principle.{principle}")), "old": counts[0], "new": counts[1]})
    return pd.DataFrame(rows)


def _written(value: float, form: str) -> str:
    return "—" if pd.isna(value) else f"{value:{form}}"

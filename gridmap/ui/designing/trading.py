"""The trade-off: how even the grids are against how many households change hands; a point on the curve becomes the design shown."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from gridmap.errors import GridmapError
from gridmap.ui import address, parts
from gridmap.ui.designing.asking import text
from gridmap.ui.designing.runs import Cancelled, Run, Work

BUILT = "0"


def curve(run: Run) -> pd.DataFrame | None:
    """Return the points of the curve that have an assignment of every unit; None where there is no curve."""
    if run.curve is None or not run.curve.done or run.curve.error is not None:
        return None
    return run.curve.result.result().reset_index(drop=True)


def shown(run: Run) -> str:
    """Show which of the designs is shown, where there are several, and return its name."""
    points = curve(run)
    if points is None:
        return BUILT
    names = [BUILT, *(str(number + 1) for number in points.index)]

    def word(name: str) -> str:
        if name == BUILT:
            return text("shown.built")
        row = points.loc[int(name) - 1]
        values = {"moved": f"{row['moved_share']:.1%}", "deviation": f"{row['deviation']:.1%}"}
        return text("shown.old" if row["stability"] == float("inf") else "shown.point", number=name, **values)

    return address.choice("shown", names, label=text("shown"), word=word)


def assignment(run: Run, name: str) -> pd.Series:
    """Return the design of a name, after the advice that was applied to it."""
    steps = run.steps.get(name)
    if steps:
        return steps[-1]
    points = curve(run)
    if name == BUILT or points is None:
        return run.work.result.result()[0]
    found: pd.Series = points.loc[int(name) - 1, "assignment"]
    return found


def show(run: Run, progress: Callable[[Work, str], None]) -> None:
    """Show the curve, or what makes it."""
    st.caption(text("curve_help"))
    if run.task.keep.isna().all():
        st.info(text("no_old"), icon=":material/info:")
        return
    if run.curve is not None and not run.curve.done:
        progress(run.curve, "design_curve")
        return
    points = curve(run)
    if points is None:
        st.button(text("curve_do"), type="primary", icon=":material/timeline:", key="design_curve_run", on_click=_begin, args=(run,))
        _failure(run)
        return
    draw(points)
    table = points.drop(columns="assignment")
    columns: dict[str, parts.Heading] = {
        name: st.column_config.NumberColumn(text(f"curve.{name}"), format="percent") for name in ("moved_share", "deviation", "in_band")
    }
    columns |= {"stability": text("curve.stability"), "cv": st.column_config.NumberColumn(text("curve.cv"), format="%.3f")}
    columns |= {"border_m": st.column_config.NumberColumn(text("curve.border_m"), format="localized")}
    row = parts.choose_row(table.round({"border_m": 0}), columns, name="design_points", height=260)
    st.button(
        text("show_point"), disabled=row is None, key="design_show_point", icon=":material/visibility:",
        on_click=address.choose, args=("shown", str((row or 0) + 1)),
    )  # fmt: skip


def _begin(run: Run) -> None:
    run.curve = Work(run.task.traded)


def _failure(run: Run) -> None:
    error = None if run.curve is None else run.curve.error
    if isinstance(error, Cancelled):
        st.info(text("cancelled"), icon=":material/cancel:")
    elif isinstance(error, GridmapError):
        st.error(parts.plain(error.text(address.lang())), icon=":material/block:")
    elif error is not None:
        raise error


def draw(points: pd.DataFrame) -> None:
    """Draw the points, those that no other beats joined by a line; a click shows the design of one."""
    chosen = st.session_state.get("shown", BUILT)
    values = [
        {
            "name": str(number + 1),
            "moved": float(row["moved_share"]),
            "deviation": float(row["deviation"]),
            "efficient": bool(row["efficient"]),
            "chosen": str(number + 1) == chosen,
        }
        for number, row in points.iterrows()
    ]
    axis = {"type": "quantitative", "axis": {"format": ".0%"}}
    encoding = {
        "x": {"field": "moved", "title": text("curve.moved_share"), **axis},
        "y": {"field": "deviation", "title": text("curve.deviation"), **axis},
    }
    tooltip = [
        {"field": "name", "type": "nominal", "title": text("curve.number")},
        {"field": "moved", "type": "quantitative", "format": ".1%", "title": text("curve.moved_share")},
        {"field": "deviation", "type": "quantitative", "format": ".1%", "title": text("curve.deviation")},
    ]
    spec = {
        "data": {"values": values},
        "height": 240,
        "layer": [
            {"transform": [{"filter": "datum.efficient"}], "mark": {"type": "line", "color": "#7a8793"}, "encoding": encoding},
            {
                "params": [{"name": "point", "select": {"type": "point", "fields": ["name"]}}],
                "mark": {"type": "point", "filled": True, "size": 130, "cursor": "pointer"},
                "encoding": encoding
                | {
                    "color": {"condition": {"test": "datum.chosen", "value": "#d55e00"}, "value": "#0072b2"},
                    "tooltip": tooltip,
                },
            },
        ],
    }
    st.vega_lite_chart(spec, key="design_curve", on_select=_clicked)


def _clicked() -> None:
    held = st.session_state["design_curve"]["selection"].get("point") or []
    if held and "name" in held[0]:
        address.choose("shown", str(held[0]["name"]))

"""The trade-off: how even the grids are against how many households change hands; a point on the curve becomes the design shown."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from gridmap.errors import GridmapError
from gridmap.ui import address, parts
from gridmap.ui.designing.asking import text
from gridmap.ui.designing.runs import Cancelled, Run, Work

BUILT, OLD = "0", "old"
NEAR_X, NEAR_Y = 0.2, 0.08  # shares of the picture that a label takes
_KINDS = {BUILT: "built", OLD: "old"}


def name_of(run: Run, stability: float) -> str:
    """Return the name of a point in the address: its stability, which no further point changes."""
    if stability == float("inf"):
        return OLD
    return BUILT if stability == run.asked.stability else f"s{stability:g}"


def points(run: Run) -> pd.DataFrame | None:
    """Return the points found so far, by name; None before the first."""
    found = run.points
    if found is None:
        return None
    return found.set_index(pd.Index([name_of(run, stability) for stability in found["stability"]], name="name"))


def shown(run: Run) -> str:
    """Show which of the designs is shown, where there are several, and return its name."""
    found = points(run)
    if found is None:
        return BUILT

    def word(name: str) -> str:
        row = found.loc[name]
        return text("shown_as", design=design(name, row), moved=f"{row['moved_share']:.1%}")

    return address.choice("shown", [BUILT, *found.index.drop(BUILT)], label=text("shown"), word=word)


def design(name: str, row: pd.Series) -> str:
    """Return what a point is."""
    return text(f"design.{_KINDS.get(name, 'point')}", stability=f"{row['stability']:g}")


def assignment(run: Run, name: str) -> pd.Series:
    """Return the design of a name, after the advice that was applied to it."""
    steps = run.steps.get(name)
    if steps:
        return steps[-1]
    found = points(run)
    if name == BUILT or found is None:
        return run.work.result.result().assignment
    chosen: pd.Series = found.loc[name, "assignment"]
    return chosen


def show(run: Run, progress: Callable[[Work, str, Callable[[], object]], None]) -> None:
    """Show the curve as far as it goes, and what makes it."""
    st.caption(text("curve_help"))
    if run.task.keep.isna().all():
        st.info(text("no_old"), icon=":material/info:")
        return
    found = points(run)
    going = run.curve is not None and not run.curve.done
    if going:
        assert run.curve is not None
        progress(run.curve, "design_curve", lambda: 0 if run.points is None else len(run.points))
    elif not run.traded:
        label = text("curve_do" if found is None else "curve_more")
        st.button(label, type="primary", icon=":material/timeline:", key="design_curve_run", on_click=run.trade)
        _failure(run)
    if found is None:
        return
    draw(found)
    table = found.drop(columns="assignment").assign(border_km=found["border_m"] / 1000)
    table.insert(0, "design", [design(str(name), row) for name, row in table.iterrows()])
    columns: dict[str, parts.Heading] = {"design": text("curve.design")}
    columns |= {
        name: st.column_config.NumberColumn(text(f"curve.{name}"), format="percent") for name in ("moved_share", "deviation", "in_band")
    }
    columns |= {"border_km": st.column_config.NumberColumn(text("curve.border_km"), format="%.1f")}
    row = parts.choose_row(table, columns, name="design_points", height=260)
    name = None if row is None else str(table.index[row])
    st.button(
        text("show_point"), disabled=name is None, key="design_show_point", icon=":material/visibility:",
        on_click=address.choose, args=("shown", name),
    )  # fmt: skip


def _failure(run: Run) -> None:
    error = None if run.curve is None else run.curve.error
    if isinstance(error, Cancelled):
        st.info(text("cancelled"), icon=":material/cancel:")
    elif isinstance(error, GridmapError):
        st.error(parts.plain(error.text(address.lang())), icon=":material/block:")
    elif error is not None:
        raise error


def draw(found: pd.DataFrame) -> None:
    """Draw the points, those that no other beats joined by a line; a click shows the design of one."""
    chosen = st.session_state.get("shown", BUILT)
    found = found.loc[
        sorted(found.index, key=lambda name: (name == BUILT, name == chosen))
    ]  # of points on one place the last takes the click
    values = [
        {
            "name": name,
            "design": design(str(name), row),
            "label": label,
            "moved": float(row["moved_share"]),
            "deviation": float(row["deviation"]),
            "efficient": bool(row["efficient"]),
            "chosen": name == chosen,
        }
        for (name, row), label in zip(found.iterrows(), labels(found), strict=True)
    ]
    axis = {"type": "quantitative", "axis": {"format": ".0%", "tickCount": 5}}
    encoding = {
        "x": {"field": "moved", "title": text("curve.moved_share"), **axis},
        "y": {"field": "deviation", "title": text("curve.deviation"), **axis},
    }
    tooltip = [
        {"field": "design", "type": "nominal", "title": text("curve.design")},
        {"field": "moved", "type": "quantitative", "format": ".1%", "title": text("curve.moved_share")},
        {"field": "deviation", "type": "quantitative", "format": ".1%", "title": text("curve.deviation")},
    ]
    colour = {"condition": {"test": "datum.chosen", "value": "#d55e00"}, "value": "#0072b2"}
    spec = {
        "data": {"values": values},
        "height": 240,
        "layer": [
            {"transform": [{"filter": "datum.efficient"}], "mark": {"type": "line", "color": "#7a8793"}, "encoding": encoding},
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "dy": -8, "fontSize": 12},
                "encoding": encoding | {"text": {"field": "label"}, "color": {"value": "#33404a"}},
            },
            {
                "params": [{"name": "point", "select": {"type": "point", "fields": ["name"]}}],
                "mark": {"type": "point", "filled": True, "size": 130, "cursor": "pointer"},
                "encoding": encoding | {"color": colour, "tooltip": tooltip},
            },
        ],
    }
    st.vega_lite_chart(spec, key="design_curve", on_select=_clicked)


def labels(found: pd.DataFrame) -> list[str]:
    """Return what stands beside each point, "" where one labelled before it is too near; the design and the old plan come first."""
    place = found[["moved_share", "deviation"]]
    place = place / place.max().where(place.max() > 0, 1.0)
    result = pd.Series("", index=found.index)
    taken: list[tuple[float, float]] = []
    for name in sorted(found.index, key=lambda name: name not in _KINDS):
        x, y = place.loc[name]
        if all(abs(x - other[0]) > NEAR_X or abs(y - other[1]) > NEAR_Y for other in taken):
            result[name] = design(str(name), found.loc[name])
            taken.append((x, y))
    return result.tolist()


def _clicked() -> None:
    held = st.session_state["design_curve"]["selection"].get("point") or []
    if held and "name" in held[0]:
        address.choose("shown", str(held[0]["name"]))

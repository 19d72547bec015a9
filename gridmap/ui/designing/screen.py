"""The screen of a design: what is asked on one side of the map, and once it is built its score, curve, advice and acceptance."""

from collections.abc import Callable
from functools import partial

import geopandas as gpd
import streamlit as st

from gridmap.errors import GridmapError, InfeasibleError
from gridmap.ui import address, component, large, mapping, parts
from gridmap.ui.designing import accepting, advising, asking, comparing, layers, remedies, runs, trading
from gridmap.ui.designing.asking import Asked, text
from gridmap.ui.designing.ground import Built, Ground, crossing
from gridmap.ui.designing.runs import Cancelled, Run, Work
from gridmap.ui.planning import layers as plan_layers
from gridmap.ui.planning.desk import Desk

RUN = "run"
MAP = "design_map"
ASK = "ask"
PANES = (ASK, "score", "curve", "advice", "accept")
LOOK_S = 0.6  # how often the page looks how far the work is
_AWAITED = "design_awaited"


def show(on: Desk, ground: Ground, area: str, run: Run | None) -> None:
    """Show the map, and beside it what can be asked or what came of it."""
    going = run is not None and not run.work.done  # asked once: it may end while the page is drawn
    result = None if going else result_of(run)
    if run is not None and not going and st.session_state.get(_AWAITED) == run.key:
        st.session_state.pop(_AWAITED)
        if result is not None:
            st.session_state["pane"] = "score"
    left, right = parts.map_and_table()
    with right:
        pane = address.choice(
            "pane", PANES if result is not None else (ASK,), label=text("pane"), word=lambda name: text(f"pane.{name}"), buttons=True
        )
        if run is None and RUN in st.query_params:
            st.info(text("run_gone"), icon=":material/info:")
        if run is not None and result is not None and pane != ASK:
            show_result(on, run, pane, left, right)
            return
        codes = asking.area_codes(ground, area)
    with left:
        chosen = show_ground(on, ground, area, codes, run)
    with right:
        grids = asking.picked_on_map(ground, chosen.ids("grids"), chosen.ids("theme"))
        asking.pickers(ground, codes, grids)
        asked = asking.ask(ground, area, codes)
        start(on, ground, asked, run, going=going)


def result_of(run: Run | None) -> Built | None:
    """Return what was built; None while there is nothing."""
    if run is None or run.work.error is not None:
        return None
    return run.work.result.result()


def start(on: Desk, ground: Ground, asked: Asked, run: Run | None, *, going: bool) -> None:
    """Show the button that begins, how far the work is, and why it failed."""
    if run is not None and going:
        progress(run.work, "design")
        return
    cut = crossing(ground, list(asked.codes)) if not asked.whole else ground.units.index[:0]
    if len(cut):
        shown = parts.plain(", ".join(map(str, cut[:5])))
        st.warning(text("crossing", count=len(cut), units=shown), icon=":material/content_cut:")
    st.button(
        text("start"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not asked.codes or len(cut) > 0,
        key="design_run",
        on_click=_begin,
        args=(on, ground, asked),
    )
    if not asked.codes:
        st.caption(text("pick_first"))
    failure(on, run)


def _begin(on: Desk, ground: Ground, asked: Asked) -> None:
    run = runs.begin(on.mark(), ground, asked, asking.task(ground, asked))
    address.remember(RUN, run.key)
    st.session_state[_AWAITED] = run.key


def failure(on: Desk, run: Run | None) -> None:
    """Say why nothing was built, and what would mend it."""
    error = None if run is None else run.work.error
    if error is None or run is None:
        return
    if isinstance(error, Cancelled):
        st.info(text("cancelled"), icon=":material/cancel:")
        return
    if not isinstance(error, GridmapError):
        raise error
    st.caption(asking.heading(run.asked))
    st.error(parts.plain(error.text(address.lang())), icon=":material/block:")
    remedies.show(run.ground, run.asked, error, partial(_begin, on, run.ground))


def progress(work: Work, name: str, news: Callable[[], object] = bool) -> None:
    """Show how far work is, and let it be cancelled; when it ends, or there is news, the whole page is shown anew."""
    _progress(work, name, news, news())


@st.fragment(run_every=LOOK_S)
def _progress(work: Work, name: str, news: Callable[[], object], known: object) -> None:
    if work.done or news() != known:
        st.rerun()
    line = text("working_on", share=f"{work.share:.0%}") if work.share else text("waiting")
    if "border_m" in work.best:
        line += text("best_so_far", border=f"{work.best['border_m'] / 1000:,.1f}", off=f"{work.best['off']:.1%}")
    st.progress(work.share, text=line)
    label = text("ending") if work.ending else text("cancel")
    st.button(label, icon=":material/stop:", disabled=work.ending, key=f"{name}_cancel", on_click=work.cancel)


def show_ground(on: Desk, ground: Ground, area: str, codes: list[str], run: Run | None) -> component.Selection:
    """Show the units and the grids in force, the area in bold, and the units that an error names."""
    lang = address.lang()
    shown: list[large.Layer] = [
        layers.units((*on.mark(), len(ground.units)), ground, lang),
        plan_layers.outlines(on, ground.plan.levels[-1], lang),
    ]
    error = None if run is None else run.work.error
    fault = at_fault(run, error, lang) if run is not None and isinstance(error, GridmapError) else None
    if fault is not None:
        shown.append(fault)
    whole = area == asking.ALL
    focus = None if whole or not codes else ground.tier[ground.tier.index.isin(codes)]
    return show_map(on, shown, focus=focus, lit=[] if whole else codes)


def at_fault(run: Run, error: GridmapError, lang: str) -> layers.Layer | None:
    """Return the units, or the upper grids, that an error is about; None where it names none."""
    if isinstance(error, InfeasibleError) and error.parents:
        return layers.faults(run.ground.plan.grids, error.parents, "upper_at_fault", lang)
    return layers.faults(run.ground.units, error.rows, "at_fault", lang)


def show_map(on: Desk, shown: list[large.Layer], *, focus: gpd.GeoDataFrame | None, lit: list[str]) -> component.Selection:
    """Show the map, and below it its source."""
    lang = address.lang()
    chosen = component.show(
        [*mapping.basemaps(lang), *mapping.context(on.opened, lang), *large.small(shown)],
        key=MAP,
        title=f"{on.opened.title(lang)} · {parts.text('page.design')}",
        lang=lang,
        focus=None if focus is None else mapping.bounds(focus),
        highlight={"grids": lit} if lit else None,
        options=component.Options(
            tools=mapping.TOOLS,
            source=parts.source_name(on.opened, lang),
            synthetic=on.opened.synthetic,
            height=mapping.HEIGHT,
            keep=on.kept(MAP),
            tiles=large.tiles(shown),
        ),
    )
    st.caption(text("source_line", source=parts.plain(parts.source_name(on.opened, lang)), plan=parts.plain(str(on.row["name"]))))
    return chosen


def said(run: Run, own: bool) -> None:
    """Say how far a result is what was asked."""
    built = run.work.result.result()
    if built.spared:
        st.info(text("spared", count=len(built.spared), grids=run.task.keep.nunique() - built.part.keep.nunique()), icon=":material/lock:")
    if built.problem is not None and own:
        off = built.problem.values.get("off")
        st.warning(parts.plain(built.problem.text(address.lang())) if off is None else text("short", off=off), icon=":material/rule:")


def show_result(on: Desk, run: Run, pane: str, left: st.delta_generator.DeltaGenerator, right: st.delta_generator.DeltaGenerator) -> None:
    """Show new grids with the old borders, and what the pane is about."""
    lang = address.lang()
    with right:
        st.caption(asking.heading(run.asked))
        shown = trading.shown(run)
        mark = (run.key, shown, len(run.steps.get(shown, ())))
        assignment = trading.assignment(run, shown)
        said(run, shown == trading.BUILT)
        new = comparing.scored(mark, run.task, assignment)
        options = [name for name in layers.COLOURS if name != "load" or new.load != "households"]
        colour = address.choice("colour", options, label=text("colour"), word=lambda name: text(f"colour.{name}"), buttons=True)
    grids = layers.grids_of(mark, run.ground, assignment)
    found: list[large.Layer] = [layers.coloured(mark, grids, new.grids, colour, lang)]
    further = (
        layers.rest(run.key, run.ground, run.asked.codes, lang),
        layers.old_borders(mark, run.task, assignment, lang),
        advising.place(run, mark, lang) if pane == "advice" else None,
        accepting.conflict(run, lang) if pane == "accept" else None,
    )
    found += [layer for layer in further if layer is not None]
    with left:
        show_map(on, found, focus=None if run.asked.whole else grids, lit=[])
    with right:
        if pane == "score":
            comparing.show(run, new)
        elif pane == "curve":
            trading.show(run, progress)
        elif pane == "advice":
            advising.show(run, mark, shown, assignment)
        else:
            accepting.form(on, run, assignment)

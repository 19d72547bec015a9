"""The screen of a design: what is asked on one side of the map, and once it is built its score, curve, advice and acceptance."""

from collections.abc import Callable, Sequence
from functools import partial

import geopandas as gpd
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gridmap.errors import GridmapError, InfeasibleError
from gridmap.ui import address, component, large, mapping, parts
from gridmap.ui.designing import accepting, advising, asking, comparing, growing, layers, remedies, runs, trading
from gridmap.ui.designing.asking import Asked, text
from gridmap.ui.designing.ground import Built, Ground, crossing, within
from gridmap.ui.designing.runs import Cancelled, Run, Work
from gridmap.ui.planning import layers as plan_layers
from gridmap.ui.planning.desk import Desk

RUN = "run"
MAP = "design_map"
ASK = "ask"
PANES = (ASK, "score", "curve", "advice", "accept")
LOOK_S = 0.6  # how often the page looks how far the work is
_AWAITED = "design_awaited"


def beside_choice(run: Run | None) -> bool:
    """Let the grids as they are stand beside a design, where there is one; tell whether they do."""
    if run is None or not run.work.done or result_of(run) is None:
        return False
    return address.choice("maps", ("one", "two"), label=text("maps"), word=lambda name: text(f"maps.{name}"), buttons=True) == "two"


def show(on: Desk, before: Ground, area: str, run: Run | None, *, beside: bool) -> None:
    """Show the map, and beside it what can be asked or what came of it.

    Parameters
    ----------
    before
        With the households of the project.
    beside
        Whether the grids as they are stand on a map of their own beside a design.
    """
    ground = growing.applied(before)
    going = run is not None and not run.work.done  # asked once: it may end while the page is drawn
    result = None if going else result_of(run)
    if run is not None and not going and st.session_state.get(_AWAITED) == run.key:
        st.session_state.pop(_AWAITED)
        if result is not None:
            st.session_state["pane"] = "score"
    wide = beside and st.session_state.get("pane", st.query_params.get("pane", ASK)) != ASK
    left, right = (st.container(), st.container()) if wide else parts.map_and_table()
    with right:
        pane = address.choice(
            "pane", PANES if result is not None else (ASK,), label=text("pane"), word=lambda name: text(f"pane.{name}"), buttons=True
        )
        if run is None and RUN in st.query_params:
            st.info(text("run_gone"), icon=":material/info:")
        if run is not None and result is not None and pane != ASK:
            show_result(on, run, pane, (left, right), beside=beside)
            return
        codes = asking.area_codes(ground, area)
    with left:
        chosen = show_ground(on, ground, area, codes, run)
    with right:
        growing.gone(ground)
        if not going:
            failure(on, run)  # above what is asked: it is seen where the button was pressed
        picked = chosen.ids("grids"), chosen.ids("theme")
        asking.pickers(ground, codes, asking.picked_on_map(ground, *picked))
        asked = asking.ask(ground, area, codes, partial(growing.form, ground, asking.units_on_map(ground, *picked), before))
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
        st.info(text("crossing", count=len(cut), units=shown), icon=":material/content_cut:")
    st.button(
        text("start"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not asked.codes,
        key="design_run",
        on_click=_begin,
        args=(on, ground, asked),
    )
    if not asked.codes:
        st.caption(text("pick_first"))


def _begin(on: Desk, ground: Ground, asked: Asked) -> None:
    area = ground if asked.whole else within(ground, asked.codes)
    run = runs.begin(on.mark(), area, asked, asking.task(area, asked))
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
    remedies.show(run.ground, run.asked, error, partial(_begin, on, run.ground))


def progress(work: Work, name: str, news: Callable[[], object] = bool) -> None:  # bool(): none
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
        layers.units((*on.mark(), len(ground.units), ground.grown), ground, lang),
        plan_layers.outlines(on, ground.plan.levels[-1], lang),
    ]
    error = None if run is None else run.work.error
    fault = at_fault(run, error, lang) if run is not None and isinstance(error, GridmapError) else None
    shown += [layer for layer in (layers.locked(ground, address.told("locks"), lang), fault) if layer is not None]
    whole = area == asking.ALL
    focus = None if whole or not codes else ground.tier[ground.tier.index.isin(codes)]
    return show_map(on, shown, focus=focus, lit=[] if whole else codes)


def at_fault(run: Run, error: GridmapError, lang: str) -> layers.Layer | None:
    """Return the units, or else the upper grids, that an error is about; None where it names none."""
    cause = error.values.get("cause", error)  # noqa: PD011 - fields of its text
    found = layers.faults(run.ground.units, cause.rows, "at_fault", lang) if isinstance(cause, GridmapError) else None
    if found is None and isinstance(error, InfeasibleError):
        return layers.faults(run.ground.plan.grids, error.parents, "upper_at_fault", lang)
    return found


def show_map(
    on: Desk, shown: list[large.Layer], *, focus: gpd.GeoDataFrame | None, lit: Sequence[str] = (), key: str = MAP, together: str = ""
) -> component.Selection:
    """Show a map."""
    lang = address.lang()
    return component.show(
        [*mapping.basemaps(lang), *mapping.context(on.opened, lang), *large.small(shown)],
        key=key,
        title=f"{on.opened.title(lang)} · {parts.text('page.design')}",
        lang=lang,
        focus=None if focus is None else mapping.bounds(focus),
        highlight={"grids": lit} if lit else None,
        options=component.Options(
            tools=mapping.TOOLS,
            source=parts.source_name(on.opened, lang),
            synthetic=on.opened.synthetic,
            height=mapping.HEIGHT,
            keep=on.kept(key),
            together=together,
            tiles=large.tiles(shown),
        ),
    )


def said(run: Run, assignment: pd.Series, *, own: bool) -> None:
    """Say how far a result is what was asked."""
    built = run.work.result.result()
    if own and built.problem is None and run.asked.stability > 0 and (assignment == run.task.keep).all():
        st.info(text("unchanged"), icon=":material/check_circle:")
    if built.spared:
        st.info(text("spared", count=len(built.spared), grids=run.task.keep.nunique() - built.part.keep.nunique()), icon=":material/lock:")
    if built.problem is not None and own:
        off = built.problem.values.get("off")  # noqa: PD011
        st.warning(parts.plain(built.problem.text(address.lang())) if off is None else text("short", off=off), icon=":material/rule:")


def show_result(on: Desk, run: Run, pane: str, places: tuple[DeltaGenerator, DeltaGenerator], *, beside: bool) -> None:
    """Show new grids with what changed, and what the pane is about."""
    lang = address.lang()
    left, right = places
    with right:
        st.caption(asking.heading(run.asked))
        shown = trading.shown(run)
        mark = (run.key, shown, len(run.steps.get(shown, ())))
        assignment = trading.assignment(run, shown)
        said(run, assignment, own=shown == trading.BUILT)
        new = comparing.scored(mark, run.task, assignment)
        options = [name for name in layers.COLOURS if name != "load" or new.load != "households"]
        colour = address.choice("colour", options, label=text("colour"), word=lambda name: text(f"colour.{name}"), buttons=True)
    further = (
        layers.rest(run.key, run.ground, run.asked.codes, lang),
        layers.moved(mark, run.task, assignment, lang),
        advising.place(run, mark, lang) if pane == "advice" else None,
        accepting.conflict(run, lang) if pane == "accept" else None,
    )
    over = [layer for layer in further if layer is not None]
    gone = layers.old_borders(mark, run.task, assignment, lang)
    grids = layers.grids_of(mark, run.ground, assignment)
    drawn = [layers.coloured(mark, grids, new.grids, colour, lang), *over, *([] if gone is None or beside else [gone])]
    focus = None if run.asked.whole else grids
    with left:
        if not beside:
            show_map(on, drawn, focus=focus)
        else:
            one, other = st.columns(2, gap="small")
            with one:
                st.markdown(f"**{text('column.old')}**")
                show_map(on, [old_grids(run, colour, lang), *over], focus=focus, key=f"{MAP}_old", together="designs")
            with other:
                st.markdown(f"**{text('column.new')}**")
                show_map(on, drawn, focus=focus, key=f"{MAP}_new", together="designs")
    with right:
        if pane == "score":
            comparing.show(run, new)
        elif pane == "curve":
            trading.show(run, progress)
        elif pane == "advice":
            advising.show(run, mark, shown, assignment)
        else:
            accepting.form(on, run, assignment)


def old_grids(run: Run, colour: str, lang: str) -> large.Layer:
    """Return the grids as they are, coloured as the new ones."""
    mark = (run.key, "old")
    grids = layers.grids_of(mark, run.ground, run.task.keep)
    return layers.coloured(mark, grids, comparing.scored(mark, run.task, run.task.keep).grids, colour, lang)

"""What a plan changes: another plan and it side by side, the ground and people that change hands, and the report of it."""

import geopandas as gpd
import streamlit as st

from gridmap import messages, plan, report
from gridmap.errors import GridmapWarning
from gridmap.plan import Difference, Plan
from gridmap.plan.rows import in_words
from gridmap.ui import address, component, mapping, parts, state
from gridmap.ui.planning import counting, layers, versions
from gridmap.ui.planning.desk import Desk, text

HEIGHT = "max(420px, calc(100vh - 30rem))"
AMOUNTS = ("area_m2", "households", "residents", "buildings")


def show(on: Desk) -> None:
    """Show the two plans, the figures and the table of what changes hands."""
    others = [int(plan_id) for plan_id in on.plans.index if plan_id != on.plan_id]
    if not others:
        st.info(text("nothing_to_compare"), icon=":material/info:")
        return
    with parts.choices():
        usual = on.based_on if on.based_on in others else others[-1]
        other = address.choice(
            "with", others, label=text("compare_with"), word=lambda plan_id: versions.label(on.plans, plan_id), default=usual
        )
        level = parts.level_switch(on.plan.grids)
    with parts.working():
        found, warnings = compared(on, other)
    parts.show_warnings(warnings)
    figures(found, level)
    moves = of_tier(found.moves, level)
    chosen = st.session_state.get("plan_moves_row")
    left, right = st.columns(2, gap="small")
    focus = None if chosen is None or chosen not in moves.index else moves.loc[[chosen]].dropna(subset="geometry")
    sides(on, other, level, moves, focus, (left, right))
    moves_table(moves)
    downloads(on, other, found, level)


def compared(on: Desk, other: int) -> tuple[Difference, list[GridmapWarning]]:
    """Return what the two plans differ in, and the warnings given on the way."""
    return _compared(on.mark(other), on.mark(), on.opened, on.newest(other), on.plan)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def _compared(
    old_mark: tuple,  # noqa: ARG001 - the keys
    new_mark: tuple,  # noqa: ARG001
    ground: state.Opened,
    _old: Plan,
    _new: Plan,
) -> tuple[Difference, list[GridmapWarning]]:
    return state.noted(lambda: plan.compare(_old, _new, buildings=counting.people(ground)))


def of_tier(moves: gpd.GeoDataFrame, level: int) -> gpd.GeoDataFrame:
    """Return what changes hands between the base grids of a level and between dedicated grids, the largest first."""
    rows = moves[((moves["kind"] == "dedicated") | (moves["level"] == level).fillna(value=False)).to_numpy(dtype=bool)]
    return rows[(rows["move"] != "sliver").to_numpy()].sort_values("area_m2", ascending=False, kind="stable")


def figures(found: Difference, level: int) -> None:
    """Show how many grids there are, what became of them, and the sums of what changes hands, of all there is."""
    totals = found.totals
    tier = totals[((totals["kind"] == "base") & (totals["level"] == level)).to_numpy(dtype=bool)].iloc[0]
    lang = address.lang()
    words = in_words(tier, lang)
    shown = [parts.Figure(text("grids_now"), f"{tier['grids_before']:,} → {tier['grids_after']:,}", (words,))]
    for name in ("area", "households", "residents", "buildings"):
        unit = "_m2" if name == "area" else ""
        if f"{name}_moved{unit}" not in tier:
            continue
        moved, whole = float(tier[f"{name}_moved{unit}"]), float(tier[f"{name}_before{unit}"])
        scale = 1e4 if name == "area" else 1
        word = text("moved_area") if name == "area" else text("moved", what=messages.term("amount", name, lang))
        digits = ",.2f" if name == "area" else ",.0f"
        share = f"{moved / whole:.2%}" if whole else "—"
        shown.append(parts.Figure(word, f"{moved / scale:{digits}}", (text("of_whole", whole=f"{whole / scale:,.0f}", share=share),)))
    parts.figures(shown[: parts.FIGURES_A_ROW])


def sides(on: Desk, other: int, level: int, moves: gpd.GeoDataFrame, focus: gpd.GeoDataFrame | None, places: tuple) -> None:
    """Show both plans, the old one on the left, with the ground that changes hands on both."""
    lang = address.lang()
    for place, plan_id, is_old in zip(places, (other, on.plan_id), (True, False), strict=True):
        with place:
            name = versions.label(on.plans, plan_id)
            st.markdown(f"**{text('old' if is_old else 'new')}** {parts.plain(name)}")
            component.show(
                [*mapping.context(on.opened, lang), *layers.side(on, plan_id, level, lang=lang, moves=moves, old=is_old)],
                key=f"plan_{'old' if is_old else 'new'}_map",
                title=str(on.plans["name"][plan_id]),
                lang=lang,
                focus=mapping.bounds(focus if focus is not None and len(focus) else moves.dropna(subset="geometry"))
                if len(moves)
                else None,
                options=component.Options(
                    tools=("measure",),
                    source=parts.source_name(on.opened, lang),
                    synthetic=on.opened.synthetic,
                    height=HEIGHT,
                    keep=on.kept("plan_old_map" if is_old else "plan_new_map"),
                    together="plans",
                ),
            )


def moves_table(moves: gpd.GeoDataFrame) -> None:
    """List what changes hands; choosing a row moves both maps there."""
    if moves.empty:
        st.success(text("no_difference"), icon=":material/check_circle:")
        return
    lang = address.lang()
    measures = [name for name in AMOUNTS if name in moves]
    table = moves.assign(area_m2=moves["area_m2"].round())
    columns: dict[str, parts.Heading] = {
        "from_code": messages.text("maps.move_from", lang),
        "to_code": messages.text("maps.move_to", lang),
        "move": messages.text("maps.move_kind", lang),
    }
    columns |= {name: st.column_config.NumberColumn(messages.term("amount", name, lang), format="localized") for name in measures}
    st.caption(text("choose_move", count=len(moves)))
    row = parts.choose_row(table, columns, name="plan_moves", words={"move": "move"}, height=320)
    label = None if row is None else moves.index[row]
    if label != st.session_state.get("plan_moves_row"):
        st.session_state["plan_moves_row"] = label
        st.rerun()


def downloads(on: Desk, other: int, found: Difference, level: int) -> None:
    """Offer the report of the difference, and its table."""
    lang = address.lang()
    with st.container(horizontal=True, gap="medium"):
        st.download_button(
            text("report"),
            lambda: written(on, other, found, level, lang),
            file_name="comparison.html",
            mime="text/html",
            key="plan_comparison",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        parts.downloads(found.grids, "plan_difference")


def written(on: Desk, other: int, found: Difference, level: int, lang: str) -> str:
    """Return the report of a difference as one offline page."""
    names = {plan_id: str(on.plans["name"][plan_id]) for plan_id in (other, on.plan_id)}
    about = report.About(
        lang=lang,
        title=messages.text("cli.compare_title", lang, old=names[other], new=names[on.plan_id]),
        source=parts.source_name(on.opened, lang),
        context=mapping.context(on.opened, lang),
        synthetic=on.opened.synthetic,
    )
    return report.comparison(found, on.newest(other).grids, on.plan.grids, about=about, level=level)

"""What a planner asks of a design: the area, the band or the number of grids, what counts how much, what stays."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import streamlit as st

from gridmap import messages
from gridmap.partition import Goal
from gridmap.ui import address, parts
from gridmap.ui.designing.ground import Ground, Task
from gridmap.ui.planning import counting
from gridmap.ui.planning.tools import named

ALL, PICKED = "all", "picked"
WEIGHTS = ("balance", "border", "compactness", "streets")
MOST_HOUSEHOLDS = 100_000
STABILITY = 0.5
LOAD = "load_min"
LOAD_TOLERANCE = 0.25
NESTED, UNFIT = "nested", "unfit"  # choices that a remedy makes


@dataclass(frozen=True)
class Asked:
    """What was asked, as the page shows it; `upper`: the lowest level of upper grids that stay as they are, 0 for none."""

    area: str
    codes: tuple[str, ...]
    band: tuple[int, int] | None
    grids: int | None
    tolerance: float
    weights: tuple[float, ...]
    own_bands: bool
    with_load: bool
    stability: float
    locks: tuple[str, ...]
    upper: int
    spares: bool
    seed: int
    grown: int = 0

    @property
    def whole(self) -> bool:
        """Whether every grid is drawn anew."""
        return self.area == ALL


def text(key: str, **values: object) -> str:
    """Return the text `designing.<key>` in the language of this view."""
    return messages.text(f"designing.{key}", address.lang(), **values)


def area_choice(ground: Ground) -> str:
    """Show the areas: everything, grids picked one by one, an upper grid; return the one chosen."""
    grids = ground.plan.grids

    def word(area: str) -> str:
        return text(f"area.{area}") if area in (ALL, PICKED) else named(grids, area)

    return address.choice("area", (ALL, PICKED, *ground.upper), label=text("area"), word=word)


def area_codes(ground: Ground, area: str) -> list[str]:
    """Return the lowest grids that are drawn anew."""
    if area == ALL:
        return ground.tier.index.tolist()
    if area == PICKED:
        grids = ground.plan.grids
        codes = ground.tier.index.tolist()
        return address.several("picked", codes, label=text("picked"), word=lambda code: named(grids, code), example=text("none_chosen"))
    return ground.below(area)


def ask(ground: Ground, area: str, codes: list[str], growth: Callable[[], None]) -> Asked:
    """Show what can be asked, and return it; `growth` shows what changes households."""
    units = units_of(ground, area, codes)
    by = address.choice("by", ("band", "number"), label=text("by"), word=lambda name: text(f"by.{name}"), buttons=True)
    band, grids, tolerance = None, None, 0.05
    left, right = st.columns(2, gap="small")
    if by == "band":
        usual = counting.band(ground.plan)
        low, high = counting.BAND if usual is None else (int(usual.low), int(usual.high))
        with left:
            least = address.amount("low", label=text("low"), least=0, most=MOST_HOUSEHOLDS, default=low, step=10)
        with right:
            most = address.amount("high", label=text("high"), least=1, most=MOST_HOUSEHOLDS, default=high, step=10)
        band = (int(least or 0), int(most or 0))
    else:
        with left:
            count = address.amount(
                "grids",
                label=text("grids"),
                least=1,
                most=max(len(units), 1),
                default=None,
                step=1,
                example=text("as_now", count=len(codes)),
            )
        with right:
            percent = address.amount("off", label=text("tolerance"), least=1, most=50, default=5, step=1)
        grids, tolerance = int(count or max(len(codes), 1)), (percent or 5) / 100
    stability = address.amount(
        "stability",
        label=text("stability"),
        least=0.0,
        most=1.0,
        default=STABILITY,
        step=0.05,
        slider=True,
        explained=text("stability_help"),
    )
    upper = upper_choice(ground)
    grids_of = ground.plan.grids
    locks = address.several(
        "locks",
        codes,
        label=text("locks"),
        word=lambda code: named(grids_of, code),
        explained=text("locks_help"),
        example=text("none_chosen"),
    )
    folds = st.container(horizontal=True, gap="small")
    with folds.popover(text("growth_of", count=ground.grown_units) if ground.grown else text("growth"), icon=":material/trending_up:"):
        growth()
    with folds.popover(text("further"), icon=":material/tune:"):
        weights = tuple(
            float(
                address.amount(
                    f"weight_{name}", label=text(f"weight.{name}"), least=0.0, most=4.0, default=1.0, step=0.25, slider=True,
                    explained=text(f"weight.{name}.help"),
                )
                or 0.0
            )
            for name in WEIGHTS
        )  # fmt: skip
        own = has_bands(ground.units) and by == "band" and _toggle("own_bands")
        load = LOAD in ground.units and _toggle("with_load")
        spares = upper > 0 and by == "band" and not _toggle(UNFIT)
        seed = address.amount("seed", label=text("seed"), least=0, most=10_000, default=0, step=1, explained=text("seed_help"))
    return Asked(
        area,
        tuple(codes),
        band,
        grids,
        tolerance,
        weights,
        own,
        load,
        float(stability or 0.0),
        tuple(locks),
        upper,
        spares,
        int(seed or 0),
        ground.grown_units,
    )


def upper_choice(ground: Ground) -> int:
    """Let upper grids stay as they are, all of them or those from a level up; return the lowest level that does, 0 for none."""
    *upper, _ = ground.plan.levels
    if not upper:
        return 0
    names = ("yes", *(str(level) for level in upper[:-1][::-1]), "no")

    def word(name: str) -> str:
        return text(f"nested.{name}") if name in ("yes", "no") else text("nested.level", level=name)

    chosen = address.choice(NESTED, names, label=text("nested"), word=word, buttons=True)
    return {"yes": int(upper[-1]), "no": 0}[chosen] if chosen in ("yes", "no") else int(chosen)


def _toggle(name: str) -> bool:
    """Show a choice that is made at first."""
    chosen = address.choice(name, ("yes", "no"), label=text(name), word=lambda word: text(f"{name}.{word}"), buttons=True)
    return chosen == "yes"


def has_bands(units: gpd.GeoDataFrame) -> bool:
    """Tell whether units have bands of their own."""
    return {"band_low", "band_high"} <= set(units.columns) and bool(units[["band_low", "band_high"]].notna().any().any())


def units_of(ground: Ground, area: str, codes: list[str]) -> gpd.GeoDataFrame:
    """Return the units that are assigned anew."""
    return ground.units if area == ALL else ground.units[ground.keep.isin(codes).to_numpy()]


def task(ground: Ground, asked: Asked) -> Task:
    """Return what `partition` is asked."""
    units = units_of(ground, asked.area, list(asked.codes)).copy()
    if asked.band is not None and not asked.own_bands:
        units = units.drop(columns=["band_low", "band_high"], errors="ignore")
    keep = ground.keep[units.index]
    edges = ground.edges[(ground.edges["left"].isin(units.index) & ground.edges["right"].isin(units.index)).to_numpy()]
    balance, border, compactness, streets = asked.weights
    goal = Goal(
        balance=balance,
        border=border,
        compactness=compactness,
        streets=streets,
        quantities={LOAD: LOAD_TOLERANCE} if asked.with_load else {},
        locks=asked.locks,
    )
    options = {
        "grids": asked.grids,
        "households": asked.band,
        "tolerance": asked.tolerance,
        "goal": goal,
        "stability": asked.stability,
        "within": ground.above(keep, asked.upper) if asked.upper else None,
        "seed": asked.seed,
    }
    return Task(units, edges, keep, ground.plan, options, asked.spares)


def heading(asked: Asked) -> str:
    """Return in a few words what was asked."""
    what = text("asked.band", low=asked.band[0], high=asked.band[1]) if asked.band else text("asked.grids", count=asked.grids or 0)
    grown = text("asked.grown", count=asked.grown) if asked.grown else ""
    return grown + text("asked", what=what, stability=f"{asked.stability:.2f}".rstrip("0").rstrip("."), count=len(asked.codes))


def units_on_map(ground: Ground, grids: tuple[str, ...], units: tuple[str, ...]) -> list[str]:
    """Return the units chosen on the map, those of chosen grids among them."""
    chosen = ground.units.index.isin(units) | ground.keep.isin(grids).to_numpy()
    return ground.units.index[chosen].tolist()


def picked_on_map(ground: Ground, grids: tuple[str, ...], units: tuple[str, ...]) -> list[str]:
    """Return the lowest grids chosen on the map, those of chosen units among them."""
    of_units = ground.keep[ground.keep.index.isin(units)].dropna().astype("str").tolist()
    return [code for code in dict.fromkeys([*grids, *of_units]) if code in ground.tier.index]


def pickers(ground: Ground, codes: list[str], chosen: list[str]) -> None:
    """Let grids chosen on the map be the area, or be locked."""
    if not chosen:
        st.caption(text("pick_help"))
        return
    with st.container(horizontal=True, gap="small"):
        st.button(text("redraw_these", count=len(chosen)), key="design_pick", icon=":material/select:", on_click=_pick, args=(chosen,))
        lockable = [code for code in chosen if code in set(codes)]
        if lockable:
            st.button(text("lock_these", count=len(lockable)), key="design_lock", icon=":material/lock:", on_click=_lock, args=(lockable,))
    columns = {
        "grid_code": parts.text("column.grid_code"),
        "name": parts.text("column.name"),
        "households": parts.text("metric.households"),
    }
    parts.chosen_rows(ground.tier, {name: word for name, word in columns.items() if name in (*ground.tier, "grid_code")}, chosen)


def _pick(codes: list[str]) -> None:
    address.choose("area", PICKED)
    st.session_state["picked"] = codes


def _lock(codes: list[str]) -> None:
    st.session_state["locks"] = list(dict.fromkeys([*st.session_state.get("locks", []), *codes]))

"""What would mend a design that cannot be: each remedy one click, which changes what is asked and designs again."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from gridmap import messages
from gridmap.errors import GridmapError, InfeasibleError
from gridmap.ui import address, parts
from gridmap.ui.designing import asking
from gridmap.ui.designing.asking import Asked, text
from gridmap.ui.designing.ground import Ground

Begin = Callable[[Asked], None]


def show(ground: Ground, asked: Asked, error: GridmapError, begin: Begin) -> None:
    """Say why there is no answer; where upper grids are the cause, offer what would mend that, and list them.

    Parameters
    ----------
    ground, asked
        What was asked of what.
    begin
        Begins a design.
    """
    if not isinstance(error, InfeasibleError) or not error.parents:
        st.error(parts.plain(error.text(address.lang())), icon=":material/block:")
        return
    st.error(parts.plain(messages.text(f"errors.{error.key}", address.lang(), **told(error))), icon=":material/block:")
    st.markdown(f"**{text('remedies')}**")
    with st.container(gap="small"):
        for name, (choices, changed) in _remedies(ground, asked, error).items():
            label = text(f"remedy.{name}", count=len(error.parents), **_band(changed))
            st.button(label, key=f"design_remedy_{name}", icon=":material/build:", on_click=_take, args=(choices, changed, begin))
    with st.expander(text("unfit_grids", count=len(error.parents)), icon=":material/table_rows:"):
        columns: dict[str, parts.Heading] = {name: text(f"grid.{name}") for name in ("grid_code", "name", "households", "grids", "misfit")}
        parts.table(unfit(ground, asked, error), columns, name="design_unfit", height=280)


def told(error: InfeasibleError) -> dict[str, object]:
    """Return the fields of the sentence; what the list and the buttons say stands there alone."""
    values = error.values  # noqa: PD011 - fields of its text
    cause = values.get("cause")
    return {**values, "cause": cause.text(address.lang()).removeprefix(text("no_answer")) if isinstance(cause, GridmapError) else ""}


def _remedies(ground: Ground, asked: Asked, error: InfeasibleError) -> dict[str, tuple[dict[str, object], Asked]]:
    """Return the remedies by name: what the widgets say then, and what is asked."""
    found: dict[str, tuple[dict[str, object], Asked]] = {
        "spare": ({asking.UNFIT: "no"}, replace(asked, spares=True)),
        "follow": ({asking.NESTED: "no"}, replace(asked, upper=0)),
    }
    if asked.upper > ground.plan.levels[0]:
        upper = asked.upper - 1
        found["level"] = ({asking.NESTED: str(upper)}, replace(asked, upper=upper))
    low, high = (error.values.get(name) for name in ("fit_low", "fit_high"))  # noqa: PD011 - fields of its text
    if isinstance(low, float) and isinstance(high, float):
        found["band"] = ({"low": int(low), "high": int(high)}, replace(asked, band=(int(low), int(high))))
    if asked.band is None or asked.spares:
        del found["spare"]
    return found


def _band(asked: Asked) -> dict[str, int]:
    low, high = asked.band or (0, 0)
    return {"low": low, "high": high, "level": asked.upper}


def _take(choices: dict[str, object], asked: Asked, begin: Begin) -> None:
    for name, value in choices.items():
        address.choose(name, value)
    begin(asked)


def unfit(ground: Ground, asked: Asked, error: InfeasibleError) -> pd.DataFrame:
    """Return the upper grids for which there is no answer: households, and how far these are from what whole grids may have."""
    above = ground.above(ground.keep, asked.upper)
    inside = above.isin(error.parents).to_numpy()
    sums = pd.to_numeric(ground.units["households"], errors="coerce")[inside].groupby(above[inside].astype("str")).sum()
    found = pd.DataFrame({"name": ground.plan.grids["name"].reindex(sums.index), "households": sums.astype("int64")})
    found["grids"] = ground.keep[inside].groupby(above[inside].astype("str")).nunique()
    if asked.band is not None:
        low, high = asked.band
        fewer = (found["households"] // max(low, 1)).astype("int64")
        lacking, surplus = low * (fewer + 1) - found["households"], found["households"] - high * fewer
        found["misfit"] = [misfit(*row) for row in zip(fewer, surplus, lacking, strict=True)]
    return found.rename_axis("grid_code")


def misfit(fewer: int, surplus: int, lacking: int) -> str:
    """Return in words what is too much for some grids and too little for one more."""
    if surplus <= 0:
        return text("misfit.shape")
    return text("misfit.between" if fewer else "misfit.small", fewer=fewer, more=fewer + 1, surplus=surplus, lacking=lacking)

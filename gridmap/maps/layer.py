"""What a map is made of: a layer with its data, its legend and its place in the drawing order."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.maps.geometry import Bounds, Feature, Packed

if TYPE_CHECKING:
    from gridmap.maps.element import DrawnLayer

Style = dict[str, str | float | bool]
Cell = str | list[str] | None

# What only the application's map reads: a page for a file carries none of it.
LIVE_KEYS = ("ids", "labels", "minutes", "totals")

# Drawn from bottom to top; the first three never take the pointer.
ROLES = ("basemap", "context", "heat", "theme", "grids", "dedicated", "events", "findings")


@dataclass(frozen=True)
class Entry:
    """One line of a legend: a sample of the style (`area`, `line` or `point`), a text, how many features have it.

    A point looks as its style says: `shape` is one of `palette.SHAPES`, a circle where it has none.
    """

    label: str
    style: Style
    n: int | None = None
    shape: str = "area"

    def as_data(self) -> dict:
        """Return what the drawing script reads."""
        count = None if self.n is None else f"{self.n:,}"
        return {"label": self.label, "style": self.style, "n": count, "shape": self.shape}


@dataclass(frozen=True)
class Legend:
    """The legend of one layer: its lines, the unit of its numbers, what `n` counts, a remark."""

    entries: tuple[Entry, ...]
    unit: str = ""
    counted: str = ""
    note: str = ""

    def as_data(self) -> dict:
        """Return what the drawing script reads."""
        entries = [entry.as_data() for entry in self.entries]
        return {"entries": entries, "unit": self.unit, "counted": self.counted, "note": self.note}


@dataclass(frozen=True)
class Layer:
    """One layer of a map: a folium element and its legend.

    Attributes
    ----------
    name
        Heading in the layer panel.
    role
        One of `ROLES`: its place in the drawing order. Of several themes one is shown at a time.
    data
        What the drawing scripts read; JSON values only. Beside geometry, styles, card fields and columns it may hold, one value a feature:
        `ids` (the row's index as text; a dot of several events has a list), `labels` (a short name, None for none), `minutes` (of each
        event of a dot, since 1970 in UTC) and `totals` (field -> numbers that may be summed).
    parts
        Packed geometry by fingerprint, empty for a picture.
    bounds
        West, south, east, north in degrees, None when the layer is empty.
    legend
        Its part of the legend.
    shown
        Whether it is visible when the page opens.
    """

    name: str
    role: str
    data: dict = field(repr=False)
    parts: dict[str, list[Feature | None]] = field(repr=False)
    bounds: Bounds | None
    legend: Legend
    shown: bool = True

    def hidden(self) -> "Layer":
        """Return the same layer, off when the page opens."""
        return replace(self, shown=False)

    def with_totals(self, values: Mapping[str, pd.Series]) -> "Layer":
        """Return the same layer with further numbers that a selection on the application's map sums.

        Parameters
        ----------
        values
            Heading -> numbers on the ids of the layer's features; a feature without one counts nothing.
        """
        ids = pd.Index(self.data["ids"])
        further = {heading: numbers(column.set_axis(column.index.astype(str)).reindex(ids)) for heading, column in values.items()}
        return replace(self, data={**self.data, "totals": {**self.data.get("totals", {}), **further}})

    def element(self) -> "DrawnLayer":
        """Return a new folium element; add it to any folium map."""
        from gridmap.maps.element import DrawnLayer

        place = {"role": self.role, "order": ROLES.index(self.role), "name": self.name, "shown": self.shown}
        data = {name: value for name, value in self.data.items() if name not in LIVE_KEYS}
        return DrawnLayer({**data, **place, "legend": self.legend.as_data()}, self.parts, self.bounds)


def shapes(
    packed: Packed,
    styles: Sequence[Style],
    style: np.ndarray,
    *,
    card: dict[str, list[Cell]] | None = None,
    silent: Sequence[int] = (),
    over: Sequence[int] = (),
    further: dict | None = None,
) -> dict:
    """Return the data of a layer of shapes.

    Parameters
    ----------
    packed
        Geometry of the n features.
    styles
        The styles in use.
    style
        Shape (n,): which of them each feature has.
    card
        What a feature shows when pointed at or clicked: field -> n texts (a list is one line each).
    silent
        Styles whose features say nothing.
    over
        Styles whose features answer the pointer even where a theme lies beneath.
    further
        What the application's map reads beside all this: see `Layer.data`.
    """
    fields = card or {}
    return {
        "geometry": list(packed.keys),
        "styles": list(styles),
        "style": [int(number) for number in style],
        "fields": list(fields),
        "columns": list(fields.values()),
        "silent": list(silent),
        "over": list(over),
        **(further or {}),
    }


def numbers(values: pd.Series) -> list[float | None]:
    """Return the values as JSON numbers, None where there is none."""
    known = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan).tolist()
    return [None if math.isnan(value) else round(value, 6) for value in known]


def written(values: pd.Series, *, absent: str = "") -> list[Cell]:
    """Write values as a person reads them: whole numbers with separators, others with three figures, times to the minute."""
    return [absent if missing else _written(value) for value, missing in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _written(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | pd.Timestamp):
        return str(value)
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.3f}" if abs(value) >= 1 else f"{value:.3g}"

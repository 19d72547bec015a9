"""What a map may have beside its layers: tools, furniture, events that arrive, a slider over time, layers too large for a document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from gridmap.maps import Bounds, palette
from gridmap.maps.layer import ROLES

HEIGHT = 560
TOOLS = ("box", "lasso", "brush", "point", "line", "polygon", "edit", "measure")
MOST_CLICKED, LONGEST_ID = 100, 200  # of live events, whose ids cannot be checked here
STYLES = ("light", "dark", "print")
MARK_LENGTH = 12  # of the digest that begins the ids of rows


@dataclass(frozen=True)
class Live:
    """Events that arrive while the map is open.

    Attributes
    ----------
    url
        Address path of the stream of server-sent events: `/gridmap/live`, with a query where earlier events are wanted too.
    categories, states
        Codes and the words for them, in the order shown, "—" for events without one; codes that are not among them appear under their
        own name.
    marks
        Colour and shape of each of `categories`; what is left over goes to those that are not among them, the last one to all beyond.
    since_minutes
        How old an event may be: one that grows older leaves the map; 0 for any age.
    ages
        The ages that the reader may choose from, up to that one: minutes (0 for any age) and the words for them. Without them there is no
        choice.
    clock_ms
        Where the project's clock stands, in milliseconds since 1970 (UTC): newer events alone move it on. None for the server's clock.
    """

    url: str
    categories: tuple[tuple[str, str], ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    since_minutes: int = 60 * 24
    marks: Sequence[dict[str, str]] = field(default_factory=palette.marks)
    ages: tuple[tuple[int, str], ...] = ()
    clock_ms: int | None = None
    name = role = "live"

    def known(self, ids: Sequence[object]) -> tuple[str, ...]:
        """Return what could be ids of events: which there are only the page's caller knows."""
        return tuple(dict.fromkeys(entry for entry in ids[:MOST_CLICKED] if isinstance(entry, str) and 0 < len(entry) <= LONGEST_ID))

    def as_data(self) -> dict[str, Any]:
        """Return what the component reads."""
        words = {"categories": [list(pair) for pair in self.categories], "states": [list(pair) for pair in self.states]}
        limits = {"since_minutes": self.since_minutes, "ages": [list(pair) for pair in self.ages], "clock_ms": self.clock_ms}
        return {"url": self.url, **words, **limits, "marks": list(self.marks)}


@dataclass(frozen=True)
class Bins:
    """Events too many for the page: exact counts by square, or the events themselves where few are in view.

    Attributes
    ----------
    key
        Their address below `/gridmap/bins/`.
    name
        Heading in the panel.
    categories
        The words for their categories, in the order in which they were published.
    codes
        The id of each row of the events; stays in Python. Without them a click on an event tells nothing.
    note
        A remark below the counts.
    bounds
        West, south, east, north in degrees: part of the map's first look.
    said
        Address of their cards below `/gridmap/cards/`; "" for none.
    """

    key: str
    name: str
    categories: tuple[str, ...] = ()
    codes: Sequence[object] = field(default=(), repr=False)
    note: str = ""
    bounds: Bounds | None = None
    said: str = ""
    role = "events"

    def as_data(self) -> dict[str, Any]:
        """Return what the component reads."""
        return {
            "key": self.key,
            "name": self.name,
            "categories": list(self.categories),
            "marks": palette.marks(),
            "note": self.note,
            "told": len(self.codes) > 0,
            "said": self.said,
            "mark": self.mark,
        }

    @property
    def mark(self) -> str:
        """What the ids of rows begin with, so that a row of other events is not taken for one of these."""
        return self.key[:MARK_LENGTH]

    def known(self, ids: Sequence[object]) -> tuple[str, ...]:
        """Return the ids of those rows that exist."""
        return _by_row(self.codes, self.mark, ids)


@dataclass(frozen=True)
class Tiles:
    """Polygons too many for one document: vector tiles, coloured by the attribute `style` of each feature, whose number is its row.

    Attributes
    ----------
    key
        Their address below `/gridmap/tiles/`.
    name
        Heading in the panel.
    codes
        The id of each row; stays in Python.
    styles
        The styles in use, as in `maps.Layer`.
    legend
        As `maps.layer.Legend.as_data` returns it; None for none.
    source_layer
        Name of the layer inside the tiles.
    role
        "theme", "grids" or "dedicated": its place in the drawing order.
    silent, over
        Styles whose features say nothing, and styles whose features answer the pointer even where a theme lies beneath.
    bounds
        West, south, east, north in degrees: part of the map's first look.
    near
        From which zoom on a grid is wide enough for its border: from afar there are only colours.
    said
        Address of cards and places below `/gridmap/cards/` and `/gridmap/anchors/`; "" for none: then areas are clicked, but not selected.
    """

    key: str
    name: str
    codes: Sequence[str] = field(repr=False)
    styles: tuple[dict, ...]
    legend: dict | None = None
    source_layer: str = "grids"
    role: str = "theme"
    silent: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    bounds: Bounds | None = None
    near: float = 0.0
    said: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return what the component reads."""
        return {
            "key": self.key,
            "name": self.name,
            "styles": list(self.styles),
            "legend": self.legend,
            "source_layer": self.source_layer,
            "role": self.role,
            "order": ROLES.index(self.role),
            "silent": list(self.silent),
            "over": list(self.over),
            "near": self.near,
            "said": self.said,
            "mark": self.mark,
        }

    @cached_property
    def mark(self) -> str:
        """What the ids of rows begin with, so that a row of other grids is not taken for one of these."""
        return sha256("\x1f".join(map(str, self.codes)).encode("utf-8", "replace")).hexdigest()[:MARK_LENGTH]

    def known(self, ids: Sequence[object]) -> tuple[str, ...]:
        """Return the codes of those rows that exist."""
        return _by_row(self.codes, self.mark, ids)


def _by_row(codes: Sequence[object], mark: str, ids: Sequence[object]) -> tuple[str, ...]:
    """Return the codes of ids as the browser writes them, the mark, a dot and the row; what is no row is left out."""
    begin = f"{mark}."
    rows = [entry.removeprefix(begin) for entry in ids if isinstance(entry, str) and entry.startswith(begin)]
    numbers = dict.fromkeys(int(row) for row in rows if row.isdecimal() and row.isascii() and len(row) < 10)
    return tuple(str(codes[number]) for number in numbers if number < len(codes))


@dataclass(frozen=True)
class Time:
    """A slider over the times of the event layers: both ends in minutes since 1970 (UTC), and the length of its window; 0 for all."""

    first: int
    last: int
    window: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return what the component reads."""
        return {"first": self.first, "last": self.last, "window": self.window}


@dataclass(frozen=True)
class Options:
    """What a map has beside its layers; all of it may be left out.

    Attributes
    ----------
    tools
        Any of `TOOLS`, in the order of the toolbar.
    source, period, synthetic
        Where the data come from, which time they cover, whether they are invented: furniture and pictures say so.
    height
        Pixels, or a length as CSS writes it.
    style
        "light", "dark" or "print" at first; "" goes with the ground of the page.
    snap
        Name of the layer whose borders drawn lines snap to; "" for none.
    drawn
        Points, lines and polygons to be changed, a GeoJSON FeatureCollection in EPSG:4326; whenever it changes it takes the place of what
        is drawn. None for nothing.
    fresh
        Whenever this changes, what was drawn and chosen goes: Python has used it.
    keep
        Name under which the tab of the browser keeps what is drawn and chosen, the tool in hand and the view over a reload; "" for not at
        all.
    together
        Name of the maps of a page that pan and zoom together; "" for none.
    live, time, bins, tiles
        See the classes of these names.
    """

    tools: tuple[str, ...] = ("box", "lasso", "brush")
    source: str = ""
    period: str = ""
    synthetic: bool = False
    height: int | str = HEIGHT
    style: str = ""
    snap: str = ""
    drawn: dict | None = None
    fresh: str = ""
    keep: str = ""
    together: str = ""
    live: Live | None = None
    time: Time | None = None
    bins: Bins | None = None
    tiles: Tiles | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what the component reads."""
        further = {"live": self.live, "time": self.time, "bins": self.bins, "tiles": self.tiles}
        return {
            "tools": [tool for tool in self.tools if tool in TOOLS],
            "height": self.height if isinstance(self.height, str) else f"{self.height}px",
            "style": self.style if self.style in STYLES else "",
            "snap": self.snap,
            "drawn": self.drawn,
            "fresh": self.fresh,
            "keep": self.keep,
            "together": self.together,
            **{name: None if extra is None else extra.as_data() for name, extra in further.items()},
        }

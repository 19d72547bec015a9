"""What every report shares: what it is about, the template with escaping on, tables as plain values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import geopandas as gpd
import numpy as np
from jinja2 import Environment, PackageLoader

from gridmap import maps, messages

Texts = Callable[..., str]
ROOM = 0.6  # of the width and height of a place, on each side


@dataclass(frozen=True)
class About:
    """What a report says of itself.

    Attributes
    ----------
    lang
        "zh" or "en".
    title
        Heading; a plain one when empty.
    source
        Where the data come from.
    synthetic
        Whether to mark it as made from synthetic data.
    context
        Layers beneath the map's own, such as `maps.context_layer`.
    """

    lang: str
    title: str = ""
    source: str = ""
    synthetic: bool = False
    context: Sequence[maps.Layer] = ()

    @property
    def texts(self) -> Texts:
        """Return `messages.text` in this language."""
        return partial(_text, self.lang)


@dataclass(frozen=True)
class Row:
    """One row of a table of counts: what, how many, its share, and a bar relative to the largest row."""

    label: str
    n: int
    share: float
    bar: float


def counted(pairs: Sequence[tuple[str, int]]) -> list[Row]:
    """Return rows with shares of their sum and bars relative to the largest."""
    total = sum(n for _, n in pairs)
    largest = max((n for _, n in pairs), default=0)
    return [Row(label, n, n / total if total else 0.0, n / largest if largest else 0.0) for label, n in pairs]


def facts(about: About, period: str) -> str:
    """Return the line under the heading: period and source, as far as they are known."""
    t = about.texts
    parts = [t("period", period=period)] if period else []
    return " · ".join([*parts, t("source", source=about.source)] if about.source else parts)


def data_notes(about: About, total: int, unlocated: int, outside: int | None) -> list[str]:
    """Return what the reader must know of the data; `outside` counts located events in no grid, None where that does not matter."""
    t = about.texts
    lines = [t("data_events", n=f"{total:,}", unlocated=f"{unlocated:,}")]
    lines += [] if outside is None else [t("data_outside", outside=f"{outside:,}")]
    lines.append(t("data_reported"))
    lines += [t("data_source", source=about.source)] if about.source else []
    return lines + ([t("data_synthetic")] if about.synthetic else [])


def around(places: gpd.GeoSeries) -> np.ndarray:
    """Return the view of each place in degrees: its box with room around it, so that its neighbours are seen."""
    boxes = places.to_crs(4326).bounds.to_numpy()
    return np.asarray(boxes + ROOM * np.tile(boxes[:, 2:] - boxes[:, :2], 2) * [-1, -1, 1, 1])


def box(bounds: np.ndarray) -> str:
    """Write bounds for a button that zooms to them; nothing where there is no geometry."""
    return "" if np.isnan(bounds).any() else ",".join(f"{value:.6f}" for value in bounds)


def rendered(template: str, about: About, **values: object) -> str:
    """Fill one of the templates of this package; every text is escaped."""
    return _environment().get_template(template).render(t=about.texts, about=about, **values)


def _text(lang: str, key: str, **values: object) -> str:
    return messages.text(f"report.{key}", lang, **values)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("gridmap.report", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)

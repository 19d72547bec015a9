"""What a person chose on the map, read from what the browser sent: nothing in it is believed before it is checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_IDS = 200_000
FURTHEST = 1e6
MOST_DRAWN = 500
MOST_VERTICES = 50_000
_DEPTH = {"Point": 0, "LineString": 1, "Polygon": 2}


class HasIds(Protocol):
    """A layer as far as choosing in it goes."""

    @property
    def name(self) -> str:
        """Heading in the panel."""

    @property
    def role(self) -> str:
        """Place in the drawing order."""

    def known(self, ids: Sequence[object]) -> tuple[str, ...]:
        """Return those ids, or the ids of those rows, that the layer has."""


@dataclass(frozen=True)
class Clicked:
    """A feature that was clicked: its layer's name and role, and its ids (several where one dot holds several events).

    Of a live event (role "live") the id is what the browser says: look it up before it is used.
    """

    layer: str
    role: str
    ids: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id, the first of several."""
        return self.ids[0]


@dataclass(frozen=True)
class Selection:
    """The state of a map.

    Attributes
    ----------
    clicked
        The feature clicked last, None where the last click met nothing.
    layer, role, codes
        Name and role of the layer and the ids chosen in it by box, lasso, brush or clicks with the control key; "" and empty when none is.
    drawn
        What was drawn, a GeoJSON FeatureCollection in EPSG:4326 of points, lines and polygons; None when nothing is.
    view
        Longitude, latitude and zoom at the last action; None before the first.
    turn
        Number of actions so far: it grows with every click, selection or drawing, so that a page can tell a new one.
    """

    clicked: Clicked | None = None
    layer: str = ""
    role: str = ""
    codes: tuple[str, ...] = ()
    drawn: dict | None = None
    view: tuple[float, float, float] | None = None
    turn: int = 0

    def ids(self, *roles: str) -> tuple[str, ...]:
        """Return the ids chosen in layers of these roles by box, lasso or brush; where none is, those of the feature clicked last."""
        if self.codes and self.role in roles:
            return self.codes
        return self.clicked.ids if self.clicked is not None and self.clicked.role in roles else ()


def read(state: object, layers: Sequence[HasIds]) -> Selection:
    """Return the selection that the browser's state describes; whatever is not as it should be is left out.

    Parameters
    ----------
    state
        What the browser sent: any JSON value.
    layers
        The layers on the map: only their ids count.
    """
    if not isinstance(state, Mapping):
        return Selection()
    known = {(layer.role, layer.name): layer for layer in layers}
    clicked = _chosen(state.get("clicked"), known)
    picked = _chosen(state.get("picked"), known)
    turn = state.get("turn")
    return Selection(
        clicked=None if clicked is None or not clicked[1] else Clicked(clicked[0].name, clicked[0].role, clicked[1]),
        layer=picked[0].name if picked is not None and picked[1] else "",
        role=picked[0].role if picked is not None and picked[1] else "",
        codes=picked[1] if picked is not None else (),
        drawn=_drawn(state.get("drawn")),
        view=_view(state.get("view")),
        turn=turn if isinstance(turn, int) and not isinstance(turn, bool) and 0 <= turn < 2**53 else 0,
    )


def _chosen(value: object, known: Mapping[tuple[str, str], HasIds]) -> tuple[HasIds, tuple[str, ...]] | None:
    """Return the layer and those ids that it has."""
    if not isinstance(value, Mapping):
        return None
    role, name, ids = value.get("role"), value.get("layer"), value.get("ids")
    if not isinstance(role, str) or not isinstance(name, str) or (role, name) not in known:
        return None
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        return None
    layer = known[role, name]
    return layer, layer.known(ids)


def _view(value: object) -> tuple[float, float, float] | None:
    if not isinstance(value, list) or len(value) != 3 or not all(_is_number(number) for number in value):
        return None
    longitude, latitude, zoom = (float(number) for number in value)
    return (longitude, latitude, zoom) if _on_earth([longitude, latitude]) and 0 <= zoom <= 30 else None


def _drawn(value: object) -> dict | None:
    """Return the drawn features, rebuilt from their coordinates alone."""
    features = value.get("features") if isinstance(value, Mapping) else None
    if not isinstance(features, list) or not 0 < len(features) <= MOST_DRAWN:
        return None
    budget = [MOST_VERTICES]
    kept = []
    for feature in features:
        shape = feature.get("geometry") if isinstance(feature, Mapping) else None
        kind = shape.get("type") if isinstance(shape, Mapping) else None
        if not isinstance(shape, Mapping) or not isinstance(kind, str) or kind not in _DEPTH:
            continue
        places = _places(shape.get("coordinates"), _DEPTH[kind], budget)
        if places is not None and _is_whole(kind, places):
            kept.append({"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": places}})
    return {"type": "FeatureCollection", "features": kept} if kept else None


def _places(value: object, depth: int, budget: list[int]) -> list | None:
    """Return nested coordinates with plain numbers, None where something is wrong anywhere."""
    if not isinstance(value, list):
        return None
    if depth == 0:
        budget[0] -= 1
        sound = len(value) in (2, 3) and all(_is_number(number) for number in value) and _on_earth(value)
        return [float(value[0]), float(value[1])] if sound and budget[0] >= 0 else None
    if not value or len(value) > MOST_VERTICES:
        return None
    result = []
    for entry in value:
        place = _places(entry, depth - 1, budget)
        if place is None:
            return None
        result.append(place)
    return result


def _is_whole(kind: str, places: list) -> bool:
    """Tell whether a line has two vertices and every ring four, the last equal to the first."""
    if kind == "Polygon":
        return all(len(ring) >= 4 and ring[0] == ring[-1] for ring in places)
    return kind == "Point" or len(places) >= 2


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FURTHEST  # false for what is no number


def _on_earth(place: Sequence[float]) -> bool:
    return -180 <= place[0] <= 180 and -90 <= place[1] <= 90

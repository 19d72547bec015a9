"""Layers on their way to the browser: each becomes one JSON document without geometry, its geometry one for each fingerprint."""

import hashlib
import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from threading import Lock

from gridmap.maps.layer import ROLES, Layer
from gridmap.ui.component.served import KEPT, Kept


@dataclass(frozen=True)
class Published:
    """A layer that the server answers with.

    Attributes
    ----------
    name, role, shown, bounds
        As in `maps.Layer`.
    key
        SHA-256 of its document: its address below `/gridmap/layers/`.
    parts
        Fingerprints of its geometry: addresses below `/gridmap/parts/`.
    """

    name: str
    role: str
    shown: bool
    bounds: tuple[float, float, float, float] | None
    key: str
    parts: tuple[str, ...]
    _ids: tuple[object, ...] = field(repr=False, default=())

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id of the layer's features: what the browser may send back."""
        found: set[str] = set()
        for entry in self._ids:
            found.update(entry if isinstance(entry, list) else (str(entry),))
        return frozenset(found)

    def known(self, ids: Sequence[object]) -> tuple[str, ...]:
        """Return those ids that the layer has."""
        return tuple(dict.fromkeys(entry for entry in ids if isinstance(entry, str) and entry in self.ids))

    def as_data(self) -> dict:
        """Return what the component reads."""
        return {"name": self.name, "role": self.role, "shown": self.shown, "key": self.key, "parts": list(self.parts)}


_published: dict[int, tuple[weakref.ref, Published]] = {}
_lock = Lock()


def publish(layer: Layer, kept: Kept = KEPT) -> Published:
    """Let the server answer with a layer, and return its addresses.

    Notes
    -----
    A layer that was published before and is still kept costs nothing; equal layers have one address.
    """
    with _lock:
        reference, known = _published.get(id(layer), (None, None))
    if known is not None and reference is not None and reference() is layer and _is_kept(known, kept):
        return known
    content = encoded(layer_data(layer))
    key = hashlib.sha256(content).hexdigest()
    if not kept.touch("layers", key):
        kept.put("layers", key, content)
    for fingerprint, features in layer.parts.items():
        if not kept.touch("parts", fingerprint):
            kept.put("parts", fingerprint, encoded(features))
    result = Published(layer.name, layer.role, layer.shown, layer.bounds, key, tuple(layer.parts), tuple(layer.data.get("ids") or ()))
    with _lock:
        _published[id(layer)] = (weakref.ref(layer, partial(_forget, id(layer))), result)
    return result


def _forget(number: int, _: weakref.ref) -> None:
    _published.pop(number, None)


def layer_data(layer: Layer) -> dict:
    """Return the document of a layer: everything but its geometry, and whether it is shown at first."""
    place: Mapping = {"role": layer.role, "order": ROLES.index(layer.role), "name": layer.name}
    return {**layer.data, **place, "legend": layer.legend.as_data()}


def encoded(value: object) -> bytes:
    """Write compact JSON in UTF-8; lone surrogates become question marks."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _is_kept(published: Published, kept: Kept) -> bool:
    return all([kept.touch("layers", published.key), *(kept.touch("parts", part) for part in published.parts)])

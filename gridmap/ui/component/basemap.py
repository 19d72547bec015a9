"""Base maps of a tile service, off unless a file names them: the page asks this server alone, and this server asks the service.

A key never leaves the server: it stands in an environment variable, and neither pages nor answers nor messages hold it.
"""

import asyncio
import os
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gridmap import maps, messages
from gridmap.errors import FileError, GridmapError
from gridmap.maps.basemap import origin
from gridmap.ui.component import outside
from gridmap.ui.component.big import SHUT, Shelf

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

VARIABLE = "GRIDMAP_BASEMAPS"  # path of the file that names the base maps
PATH = "/gridmap/basemap"
KINDS = ("xyz", "wmts")
DEEPEST = 24
AT_ONCE = 8
REST_S = 10.0  # in which a service that did not answer in time is left alone
KEPT_TILES, KEPT_BYTES = 4_000, 100_000_000
A_DAY = {**SHUT, "Cache-Control": "private, max-age=86400"}
# The fields as the standard of web map tile services names them.
_WMTS_FIELDS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FIELD = re.compile(r"\{(\w*)\}")
_LABEL = re.compile(r"[A-Za-z0-9-]+")
_NUMBER = re.compile(r"[0-9]{1,8}")


@dataclass(frozen=True)
class Basemap:
    """A base map as the file describes it.

    Attributes
    ----------
    id
        Its name in our address.
    names, attributions
        Language -> heading in the panel, and what the service wants to be named as.
    url
        Address with {z}, {x}, {y} and, where there are `subdomains` or a key, {s} and {key}.
    subdomains
        What {s} stands for, in turn.
    key
        Name of the environment variable that holds the key; "" for none.
    max_zoom
        Last zoom the service has.
    """

    id: str
    names: tuple[tuple[str, str], ...]
    attributions: tuple[tuple[str, str], ...]
    url: str
    subdomains: tuple[str, ...]
    key: str
    max_zoom: int

    def address(self, z: int, x: int, y: int) -> str:
        """Return the service's address of a tile, with the key in it."""
        values = {"z": str(z), "x": str(x), "y": str(y), "key": quote(os.environ.get(self.key, ""), safe="")}
        if self.subdomains:
            values["s"] = self.subdomains[(x + y) % len(self.subdomains)]
        return _FIELD.sub(lambda field: values[field[1]], self.url)

    def has(self, z: int, x: int, y: int) -> bool:
        """Tell whether there can be such a tile."""
        return z <= self.max_zoom and x < 2**z and y < 2**z


def settings() -> dict[str, Basemap]:
    """Return the base maps by id, in the order of the file; none where no file is named.

    Raises
    ------
    FileError
        If the file cannot be read or says something that is no base map.
    """
    path = os.environ.get(VARIABLE, "").strip()
    return _read(path) if path else {}


def layers(lang: str, prefix: str = "") -> list[maps.Layer]:
    """Return the layer of every base map, switched off: its tiles come from this server's own address.

    Parameters
    ----------
    lang
        "zh" or "en".
    prefix
        Path below which the application is served.
    """
    path = os.environ.get(VARIABLE, "").strip()
    return list(_layers(path, lang, prefix)) if path else []


def routes() -> "list[Route]":
    """Return the route of tiles; where no file is named it answers 404 to everything.

    Raises
    ------
    FileError
        If the file is wrong or a key is missing: said at the start, not by a map that stays grey.
    """
    from starlette.routing import Route

    for one in settings().values():
        if one.key and not os.environ.get(one.key):
            raise FileError("basemaps_key", variable=one.key, entry=one.id)
    return [Route(f"{PATH}/{{name}}/{{z}}/{{x}}/{{y}}", tile)]


async def tile(request: "Request") -> "Response":
    """Answer with one tile of a service in the file."""
    from starlette.responses import Response

    given = request.path_params
    found = settings().get(given["name"])
    # Other sites' pages may not spend the key.
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if found is None or foreign or not all(_NUMBER.fullmatch(given[field]) for field in "zxy"):
        return _none(404)
    place = (int(given["z"]), int(given["x"]), int(given["y"]))
    if not found.has(*place):
        return _none(404)
    kept = _tiles.get((found, place))
    if kept is None:
        # A browser has six connections to a server: tiles that wait for a dead service would hold up the page itself.
        if time.monotonic() < _resting.get(found.id, 0.0):
            return _none(504)
        try:
            kept = await asyncio.get_running_loop().run_in_executor(_askers, outside.fetch, found.address(*place))
        except outside.NoTile as error:
            if error.status == 504:
                _resting[found.id] = time.monotonic() + REST_S
            return _none(error.status)
        _tiles.put((found, place), kept, len(kept[0]))
    content, media_type = kept
    return Response(content, media_type=media_type, headers=A_DAY)


_tiles: Shelf[tuple[bytes, str]] = Shelf(most=KEPT_TILES, most_bytes=KEPT_BYTES)
_resting: dict[str, float] = {}
# Threads of their own: a service that does not answer must not hold up the rest of the server.
_askers = ThreadPoolExecutor(AT_ONCE, "gridmap-basemap")


def _none(status: int) -> "Response":
    """Answer that there is no tile, in both languages; never with an address."""
    from starlette.responses import JSONResponse

    error = GridmapError("no_basemap_tile" if status == 404 else "basemap_service", status=status)
    words = {lang: error.text(lang) for lang in messages.LANGUAGES}
    return JSONResponse({"error": words}, status_code=status, headers=SHUT | {"Cache-Control": "no-store"})


@lru_cache(maxsize=8)
def _layers(path: str, lang: str, prefix: str) -> tuple[maps.Layer, ...]:
    """Return the same layers every time: the page is then sent nothing anew."""
    made = []
    for one in _read(path).values():
        layer = maps.basemap_layer(
            one.url.replace("{key}", ""),
            lang=lang,
            attribution=dict(one.attributions)[lang],
            name=dict(one.names)[lang],
            max_zoom=one.max_zoom,
        )
        tiles = {"url": f"{prefix}{PATH}/{one.id}/{{z}}/{{x}}/{{y}}", "maxNativeZoom": one.max_zoom}
        made.append(replace(layer, data={**layer.data, "tiles": tiles}).hidden())
    return tuple(made)


@lru_cache(maxsize=8)
def _read(path: str) -> dict[str, Basemap]:
    try:
        entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError("not_readable", path=path, reason=error.strerror) from error
    except ValueError as error:  # of TOML or of UTF-8
        raise FileError("basemaps_not_toml", path=path, reason=str(error)) from error
    return {name: _entry(name, entry, path) for name, entry in entries.items()}


def _entry(name: str, entry: object, path: str) -> Basemap:
    """Return the base map of one table of the file."""
    if not isinstance(entry, Mapping) or not _NAME.fullmatch(name):
        raise _wrong(path, name)
    filled = {"name": name, "url": "", "kind": KINDS[0], "subdomains": [], "key": "", "attribution": "", "max_zoom": 18, **entry}
    for field, value in filled.items():
        if field not in _SOUND or not _SOUND[field](value):
            raise _wrong(path, name, field)
    url = filled["url"]
    if filled["kind"] == "wmts":
        for field, ours in _WMTS_FIELDS.items():
            url = re.sub(re.escape(field), ours, url, flags=re.IGNORECASE)
    wanted = {"z", "x", "y"} | ({"s"} if filled["subdomains"] else set()) | ({"key"} if filled["key"] else set())
    if set(_FIELD.findall(url)) != wanted or origin(url) is None:
        raise _wrong(path, name, "url")
    return Basemap(
        id=name,
        names=_words(filled["name"]),
        attributions=_words(filled["attribution"]),
        url=url,
        subdomains=tuple(filled["subdomains"]),
        key=filled["key"],
        max_zoom=filled["max_zoom"],
    )


def _is_text(value: object) -> bool:
    """Tell whether this is a text, given once for all languages or one for each."""
    if isinstance(value, Mapping):
        return set(value) == set(messages.LANGUAGES) and all(isinstance(text, str) for text in value.values())
    return isinstance(value, str)


def _is_list(value: object) -> bool:
    """Tell whether these are parts of host names: a list, or letters in one text."""
    return isinstance(value, str | list) and all(isinstance(one, str) and _LABEL.fullmatch(one) for one in value)


def _is_zoom(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DEEPEST


def _fits(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


_SOUND: dict[str, Callable[[object], bool]] = {
    "name": _is_text,
    "url": _fits(re.compile(r"https?://[!-Z^-~]+")),
    "kind": lambda value: value in KINDS,
    "subdomains": _is_list,
    "key": _fits(re.compile(r"([A-Za-z_][A-Za-z0-9_]*)?")),
    "attribution": _is_text,
    "max_zoom": _is_zoom,
}


def _words(value: str | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return a text in every language."""
    return tuple((lang, value if isinstance(value, str) else value[lang]) for lang in messages.LANGUAGES)


def _wrong(path: str, name: str, field: str = "") -> FileError:
    """Return the error that names a field; never its value, which may hold a key after all."""
    return FileError("basemaps_entry", path=path, entry=f"{name}.{field}" if field else name)

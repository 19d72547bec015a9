"""Optional background of tiles. It is the one layer that asks another machine for something, so it is never there by default."""

import re
from urllib.parse import urlsplit

from gridmap import messages
from gridmap.errors import SchemaError
from gridmap.maps.layer import Entry, Layer, Legend

_HOST = re.compile(r"[A-Za-z0-9*][A-Za-z0-9.*-]*(:[0-9]+)?")


def basemap_layer(url: str, *, lang: str, attribution: str = "", name: str | None = None, max_zoom: int = 18) -> Layer:
    """Draw tiles of a map service beneath all layers; the page then asks that service for them, and nobody else.

    Parameters
    ----------
    url
        Address with the fields {z}, {x}, {y} and, where the service has several hosts, {s}; http or https, EPSG:3857.
    lang
        "zh" or "en".
    attribution
        What the service wants to be named as; shown in the legend.
    name
        Heading in the layer panel.
    max_zoom
        Last zoom the service has tiles for; beyond it they are enlarged.

    Raises
    ------
    SchemaError
        If the address is none of that kind.

    Notes
    -----
    Services in China may draw in GCJ-02: then everything else lies some hundred metres off.
    """
    if origin(url) is None or not all(field in url for field in ("{z}", "{x}", "{y}")):
        raise SchemaError("basemap_address", given=url)
    tiles = {"url": url, "maxNativeZoom": max_zoom}
    data = {"geometry": [], "styles": [], "style": [], "fields": [], "columns": [], "silent": [], "over": [], "tiles": tiles}
    entries: tuple[Entry, ...] = ()
    return Layer(name or messages.text("maps.basemap", lang), "basemap", data, {}, None, Legend(entries, note=attribution))


def origin(url: str) -> str | None:
    """Return scheme and host of an address as a content security policy names them, None where it is no web address."""
    parts = urlsplit(url.replace("{s}", "*", 1))
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    host = re.sub(r"^[A-Za-z0-9-]*\*[A-Za-z0-9-]*", "*", parts.netloc)  # a policy takes a star for a whole label only
    return f"{parts.scheme}://{host}"

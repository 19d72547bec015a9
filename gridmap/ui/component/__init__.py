"""The map of the application: layers drawn by MapLibre GL in the page, and what a person chose on it, back in Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from gridmap import maps, messages
from gridmap.errors import GridmapError
from gridmap.messages import component as texts
from gridmap.ui.component import glyphs, library, payload, served
from gridmap.ui.component.options import HEIGHT, STYLES, TOOLS, Bins, Live, Options, Tiles, Time
from gridmap.ui.component.selection import Clicked, HasIds, Selection, read

__all__ = ["HEIGHT", "STYLES", "TOOLS", "Bins", "Clicked", "Live", "Options", "Selection", "Tiles", "Time", "chosen", "prefix", "show"]

# Files of the installed packages by the name under which our scripts ask for them.
LIBRARIES = {
    "maplibre": ("maplibre-gl", "maplibre-gl.js"),
    "maplibre_style": ("maplibre-gl", "maplibre-gl.css"),
    "terra_draw": ("terra-draw", "terra-draw.umd.js"),
    "terra_draw_adapter": ("terra-draw-maplibre-gl-adapter", "terra-draw-maplibre-gl-adapter.umd.js"),
    "leaflet": ("leaflet", "leaflet.js"),
    "leaflet_style": ("leaflet", "leaflet.css"),
}

# All else is loaded from this application's own addresses. Where that fails, the page says so: a map is never blank.
_BOOT = """
export default async function (component) {
  const { data, parentElement } = component;
  try {
    const main = await import(new URL(data.base + "web/main.js", window.location.origin).href);
    return main.mount(component);
  } catch (error) {
    const box = parentElement.querySelector(".gm-root");
    box.textContent = data.words.failed + " " + (error && error.message ? error.message : error);
    box.setAttribute("role", "alert");
    box.dataset.failed = "1";
    return undefined;
  }
}
"""


def show(
    layers: Sequence[maps.Layer],
    *,
    key: str,
    title: str,
    lang: str,
    focus: maps.Bounds | None = None,
    highlight: Mapping[str, Sequence[str]] | None = None,
    options: Options | None = None,
) -> Selection:
    """Show a map, and return what a person chose on it.

    Between reruns the map stays as it is: layers that did not change are not sent again, and the view is kept.

    Parameters
    ----------
    layers
        Layers in the order of the panel, the last on top; the drawing order follows their roles.
    key
        Identity of the map among the widgets of the application.
    title
        What the map shows, for its heading and its pictures.
    lang
        "zh" or "en".
    focus
        West, south, east, north in degrees: the map flies there whenever this changes. None leaves the view to the reader.
    highlight
        Role ("tiles" for vector tiles) -> ids of features to outline.
    options
        Tools, source and period, live events and more.
    """
    options = options or Options()
    published = [replace(payload.publish(layer), shown=one.shown) for layer, one in zip(layers, maps.one_theme(layers), strict=True)]
    large = [extra for extra in (options.tiles, options.bins) if extra is not None]
    subject = [*(layer.bounds for layer in published if layer.role != "context"), *(extra.bounds for extra in large)]
    home = maps.joined(subject) or maps.joined([layer.bounds for layer in published])
    data = {
        "base": f"{prefix()}{served.PATH}/",
        "libraries": {name: prefix() + _library(*file) for name, file in LIBRARIES.items()},
        # MapLibre draws Chinese letters with a font of the reader's machine unless it is given others.
        "glyphs": prefix() + glyphs.address(),
        "fonts": [glyphs.REGULAR],
        "lang": lang,
        "title": title,
        "about": maps.about(options.source, options.period, lang),
        "tag": messages.text("maps.synthetic", lang) if options.synthetic else "",
        "words": {name.split(".", 1)[1]: messages.text(name, lang) for name in texts.TEXTS}
        | {name: messages.text(f"maps.{name}", lang) for name in ("layers", "legend", "north", "n", "other")},
        "layers": [layer.as_data() for layer in published],
        "home": home,
        "focus": focus,
        "highlight": _lit(highlight or {}, options.tiles),
        **options.as_data(),
    }
    # What has gone from the server's memory is asked for by a trigger; this run has just published it again.
    result = _component()(
        key=key,
        data=data,
        on_state_change=_nothing,
        on_missing_change=_nothing,
    )
    return read(result.get("state"), _choosable(published, options))


def chosen(key: str, layers: Sequence[maps.Layer], options: Options) -> Selection:
    """Return what a person chose on a map before it is shown again in this run: what is shown may depend on it.

    Parameters
    ----------
    key, layers, options
        As `show` takes them; layers in which nothing can be chosen may be left out.
    """
    held = st.session_state.get(key)
    state = held.get("state") if isinstance(held, Mapping) else None
    return read(state, _choosable([payload.publish(layer) for layer in layers], options))


def _choosable(published: Sequence[payload.Published], options: Options) -> list[HasIds]:
    """Return what a person can choose on a map."""
    return [*published, *(extra for extra in (options.tiles, options.bins, options.live) if extra is not None)]


def _lit(highlight: Mapping[str, Sequence[str]], tiles: Tiles | None) -> dict[str, list[str]]:
    """Return the ids to outline as the page knows them: a feature of vector tiles by its row."""
    found = {role: list(ids) for role, ids in highlight.items()}
    if tiles is not None and "tiles" in found:
        rows = {code: str(row) for row, code in enumerate(tiles.codes)}
        found["tiles"] = [rows[code] for code in found["tiles"] if code in rows]
    return found


def _nothing() -> None:
    """Do nothing: a callback is what makes a name part of the component's state."""


def _library(package: str, name: str) -> str:
    """Return the address of a package's file; where the package is absent, the one at which the server says so."""
    try:
        return library.address(package, name)
    except GridmapError:
        return f"{library.PATH}/{package}/{name}"


def prefix() -> str:
    """Return the path below which the application is served, "" for none."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Mapping]:
    """Register the component once."""
    return st.components.v2.component("gridmap.map", html='<div class="gm-root"></div>', js=_BOOT, isolate_styles=True)

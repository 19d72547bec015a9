"""One offline page: layers, panel with legend, title, source and period, all inside a single HTML text."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from jinja2 import Environment, Template
from markupsafe import Markup

from gridmap import messages
from gridmap.maps import assets
from gridmap.maps.basemap import origin
from gridmap.maps.geometry import Bounds, joined
from gridmap.maps.layer import Layer

MAX_ZOOM = 22


@dataclass(frozen=True)
class Embedded:
    """The parts of a page that hold one map, safe to put into any HTML document.

    Attributes
    ----------
    style
        Content of a `<style>` element.
    body
        The map's own element; it fills the nearest positioned ancestor.
    scripts
        Contents of `<script>` elements, in this order, after the body.
    policy
        Content security policy under which exactly these scripts run and nothing is fetched.
    """

    style: Markup
    body: Markup
    scripts: tuple[Markup, ...]
    policy: str


def page(
    layers: Sequence[Layer],
    *,
    title: str,
    lang: str,
    focus: Bounds | None = None,
    source: str = "",
    period: str = "",
    synthetic: bool = False,
) -> str:
    """Write one self-contained HTML page; nothing is fetched when it is opened.

    Parameters
    ----------
    layers
        Layers in the order of the panel, the last on top; the drawing order follows their roles.
    title, source, period
        What the map shows, where its data come from and which time they cover. Plain text.
    lang
        "zh" or "en".
    focus
        West, south, east, north in degrees: the first view. Default: all layers but the surroundings.
    synthetic
        Mark the page as showing synthetic data.

    Notes
    -----
    Texts are data: they enter the page as JSON and are shown through `textContent`; a content security policy allows the page's own
    scripts alone and no address at all.
    """
    return _template().render(
        title=title,
        language="zh-CN" if lang == "zh" else "en",
        tag=messages.text("maps.synthetic", lang) if synthetic else "",
        about=about(source, period, lang),
        embedded=embed(layers, lang=lang, focus=focus),
    )


def embed(layers: Sequence[Layer], *, lang: str, focus: Bounds | None = None) -> Embedded:
    """Return the parts of a map for a document of one's own; parameters as in `page`."""
    import branca
    import folium

    from gridmap.maps.element import Furniture

    bounds = focus or joined([layer.bounds for layer in layers if layer.role != "context"]) or joined([layer.bounds for layer in layers])
    drawing = folium.Map(tiles=None, prefer_canvas=True, control_scale=False, max_zoom=MAX_ZOOM, zoom_snap=0.25, attribution_control=False)
    drawing.default_js, drawing.default_css = [], []  # on the instance: no link to a content network is left
    drawing.options["maxZoom"] = MAX_ZOOM  # without tiles nothing else sets it
    drawing._id = "main"
    for number, layer in enumerate(one_theme(layers)):
        element = layer.element()
        element._id = str(number)
        drawing.add_child(element)
    words = {word: messages.text(f"maps.{word}", lang) for word in ("layers", "legend", "north", "n")}
    drawing.add_child(Furniture({"bounds": bounds, "words": words}))
    figure = drawing.get_root()
    assert isinstance(figure, branca.element.Figure)
    drawing.render()
    scripts = (_ours(assets.leaflet_script() + assets.drawing_script()), _ours(figure.script.render()))
    return Embedded(
        style=_ours(assets.leaflet_style() + assets.own("page.css")),
        body=_ours(figure.html.render().strip()),
        scripts=scripts,
        policy=_policy(scripts, layers),
    )


def _ours(text: str) -> Markup:
    """Mark text as safe: our own files, Leaflet's, and what folium wrote around JSON that `safe_json` made harmless."""
    return Markup(text)  # noqa: S704


def one_theme(layers: Sequence[Layer]) -> list[Layer]:
    """Leave only the first visible theme on: two choropleths over each other say nothing."""
    result: list[Layer] = []
    themed = False
    for layer in layers:
        is_second = layer.role == "theme" and layer.shown and themed
        themed = themed or (layer.role == "theme" and layer.shown)
        result.append(layer.hidden() if is_second else layer)
    return result


def _policy(scripts: Sequence[str], layers: Sequence[Layer]) -> str:
    """Return the policy that lets exactly these scripts run and no address be asked, but that of a base map the caller gave."""
    services = [f" {origin(layer.data['tiles']['url'])}" for layer in layers if layer.role == "basemap"]
    prints = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    images = f"data:{''.join(services)}"
    fixed = "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; img-src {images}; script-src {prints}; {fixed}"


def about(source: str, period: str, lang: str) -> str:
    """Return the line of period and source, as far as they are known."""
    if source and period:
        return messages.text("maps.period_source", lang, period=period, source=source)
    if period:
        return messages.text("maps.period", lang, period=period)
    return messages.text("maps.source", lang, source=source) if source else ""


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string(assets.own("page.html"))

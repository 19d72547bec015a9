"""Folium elements that hand their data to the drawing script as JSON: no text of theirs is ever markup or code."""

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from gridmap.maps import assets
from gridmap.maps.geometry import Bounds, Feature


class Verbatim(Element):
    """Text that goes into the figure as it stands: branca's own Element would run it as a template."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.content = content

    def render(self, **kwargs: object) -> str:  # noqa: ARG002 - branca passes options on
        """Return the text."""
        return self.content


class DrawnLayer(folium.map.Layer):
    """One layer of a folium map, drawn by `gridmap.draw` in the page.

    Parameters
    ----------
    data
        What the drawing script reads, JSON values only.
    parts
        Packed geometry by fingerprint; a map that needs a part twice carries it once.
    bounds
        West, south, east, north in degrees.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = gridmap.draw({{ this.parent }}, {{ this.json }});{% endmacro %}"
    )

    def __init__(self, data: dict, parts: dict[str, list[Feature | None]], bounds: Bounds | None) -> None:
        # show=False: the drawing script adds the layer itself, in its place among the others.
        super().__init__(name="gridmap", overlay=True, control=False, show=False)
        self._name = "GridmapLayer"
        self.data = data
        self.parts = parts
        self.bounds = bounds

    @property
    def json(self) -> str:
        """The data as a literal that is safe inside a script."""
        return assets.safe_json(self.data)

    @property
    def parent(self) -> str:
        """The map's name in the script."""
        assert self._parent is not None
        return self._parent.get_name()

    def _get_self_bounds(self) -> list[list[float | None]]:
        if self.bounds is None:
            return [[None, None], [None, None]]
        west, south, east, north = self.bounds
        return [[south, west], [north, east]]

    def render(self, **kwargs: object) -> str:
        """Put the drawing script, the geometry and the layer into the figure, each once."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        figure.header.add_child(Verbatim(f"<style>{assets.own('page.css')}</style>"), name="gridmap_style")
        figure.header.add_child(Verbatim(f"<script>{assets.own('draw.js')}</script>"), name="gridmap_draw")
        for key, features in self.parts.items():
            store = Verbatim(f"gridmap.geometries[{assets.safe_json(key)}] = {assets.safe_json(features)};")
            figure.script.add_child(store, name=f"gridmap_geometry_{key}")
        super().render(**kwargs)  # branca's elements write into the figure
        return ""


class Furniture(MacroElement):
    """Layer panel with legend, scale bar, north arrow, and the first view of a folium map."""

    _template = Template("{% macro script(this, kwargs) %}gridmap.furnish({{ this._parent.get_name() }}, {{ this.json }});{% endmacro %}")

    def __init__(self, settings: dict) -> None:
        super().__init__()
        self._name = "GridmapFurniture"
        self.json = assets.safe_json(settings)

"""Folium elements that hand their data to the drawing script as JSON: no text of theirs is ever markup or code."""

import folium
from branca.element import Element, Figure

from gridmap.maps import assets
from gridmap.maps.geometry import Bounds, Feature


class Verbatim(Element):
    """Text that goes into the figure as it stands.

    Branca compiles what an element's template produced as a template once more, so that `{{ }}` in a grid's name would run on the server:
    nothing here goes through its templates.
    """

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

    def __init__(self, data: dict, parts: dict[str, list[Feature | None]], bounds: Bounds | None) -> None:
        # show=False: the drawing script adds the layer itself, in its place among the others.
        super().__init__(name="gridmap", overlay=True, control=False, show=False)
        self._name = "GridmapLayer"
        self.data = data
        self.parts = parts
        self.bounds = bounds

    def _get_self_bounds(self) -> list[list[float | None]]:
        if self.bounds is None:
            return [[None, None], [None, None]]
        west, south, east, north = self.bounds
        return [[south, west], [north, east]]

    def render(self, **kwargs: object) -> str:  # noqa: ARG002 - branca passes options on
        """Put the drawing script, the geometry and the layer into the figure, each once."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        assert self._parent is not None
        figure.header.add_child(Verbatim(f"<style>{assets.own('page.css')}</style>"), name="gridmap_style")
        figure.header.add_child(Verbatim(f"<script>{assets.drawing_script()}</script>"), name="gridmap_draw")
        for key, features in self.parts.items():
            store = Verbatim(f"gridmap.geometries[{assets.safe_json(key)}] = {assets.safe_json(features)};")
            figure.script.add_child(store, name=f"gridmap_geometry_{key}")
        call = f"var {self.get_name()} = gridmap.draw({self._parent.get_name()}, {assets.safe_json(self.data)});"
        figure.script.add_child(Verbatim(call), name=self.get_name())
        return ""


class Furniture(Element):
    """Layer panel with legend, scale bar, north arrow, and the first view of a folium map."""

    def __init__(self, settings: dict) -> None:
        super().__init__()
        self._name = "GridmapFurniture"
        self.settings = settings

    def render(self, **kwargs: object) -> str:  # noqa: ARG002 - branca passes options on
        """Put the call into the figure, after the layers."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        assert self._parent is not None
        call = f"gridmap.furnish({self._parent.get_name()}, {assets.safe_json(self.settings)});"
        figure.script.add_child(Verbatim(call), name=self.get_name())
        return ""

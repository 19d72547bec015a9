"""Files a page carries inside itself: the map library of the installed package, our drawing script and styles."""

import base64
import json
import re
from functools import cache
from importlib import resources
from pathlib import Path


@cache
def own(name: str) -> str:
    """Return one of the files beside this module."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def drawing_script() -> str:
    """Return our drawing script, with the marks it draws."""
    return own("marks.js") + own("draw.js")


@cache
def leaflet_script() -> str:
    """Return Leaflet's script without the address of its source map."""
    return re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", _leaflet("leaflet.js").read_text(encoding="utf-8"))


@cache
def leaflet_style() -> str:
    """Return Leaflet's style sheet with its pictures inside it."""
    style = _leaflet("leaflet.css").read_text(encoding="utf-8")
    style = re.sub(r"\s*behavior: url\(#default#VML\);", "", style)
    return re.sub(r"url\((images/[\w.-]+\.png)\)", lambda found: f"url({_data_address(found[1])})", style)


def safe_json(value: object) -> str:
    """Write JSON that is one harmless literal inside a script element: no text in it can end the element or a line.

    Notes
    -----
    Lone surrogates cannot be written as UTF-8 and become question marks.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode("utf-8")
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _leaflet(name: str) -> Path:
    """Return a file of the package that carries Leaflet."""
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR) / name


def _data_address(name: str) -> str:
    """Return a picture of the package as a data address."""
    return "data:image/png;base64," + base64.b64encode(_leaflet(name).read_bytes()).decode("ascii")

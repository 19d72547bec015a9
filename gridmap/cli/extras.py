"""What a command needs beyond the core, asked for before it starts."""

from importlib.util import find_spec

from gridmap.errors import GridmapError

_REPORT = ("docx", "folium", "jinja2", "xstatic")
MODULES = {"report": _REPORT, "app": (*_REPORT, "streamlit"), "server": ("sqlalchemy",)}


def require(extra: str) -> None:
    """Raise GridmapError unless the libraries of an extra are installed."""
    absent = [name for name in MODULES[extra] if find_spec(name) is None]
    if absent:
        raise GridmapError("extra_absent", extra=extra, given=", ".join(absent))


def installed(extra: str) -> bool:
    """Tell whether the libraries of an extra are installed."""
    return all(find_spec(name) is not None for name in MODULES[extra])

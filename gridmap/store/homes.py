"""The homes this process has in use, one object for each."""

import atexit
import importlib
from pathlib import Path
from threading import Lock

from sqlalchemy import URL

from gridmap.errors import StoreError
from gridmap.store.address import Address, Project, address
from gridmap.store.home.base import Home
from gridmap.store.home.geopackage import GeoPackage

_homes: dict[Address, Home] = {}
_lock = Lock()


def of(project: Project) -> Home:
    """Return the home of a project, by its file or URL; whether it is there shows when it is asked.

    Raises
    ------
    StoreError
        If the URL is none of a PostgreSQL database, or the driver for it is not installed.
    """
    where = address(project)
    with _lock:
        if where not in _homes:
            _homes[where] = GeoPackage(where) if isinstance(where, Path) else _postgis(where)
        return _homes[where]


def _postgis(url: URL) -> Home:
    try:
        module = importlib.import_module("gridmap.store.home.postgis")
    except ModuleNotFoundError as error:
        raise StoreError("store_driver", package=error.name) from error
    home: Home = module.PostGIS(url)
    return home


def close() -> None:
    """Commit what waits and let go of every project; the next write or question opens it again."""
    with _lock:
        homes = list(_homes.values())
    for home in homes:
        home.close()


atexit.register(close)

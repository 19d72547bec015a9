"""Where a project is kept: one GeoPackage file, or a PostgreSQL database by URL."""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gridmap.errors import StoreError

Address = Path | URL
Project = str | os.PathLike[str] | URL  # whatever names one
DRIVER = "postgresql+psycopg"
SECRETS = ("password", "sslpassword")  # as a query may give them


def address(project: Project) -> Address:
    """Return the address that a text names, one for one project: a URL where it has a scheme, else a path from the root.

    Raises
    ------
    StoreError
        If it is a URL of anything but a PostgreSQL database.
    """
    if isinstance(project, URL):
        return project
    text = os.fspath(project)
    if "://" not in text:
        return Path(text).resolve()
    scheme = text.partition("://")[0]
    try:
        found = make_url(text)
        known = found.get_backend_name() == "postgresql" and found.database
    except (ArgumentError, ValueError):
        known = None
    if not known:
        raise StoreError("store_url", url=f"{scheme}://...")  # the rest may hold a password
    return found.set(drivername=DRIVER)


def shown(where: Address) -> str:
    """Return an address as a person may see it, in one line, without its password."""
    if isinstance(where, Path):
        return where.name
    hidden = where.update_query_dict({name: "***" for name in SECRETS if name in where.query})
    return hidden.render_as_string(hide_password=True).replace(DRIVER, "postgresql", 1)


def stem(where: Address) -> str:
    """Return the short name of a project."""
    return where.stem if isinstance(where, Path) else str(where.database)


def full(where: Address) -> str:
    """Return the text that names an address, with its password: for this process alone, never to be shown."""
    return str(where) if isinstance(where, Path) else where.render_as_string(hide_password=False)

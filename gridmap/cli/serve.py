"""`gridmap demo` and `gridmap app`: the application on a project file."""

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gridmap
from gridmap import messages
from gridmap.cli import extras
from gridmap.errors import FileError

if TYPE_CHECKING:
    from gridmap.store import Address

# What the content of a demo project follows from: a change in one of these rooms makes a file out of date.
RECIPE_ROOMS = ("synth", "geocode", "files", "store")
MAKER = ("gridmap demo", "synthetic")


def run_app(arguments: argparse.Namespace) -> int:
    """Open the application, on a project if one is given, until it is stopped."""
    extras.require("app")
    from gridmap import store

    project = None if arguments.project is None else store.address(arguments.project)
    if project is not None:
        store.read_project(project)  # what is wrong with it is said here, not in a browser
    return _serve(project, arguments)


def run_demo(arguments: argparse.Namespace) -> int:
    """Build the demo project where there is none that is current, and open the application on it."""
    extras.require("app")
    from gridmap import store

    project = data_folder() / f"gridmap-demo-{arguments.town}.gpkg" if arguments.project is None else Path(arguments.project)
    if project.suffix.lower() != ".gpkg":
        raise FileError("output_suffix", given=str(project), suffixes=".gpkg")
    if is_current(project, arguments.town):
        print(messages.text("cli.demo_current", arguments.lang, path=project), flush=True)
    else:
        print(messages.text("cli.demo_building", arguments.lang, town=arguments.town), flush=True)
        build(project, arguments.town)
        print(messages.text("cli.demo_built", arguments.lang, path=project, megabytes=project.stat().st_size / 1e6), flush=True)
    return _serve(store.address(project), arguments)


def build(project: Path, town: str) -> None:
    """Build the demo project of a town.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from gridmap import store, synth

    try:
        project.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError("not_writable", path=project.parent, reason=error.strerror) from error
    tables, settings = synth.project(synth.dongyuan() if town == "dongyuan" else synth.jianyang())
    store.create(project, tables, settings={**settings, "demo": town, "recipe": recipe()}, actor=store.Actor(*MAKER))


def is_current(project: Path, town: str) -> bool:
    """Tell whether the file is the demo project that this version would build.

    Raises
    ------
    FileError
        If the file exists and is no demo project: it is not ours to replace.
    """
    if not project.exists():
        return False
    from gridmap import store

    settings = store.read_project(project).settings
    if "demo" not in settings:
        raise FileError("not_a_demo", given=str(project))
    return settings["demo"] == town and settings.get("recipe") == recipe()


def recipe() -> str:
    """Return a fingerprint of the version and of the source that makes the demo's content."""
    digest = hashlib.sha256(gridmap.__version__.encode())
    root = Path(gridmap.__file__).parent
    for room in RECIPE_ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def data_folder() -> Path:
    """Return this user's folder for data of gridmap, by the custom of the system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "gridmap"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "gridmap"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "gridmap"


def _serve(project: "Address | None", arguments: argparse.Namespace) -> int:
    from gridmap.ui import serve

    serve.run(project, port=arguments.port, open_browser=not arguments.no_browser, lang=arguments.lang)
    return 0

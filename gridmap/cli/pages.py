"""What pages of commands share: source, mark of synthetic data and surroundings, where a project file tells them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap import files
from gridmap.errors import FileError

if TYPE_CHECKING:
    from gridmap import maps


@dataclass(frozen=True)
class Setting:
    """What a page says of its data, and what it draws beneath."""

    title: str
    source: str
    synthetic: bool
    context: "tuple[maps.Layer, ...]"


def setting(grids: str, *others: str | None, lang: str) -> Setting:
    """Return what the files say of themselves: a project file its own source and surroundings, any other file its name."""
    from gridmap import maps

    names = ", ".join(dict.fromkeys(Path(path).name for path in (grids, *others) if path is not None))
    found = project(grids)
    if found is None:
        return Setting(Path(grids).stem, names, False, ())
    surroundings = [frame for frame in (found.streets, found.buildings, found.boundary) if frame is not None]
    context = maps.context_layer(found.streets, found.buildings, found.boundary, lang=lang) if surroundings else None
    settings = found.settings
    title = settings.get(f"title_{lang}") or Path(grids).stem
    beneath = () if context is None else (context,)
    return Setting(title, settings.get(f"source_{lang}") or settings.get("source") or names, settings.get("synthetic") == "true", beneath)


def project(path: str) -> files.Project | None:
    """Return the project in a file, None where the file is something else."""
    if Path(path).suffix.lower() != ".gpkg":
        return None
    try:
        return files.read_project(path)
    except FileError as error:
        if error.key == "not_a_project":
            return None
        raise

"""Which files a folder holds, and which folders may be read and written together."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

from gridmap.errors import FileError, GridmapWarning
from gridmap.scale.job import Folders

SUFFIXES = (".parquet", ".geoparquet")
HIDDEN = (".", "_")  # as readers of Parquet folders have it: `_metadata`, `.crc`, folders of unfinished work


def folders(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> Folders:
    """Return the two folders as absolute paths.

    Raises
    ------
    FileError
        If the source is no folder, one lies in the other, or the target holds files but no manifest of ours.
    """
    if not os.path.isdir(source):  # noqa: PTH112 - `Path.is_dir` raises on names that are too long
        raise FileError("no_folder", path=source)
    found = Folders(Path(os.path.realpath(source)), Path(os.path.realpath(target)))  # `Path.resolve` raises on links in a circle
    if found.source == found.target or found.source in found.target.parents or found.target in found.source.parents:
        raise FileError("folders_within", given=f"{source} / {target}")
    try:
        taken = found.target.exists() and not found.target.is_dir()
        foreign = not taken and found.target.exists() and not found.state.is_dir() and any(found.target.iterdir())
    except OSError as error:
        raise FileError("not_writable", path=target, reason=error.strerror) from error
    if taken or foreign:
        raise FileError("folder_taken", path=target)
    return found


def parquet(folder: Path) -> tuple[list[str], list[str]]:
    """Return the Parquet files under a folder, and what else stands there, as sorted relative names.

    Hidden names, which begin with a dot or an underscore, are in neither list. Links to files are followed; links to folders, which may
    turn in a circle, are in the second list.

    Raises
    ------
    FileError
        If a folder cannot be read, or a name is no text.
    """

    def fail(error: OSError) -> None:
        raise FileError("not_readable", path=error.filename, reason=error.strerror) from error

    found: list[str] = []
    others: list[str] = []
    for here, inner, names in os.walk(folder, onerror=fail):
        parent = Path(here).relative_to(folder)
        inner[:] = [name for name in inner if not name.startswith(HIDDEN)]
        others += [str(parent / name) for name in inner if Path(here, name).is_symlink()]
        for name in names:
            if not name.startswith(HIDDEN):
                (found if name.lower().endswith(SUFFIXES) else others).append(str(parent / name))
    garbled = [name for name in found if not _is_text(name)]
    if garbled:
        raise FileError("garbled_file_names", rows=garbled)
    return sorted(found), sorted(others)


def inputs(folder: Path) -> list[str]:
    """Return the files to be done; warn of what is passed over.

    Raises
    ------
    FileError
        As `parquet`; if there are none.
    """
    found, others = parquet(folder)
    if not found:
        raise FileError("no_parquet", path=folder, given=", ".join(others[:5]) or None)
    if others:
        warnings.warn(GridmapWarning("passed_over", path=folder, rows=others), stacklevel=3)
    return found


def warn_of_others(target: Path, expected: Iterable[str]) -> None:
    """Warn of Parquet files in the target that no file of the source stands behind: whoever reads the folder would count them too."""
    others = sorted(set(parquet(target)[0]) - set(expected)) if target.is_dir() else []
    if others:
        warnings.warn(GridmapWarning("without_source", path=target, rows=others), stacklevel=3)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

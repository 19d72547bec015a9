"""Paths: which format a suffix means, what a missing file may have been, and writing that never leaves half a file."""

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import FileError

FORMATS: dict[str, str] = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".shp": "shapefile",
    ".zip": "shapefile",
    ".csv": "csv",
    ".xlsx": "xlsx",
}


def format_of(path: Path) -> str:
    """Return the format that the suffix of `path` means.

    Raises
    ------
    FileError
        If no reader or writer knows the suffix.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise FileError("unknown_format", path=path.name, formats=" ".join(FORMATS), given=path.suffix or "-") from None


def require_file(path: Path) -> None:
    """Raise FileError unless `path` is a file with content; name files of the folder that are spelt nearly alike."""
    try:
        if path.is_dir():
            raise FileError("is_folder", path=path)
        if not path.exists():
            near = _near_names(path)
            raise FileError("no_file_near" if near else "no_file", path=path, near=", ".join(near))
        with path.open("rb") as handle:
            if not handle.read(1):
                raise FileError("empty_file", path=path)
    except OSError as error:
        raise FileError("not_readable", path=path, reason=error.strerror) from error


def _near_names(path: Path) -> list[str]:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return []
    return difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path of the same name in a private folder beside `path`; put the finished file in its place at the end.

    Whatever fails in between leaves the old file as it was. Files written beside the given path go along.

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written to.
    """
    try:
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=".gridmap-"))
    except OSError as error:
        raise FileError("not_writable", path=path, reason=error.strerror) from error
    try:
        yield folder / path.name
        _move_parts(folder, path)
    except OSError as error:
        raise FileError("not_writable", path=path, reason=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_parts(folder: Path, path: Path) -> None:
    # The named file comes last: whoever sees it finds its parts beside it.
    parts = sorted(folder.iterdir(), key=lambda part: part.name == path.name)
    for part in parts:
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
    for part in parts:
        part.replace(path.parent / part.name)
    if os.name == "posix":  # a name is on the disk when its folder is
        names = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Write `text` as UTF-8 in place of `path`, whole or not at all.

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written to.
    """
    with replacing(Path(path)) as target:
        target.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(data: bytes, path: str | os.PathLike[str]) -> None:
    """Write `data` in place of `path`, whole or not at all.

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written to.
    """
    with replacing(Path(path)) as target:
        target.write_bytes(data)

"""Uploads: files of strangers, read by a process of their own that can do nothing but read them."""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from gridmap.errors import CRSError, FileError, GridmapError, GridmapWarning, Problem, SchemaError
from gridmap.files import archive, paths, vector

ERRORS: dict[str, type[GridmapError]] = {kind.__name__: kind for kind in (CRSError, FileError, SchemaError)}
RESULT = "result.parquet"
SUFFIXES = tuple(suffix for suffix in paths.FORMATS if suffix != ".shp")
# Without the drivers that follow links to other files and addresses (VRT, GDALG, WFS and the like).
DRIVERS = ("GPKG", "GeoJSON", "ESRI Shapefile")


@dataclass(frozen=True)
class Limits:
    """What one upload may cost: bytes of the file, memory of the process, processor time, waiting time, bytes of the result."""

    file_bytes: int = 200 * 2**20
    memory_bytes: int = 2 * 2**30
    cpu_s: int = 60
    wall_s: int = 120
    result_bytes: int = 1 * 2**30
    unpacked_bytes: int = 500 * 2**20


def read_upload(
    name: str,
    data: bytes,
    *,
    kind: str = "frame",
    table: str | None = None,
    limits: Limits | None = None,
    options: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Read a file that came from outside, in a process of its own.

    Parameters
    ----------
    name
        Name that the sender gave; its suffix chooses the format, nothing else of it is used.
    data
        Content.
    kind
        "grids", "events", "layer" and "table" (with `table`) or "frame": the reader of that name in `gridmap.files`.
    table
        Name of the table for kinds "layer" and "table".
    limits
        What reading may cost; by default 200 MB, 2 GB of memory, 60 s of processor time.
    options
        Keyword options of the reader, such as `{"code": "GRID_ID"}`.

    Returns
    -------
    DataFrame
        What the reader returns. Its warnings are given again.

    Raises
    ------
    GridmapError
        As the reader raises it; FileError also where the suffix is not allowed, the content is not of that format, an archive is unsafe, or
        a limit is passed.

    Notes
    -----
    The process knows three GDAL drivers, none of which follows links or addresses, and works in a private folder that is removed
    afterwards. Limits of memory and processor time hold on POSIX systems; elsewhere the waiting time alone does.
    """
    limits = limits or Limits()
    suffix = _allowed_suffix(name)
    shown = f"upload{suffix}"
    if not data:
        raise FileError("empty_file", path=_printable(name))
    if len(data) > limits.file_bytes:
        raise FileError("upload_too_large", path=_printable(name), limit=limits.file_bytes // 2**20, given=f"{len(data) / 2**20:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="gridmap-upload-") as folder:
        source = Path(folder) / shown
        source.write_bytes(data)
        try:
            _require_harmless(source, limits)
        except FileError as error:
            raise FileError(error.key, **_fields(packed(error), shown, _printable(name))) from None
        request = {"path": str(source), "kind": kind, "table": table, "options": dict(options or {}), "limits": asdict(limits)}
        answer = _run(request, Path(folder), _printable(name), limits)
        return _received(answer, Path(folder), shown, _printable(name))


def _allowed_suffix(name: str) -> str:
    suffix = Path(name.replace("\\", "/")).suffix.lower()
    if suffix not in SUFFIXES:
        key = "upload_loose_shapefile" if suffix in {".shp", ".dbf", ".shx"} else "unknown_format"
        raise FileError(key, path=_printable(name), formats=" ".join(SUFFIXES), given=_printable(suffix)[:20] or "-")
    return suffix


def _require_harmless(source: Path, limits: Limits) -> None:
    """Refuse what can be told from the first bytes and from an archive's list, before anything is parsed."""
    kind = "zip" if source.suffix == ".zip" else paths.format_of(source)
    if kind != "csv":
        vector.require_content(source, kind)
    if kind in {"zip", "xlsx"}:
        archive.opened(source, max_bytes=limits.unpacked_bytes).close()


def _run(request: Mapping[str, object], folder: Path, name: str, limits: Limits) -> dict[str, Any]:
    root = str(Path(__file__).parents[2])
    program = "import sys; sys.path.append(sys.argv[1]); from gridmap.files import upload_worker; upload_worker.main()"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the request goes in as data
            [sys.executable, "-I", "-c", program, root],
            input=json.dumps(request).encode(),
            capture_output=True,
            cwd=folder,
            env=_environment(folder),
            timeout=limits.wall_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileError("upload_limit", path=name) from error
    if done.returncode != 0:
        # A signal ended it: out of time or memory. Anything else is a reader that broke down.
        stopped = done.returncode < 0
        raise FileError("upload_limit", path=name) if stopped else FileError("unreadable", path=name, reason=f"exit {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _environment(folder: Path) -> dict[str, str]:
    """Return all that the process sees of the surroundings: no credentials, no proxies, three drivers."""
    unwanted = [driver for driver in pyogrio.list_drivers() if driver not in DRIVERS]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH", "PROJ_DATA") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "TEMP": str(folder),
        "TMP": str(folder),
        "OGR_SKIP": ",".join(unwanted),
        "GDAL_SKIP": ",".join(unwanted),
        "GDAL_DRIVER_PATH": "disable",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "100",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_NUM_THREADS": "1",
    }


def _printable(name: str) -> str:
    """Return the last part of a sender's name for messages, without what cannot be printed."""
    return "".join(letter for letter in name.replace("\\", "/").rsplit("/", 1)[-1] if letter.isprintable())[-60:]


def _received(answer: Mapping[str, Any], folder: Path, shown: str, name: str) -> pd.DataFrame:
    for note in answer["warnings"]:
        warnings.warn(GridmapWarning(note["key"], **_fields(note, shown, name)), stacklevel=3)
    error = answer.get("error")
    if error is not None:
        raise ERRORS[error["type"]](error["key"], **_fields(error, shown, name))
    result = folder / RESULT
    frame = gpd.read_parquet(result) if answer["spatial"] else pd.read_parquet(result)
    return frame if answer["index"] is None else frame.set_index(answer["index"])


def packed(problem: Problem) -> dict[str, object]:
    """Return an error or a warning as plain data."""
    fields = vars(problem)["values"].items()
    values = {name: value if isinstance(value, (int, float, str)) else str(value) for name, value in fields}
    given = None if problem.given is None else str(problem.given)
    rows = [str(row) for row in problem.rows]
    return {"type": type(problem).__name__, "key": problem.key, "given": given, "rows": rows, "count": problem.count, "values": values}


def _fields(packed: Mapping[str, Any], shown: str, name: str) -> dict[str, Any]:
    # The rows beyond the first five are only counted.
    rows = [*packed["rows"], *[None] * (packed["count"] - len(packed["rows"]))]
    values = {key: value.replace(shown, name) if isinstance(value, str) else value for key, value in packed["values"].items()}
    return {"given": packed["given"], "rows": rows, **values}

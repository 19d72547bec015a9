"""The process that reads one upload: takes a request on standard input, writes the frame as GeoParquet and an answer on standard output."""

import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import files
from gridmap.errors import FileError, GridmapError, GridmapWarning
from gridmap.files import vector
from gridmap.files.upload import RESULT, packed

OPEN_FILES = 64


def main() -> None:
    """Read the upload named in the request and answer."""
    request = json.load(sys.stdin.buffer)
    _limit(request["limits"])
    answer = answered(request)
    sys.stdout.write(json.dumps(answer))


def _limit(limits: Mapping[str, int]) -> None:
    """Lower what this process may use, where the system can; what Python and its libraries already take is not counted."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, _address_space() + limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["result_bytes"]),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _address_space() -> int:
    import resource

    statm = Path("/proc/self/statm")
    return int(statm.read_text("ascii").split()[0]) * resource.getpagesize() if statm.exists() else 0


def answered(request: Mapping[str, object]) -> dict[str, object]:
    """Read as the request says; write the frame beside the upload and return what the other side must know."""
    path = Path(str(request["path"]))
    answer: dict[str, object] = {}
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", GridmapWarning)
        try:
            answer |= _stored(_read(path, request), path.parent / RESULT)
        except GridmapError as error:
            answer["error"] = packed(error)
        except MemoryError:
            answer["error"] = packed(FileError("upload_limit", path=path.name))
        except Exception as error:
            answer["error"] = packed(FileError("unreadable", path=path.name, reason=type(error).__name__))
    answer["warnings"] = [packed(note.message) for note in notes if isinstance(note.message, GridmapWarning)]
    return answer


def _read(path: Path, request: Mapping[str, object]) -> pd.DataFrame:
    options = request["options"]
    assert isinstance(options, dict)
    if request["kind"] == "layer":
        return files.read_layer(path, str(request["table"]), **options)
    if request["kind"] == "table":
        return files.read_table(path, str(request["table"]), **options)
    if request["kind"] == "grids":
        return files.read_grids(path, **options)
    if request["kind"] == "events":
        return files.read_events(path, **options)
    return files.read_frame(path, **options)


def _stored(frame: pd.DataFrame, path: Path) -> dict[str, object]:
    index = frame.index.name
    table = frame.reset_index() if index is not None else frame.reset_index(drop=True)
    vector.write_parquet(table, path)
    return {"index": index, "spatial": isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None}


if __name__ == "__main__":
    main()

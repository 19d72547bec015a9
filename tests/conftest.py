"""Fixtures of every room: drawn grids and the folder of real data."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

if TYPE_CHECKING:
    from postgres import Server

MEMORY, ROOM = Path("/dev/shm"), 4_000_000_000  # a folder in memory, and the bytes it must have for the files of a run


def pytest_configure() -> None:
    """Lay temporary files in memory where there is room: databases wait for the disk at every commit, and so would the tests."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real input that is no part of the project; tests on it skip where it is absent."""
    folder = Path(os.environ.get("GRIDMAP_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        missing(f"real data not found at {folder}: set GRIDMAP_SHARED_DATA")
    return folder


def missing(reason: str) -> None:
    """Skip with the reason, or fail where every test must run."""
    if os.environ.get("GRIDMAP_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator["Server"]:
    """A PostgreSQL server with PostGIS, of this test process's own."""
    from postgres import server

    with server() as found:
        yield found


@pytest.fixture(params=["file", "database"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new project may be made: in a file, and in a database."""
    from gridmap import store

    if request.param == "file":
        yield str(tmp_path / "town.gpkg")
        store.close()
    else:
        running = request.getfixturevalue("postgres")
        name = running.database()
        yield running.url(name)
        store.close()
        running.drop(name)  # each is 20 MB: hundreds of them keep the disk busy


def square(column: int, row: int, side: float = 100.0) -> shapely.Polygon:
    """Return the square at a column and a row, row 0 in the south."""
    return shapely.box(column * side, row * side, (column + 1) * side, (row + 1) * side)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs a command line and tells its exit code and what it said on both streams."""
    from gridmap.cli import main

    def command(*words: object, lang: str = "en") -> tuple[int, str, str]:
        code = main([*map(str, words), "--lang", lang])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def three_by_three() -> gpd.GeoDataFrame:
    """Nine 100 m squares in one metric CRS.

    g h i
    d e f
    a b c
    """
    codes = list("abcdefghi")
    squares = [square(n % 3, n // 3) for n in range(9)]
    frame = {"name": codes, "level": 1, "kind": "base", "parent": None}
    index = pd.Index(codes, name="grid_code")
    return gpd.GeoDataFrame(frame, index=index, geometry=squares, crs="EPSG:4548")


@pytest.fixture
def two_tiers() -> gpd.GeoDataFrame:
    """Two level-1 grids of two level-2 squares each, and one dedicated grid inside A.

    +----A----+----B----+
    | A1 | A2 | B1 | B2 |   D is a 20 m square in A1
    +----+----+----+----+
    """
    rows = [
        ("A", 1, "base", None, shapely.box(0, 0, 200, 100)),
        ("B", 1, "base", None, shapely.box(200, 0, 400, 100)),
        ("A1", 2, "base", "A", square(0, 0)),
        ("A2", 2, "base", "A", square(1, 0)),
        ("B1", 2, "base", "B", square(2, 0)),
        ("B2", 2, "base", "B", square(3, 0)),
        ("D", 2, "dedicated", "A1", shapely.box(40, 40, 60, 60)),
    ]
    frame = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "kind", "parent", "geometry"], crs="EPSG:4548")
    frame.insert(1, "name", frame["grid_code"])
    return frame.set_index("grid_code")

"""Installed files of the map: found, named with their version, served alone, kept by browsers only under an address with the version."""

import gzip
import importlib.util
import re
from pathlib import Path

import pytest
from asgi import get

from gridmap.errors import FileError
from gridmap.ui.component import library

ROOT = Path(__file__).parents[1]
EVERY_FILE = [(package, name) for package, names in library.FILES.items() for name in sorted(names)]
ROUTES = library.routes()


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An environment whose set-up did not run."""
    monkeypatch.setattr(library, "folder", lambda: tmp_path / "none")
    for kept in (library._content, library.version):
        kept.cache_clear()
    yield
    for kept in (library._content, library.version):
        kept.cache_clear()


@pytest.mark.parametrize(("package", "name"), EVERY_FILE)
def test_every_file_is_installed_and_answered_with_as_it_is(package: str, name: str) -> None:
    answer = get(ROUTES, library.address(package, name))
    assert answer.status == 200
    assert answer.body == library.read(package, name)
    assert len(answer.body) > 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == library.MEDIA_TYPES[Path(name).suffix]
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_the_set_up_lays_what_is_served() -> None:
    spec = importlib.util.spec_from_file_location("install_web", ROOT / "tools" / "install_web.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    laid = {package: {Path(file).name for file in files} - {"package.json"} | {"LICENSE.txt"} for package, files in tool.WANTED.items()}
    assert laid == {package: set(names) for package, names in library.FILES.items() if package != "leaflet"}


def test_maplibre_is_the_version_that_old_browsers_run() -> None:
    assert library.version("maplibre-gl").startswith("5.22.")
    assert library.address("maplibre-gl", "maplibre-gl.js") == f"/gridmap/lib/maplibre-gl@{library.version('maplibre-gl')}/maplibre-gl.js"
    assert re.match(rb"/\*\*\s+\* MapLibre GL JS", library.read("maplibre-gl", "maplibre-gl.js"))


def test_only_an_address_with_the_version_is_kept_for_ever() -> None:
    kept = get(ROUTES, library.address("terra-draw", "terra-draw.umd.js")).headers
    assert kept["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/gridmap/lib/terra-draw/terra-draw.umd.js", "/gridmap/lib/terra-draw@0.0.1/terra-draw.umd.js"):
        answer = get(ROUTES, path)
        assert (answer.status, answer.headers["cache-control"]) == (200, "public, no-cache")


def test_a_browser_that_takes_gzip_gets_it() -> None:
    path = library.address("maplibre-gl", "maplibre-gl.js")
    answer = get(ROUTES, path, accept_encoding="gzip, deflate, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert len(answer.body) < 400_000
    assert gzip.decompress(answer.body) == library.read("maplibre-gl", "maplibre-gl.js")
    assert "content-encoding" not in get(ROUTES, path, accept_encoding="gzip;q=0, br").headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("", False),
        ("br", False),
        ("gzip", True),
        ("br, GZIP", True),
        ("gzip; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("*", True),
    ],
)
def test_takes_gzip(accepted: str, takes: bool) -> None:
    assert library.takes_gzip(accepted) is takes


def test_an_unchanged_file_is_not_sent_again() -> None:
    path = "/gridmap/lib/leaflet/leaflet.css"
    tag = get(ROUTES, path).headers["etag"]
    assert tag.startswith('W/"')
    again = get(ROUTES, path, if_none_match=f'"other", {tag}')
    assert (again.status, again.body) == (304, b"")
    assert get(ROUTES, path, if_none_match=tag.removeprefix("W/")).status == 304
    assert get(ROUTES, path, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    "path",
    [
        "maplibre-gl/package.json",
        "maplibre-gl/none.js",
        "none/maplibre-gl.js",
        "maplibre-gl/../terra-draw/terra-draw.umd.js",
        "maplibre-gl/%2e%2e/terra-draw/terra-draw.umd.js",
        "leaflet/..%2f..%2f__init__.py",
        "maplibre-gl@../x/maplibre-gl.js",
        "@5.22.0/maplibre-gl.js",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    assert get(ROUTES, f"/gridmap/lib/{path}").status == 404


def test_the_style_of_leaflet_names_pictures_that_are_served() -> None:
    pictures = set(re.findall(r"url\((images/[^)]+)\)", library.read("leaflet", "leaflet.css").decode()))
    assert pictures
    assert pictures <= library.FILES["leaflet"]


@pytest.mark.usefixtures("nothing_installed")
def test_what_the_set_up_did_not_install_says_how_to() -> None:
    with pytest.raises(FileError, match=r"not installed; given: maplibre-gl/maplibre-gl\.js; Hint: .*make env"):
        library.read("maplibre-gl", "maplibre-gl.js")
    answer = get(ROUTES, "/gridmap/lib/maplibre-gl/maplibre-gl.js")
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert "make env" in answer.body.decode()
    assert get(ROUTES, "/gridmap/lib/leaflet/leaflet.js").status == 200


def test_a_file_that_is_none_of_ours_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError, match="other"):
        library.read("terra-draw", "other.js")
    with pytest.raises(KeyError, match="other"):
        library.address("terra-draw", "other.js")

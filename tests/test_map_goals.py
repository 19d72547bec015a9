"""The goals of the map: bytes and counts are held, seconds are printed (`pytest -s`)."""

from collections.abc import Iterator

import map_goals
import pytest
import towns
from browser_fixture import browser, fresh_page, page  # noqa: F401 - fixtures
from map_browser import application, say, serving

from gridmap import files

MOST_BYTES = 3_000_000
MOST_TICK_BYTES = 50_000


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server with the page of `map_app`, which asks for no address of another machine."""
    with serving(tmp_path_factory.mktemp("goals")) as url:
        yield url


def test_the_first_map_is_small_and_a_rerun_sends_nothing(fresh_page, address):  # noqa: F811
    first = map_goals.first_map(fresh_page, address)
    again = map_goals.rerun(fresh_page)
    say(f"first map: {first['bytes'] / 1e6:.2f} MB, {first['seconds']:.2f} s; rerun {again['seconds']:.2f} s")
    assert first["outside"] == 0
    assert first["grids"] == 230 + 964 + 2600 + 67
    assert first["events"] == 5632
    assert set(first["drawn"]) == {"context", "grids", "events"}
    assert all(count > 10 for count in first["drawn"].values())
    assert 100_000 < first["bytes"] <= MOST_BYTES
    assert again["requests"] == 0
    assert again["kept"]


def test_a_stroke_tells_every_grid_it_went_over(page, address):  # noqa: F811
    done = map_goals.stroke(page, address)
    say(f"stroke over {done['touched']} grids: {done['seconds']:.2f} s")
    assert done["touched"] >= map_goals.UNITS
    assert done["codes"] == done["touched"]


def test_a_million_events_are_counted_exactly_at_every_zoom(page, address):  # noqa: F811
    steps = map_goals.zooms(page, address)
    say(
        "\n".join(
            f"zoom {step['zoom']}: {step['seconds']:.2f} s, {step['total']:,} events as {step['shown']:,} {step['as']}" for step in steps
        )
    )
    assert steps[0]["total"] > 900_000
    assert {step["as"] for step in steps} == {"squares", "points"}
    for step in steps:
        assert step["total"] == step["exact"], step
        assert step["wrong"] == 0, step
        assert step["written"], step


def test_fifty_new_events_are_few_bytes_and_the_view_stays(page, tmp_path):  # noqa: F811
    project = tmp_path / "town.gpkg"
    tables, settings = towns.project()
    files.write_project(tables, project, settings=settings)
    with application(project, tmp_path) as url:
        done = map_goals.tick(page, url, project)
        page.goto("about:blank")
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]  # Streamlit looks below the page's path first
    stream, page_bytes = done["bytes"] / 1e3, done["page_bytes"] / 1e3
    say(f"50 events: {stream:.1f} kB of stream, {page_bytes:.1f} kB of page, on the map after {done['seconds']:.2f} s")
    assert done["added"] == map_goals.TICK
    assert 1000 < done["bytes"] <= MOST_TICK_BYTES
    assert done["layers"] == 0
    assert done["kept"]

"""The goals of the map, measured in a browser: `PYTHONPATH=.:tests python benchmarks/map_page.py` prints the table of docs/map.md.

A server and Debian's chromium on one machine, the network closed, WebGL by the processor: with a graphics card pictures come sooner. Bytes
and counts are held by `tests/test_map_goals.py`. Every step is measured `--repeats` times, each in a new browser page; seconds are medians.
`--large` opens every page of the app on a lattice of `--side` x `--side` grids with `--events` events instead.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import large_pages
import map_goals
from browser_fixture import CHROMIUM, FLAGS, open_page
from machine import machine, versions
from map_browser import application, serving

from gridmap import files, synth

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, what came of it, its goal and whether it is reached."""

    work: str
    found: str
    goal: str
    reached: bool


def repeated(browser: "Browser", work: Callable, repeats: int) -> list:
    """Return what a work gives on new pages; where there are several turns, one before them warms the server up."""
    found = []
    warm = repeats > 1
    for turn in range(repeats + warm):
        page = open_page(browser)
        result = work(page)
        page.goto("about:blank")
        page.context.close()
        if turn or not warm:
            found.append(result)
    return found


def median(results: list[dict], name: str = "seconds") -> float:
    """Return the median of a figure."""
    return statistics.median(result[name] for result in results)


def opening(page: "Page", address: str) -> dict:
    """Open the first map, and run the page again."""
    return {"first": map_goals.first_map(page, address), "again": map_goals.rerun(page)}


def rows(browser: "Browser", address: str, live: str, project: Path, repeats: int) -> list[Row]:
    """Measure all and return the table."""
    opened = repeated(browser, lambda page: opening(page, address), repeats)
    first, again = [one["first"] for one in opened], [one["again"] for one in opened]
    strokes = repeated(browser, lambda page: map_goals.stroke(page, address), repeats)
    # The events of a tick are appended once.
    page = open_page(browser)
    tick = map_goals.tick(page, live, project)
    page.goto("about:blank")
    outside = len(page.gridmap_requests) + sum(one["outside"] for one in first)
    page.context.close()
    steps = repeated(browser, lambda page: map_goals.zooms(page, address), repeats)
    size, seconds = first[0]["bytes"], median(first)
    table = [
        Row("requests that leave the machine", str(outside), "0", outside == 0),
        Row("first map of Jianyang: layer data", f"{size / 1e6:.2f} MB", "≤ 3 MB", size <= 3e6),
        Row("first map of Jianyang: from the script's end until drawn", f"{seconds:.2f} s", "≤ 3 s", seconds <= 3),
        Row("rerun, nothing changed: until Python has answered", f"{median(again):.2f} s", "≤ 0.5 s", median(again) <= 0.5),
        Row("rerun: requests for layers", str(max(one["requests"] for one in again)), "0", not any(one["requests"] for one in again)),
        Row("rerun: view kept", _yes(all(one["kept"] for one in again)), "yes", all(one["kept"] for one in again)),
        Row("live, 50 new events: event stream", f"{tick['bytes'] / 1e3:.1f} kB", "≤ 50 kB", tick["bytes"] <= 5e4),
        Row("live, 50 new events: view kept", _yes(tick["kept"]), "yes", tick["kept"]),
        Row("live, 50 new events: until they are on the map", f"{tick['seconds']:.2f} s", "", reached=True),
        Row("brush over 25 grids: codes in Python", f"{median(strokes):.2f} s", "≤ 0.3 s", median(strokes) <= 0.3),
    ]
    return table + [step_row([one[number] for one in steps]) for number in range(len(steps[0]))]


def step_row(step: list[dict]) -> Row:
    """Return the line of one zoom."""
    one, seconds = step[0], median(step)
    exact = all(found["total"] == found["exact"] and found["wrong"] == 0 for found in step)
    found = f"{seconds:.2f} s, {one['total']:,} events as {one['shown']:,} {one['as']}, {'exact' if exact else 'WRONG'}"
    return Row(f"1,000,000 events, zoom {one['zoom']}", found, "≤ 1 s, exact", exact and seconds <= 1)


def markdown(table: list[Row]) -> str:
    """Write the table."""
    lines = ["| what | measured | goal | reached |", "|---|---:|---:|---|"]
    return "\n".join([*lines, *(f"| {row.work} | {row.found} | {row.goal} | {_yes(row.reached) if row.goal else ''} |" for row in table)])


def large(browser: "Browser", folder: Path, side: int, events: int, pages: list[str]) -> tuple[list[large_pages.Visit], str]:
    """Visit the pages of a large layer, and return what was measured and the table."""
    project = large_pages.project(folder, side=side, events=events)
    with application(project, folder) as address:
        found = large_pages.visits(browser, address, pages)
    return found, large_pages.markdown(found, side * side, events)


def goals(browser: "Browser", folder: Path, repeats: int) -> tuple[list[Row], str]:
    """Measure the goals of the map, and return the rows and the table."""
    project = folder / "town.gpkg"
    tables, settings = synth.project(synth.dongyuan())
    files.write_project(tables, project, settings=settings)
    with serving(folder) as address, application(project, folder) as live:
        table = rows(browser, address, live, project, repeats)
    return table, markdown(table)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--large", action="store_true", help="the pages of the app on very many grids")
    options.add_argument("--side", type=int, default=316)
    options.add_argument("--events", type=int, default=200_000)
    options.add_argument("--pages", nargs="+", choices=list(large_pages.PAGES), default=list(large_pages.PAGES))
    options.add_argument("-o", "--output", type=Path, help="also write the table and the machine as JSON")
    given = options.parse_args()
    if min(given.repeats, given.side, given.events) < 1:
        options.error("every number must be at least 1")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        if given.large:
            table, text = large(browser, folder, given.side, given.events, given.pages)
        else:
            table, text = goals(browser, folder, given.repeats)
        about = {"machine": machine(), "versions": {**versions(), "chromium": browser.version}, "repeats": given.repeats}
        browser.close()
    if given.output:
        content = {**about, "rows": [asdict(row) for row in table]}
        given.output.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()

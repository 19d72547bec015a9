"""The pages of the app on a layer of very many grids: seconds until each has drawn its map; `map_page.py --large` prints them."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from browser_fixture import ROOT, open_page
from layers import lattice

from gridmap import files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = {"data": "", "coverage": "coverage", "workload": "workload", "hotspots": "hotspots", "live": "live"}
VISITS = ("first", "again")
CATEGORIES = ("环境卫生", "安全隐患", "市政设施")
PATIENCE_MS = 600_000
DRAWN = f"""() => {{ const root = {ROOT}; return Boolean(root && root.gridmap && root.dataset.drawn
    && root.gridmap.map.loaded() && root.gridmap.map.areTilesLoaded()); }}"""
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@dataclass(frozen=True)
class Visit:
    """One page in a new browser window: seconds until its map was drawn, and until all of it was there."""

    page: str
    visit: str
    drawn: float
    settled: float


def project(folder: Path, *, side: int, events: int) -> Path:
    """Write a project of side x side grids and so many events, and return its file."""
    task = lattice(events, side=side)
    grids = task.grids.assign(name=[f"网格{code}" for code in task.grids.index])
    random = np.random.default_rng(2)
    minutes = np.sort(random.integers(0, 365 * 24 * 60, events))
    columns = {
        "category": random.choice(CATEGORIES, events),
        "reported_at": pd.Timestamp("2024-01-01", tz="Asia/Shanghai") + pd.to_timedelta(minutes, unit="min"),
        "status": random.choice(["archived", "dispatched"], events, p=[0.9, 0.1]),
    }
    index = pd.Index([f"E{number:07d}" for number in range(events)], name="event_id")
    happened = gpd.GeoDataFrame(columns, index=index, geometry=gpd.points_from_xy(task.x, task.y), crs=grids.crs)
    path = folder / "lattice.gpkg"
    settings = {"title_zh": "方格", "title_en": "Lattice", "synthetic": "true", "now": "2025-01-01T00:00:00+08:00"}
    files.write_project({"grids": grids, "events": happened}, path, settings=settings)
    return path


def visits(browser: "Browser", address: str, pages: list[str]) -> list[Visit]:
    """Visit each page twice, the first time on a server that has not made it yet."""
    return [_visit(browser, f"{address}/{PAGES[page]}", page, turn) for page in pages for turn in VISITS]


def _visit(browser: "Browser", address: str, name: str, turn: str) -> Visit:
    page = open_page(browser)
    begin = time.monotonic()
    page.goto(address)
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS, polling=100)
    drawn = time.monotonic() - begin
    page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
    settled = time.monotonic() - begin
    page.goto("about:blank")
    page.context.close()
    return Visit(name, turn, drawn, settled)


def markdown(found: list[Visit], grids: int, events: int) -> str:
    """Write the table."""
    lines = [f"{grids:,} grids, {events:,} events", "", "| page | visit | map drawn | page done |", "|---|---|---:|---:|"]
    return "\n".join([*lines, *(f"| {one.page} | {one.visit} | {one.drawn:.1f} s | {one.settled:.1f} s |" for one in found)])

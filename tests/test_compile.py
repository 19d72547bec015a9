"""What `make env` compiles is all that the pages use: they compile nothing more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each compiled function with the types it was compiled for or loaded with: after the tool alone, and after what the pages do.
LOOK = """
import json, runpy, sys
import numba.core.dispatcher as dispatcher
from gridmap import assign, hierarchy, maps, synth
from gridmap.maps import bins, tiles
from gridmap.ui import large

def compiled():
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("gridmap.") and ".compiled." in name]
    found = {}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, dispatcher.Dispatcher) and value.signatures and value.py_func.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = sorted(map(str, value.signatures))
    return found

def pages():
    town = synth.dongyuan()
    index = assign.Index(town.grids)
    base = hierarchy.tier(town.grids)
    owners = index.locate(*town.events.to_crs(town.grids.crs).geometry.get_coordinates().to_numpy().T)
    large.MOST_DOTS = large.MOST_SHAPES = 10
    events = large.events_layer(town.events, lang="zh")
    untimed = large.events_layer(town.events.assign(reported_at=None), lang="zh")
    for counted in (events, untimed):
        for zoom in (0, 9, 14, 18):
            counted.bins.view(zoom, counted.bins.bounds)
            counted.bins.view(zoom, counted.bins.bounds, categories=[0])
    events.bins.view(9, events.bins.bounds, period=(0, 30_000_000))
    large.plain([events])
    counts = assign.count(town.events, base)["events"]
    themes = [large.grids_layer(town.grids, lang="zh"), large.choropleth(counts, base, title="n", unit="", lang="zh")]
    for layer in themes:
        layer.tiles.tile(0, 0, 0)
        layer.tiles.tile(14, 13_536, 6_434)

sys.argv = ["tools/compile.py"]
runpy.run_path("tools/compile.py", run_name="__main__")
before = compiled()
pages()
print(json.dumps([before, compiled()]))
"""


@pytest.fixture(scope="module")
def looked() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=300)
    said, told = done.stdout.splitlines()[-2:]
    assert said.startswith("compiled loops are ready")
    before, after = json.loads(told)
    return before, after


def test_the_pages_compile_nothing_that_the_tool_has_not(looked):
    before, after = looked
    assert after == before


def test_the_tool_reaches_the_loops_of_all_rooms(looked):
    before, _ = looked
    for name in ("assign.cells.compiled.locate.locate", "assign.cells.compiled.gate.verdict", "assign.cells.compiled.patch.listed"):
        assert f"gridmap.{name}" in before
    for name in ("bins.runs", "bins.squares", "bins.listed", "morton.encoded", "outline.zooms", "encode.features"):
        assert f"gridmap.maps.compiled.{name}" in before
    for name in ("shared.shared", "shared.whole"):
        assert f"gridmap.crosswalk.compiled.{name}" in before

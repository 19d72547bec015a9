"""The benchmarks of large layers on the map and of the pages that show them: a tiny run of each whole command, its own checks included."""

import os
import subprocess
import sys
from pathlib import Path

from browser_fixture import CHROMIUM
from conftest import missing

ROOT = Path(__file__).parents[1]


def run(*words: str, script: str = "map.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *words]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_a_tiny_run_checks_itself_and_prints_both_tables() -> None:
    done = run("--events", "5000", "--side", "10", "--repeats", "1")
    assert done.returncode == 0, done.stderr
    assert "5,000 events: made in" in done.stdout
    assert "100 grids, 4,800 corners: prepared in" in done.stdout
    assert done.stdout.count("squares") >= 1
    assert done.stdout.count("points") >= 1


def test_numbers_below_one_are_refused() -> None:
    done = run("--events", "0")
    assert done.returncode == 2
    assert "every number must be at least 1" in done.stderr


def test_a_tiny_run_opens_a_page_twice_on_tiles() -> None:
    if not CHROMIUM.exists():
        missing(f"no browser at {CHROMIUM}: apt-get install chromium")
    done = run("--large", "--side", "56", "--events", "300", "--pages", "coverage", script="map_page.py")
    assert done.returncode == 0, done.stderr
    assert "3,136 grids, 300 events" in done.stdout
    assert "| coverage | first |" in done.stdout
    assert "| coverage | again |" in done.stdout

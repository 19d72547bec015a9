"""The benchmark and the long run of plans that are kept: tiny runs of the whole commands."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *words]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)


def test_a_tiny_run_measures_every_step():
    done = run("store_plans.py", "--scale", "0.03", "--repeats", "1", "--versions", "2")
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| file | ")]
    assert [row[1] for row in rows[1:5]] == ["open, edit, save", "create", "start a draft", "open"]
    assert all(float(row[2]) > 0 for row in rows[1:])
    assert "one plan: " in done.stdout


def test_a_tiny_long_run_finds_nothing():
    done = run("endure_plans.py", "--rounds", "2", "--steps", "4", "--histories", "1", "--home", "file")
    assert done.returncode == 0, done.stderr
    assert "2 processes, 2 edits each" in done.stdout
    assert "history 7: 4 steps" in done.stdout


def test_numbers_that_make_no_run_are_refused():
    assert "every number must be above 0" in run("store_plans.py", "--repeats", "0").stderr

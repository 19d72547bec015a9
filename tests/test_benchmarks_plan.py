"""The benchmark of plans: a tiny run of the whole command."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "plan.py"), *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_a_tiny_run_does_every_kind_of_edit() -> None:
    done = run("--scale", "0.03", "--repeats", "1")
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    kinds = ["split", "split, top tier", "merge", "transfer", "reshape", "re_parent", "add_dedicated", "retire_dedicated", "recode"]
    assert [row[0].removeprefix("| ") for row in rows] == kinds
    assert all(float(row[1]) > 0 for row in rows)


def test_numbers_that_make_no_run_are_refused() -> None:
    done = run("--repeats", "0")
    assert done.returncode == 2
    assert "every number must be above 0" in done.stderr

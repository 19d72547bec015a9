"""The benchmark of assignment: its truth, its checks, its page; and a tiny run of the whole command, without the peers that are extras."""

import importlib
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
COMMAND = FOLDER / "assign.py"
OPTIONAL = {"SedonaDB": "sedonadb", "DuckDB": "duckdb_extension_spatial", "polars-st": "polars_st"}
sys.path.append(str(FOLDER))
fresh, layers, measure, moves, own, page, ways = map(
    importlib.import_module, ("fresh", "layers", "measure", "moves", "own", "page", "ways")
)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(COMMAND), *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def small() -> Any:
    """The demo town with few points: nested tiers and dedicated grids."""
    return layers.jianyang(300)


def brute_force(task: Any) -> tuple[list[int], list[int]]:
    """Rows in the lowest tier and positions of the owner, pair by pair."""
    codes = sorted(task.grids.index)
    dedicated = task.grids[task.grids["kind"] == "dedicated"].sort_index()
    base, owner = [], []
    for point in task.points:
        covering = [row for row, polygon in enumerate(task.tier) if polygon.intersects(point)]
        over = [code for code, polygon in dedicated.geometry.items() if polygon.intersects(point)]
        base.append(min(covering, default=-1))
        codes_here = over or [task.tier.index[row] for row in covering]
        owner.append(codes.index(min(codes_here)) if codes_here else -1)
    return base, owner


def test_the_truth_is_that_of_every_pair(small: Any) -> None:
    # Drawn around the dedicated grids, so that both kinds of owner occur.
    inside = small.grids[small.grids["kind"] == "dedicated"].representative_point()
    task = layers.Task(small.grids, np.append(small.x[:60], inside.x), np.append(small.y[:60], inside.y))
    truth = ways.Truth.of(task)
    base, owner = brute_force(task)
    assert truth.base.tolist() == base
    assert truth.owner.tolist() == owner
    assert -1 in base
    assert any(task.grids.sort_index()["kind"].iloc[found] == "dedicated" for found in owner)


def test_wrong_answers_are_counted(small: Any) -> None:
    truth = ways.Truth.of(small)
    right = truth.owner.copy()
    codes = small.grids.sort_index().index
    assert measure.differences(right, small, truth) == 0
    right[[3, 7]] = np.where(right[[3, 7]] == 0, 1, 0)
    assert measure.differences(right, small, truth) == 2
    assert measure.differences(pd.Series(codes.array.take(right, allow_fill=True)), small, truth) == 2
    (found,) = np.nonzero(truth.base >= 0)
    assert measure.differences((found, truth.base[found]), small, truth) == 0
    assert measure.differences((found[5:], truth.base[found][5:]), small, truth) == 5


def test_a_way_that_fails_or_answers_wrongly_is_a_problem_and_is_not_timed(small: Any) -> None:
    def fails(task: object) -> object:
        raise OSError("no such tool")

    chosen = [
        ways.Way("fails", fails, "numpy"),
        ways.Way("nothing", lambda task: lambda: ([], []), "numpy"),
        ways.Way("lookup", own.look_up, "gridmap"),
    ]
    record = measure.Record()
    measure.compare("town", small, chosen, 2, record)
    inside = int((ways.Truth.of(small).base >= 0).sum())
    assert record.problems == ["fails: OSError: no such tool", f"nothing: {inside} of 300 answers differ from shapely's (town)"]
    assert [row["work"] for row in record.rows] == ["lookup"]


def test_a_process_that_fails_is_a_problem_and_ends_nothing(small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    small.head(2).save(tmp_path)
    record = measure.Record()
    assert fresh._alone("seconds", "no such work", tmp_path, record) == []
    assert record.problems == ["no such work, seconds in a process of its own: KeyError: 'no such work'"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=30), st.randoms(use_true_random=False))
def test_the_owner_is_the_smallest_grid_in_any_order_of_pairs(pairs: list[tuple[int, int]], random: Any) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    expected = [min((grid for point, grid in pairs if point == here), default=-1) for here in range(10)]
    for given_pairs in (pairs, shuffled):
        point, grid = np.array(given_pairs, dtype=np.int64).reshape(-1, 2).T
        assert ways.owners(point, grid, 10).tolist() == expected


@pytest.mark.parametrize("threads", [1, 2])
def test_gathering_reads_the_cell_of_each_point(threads: int) -> None:
    task = layers.lattice(2 * own.CHUNK + 5, side=4, corners_per_side=3)
    left, bottom, right, top = task.grids.total_bounds
    cells = own.gather(task, threads)()
    columns = int(np.sqrt(own.CELLS_PER_CORNER * 16 * 13 * (right - left) / (top - bottom)))
    rows = own.CELLS_PER_CORNER * 16 * 13 // columns
    column = np.floor((task.x - left) * (columns / (right - left))).astype(int)
    row = np.floor((task.y - bottom) * (rows / (top - bottom))).astype(int)
    assert np.array_equal(cells, row * (columns + 1) + column)


@pytest.mark.parametrize("most", [2, 4])
def test_a_move_takes_a_corner_along_in_every_grid_that_has_it(most: int) -> None:
    grids = layers.lattice(1, side=5, corners_per_side=3).grids
    corners = moves.shared_corners(grids, most=most)
    tier = grids.geometry.to_numpy()
    for corner, rows in corners.items():
        assert np.flatnonzero(shapely.intersects(tier, shapely.Point(corner))).tolist() == sorted(rows)
    changed = moves.move(grids, corners, np.random.default_rng(0))
    after = grids.copy()
    after.loc[changed.index, "geometry"] = changed.geometry
    assert not changed.geom_equals(grids.geometry.loc[changed.index]).any()
    assert shapely.coverage_is_valid(after.geometry.to_numpy())
    assert after.union_all().area == pytest.approx(grids.union_all().area)


def test_a_layer_whose_corners_cannot_be_moved_is_refused() -> None:
    grids = layers.lattice(1, side=2, corners_per_side=3).grids
    gone = pd.Series([np.array([0, 1])], index=pd.MultiIndex.from_tuples([(0.0, 0.0)]), dtype=object)
    with pytest.raises(ValueError, match="no corner could be moved"):
        moves.move(grids, gone, np.random.default_rng(0))


def test_the_long_run_finds_no_mismatch_and_says_what_it_asked() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "exactness.py"), "--points", "200", "--side", "6", "--scale", "0.02", "--data", "nowhere"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert {row[0] for row in rows} >= {"| town", "| lattice", "| squares at 0, 144 cells"}
    assert {row[1] for row in rows} >= {"corners", "middles, jittered", "on edges", "height of a corner", "anchors"}
    assert {tuple(row[3:6]) for row in rows} == {("0", "0", "0")}
    assert "councils left out" in done.stderr


def line(work: str, seconds: float, stage: str = "end to end", **other: object) -> dict[str, object]:
    row = {"layer": "town", "grids": 2600, "points": 10_000_000, "work": work, "stage": stage, "threads": 2, "sample": 0}
    return row | {"seconds": seconds, "least": seconds, "most": seconds} | other


def test_goals_are_figures_of_the_record() -> None:
    rows = [
        line("geopandas.sjoin", 15.0),
        line("SedonaDB", 6.0),
        line("rtree loop", 100.0, "grids ready", sample=10_000),
        line("gridmap, arrays", 0.3),
        line("gridmap, arrays, ready", 0.15, "grids ready"),
        line("gridmap, arrays, ready, one thread", 0.27, "grids ready"),
        line("gather only", 0.06, "limit"),
    ]
    updates = [
        {"work": "gridmap, Assigned.update", "points": 1_000_000, "moves": 12, "hands": 5},
        {"work": "gridmap, index anew, frame to codes", "points": 1_000_000, "moves": 12, "hands": 5},
    ]
    for row, seconds in zip(updates, (0.01, 0.45), strict=True):
        row |= {"seconds": seconds, "least": seconds, "most": seconds}
    memory = [
        {"work": "geopandas.sjoin", "points": 10_000_000, "megabytes": 3000.0},
        {"work": "gridmap, arrays", "points": 10_000_000, "megabytes": 600.0},
        {"work": "gridmap, frame to codes", "points": 10_000_000, "megabytes": 1500.0},
    ]
    record = {"measured": "2026-01-02", "command": "here", "repeats": 1, "machine": {}, "versions": {}, "missing": ["polars-st"]}
    text = page.written(
        record | {"left_out": [], "problems": [], "rows": rows, "borders": [], "cold": [], "memory": memory, "updates": updates}
    )
    goals = dict(line[2:].split(" | ", 1) for line in text.splitlines() if line.startswith("| 1"))
    assert goals["10 M points, end to end, over the fastest peer"] == ">= 15 x | 20.0 x | reached |"
    assert goals["10 M points, end to end, over geopandas.sjoin"] == ">= 60 x | 50.0 x | missed by 10.0 x |"
    assert goals["10 M points, index ready, over the fastest peer"] == ">= 30 x | 40.0 x | reached |"
    assert goals["10 M points, index ready, share of gather only"] == ">= 50 % | 40.0 % | missed by 10.0 % |"
    assert goals["10 M points, growth of memory to numbers, as sjoin gives, share of sjoin's"] == "<= 33.3 % | 20.0 % | reached |"
    assert goals["10 M points, growth of memory to codes as text, share of sjoin's"] == "<= 33.3 % | 50.0 % | missed by 16.7 % |"
    assert goals["10 M points, two threads over one"] == ">= 1.6 x | 1.80 x | reached |"
    assert goals["10,000 points, first call, over STRtree"] == ">= 0.95 x | not measured |  |"
    assert goals["1 M points, a border moves, over index and frame anew"] == ">= 30 x | 45.0 x | reached |"
    assert goals["1 M points, a border moves, over index and arrays anew"] == ">= 30 x | not measured |  |"
    assert "| gridmap, Assigned.update | 0.0100 (0.0100-0.0100) | 45.0 |" in text
    assert "Not installed, so not measured: polars-st" in text
    assert "| rtree loop (scaled from 10,000) |" in text


def test_the_published_page_is_that_of_the_published_record() -> None:
    record, published = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"
    assert record.exists() == published.exists()
    if record.exists():
        assert page.written(json.loads(record.read_text(encoding="utf-8"))) == published.read_text(encoding="utf-8")


def test_the_command_runs_and_its_page_is_made_of_its_record(tmp_path: Path) -> None:
    target = tmp_path / "new" / "record.json"
    words = ["--points", "400", "--repeats", "1", "--side", "5", "--cold-points", "50", "-o", str(target)]
    words += [
        "--parts",
        "town",
        "lattice",
        "borders",
        "cold",
        "memory",
        "updates",
        "--moves",
        "3",
    ]  # without compiling anew, which takes long
    done = run(*words, "--peers", "grids first", "rtree loop", *OPTIONAL)
    record = json.loads(target.read_text(encoding="utf-8"))
    installed = [name for name, module in OPTIONAL.items() if find_spec(module)]
    assert done.returncode == 0, done.stderr
    assert record["problems"] == []
    assert {name.split(" ST_")[0] for name in record["missing"]} == set(OPTIONAL) - set(installed)
    assert {(row["layer"], row["points"], row["grids"]) for row in record["rows"]} == {("town", 400, 2600), ("lattice", 400, 25)}
    assert {row["work"] for row in record["rows"]} >= {way.name for way in own.OWN} | {"rtree loop", "geopandas.sjoin, grids first"}
    assert [row["differences"] for row in record["borders"] if row["work"] in {way.name for way in own.OWN}] == [0, 0]
    assert len(record["cold"]) == 5
    assert [row["moves"] for row in record["updates"]] == [3, 3, 3]
    assert {row["work"] for row in record["memory"]} >= {"geopandas.sjoin, grids first", own.ARRAYS, own.FRAME}
    assert all(row["seconds"] > 0 for row in record["rows"] + record["cold"])
    again = run("--page", str(target))
    assert again.stdout == done.stdout


def test_numbers_below_one_are_refused() -> None:
    done = run("--points", "0")
    assert done.returncode == 2
    assert "every number must be at least 1" in done.stderr

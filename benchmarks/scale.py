"""A folder of Parquet files, by the command itself and by dask's processes: `python benchmarks/scale.py`.

Points lie evenly over the bounding box of the demo town Jianyang at scale 1 (2,600 grids of the lowest tier, 67 dedicated). Every way is a
process of its own: imports, reading the grids, building the index, starting the workers and all writing are in its seconds; its megabytes
are the most that one of its processes held. Compiled code is warm: a small run goes before. At the end every way's outputs must have the
same bytes.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from gridmap import __version__, files, synth


def run(words: list[str]) -> dict[str, float]:
    """Return the seconds of a command, those of the processors in all its processes, and the megabytes of the largest process."""
    begin = time.perf_counter()
    started = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    if status:
        raise SystemExit(f"failed: {words}")
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "processor_s": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


def hash_of(folder: Path) -> str:
    """Return one hash of all outputs."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.parquet")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def fill(folder: Path, grids: Path, count: int, points: int) -> None:
    """Write the town's grids and `count` files of points."""
    town = synth.jianyang(1, events=1).grids
    files.write(town, grids, layer="grids")
    west, south, east, north = town.total_bounds
    random = np.random.default_rng(0)
    for n in range(count):
        places = {"lon": random.uniform(west, east, points), "lat": random.uniform(south, north, points)}
        pd.DataFrame({"number": np.arange(points) + n * points, **places}).to_parquet(folder / f"points{n:03d}.parquet")


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--files", type=int, default=20)
    options.add_argument("--points", type=int, default=1_000_000)
    options.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    given = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        source, grids = Path(place) / "in", Path(place) / "grids.gpkg"
        source.mkdir()
        fill(source, grids, given.files, given.points)
        total = given.files * given.points
        command = [sys.executable, "-m", "gridmap", "assign"]
        one = [str(source / "points000.parquet"), str(grids), "-o", str(Path(place) / "one.parquet")]
        ways = {"the command on one of the files": (given.points, [*command, *one])}
        folder = [*command, str(source), str(grids), "-o"]
        ways["the command on the folder"] = (total, [*folder, str(Path(place) / "threads")])
        for workers in given.workers:
            named = f"the command on the folder, `--workers {workers}`"
            ways[named] = (total, [*folder, str(Path(place) / f"workers{workers}"), "--workers", str(workers)])
        warmed = Path(place) / "warmed"
        (warmed / "in").mkdir(parents=True)
        fill(warmed / "in", grids, 1, 1000)
        run([*command, str(warmed / "in"), str(grids), "-o", str(warmed / "out")])
        for way, (points, words) in ways.items():
            used = run(words)
            million = f"{points / 1e6:g} M"
            rows.append(f"| {way} | {million} | {used['seconds']:.1f} | {used['processor_s']:.1f} | {used['megabytes']:,.0f} MB |")
        hashes = {hash_of(folder) for folder in Path(place).iterdir() if folder.is_dir() and folder not in (source, warmed)}
    head = ["| way | points | seconds | of processors | largest process |", "|---|---|---|---|---|"]
    sys.stdout.write("\n".join([f"gridmap {__version__}, {os.cpu_count()} processors", "", *head, *rows]) + "\n")
    if len(hashes) != 1:
        raise SystemExit("the outputs differ")


if __name__ == "__main__":
    main()

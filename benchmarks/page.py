"""The page of a record, in Markdown: no figure of it is typed by hand."""

from collections.abc import Sequence
from typing import Any

from goals import GOALS, OURS, MissingError, Reader
from own import ARRAYS_READY, FRAME_READY, GATHER, INDEX
from peers import SJOIN
from ways import END_TO_END

Record = dict[str, Any]

READING = """## How to read it

- **Seconds** are medians of the repeats, then the least and the most. All works take turns, so a busy moment of the machine meets them
  alike.
- **End to end**: from what the tool has in memory (coordinates, geometries, a table; never a file) to every pair of point and grid; trees
  and indexes are built within. **Grids ready**, **points ready**: the index of that side stands before the clock starts. **Build**: the
  index alone. **Limit**: gather only gives no answer. It numbers a cell, reads one number from a table of about four cells per corner of
  a grid and writes it, for every point, with as many threads.
- Beside works with the index ready, the fastest peer of the goals is the fastest from end to end or with grids ready, whichever is
  faster.
- The town is the demo town Jianyang with 2,600 grids of the lowest tier. Our works also look up its 67 dedicated grids and give the
  owner; peers give pairs with the lowest tier alone. The grids of the lattice have 48 corners each. Points lie evenly over the bounding
  box.
- Each way is held to shapely's answers for every point before its time is taken; one that fails or differs is named at the top, is not
  timed and fails the run. The loop over points is given a sample and its time is scaled.
- Peers run by the fastest plan we found: SedonaDB with its default library, DuckDB by its spatial join (also by a distance of zero, which
  is faster than `ST_Intersects`), polars-st lazily, shapely also by boxes and coordinates. A second thread gained shapely little or
  nothing. No peer reaches outside: DuckDB's extension is loaded from its package.
- **Frame to codes** holds its result as text, one code a point, as a column of a table does; pairs and arrays hold numbers.
- **First call**: a new process, imports done, inputs in memory; shapely's trees hold the dedicated grids, too. **Growth of memory**: a
  new process; its highest resident size during the work less that before it. Figures under some 50 MB are chance:
  memory freed before is used again.
"""


def written(record: Record) -> str:
    """Return the page."""
    reader = Reader(record)
    parts = [
        "# Benchmarks: points to grids\n",
        _origin(record),
        _problems(record),
        _goals(reader),
        *(_comparison(reader, layer, points) for layer, points in _comparisons(record)),
        _borders(record),
        _cold(record),
        _memory(record),
        _updates(record),
        READING,
        _limits(reader),
        _machine(record),
    ]
    return "\n".join(part for part in parts if part)


def table(heads: list[str], rows: list[list[object]]) -> str:
    """Return a table in Markdown."""
    lines: list[Sequence[object]] = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def spread(row: Record) -> str:
    """Return the median with the least and the most."""
    return f"{number(row['seconds'])} ({number(row['least'])}-{number(row['most'])})"


def number(value: float) -> str:
    """Return three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def _origin(record: Record) -> str:
    measured = f"Measured on {record['measured']} by `{record['command']}`, repeats: {record['repeats']}."
    return f"{measured} This page is made from the record of the run; `make bench` makes both anew.\n"


def _problems(record: Record) -> str:
    said = [f"- **{text}**" for text in record["problems"]]
    said += [f"- Not installed, so not measured: {name}" for name in record["missing"]]
    said += [f"- Left out of this run: {name}" for name in record["left_out"]]
    return "\n".join(said) + "\n" if said else ""


def _goals(reader: Reader) -> str:
    rows: list[list[object]] = []
    for goal in GOALS:
        bound = f"{'<=' if goal.most else '>='} {goal.bound:g} {goal.unit}"
        try:
            value = goal.figure(reader)
        except MissingError:
            rows.append([goal.work, bound, "not measured", ""])
            continue
        missed = f"missed by {number(abs(value - goal.bound))} {goal.unit}"
        rows.append([goal.work, bound, f"{number(value)} {goal.unit}", "reached" if goal.reached(value) else missed])
    return "## Goals (two cores)\n\n" + table(["work", "goal", "measured", ""], rows)


def _comparisons(record: Record) -> list[tuple[str, int]]:
    return list(dict.fromkeys((row["layer"], row["points"]) for row in record["rows"]))


def _comparison(reader: Reader, layer: str, points: int) -> str:
    """Return the table of one layer and number of points, the fastest first within each stage."""
    rows = reader.rows(layer, points)
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    peers = [row["seconds"] for row in rows if row["work"] not in OURS and row["stage"] == END_TO_END]
    sjoin = [row["seconds"] for row in rows if row["work"] == SJOIN]
    lines: list[list[object]] = []
    for row in sorted(rows, key=lambda row: (stages.index(row["stage"]), row["seconds"])):
        name = f"**{row['work']}**" if row["work"] in OURS else row["work"]
        scaled = f" (scaled from {row['sample']:,})" if 0 < row["sample"] < points else ""
        lines.append([
            row["stage"], name + scaled, row["threads"], spread(row),
            number(points / row["seconds"] / 1e6), *(number(min(base) / row["seconds"]) if base else "" for base in (peers, sjoin)),
        ])  # fmt: skip
    heads = ["stage", "work", "threads", "seconds", "M points/s", "x fastest peer end to end", "x geopandas.sjoin"]
    return f"## {layer.capitalize()}: {points:,} points, {rows[0]['grids']:,} grids\n\n" + table(heads, lines)


def _borders(record: Record) -> str:
    if not record["borders"]:
        return ""
    rows: list[list[object]] = [[row["work"], f"{row['points']:,}", row["differences"]] for row in record["borders"]]
    said = "Corners of grids and middles of their edges: where the grid differs from shapely's exact answer, the smallest code first.\n\n"
    return "## On borders\n\n" + said + table(["work", "points", "other answers than shapely's"], rows)


def _cold(record: Record) -> str:
    if not record["cold"]:
        return ""
    rows: list[list[object]] = [[row["work"], f"{row['points']:,}", row["processes"], spread(row)] for row in record["cold"]]
    return "## First call in a new process\n\n" + table(["work", "points", "processes", "seconds"], rows)


def _memory(record: Record) -> str:
    if not record["memory"]:
        return ""
    rows: list[list[object]] = [[row["work"], f"{row['points']:,}", number(row["megabytes"])] for row in record["memory"]]
    return "## Growth of memory\n\n" + table(["work", "points", "MB"], rows)


def _updates(record: Record) -> str:
    if not record["updates"]:
        return ""
    anew = max(row["seconds"] for row in record["updates"])
    first = record["updates"][0]
    rows: list[list[object]] = [[row["work"], spread(row), number(anew / row["seconds"])] for row in record["updates"]]
    said = (
        f"A corner that two grids share is moved {first['moves']} times, another each time; {first['points']:,} points, of which "
        f"{first['hands']:,} change hands in all. The update returns these alone, the others every point's grid. Answers are held to each "
        "other after every move, and to shapely's after the last.\n\n"
    )
    return "## After a border has moved\n\n" + said + table(["work", "seconds", "x the slowest"], rows)


def _limits(reader: Reader) -> str:
    """Return what takes the time of our works, by the largest comparison of the town."""
    points = max((points for layer, points in _comparisons(reader.record) if layer == "town"), default=0)
    try:
        lookup, gather, build, frame = (reader.seconds("town", points, work) for work in (ARRAYS_READY, GATHER, INDEX, FRAME_READY))
    except MissingError:
        return ""
    return (
        f"## What limits us\n\nThe lookup of {points:,} points takes {number(lookup)} s; reading and writing memory alone would take "
        f"{number(gather)} s (gather only). The rest is the border cells, where a point is held against edges. The index takes "
        f"{number(build)} s once. From a frame to codes with the index ready it is {number(frame)} s: the {number(frame - lookup)} s more "
        "take coordinates out of geometries and turn positions into text.\n"
    )


def _machine(record: Record) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in record["machine"].items())
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return f"## Machine and versions\n\n{machine}.\n\n{versions}.\n"

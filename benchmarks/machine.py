"""What a run was made on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import shapely

import gridmap

CORES = os.cpu_count() or 1
PACKAGES = (
    "numpy",
    "numba",
    "pandas",
    "shapely",
    "geopandas",
    "pyarrow",
    "rtree",
    "sedonadb",
    "duckdb",
    "duckdb-extension-spatial",
    "polars",
    "polars-st",
)


def machine() -> dict[str, str | int]:
    """Return processor, cores, memory, system."""
    return {
        "processor": _value("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": CORES,
        "memory": _value("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Return the version of everything that takes part; of a package that is not there "missing"."""
    found = {"gridmap": gridmap.__version__, "Python": platform.python_version(), "GEOS": shapely.geos_version_string}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _value(path: str, key: str) -> str:
    """Return what a line "key : value" of a system file says, or nothing."""
    if not Path(path).exists():
        return ""
    lines = (line.partition(":") for line in Path(path).read_text(encoding="utf-8").splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")

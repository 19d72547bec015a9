"""Import the core in an environment without the shells, and use it: what `pip install` without extras must give.

`make core` runs it in an environment of its own. With `--blocked` the shell libraries are made unimportable first,
so that the same check runs where they are installed.
"""

import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path

SHELLS = ("streamlit", "folium", "mapclassify", "matplotlib", "xstatic", "branca", "docx", "jinja2", "sqlalchemy", "psycopg")
DEVELOPMENT = ("libpysal", "esda")
CORE = (
    "messages", "errors", "schema", "crs", "codes", "hierarchy", "assign", "adjacency", "coverage", "geocode", "workload",
    "hotspot", "crosswalk", "files", "privacy", "themes", "synth", "cli",
)  # fmt: skip


def modules() -> list[str]:
    """Return the names of every module of the core rooms."""
    names = ["gridmap"]
    for room in CORE:
        package = importlib.import_module(f"gridmap.{room}")
        names.append(package.__name__)
        if hasattr(package, "__path__"):
            names += [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return names


def use() -> None:
    """Run one function of each computing room on four squares."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    from gridmap import assign, coverage, hotspot

    squares = [shapely.box(column * 100, row * 100, column * 100 + 100, row * 100 + 100) for row in range(2) for column in range(2)]
    index = pd.Index(list("abcd"), name="grid_code")
    columns = {"name": list("abcd"), "level": 1, "kind": "base", "parent": None}
    grids = gpd.GeoDataFrame(columns, index=index, geometry=squares, crs="EPSG:4548")
    points = gpd.GeoDataFrame(geometry=[shapely.Point(50, 50), shapely.Point(150, 50)], crs=grids.crs)
    assert assign.to_grids(points, grids).tolist() == ["a", "b"]
    assert coverage.check(grids).empty
    counts = assign.count(points, grids)["events"]
    assert len(hotspot.gi_star(counts, grids, permutations=9)) == len(grids)


def main() -> None:
    """Import, use, and stop with one line if a shell library is there or was imported."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if "--blocked" in sys.argv[1:]:
        sys.modules.update(dict.fromkeys((*SHELLS, *DEVELOPMENT)))  # type: ignore[arg-type]
    names = modules()
    for name in names:
        importlib.import_module(name)
    use()
    present = [name for name in SHELLS if importlib.util.find_spec(name) is not None]
    if present:
        sys.exit(f"the core environment holds shell libraries: {', '.join(present)}")
    print(f"{len(names)} modules of the core import and work without {', '.join(SHELLS)}")


if __name__ == "__main__":
    main()

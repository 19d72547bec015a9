"""Write the samples in data/ anew: small extracts of the synthetic demo town, the same bytes on every run."""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridmap import files
from gridmap.synth import project
from gridmap.synth.dongyuan import dongyuan

EVERY = 18  # one event in so many, spread over the year
FOLDER = Path(__file__).parents[1] / "data"


def samples() -> dict[str, gpd.GeoDataFrame]:
    """Return the sample tables by file name."""
    town = dongyuan()
    tables, _ = project(town)
    events = tables["events"].iloc[::EVERY]
    gazetteer = town.gazetteer[town.gazetteer["unit"].isna()]
    return {
        "dongyuan_grids.geojson": town.grids,
        "dongyuan_events.csv": events,
        "dongyuan_gazetteer.csv": gazetteer,
    }


def main(folder: Path = FOLDER) -> None:
    """Write every sample into `folder`."""
    for name, frame in samples().items():
        # about a centimetre; corners that grids share stay shared
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda degrees: np.round(degrees, 7))
        files.write(frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), folder / name)
        print(f"{name}: {len(frame)} rows, {(folder / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

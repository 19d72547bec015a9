"""`gridmap blocks`: street-bounded units out of streets, compounds and buildings."""

import argparse
import sys

import geopandas as gpd
import shapely

from gridmap import crs, files, messages, partition
from gridmap.cli import inputs, outputs


def run_blocks(arguments: argparse.Namespace) -> int:
    """Write the units and print how many there are."""
    paths = {name: getattr(arguments, name) for name in ("boundary", "compounds", "buildings")}
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.streets, *paths.values()))
    streets = inputs.read_streets(arguments.streets, arguments.columns, crs=arguments.crs)
    given = {name: None if path is None else crs.transform(files.read_layer(path, name), streets.crs) for name, path in paths.items()}
    boundary = given.pop("boundary")
    if boundary is None:
        sys.stderr.write(messages.text("cli.blocks_hull", arguments.lang) + "\n")
        boundary = _hull(streets)
    units = partition.blocks(streets, boundary=boundary, **given, band=arguments.band, min_area_m2=arguments.min_area)
    files.write(units, arguments.output, layer="units")
    _print(units, arguments)
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _hull(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the convex hull of the streets; a single straight street has none, which `blocks` refuses as an empty boundary."""
    whole = shapely.convex_hull(shapely.geometrycollections(streets.geometry.dropna().to_numpy()))
    return gpd.GeoDataFrame(geometry=[whole] if whole.geom_type == "Polygon" else [], crs=streets.crs)


def _print(units: gpd.GeoDataFrame, arguments: argparse.Namespace) -> None:
    lang, (low, high) = arguments.lang, arguments.band
    area = crs.to_metric(units).area
    sizes = {"count": f"{len(units):,}", "area": f"{area.sum() / 1e6:,.2f}", "least": f"{area.min():,.0f}", "most": f"{area.max():,.0f}"}
    print(messages.text("cli.blocks_made", lang, **sizes))
    if "buildings" in units.columns:
        over = int((units["households"] > high).sum())
        counts = {name: f"{units[name].sum():,}" for name in ("households", "buildings")}
        print(messages.text("cli.blocks_counted", lang, band=f"{low}:{high}", over=f"{over:,}", **counts))
    else:
        print(messages.text("cli.blocks_uncounted", lang))

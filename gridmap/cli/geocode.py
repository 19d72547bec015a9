"""`gridmap geocode`: a table of addresses in, the same table with the place of each address out."""

import argparse

import geopandas as gpd
import pandas as pd

from gridmap import files, geocode, messages, schema
from gridmap.cli import inputs, outputs

CHUNK = 2_000  # addresses between two steps of the progress bar


def run_geocode(arguments: argparse.Namespace) -> int:
    """Write every column of ADDRESSES with the place of each address."""
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.addresses, arguments.gazetteer))
    table = files.read_frame(arguments.addresses, layer=arguments.layer, what="events")
    columns = inputs.pairs(arguments.columns) or {}
    column = columns.get("address", "address")
    schema.require_columns(table, (column,), "addresses")
    gazetteer = geocode.Gazetteer(files.read_layer(arguments.gazetteer, "gazetteer"))
    addresses = table[column]
    parts = [addresses.iloc[start : start + CHUNK] for start in range(0, max(len(addresses), 1), CHUNK)]
    label = messages.text("cli.geocode", arguments.lang)
    located = pd.concat([gazetteer.locate(part, min_score=arguments.min_score) for part in outputs.progress(parts, label)])
    files.write(gpd.GeoDataFrame(outputs.beside(_plain(table), located), geometry="geometry", crs=located.crs), arguments.output)
    counts = located["status"].value_counts()
    figures = {status: int(counts.get(status, 0)) for status in ("matched", "ambiguous", "not_found")}
    print(messages.text("cli.located", arguments.lang, total=len(table), **figures))
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without geometry column; places that it had already stay as WKT, for the new ones stand beside them."""
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return table
    plain = pd.DataFrame(table.drop(columns=table.active_geometry_name))
    return plain if table.geometry.isna().all() else plain.assign(geometry_original=table.geometry.to_wkt())

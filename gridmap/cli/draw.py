"""`gridmap map`: grids and events on one page that needs no internet."""

import argparse
from pathlib import Path

from gridmap import files, hierarchy, maps, messages, schema
from gridmap.cli import inputs, outputs


def run_map(arguments: argparse.Namespace) -> int:
    """Write the page."""
    outputs.require_output(arguments.output, outputs.PAGE, inputs=(arguments.grids, arguments.events))
    lang = arguments.lang
    grids = inputs.read_grids(arguments)
    tier = hierarchy.tier(grids, arguments.level)
    layers = [maps.grids_layer(tier, lang=lang)]
    if arguments.value is not None:
        schema.require_columns(tier, (arguments.value,), "grids")
        layers = [maps.choropleth(tier[arguments.value], tier, title=arguments.value, unit="", lang=lang)]
    if (grids["kind"] == "dedicated").any():
        layers.append(maps.dedicated_layer(grids, lang=lang))
    sources, period = [Path(arguments.grids).name], ""
    if arguments.events is not None:
        events = inputs.aligned(inputs.read_events(arguments), grids)
        layers.append(maps.events_layer(events, lang=lang))
        sources.append(Path(arguments.events).name)
        period = inputs.period(events)
    html = maps.page(layers, title=Path(arguments.grids).stem, lang=lang, source=", ".join(dict.fromkeys(sources)), period=period)
    files.write_text(html, arguments.output)
    print(messages.text("cli.written", lang, path=arguments.output))
    return 0

"""`gridmap map`: grids and events on one page that needs no internet."""

import argparse

from gridmap import files, hierarchy, messages, schema
from gridmap.cli import extras, inputs, outputs, pages
from gridmap.errors import SchemaError


def run_map(arguments: argparse.Namespace) -> int:
    """Write the page."""
    extras.require("report")
    from gridmap import maps

    outputs.require_output(arguments.output, outputs.PAGE, inputs=(arguments.grids, arguments.events))
    if arguments.value is None and (arguments.scheme or arguments.edges) is not None:
        raise SchemaError("classes_without_value")
    lang = arguments.lang
    grids = inputs.read_grids(arguments)
    tier = hierarchy.tier(grids, arguments.level)
    setting = pages.setting(arguments.grids, arguments.events, lang=lang)
    outlines = grids[grids["kind"] == "base"] if arguments.level is None else tier
    layers = [*setting.context, maps.grids_layer(outlines, lang=lang)]
    if arguments.value is not None:
        schema.require_columns(tier, (arguments.value,), "grids")
        title = messages.term("measure", arguments.value, lang)
        edges = None if arguments.edges is None else maps.class_edges(arguments.edges).tolist()
        scheme = arguments.scheme or (maps.SCHEMES[0] if edges is None else maps.MANUAL)
        layers.insert(-1, maps.choropleth(tier[arguments.value], tier, title=title, unit="", lang=lang, scheme=scheme, edges=edges))
    if (grids["kind"] == "dedicated").any():
        layers.append(maps.dedicated_layer(grids, lang=lang))
    period = ""
    if arguments.events is not None:
        events = inputs.aligned(inputs.read_events(arguments), grids)
        layers.append(maps.events_layer(events, lang=lang))
        period = inputs.period(events)
    html = maps.page(layers, title=setting.title, lang=lang, source=setting.source, period=period, synthetic=setting.synthetic)
    files.write_text(html, arguments.output)
    print(messages.text("cli.written", lang, path=arguments.output))
    return 0

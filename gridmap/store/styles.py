"""How QGIS draws grids and events of a project file when it opens it: in the colours and shapes of our own maps.

The table `layer_styles` is QGIS's own. Source: QGIS, `QgsOgrProviderMetadata::saveStyle` and `loadStyle`; the form of a style is that of
its version 3.22.
"""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text, func, insert, inspect, select, text

from gridmap import messages, palette
from gridmap.store.home.base import Transaction
from gridmap.store.tables.described import EVENTS, describe
from gridmap.store.tables.described import Table as Described
from gridmap.store.tables.kinds import Instant

GRIDS = "grids"
NAME = "gridmap"
PIXEL_MM = 0.26  # what QGIS takes a pixel for
FORM = "3.22"

STYLES = Table(
    "layer_styles",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    *(Column(name, Text(256)) for name in ("f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column")),
    Column("styleName", Text(30)),
    Column("styleQML", Text),
    Column("styleSLD", Text),
    Column("useAsDefault", Boolean),
    Column("description", Text),
    Column("owner", Text(30)),
    Column("ui", Text(30)),
    Column("update_time", Instant, server_default=text("(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))")),
    sqlite_autoincrement=True,
)
# Our shapes by the names that QGIS has for them, and how far they are turned.
SHAPES = {
    "circle": ("circle", 0),
    "square": ("square", 0),
    "triangle": ("triangle", 0),
    "diamond": ("diamond", 0),
    "cross": ("cross_fill", 0),
    "wedge": ("triangle", 180),
    "star": ("star", 0),
    "saltire": ("cross_fill", 45),
}
Properties = dict[str, str]
Symbol = tuple[str, str, Properties]  # its type, the class of its layer and what that is given


def put(transaction: Transaction) -> None:
    """Give grids and events of a project file their styles; a table of styles that is there already stays as it is."""
    connection = transaction.connection
    if connection.dialect.name != "sqlite" or inspect(connection).has_table(STYLES.name):
        return
    found = {name: described for name in (GRIDS, EVENTS) if (described := describe(connection, name)) and described.geometry}
    styles = {name: grids_style() if name == GRIDS else events_style(_categories(transaction, found[name])) for name in found}
    if not styles:
        return
    STYLES.create(connection)
    connection.execute(
        text("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (:name, 'attributes', :name)"), {"name": STYLES.name}
    )
    for name, style in styles.items():
        row: dict[str, Any] = {"f_table_catalog": "", "f_table_schema": "", "f_table_name": name, "f_geometry_column": found[name].geometry}
        row |= {"styleName": NAME, "styleQML": style, "styleSLD": "", "useAsDefault": True, "description": _words(f"maps.{name}")}
        transaction.run(insert(STYLES), {**row, "owner": "", "update_time": transaction.at})
    transaction.note("style", STYLES.name, count=len(styles))


def _categories(transaction: Transaction, table: Described) -> list[str]:
    """Return the categories in the order in which they first occur, which is that of their marks."""
    if "category" not in table.types:
        return []
    category = table.sql.c.category
    asked = select(category).where(category.is_not(None)).group_by(category).order_by(func.min(table.sql.c[table.key])).limit(_coloured())
    return [str(label) for label in transaction.run(asked).scalars()]


def grids_style() -> str:
    """Return the style of grids: every tier outlined, the coarser the stronger, dedicated grids dashed over them.

    Tiers are counted from the finest one that is there, so that the style stays right when boundaries change.
    """
    finest = 'maximum("level", filter:="kind" = \'base\')'
    rules: list[tuple[str, str]] = []
    symbols: list[Symbol] = []
    words = ("maps.finest", "maps.above_finest", "maps.coarser")
    for rank, ((weight, colour), label) in enumerate(zip(palette.TIERS, words, strict=True)):
        level = f'"level" {"<=" if label == words[-1] else "="} {finest} - {rank}'
        rules.append((f"\"kind\" = 'base' AND {level}", _words(label)))
        outline = {"outline_color": _colour(colour), "outline_width": _mm(weight), "outline_style": "solid", "style": "no"}
        symbols.append(("fill", "SimpleFill", outline))
    line, fill = palette.DEDICATED
    rules.append(("\"kind\" = 'dedicated'", _words("maps.dedicated")))
    filled = {"color": _colour(fill, 0.3), "style": "solid", "outline_color": _colour(line)}
    symbols.append(("fill", "SimpleFill", {**filled, "outline_width": _mm(1.8), "outline_style": "dash"}))
    renderer = Xml.Element("renderer-v2", {"type": "RuleRenderer", "symbollevels": "1", "enableorderby": "0", "forceraster": "0"})
    listed = Xml.SubElement(renderer, "rules", {"key": "root"})
    for number, (condition, label) in enumerate(rules):
        Xml.SubElement(listed, "rule", {"key": f"rule{number}", "symbol": str(number), "filter": condition, "label": label})
    return _document(renderer, symbols)


def events_style(categories: Sequence[str]) -> str:
    """Return the style of events: a mark for each of the first categories, one for all the others."""
    marks = palette.marks()
    own = list(categories[: _coloured()])
    renderer = Xml.Element(
        "renderer-v2", {"type": "categorizedSymbol", "attr": "category", "symbollevels": "0", "enableorderby": "0", "forceraster": "0"}
    )
    listed = Xml.SubElement(renderer, "categories")
    for number, category in enumerate([*own, ""]):  # QGIS takes the empty one for all the others
        label = category or _words("maps.other")
        Xml.SubElement(listed, "category", {"value": category, "symbol": str(number), "label": label, "render": "true", "type": "string"})
    return _document(renderer, [_mark(**mark) for mark in [*marks[: len(own)], marks[-1]]])


def _coloured() -> int:
    """Return how many categories have a mark of their own; the last mark is for all the others."""
    return len(palette.marks()) - 1


def _mark(fillColor: str, shape: str) -> Symbol:  # noqa: N803 - as the palette has it
    name, angle = SHAPES[shape]
    given = {"name": name, "angle": str(angle), "color": _colour(fillColor), "size": "2.4", "size_unit": "MM"}
    return "marker", "SimpleMarker", {**given, "outline_color": _colour("#ffffff"), "outline_width": "0.2", "outline_style": "solid"}


def _document(renderer: Xml.Element, symbols: Sequence[Symbol]) -> str:
    drawn = Xml.SubElement(renderer, "symbols")
    for number, (kind, layer, properties) in enumerate(symbols):
        symbol = Xml.SubElement(drawn, "symbol", {"name": str(number), "type": kind, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"})
        # With levels on, a coarser tier is drawn over a finer one.
        inside = Xml.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": str(number)})
        options = Xml.SubElement(inside, "Option", {"type": "Map"})
        for name, value in properties.items():
            Xml.SubElement(options, "Option", {"name": name, "type": "QString", "value": value})
    document = Xml.Element("qgis", {"version": FORM, "styleCategories": "Symbology"})
    document.append(renderer)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + Xml.tostring(document, encoding="unicode")


def _colour(colour: str, opacity: float = 1.0) -> str:
    return ",".join(map(str, (*palette.rgb(colour), round(255 * opacity))))


def _mm(pixels: float) -> str:
    return f"{pixels * PIXEL_MM:.2f}"


def _words(key: str) -> str:
    return " ".join(messages.text(key, lang) for lang in ("zh", "en"))

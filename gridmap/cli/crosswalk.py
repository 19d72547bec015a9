"""`gridmap crosswalk`: where the grids of several departments disagree, in words, as tables or on a map; and one net for all."""

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import crosswalk, crs, files, hierarchy, messages
from gridmap.cli import extras, outputs
from gridmap.errors import SchemaError, one_line

SHOWN = 5
COUNTS = ("households", "residents", "buildings")
WRITTEN = (*outputs.PAGE, ".xlsx", ".csv", ".gpkg")


def run_crosswalk(arguments: argparse.Namespace) -> int:
    """Print what each two departments disagree in, write what is asked; the code is 1 if any place is drawn differently."""
    paths, lang = _named(arguments.layers), arguments.lang
    sources = (*paths.values(), arguments.buildings)
    outputs.require_output(arguments.output, WRITTEN, inputs=sources)
    outputs.require_output(arguments.refine, (".gpkg",), inputs=(*sources, arguments.output))
    if arguments.output is not None and outputs.is_page(arguments.output):
        extras.require("report")
    layers = _layers(paths, arguments)
    first = next(iter(layers.values()))
    weights = None if arguments.buildings is None else crs.transform(files.read_layer(arguments.buildings, "buildings"), first.crs)
    found = crosswalk.conflicts(layers, weights=weights, sliver_width_m=arguments.sliver_width)
    pieces = None if arguments.refine is None else crosswalk.refine(layers, sliver_width_m=arguments.sliver_width)
    for pair in found.pairs.index:
        _print(found, pair, lang)
    if arguments.output is not None:
        _write(found, layers, paths, arguments)
        print(messages.text("cli.written", lang, path=arguments.output))
    if pieces is not None:
        files.write(pieces, arguments.refine, layer="units")
        print(messages.text("cli.written", lang, path=arguments.refine))
    return int((found.places["kind"] == "conflict").any())


def _named(words: list[str]) -> dict[str, str]:
    """Return the file of every department; an equals sign may be a full-width one."""
    paths: dict[str, str] = {}
    for word in words:
        cut = min((word.find(sign) for sign in "=＝" if sign in word), default=-1)
        name, path = word[:cut].strip(), word[cut + 1 :].strip()
        if cut < 0 or not name or not path or name in paths:
            raise SchemaError("crosswalk_files", given=word)
        paths[name] = path
    if len(paths) < 2:
        raise SchemaError("crosswalk_files", given=words[0])
    return paths


def _layers(paths: dict[str, str], arguments: argparse.Namespace) -> dict[str, gpd.GeoDataFrame]:
    """Return one tier of every department, all in the CRS of the first."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, path in paths.items():
        grids = files.read_grids(path, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)
        tier = hierarchy.tier(grids, arguments.level)
        layers[name] = crs.transform(tier, next(iter(layers.values())).crs) if layers else tier
    return layers


def _print(found: crosswalk.Conflicts, pair: tuple[str, str], lang: str) -> None:
    left, right = pair
    row, table = found.pairs.loc[pair], found.places
    here = table[((table["left"] == left) & (table["right"] == right)).to_numpy()]
    names = {"left": outputs.printable(left), "right": outputs.printable(right)}
    print(messages.text("cli.crosswalk_pair", lang, share=row["share_agreed"], **names))
    for kind in crosswalk.KINDS:
        count, area = f"{(here['kind'] == kind).sum():,}", f"{row[f'{kind}_m2']:,.0f}"
        print(messages.text("cli.crosswalk_kind", lang, word=messages.term("crosswalk", kind, lang), count=count, area=area))
    largest = here[(here["kind"] != "sliver").to_numpy()].head(SHOWN)
    if largest.empty:
        return
    print(messages.text("cli.crosswalk_largest", lang))
    texts = found.for_map(lang)["text"]
    for number, place in largest.iterrows():
        text, amounts = one_line(texts[number]), _amounts(place, lang)
        print(messages.text("cli.crosswalk_counted" if amounts else "cli.crosswalk_place", lang, text=text, amounts=amounts))


def _amounts(place: pd.Series, lang: str) -> str:
    counted = [(messages.term("amount", name, lang), f"{place[name]:,.0f}") for name in COUNTS if name in place]
    return messages.text("plan.between", lang).join(messages.text("cli.compare_plain", lang, word=word, number=n) for word, n in counted)


def _write(found: crosswalk.Conflicts, layers: dict[str, gpd.GeoDataFrame], paths: dict[str, str], arguments: argparse.Namespace) -> None:
    suffix = Path(arguments.output).suffix.lower()
    places = pd.DataFrame(found.places.drop(columns="geometry"))
    if outputs.is_page(arguments.output):
        files.write_text(_page(found, layers, paths, arguments), arguments.output)
    elif suffix == ".csv":
        files.write(places, arguments.output)
    elif suffix == ".xlsx":
        files.write_sheets({"places": places, "pairs": found.pairs, "grids": found.grids}, arguments.output)
    else:
        files.write_layers({"places": found.places, "pairs": found.pairs, "grids": found.grids}, arguments.output)


def _page(found: crosswalk.Conflicts, layers: dict[str, gpd.GeoDataFrame], paths: dict[str, str], arguments: argparse.Namespace) -> str:
    from gridmap import report
    from gridmap.cli import pages

    lang = arguments.lang
    setting = pages.setting(*paths.values(), arguments.buildings, lang=lang)
    title = messages.text("cli.crosswalk_title", lang, names=messages.text("plan.between", lang).join(layers))
    about = report.About(lang, title, source=setting.source, synthetic=setting.synthetic, context=setting.context)
    return report.conflicts(found, layers, about=about, sliver_width_m=arguments.sliver_width)

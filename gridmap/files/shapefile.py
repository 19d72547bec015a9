"""Shapefiles, loose or zipped: encodings sniffed, long column names kept in a side-car."""

import csv
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd

from gridmap.errors import FileError, GridmapWarning
from gridmap.files import archive, encoding, vector

SIDE_CAR = ".names.csv"
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", SIDE_CAR)
INDEXES = (".qix", ".sbn", ".sbx")
NAME_BYTES = 10
TEXT_BYTES = 254


def read(path: Path, *, layer: str | None = None, declared: str | None = None) -> gpd.GeoDataFrame:
    """Read a Shapefile, or the one in an archive that holds it (`layer` chooses where there are several).

    The encoding is `declared`, else what the .cpg or the header says where the bytes agree, else UTF-8 or GB18030 by the bytes
    with a warning that names it. Column names in the side-car `*.names.csv` take the place of the short ones.
    """
    with _loose(path, layer) as shp:
        return _read_loose(shp, path.name, declared)


@contextmanager
def _loose(path: Path, layer: str | None) -> Iterator[Path]:
    if path.suffix.lower() != ".zip":
        yield path
        return
    with archive.opened(path) as opened, tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        members = {archive.member_name(member): member for member in opened.infolist() if not member.is_dir()}
        stem = _chosen_stem(members, path, layer)
        for name, member in members.items():
            if name.lower().startswith(stem.lower()) and name[len(stem) :].lower() in PARTS:
                archive.extract(opened, member, Path(folder) / f"layer{name[len(stem) :].lower()}")
        yield Path(folder) / "layer.shp"


def _chosen_stem(members: Mapping[str, zipfile.ZipInfo], path: Path, layer: str | None) -> str:
    stems = [name[:-4] for name in members if name.lower().endswith(".shp") and not name.startswith("__MACOSX")]
    if not stems:
        raise FileError("archive_without_shapefile", path=path.name, given=", ".join(list(members)[:5]))
    named = {PurePosixPath(stem).name: stem for stem in stems}
    if layer is not None and layer in named:
        return named[layer]
    if layer is not None:
        raise FileError("no_layer", path=path.name, layer=layer, layers=", ".join(named))
    if len(stems) > 1:
        raise FileError("several_layers", path=path.name, layers=", ".join(named))
    return stems[0]


def _read_loose(shp: Path, shown: str, declared: str | None) -> gpd.GeoDataFrame:
    parts = _parts(shp)
    for needed in (".shx", ".dbf"):
        if needed not in parts:
            raise FileError("missing_part", path=shown, part=needed)
    vector.require_content(shp, "shapefile")
    frame = vector.read(shp, encoding=declared or _sniffed(parts, shown))
    if SIDE_CAR in parts:
        frame = frame.rename(columns=_long_names(parts[SIDE_CAR]))
    return frame


def _parts(shp: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in shp.parent.iterdir():
        rest = entry.name[len(shp.stem) :].lower()
        if entry.name.startswith(shp.stem) and rest in PARTS:
            found[rest] = entry
    return found


def _sniffed(parts: Mapping[str, Path], shown: str) -> str | None:
    stated = parts[".cpg"].read_text("ascii", errors="replace").strip() if ".cpg" in parts else None
    try:
        found, guessed = encoding.of_shapefile(parts[".dbf"], _python_name(stated))
    except ValueError as error:
        raise FileError("unreadable", path=shown, reason=f".dbf {error}") from error
    if guessed:
        warnings.warn(GridmapWarning("encoding_guessed", path=shown, encoding=found, given=stated), stacklevel=2)
    return found


def _python_name(stated: str | None) -> str | None:
    """Return the name that Python gives to a code page of a .cpg file: "936" and "OEM 936" are cp936."""
    if stated is None:
        return None
    last = stated.upper().replace("ANSI", "").replace("OEM", "").strip(" -_")
    if last in {"936", "CP936", "GBK", "GB2312", "GB18030", "54936"}:
        return "gb18030"
    return f"cp{last}" if last.isdigit() and not last.startswith("8859") else last.replace("88591", "8859-1").lower()


def _long_names(side_car: Path) -> dict[str, str]:
    with side_car.open(encoding="utf-8-sig", newline="") as handle:
        return {row["short"]: row["name"] for row in csv.DictReader(handle) if row.get("short") and row.get("name")}


def write(frame: pd.DataFrame, path: Path, *, text_encoding: str) -> None:
    """Write a Shapefile and its side-car beside `path`, or all of it as one archive where `path` ends in .zip.

    Raises
    ------
    FileError
        If there is no geometry, a text is longer than a Shapefile holds, or a character is not in the encoding.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise FileError("needs_geometry", path=path.name)
    if path.suffix.lower() != ".zip":
        _write_loose(frame, path, text_encoding, path.name)
        return
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        shp = Path(folder) / f"{path.name.removesuffix('.zip').removesuffix('.shp')}.shp"
        _write_loose(frame, shp, text_encoding, path.name)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as sink:
            for part in sorted(Path(folder).iterdir()):
                sink.write(part, part.name)


def outdated_parts(target: Path, written: Path) -> list[Path]:
    """Return parts of an older Shapefile at `target` that the one at `written` has none of: its names and indexes are not the new one's."""
    parts = [target.with_name(f"{target.stem}{suffix}") for suffix in (SIDE_CAR, *INDEXES)]
    return [part for part in parts if part.exists() and not (written.parent / part.name).exists()]


def _write_loose(frame: gpd.GeoDataFrame, shp: Path, text_encoding: str, shown: str) -> None:
    table = _as_attributes(frame, text_encoding, shown)
    attributes = [name for name in table.columns if name != table.active_geometry_name]
    shorts = short_names(attributes, text_encoding)
    vector.write_layer(table.rename(columns=shorts), shp, driver="ESRI Shapefile", layer=shp.stem, encoding=text_encoding, options={})
    shp.with_suffix(".cpg").write_text("GBK" if text_encoding.lower() == "gbk" else text_encoding.upper(), "ascii")
    if any(short != name for name, short in shorts.items()):
        with (shp.parent / f"{shp.stem}{SIDE_CAR}").open("w", encoding="utf-8-sig", newline="") as handle:
            rows = csv.writer(handle, lineterminator="\n")
            rows.writerow(("short", "name"))
            rows.writerows((short, name) for name, short in shorts.items())


def short_names(names: list[str], text_encoding: str) -> dict[str, str]:
    """Return a name of at most ten bytes for every name, unique whatever the case; a name that fits stays."""
    shorts: dict[str, str] = {}
    taken: set[str] = set()
    # Names that fit are settled first, so that a shortened one never takes theirs.
    for name in sorted(names, key=lambda name: not _fits(name, text_encoding)):
        short, n = name, 0
        while not _fits(short, text_encoding) or short.lower() in taken:
            n += 1
            stem = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter == "_")) or "col"
            short = f"{stem[: NAME_BYTES - 1 - len(str(n))]}_{n}"
        taken.add(short.lower())
        shorts[name] = short
    return {name: shorts[name] for name in names}


def _fits(name: str, text_encoding: str) -> bool:
    # GDAL turns a colon into an underscore and drops blanks at the end.
    kept = bool(name) and ":" not in name and name == name.strip()
    return kept and len(name.encode(text_encoding, errors="replace")) <= NAME_BYTES and name.isprintable()


def _as_attributes(frame: gpd.GeoDataFrame, text_encoding: str, shown: str) -> gpd.GeoDataFrame:
    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        values = frame[name]
        if name == frame.active_geometry_name:
            continue
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            # A Shapefile knows days only.
            values = values.map(lambda time: time.isoformat(sep=" "), na_action="ignore").astype("str")
        elif pd.api.types.is_bool_dtype(values.dtype):
            values = values.astype("Int64")
        elif not pd.api.types.is_numeric_dtype(values.dtype):
            values = values.astype("object").map(str, na_action="ignore").astype("str")
            _require_fitting(values, text_encoding, shown, str(name))
        changed[name] = values
    return frame.assign(**changed)


def _require_fitting(values: pd.Series, text_encoding: str, shown: str, column: str) -> None:
    texts = values.dropna()
    try:
        sizes = texts.map(lambda text: len(text.encode(text_encoding)))
    except UnicodeEncodeError as error:
        raise FileError("not_in_encoding", path=shown, column=column, encoding=text_encoding, given=error.object[error.start]) from error
    long = sizes > TEXT_BYTES
    if long.any():
        raise FileError("text_too_long", path=shown, column=column, limit=TEXT_BYTES, rows=texts.index[long])

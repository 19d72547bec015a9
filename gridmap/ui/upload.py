"""The user's own files: what each holds, which column means what, and one clear line where one cannot be read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import files
from gridmap.errors import GridmapError, GridmapWarning
from gridmap.ui import address, parts, state
from gridmap.ui.parts import text

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

TABLES = ("grids", "events", "buildings", "boundary", "units", "streets", "themes")
PLACELESS = ("themes",)  # may lie where their buildings do
SUFFIXES = (".gpkg", ".geojson", ".json", ".parquet", ".zip", ".csv", ".xlsx")
LIMIT_MB = 200
PREVIEW_ROWS = 5
NONE = ""
WGS84 = "EPSG:4326"
_TURN = "upload_turn"

# Names by which exports usually call a column, so that most files open without a choice.
USUAL: Mapping[str, tuple[str, ...]] = {
    "code": ("grid_code", "code", "网格编码", "网格编号", "网格代码", "编码", "编号", "gridid", "grid_id", "id"),
    "event_id": ("event_id", "事件编号", "工单编号", "案件编号", "srnumber", "id"),
    "category": ("category", "事件类别", "案件类别", "类别", "类型", "requesttype", "type"),
    "reported_at": ("reported_at", "上报时间", "受理时间", "发现时间", "创建时间", "createddate", "created_at", "time"),
    "x": ("lon", "lng", "longitude", "经度", "x"),
    "y": ("lat", "latitude", "纬度", "y"),
}


@dataclass(frozen=True)
class File:
    """A file as the user's browser sent it."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """Return what stands for name and content in caches: the suffix says how to read it, and no other user's name is shown."""
        return state.digest(self.name, hashlib.sha256(self.content).hexdigest())


def form() -> None:
    """Show the form that opens one file at a time."""
    st.markdown(f"#### {text('open_own')}")
    st.caption(text("open_own_help"))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        turn = st.session_state.setdefault(_TURN, 0)
        # After each file the next kind that is not open yet is offered.
        missing = next((number for number, name in enumerate(TABLES) if name not in state.own_files()), 0)
        table = st.selectbox(
            text("what"), TABLES, index=missing, format_func=lambda name: text(f"table.{name}"), key=f"upload_table_{turn}"
        )
        given = st.file_uploader(
            text("file"),
            type=[suffix[1:] for suffix in SUFFIXES],
            help=text("file_help", formats=" ".join(SUFFIXES)),
            max_upload_size=LIMIT_MB,
            # A new key empties the field once its file is open.
            key=f"upload_file_{turn}",
        )
    if given is not None:
        with right:
            try:
                with parts.working():
                    _choose_columns(table, given)
            except GridmapError as error:
                show_error(error)


def show_error(error: GridmapError) -> None:
    """Show an error as one line in the language of the view."""
    st.error(parts.plain(error.text(address.lang())), icon=":material/error:")


def show_last() -> None:
    """Show what was opened a moment ago, and what its reader warned of."""
    done = st.session_state.pop("upload_done", None)
    if done is not None:
        st.success(done, icon=":material/check_circle:")
    for own in state.own_files().values():
        parts.show_warnings(own.warnings)


def _choose_columns(table: str, given: "UploadedFile") -> None:
    """Show the file's first rows and the choices its kind of table needs; open it on request."""
    file = File(given.name, given.getvalue())
    options: dict[str, object] = {}
    try:
        frame, _ = _read(file, "frame", None, options)
    except GridmapError as error:
        if error.key != "several_layers":
            raise
        layers = str(error.values["layers"]).split(", ")
        options["layer"] = st.selectbox(text("layer"), layers, key="upload_layer")
        frame, _ = _read(file, "frame", None, options)
    _preview(frame)
    options |= _mapping(table, frame)
    if st.button(text("open"), type="primary", key="upload_open"):
        _open(table, file, options)


def _preview(frame: pd.DataFrame) -> None:
    st.caption(text("preview", rows=f"{len(frame):,}"))
    shown = pd.DataFrame(frame.head(PREVIEW_ROWS).drop(columns="geometry", errors="ignore")).astype("string")
    st.dataframe(shown, hide_index=True, key="upload_preview")


def _mapping(table: str, frame: pd.DataFrame) -> dict[str, object]:
    """Show which column means what, and return the options of the reader."""
    columns = [str(name) for name in frame.columns if name != "geometry"]
    spatial = isinstance(frame, gpd.GeoDataFrame)
    options: dict[str, object] = {}
    if table == "grids":
        options["code"] = _column("code", columns, text("code_column"), required=True)
    elif table == "events":
        ours = ("event_id", "category", "reported_at")
        chosen = {name: _column(name, columns, text(f"mapped.{name}")) for name in ours}
        options["columns"] = {name: column for name, column in chosen.items() if column != NONE}
        if not spatial:
            options |= {name: _column(name, columns, text(f"mapped.{name}"), required=True) for name in ("x", "y")}
    if table not in PLACELESS and (not spatial or frame.crs is None):
        options["crs"] = st.text_input(text("crs"), value=WGS84, help=text("crs_help"), key="upload_crs").strip()
    return options


def _column(name: str, columns: Sequence[str], label: str, *, required: bool = False) -> str:
    offered = list(columns) if required else [NONE, *columns]
    lowered = {column.lower(): column for column in reversed(columns)}
    usual = next((lowered[known] for known in USUAL[name] if known in lowered), offered[0] if offered else NONE)
    position = offered.index(usual) if usual in offered else 0
    # A file of other columns needs a new list: the key carries them.
    key = f"upload_{name}_{state.digest(*columns)[:8]}"
    chosen = st.selectbox(label, offered, index=position, format_func=lambda column: column or text("none"), key=key)
    return chosen or NONE


def _open(table: str, file: File, options: Mapping[str, object]) -> None:
    if table in ("grids", "events"):
        frame, warnings = _read(file, table, None, options)
    else:
        frame, warnings = _read(file, "table" if table in PLACELESS else "layer", table, options)
    own = state.Own(frame, file.name, state.digest(file.digest, table, sorted(options.items())), warnings)
    # Joined before it is kept: a file that does not go with the others must not shut the pages.
    state.join({**state.own_files(), table: own})
    state.own_files()[table] = own
    st.session_state["upload_done"] = text("opened", name=parts.plain(file.name), rows=f"{len(frame):,}")
    st.session_state[_TURN] += 1
    st.rerun()


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={File: attrgetter("digest")})
def _read(file: File, kind: str, table: str | None, options: Mapping[str, object]) -> tuple[gpd.GeoDataFrame, list[GridmapWarning]]:
    """Return what a file holds, read in a process of its own, and the warnings given on the way."""
    return state.noted(lambda: files.read_upload(file.name, file.content, kind=kind, table=table, options=options))

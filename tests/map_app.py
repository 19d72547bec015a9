"""A page with one map, for the tests of the map component: which one, and what it holds, stand in the address."""

import json
import time

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st
from payloads import PAYLOADS

from gridmap import maps, synth
from gridmap.ui import component

st.set_page_config(layout="wide")


@st.cache_resource(show_spinner=False)
def town(name: str) -> list[maps.Layer]:
    """Return grids, events and what lies around them."""
    made = synth.dongyuan() if name == "dongyuan" else synth.jianyang()
    located = made.events[made.events.geometry.notna()]
    context = maps.context_layer(made.streets, made.buildings if name == "dongyuan" else None, made.boundary, lang="zh")
    return [context, maps.grids_layer(made.grids, lang="zh"), maps.events_layer(located, lang="zh")]


@st.cache_resource(show_spinner=False)
def hostile() -> list[maps.Layer]:
    """Return layers in which every text is an attack."""
    squares = [shapely.box(n % 10, n // 10, n % 10 + 1, n // 10 + 1) for n in range(len(PAYLOADS))]
    squares = [shapely.transform(square, lambda at: at * 100) for square in squares]
    codes = pd.Index([f"{n:02}{text}" for n, text in enumerate(PAYLOADS)], name="grid_code")
    columns = {"name": PAYLOADS, "level": 1, "kind": "base", "parent": PAYLOADS, "households": range(len(PAYLOADS))}
    grids = gpd.GeoDataFrame(columns, index=codes, geometry=squares, crs="EPSG:4548")
    events = gpd.GeoDataFrame(
        {"category": PAYLOADS, "address": PAYLOADS, "status": PAYLOADS}, index=codes, geometry=grids.centroid, crs=grids.crs
    )
    found = gpd.GeoDataFrame(
        {"kind": PAYLOADS, "grid_codes": PAYLOADS, "area_m2": 1.0}, index=codes, geometry=grids.buffer(-30), crs=grids.crs
    )
    theme = maps.choropleth(pd.Series(range(len(codes)), index=codes), grids, title=PAYLOADS[0], unit=PAYLOADS[1], lang="en")
    return [
        theme,
        maps.grids_layer(grids, lang="en", name=PAYLOADS[4]),
        maps.events_layer(events, lang="en", name=PAYLOADS[5]),
        maps.findings_layer(found, lang="en", name=PAYLOADS[6]).hidden(),
    ]


name = st.query_params.get("map", "dongyuan")
st.button("again")
layers = hostile() if name == "hostile" else town(name)
title, source = (PAYLOADS[2], PAYLOADS[3]) if name == "hostile" else ("测试地图", "合成")
chosen = component.show(
    layers,
    key="map",
    title=title,
    lang="en" if name == "hostile" else "zh",
    options=component.Options(tools=component.TOOLS, source=source, period=source, synthetic=True, height=640, snap="网格"),
)
told = {"codes": chosen.codes, "clicked": chosen.clicked and chosen.clicked.ids, "drawn": chosen.drawn, "turn": chosen.turn}
if name != "hostile":
    st.code(json.dumps(told | {"runs": st.session_state.setdefault("runs", 0), "at": time.time() * 1000}), language=None)
st.session_state["runs"] = st.session_state.get("runs", 0) + 1

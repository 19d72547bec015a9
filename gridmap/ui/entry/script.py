"""Entry of the application: what Streamlit runs for every view."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from gridmap.errors import GridmapError
from gridmap.ui import address, coverage, data, designing, hotspots, live, parts, planning, themes, workload

PAGES = {
    "data": (data.page, ":material/folder_open:"),
    "plan": (planning.page, ":material/edit_location_alt:"),
    "design": (designing.page, ":material/design_services:"),
    "coverage": (coverage.page, ":material/grid_on:"),
    "workload": (workload.page, ":material/balance:"),
    "hotspots": (hotspots.page, ":material/local_fire_department:"),
    "themes": (themes.page, ":material/layers:"),
    "live": (live.page, ":material/sensors:"),
}
# Written out, because Streamlit fetches a named icon for the browser's tab from a foreign host.
TAB_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><path fill='#0b5c8c' d='M2 5l9-3v25l-9 3z'/>"
    "<path fill='#e69f00' d='M12 2l8 3v25l-8-3z'/><path fill='#56b4e9' d='M21 5l9-3v25l-9 3z'/></svg>"
)
# Less empty space around the page: the map belongs on the first screen.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.4rem 1.6rem 2rem 1.6rem; max-width: none; }
[data-testid="stMainBlockContainer"] h3 { font-size: 1.5rem; padding: 0 0 .4rem 0; }
[data-testid="stMetricValue"] { font-size: 1.6rem; line-height: 1.3; }
[data-testid="stSidebar"] { width: 13.4rem !important; min-width: 0; }
[data-testid="stSidebarHeader"] { height: 2.6rem; margin-bottom: 0; }
[data-testid="stMetricLabel"] * { white-space: normal !important; }
.st-key-tool [role="radiogroup"], .st-key-pane [role="radiogroup"] { flex-wrap: wrap; row-gap: .3rem; }
@media (max-width: 1250px) { .st-key-map_and_table [data-testid="stColumn"] { min-width: 100%; } }
</style>"""


def main() -> None:
    """Run the page that the address names."""
    pages = {
        name: st.Page(page, title=parts.text(f"page.{name}"), url_path=name, default=name == "data") for name, (page, _) in PAGES.items()
    }
    # The links are written below: an icon given to the navigation itself would be fetched from a foreign host for the browser's tab.
    chosen = st.navigation(list(pages.values()), position="hidden")
    parts.know_screens(pages)
    title = f"{chosen.title} · {parts.text('app')}"
    st.set_page_config(page_title=title, page_icon=TAB_ICON, layout="wide", initial_sidebar_state="expanded")
    st.html(STYLE)
    with st.sidebar:
        st.markdown(f"**{parts.text('app')}**")
        links = st.empty()
        parts.language_switch()
    before = show_links(links, pages)
    try:
        chosen.run()
    except GridmapError as error:
        st.error(parts.plain(error.text(address.lang())), icon=":material/error:")
    finally:
        # A page ends early where it has nothing to show; the links carry what it wrote into the address all the same.
        if address.kept() != before:
            show_links(links, pages)


def show_links(place: DeltaGenerator, pages: Mapping[str, StreamlitPage]) -> dict[str, str]:
    """Show the links to the screens, and return the choices that they carry along."""
    choices = address.kept()
    with place.container():
        for name, (_, icon) in PAGES.items():
            st.page_link(pages[name], icon=icon, query_params=choices)
    return choices


main()

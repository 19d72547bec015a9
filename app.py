"""The map application as an ASGI app: `streamlit run app.py`, or `gridmap app`, which starts the same one."""

from streamlit import App

from gridmap import ui

app = App(ui.SCRIPT, routes=ui.routes())

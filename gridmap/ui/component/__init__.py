"""The map of the app: a Streamlit component on MapLibre GL that draws the layers of `gridmap.maps`."""

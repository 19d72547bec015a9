"""The user's own files."""

import streamlit as st


def show_last() -> None:
    """Say what was opened a moment ago."""
    if done := st.session_state.pop("upload.done", None):
        st.toast(done)


def form() -> None:
    """Show the form."""

"""What Streamlit runs. It puts this folder before all packages: beside `coverage` and `data` it would hide libraries of that name."""

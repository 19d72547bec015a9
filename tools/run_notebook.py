"""Run every notebook again from a fresh kernel and keep its output, without the stamps and versions that change by machine.

With `--check FOLDER` the outputs go to that folder instead, and the notebooks stay as they are.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TIMEOUT_S = 300
LARGEST_BYTES = 1_000_000


def run(source: Path, target: Path) -> None:
    """Execute one notebook; an error in a cell, or more output than a repository should keep, stops with a message."""
    notebook = nbformat.read(source, as_version=4)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # else a caller's choice hides the pictures
    # One piece of text per stream: how a kernel cuts its output into pieces is chance.
    options = {"timeout": TIMEOUT_S, "kernel_name": "python3", "coalesce_streams": True}
    NotebookClient(notebook, resources={"metadata": {"path": str(source.parent)}}, **options).execute()
    noise = [output.text for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    if noise:
        sys.exit(f"{source.name} warns: {noise[0]}")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    text = nbformat.writes(notebook, version=4) + "\n"
    if len(text.encode()) > LARGEST_BYTES:
        sys.exit(f"{source.name} would be larger than {LARGEST_BYTES} bytes")
    target.write_text(text, encoding="utf-8")


def main() -> None:
    """Run all notebooks."""
    folder = Path(sys.argv[2]) if sys.argv[1:2] == ["--check"] else NOTEBOOKS
    for source in sorted(NOTEBOOKS.glob("*.ipynb")):
        run(source, folder / source.name)
        print(f"{source.name}: {(folder / source.name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

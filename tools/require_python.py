"""Stop with one clear line where Python is too old (run by `make env` before anything is installed)."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"gridmap needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Try: make PYTHON=python3.11 env")

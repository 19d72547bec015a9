#!/bin/sh
# Universal locks for every platform and Python >= 3.11: versions and hashes, no registry address.
set -eu
lock() {
    name=$1
    shift
    .venv/bin/uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --quiet -o "requirements/$name.txt"
}
# Every extra but the peers of the benchmark, whose wheels are large and not there for every platform.
working=$(.venv/bin/python -c "
import tomllib
with open('pyproject.toml', 'rb') as file:
    extras = tomllib.load(file)['project']['optional-dependencies']
print(*(f'--extra {name}' for name in extras if name != 'bench'))")
lock core
lock all $working
lock bench --extra bench
# The set-up's own tools alone, not the project: node, and with it the files of the map in the browser.
.venv/bin/uv pip compile --group web --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements/web.txt
.venv/bin/python tools/install_web.py --lock

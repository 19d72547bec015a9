#!/bin/sh
# One universal lock for every platform and Python >= 3.11: versions and hashes, no registry address.
set -eu
for name in core all; do
    extras=$([ "$name" = all ] && echo --all-extras || true)
    .venv/bin/uv pip compile pyproject.toml $extras --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --quiet -o "requirements/$name.txt"
done

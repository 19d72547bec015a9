.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
DEMO_FLAGS ?=
BENCH_FLAGS ?=
ENDURE_FLAGS ?=
BENCH_OUT ?= build/benchmarks
COMPILED := gridmap/assign/cells/compiled gridmap/crosswalk/compiled gridmap/maps/compiled gridmap/partition/compiled

.PHONY: help
help:  ## list these recipes
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

.PHONY: env
env: .venv/.ready .venv/.web .venv/.compiled  ## create .venv from the lock files

.venv/.ready: requirements/all.txt pyproject.toml
	$(PYTHON) tools/require_python.py
	$(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the map in the browser is drawn with: from packages, by a node that is there for the set-up alone.
.venv/.web: .venv/.ready requirements/web.txt tools/install_web.py tools/web/package-lock.json gridmap/ui/component/letters.py
	$(PY) tools/install_web.py
	$(PY) tools/draw_letters.py
	@touch $@

# The loops of the map, the assignment and the partition, compiled here so that no page waits for it (more than a minute). What they were is dropped first:
# numba does not see a change in a module that another one inlines.
.venv/.compiled: .venv/.ready tools/compile.py $(wildcard $(COMPILED:%=%/*.py))
	rm -rf $(COMPILED:%=%/__pycache__)
	$(PY) tools/compile.py
	@touch $@

.PHONY: demo
demo: env  ## build the demo project and open the app
	$(PY) -m gridmap demo $(DEMO_FLAGS)

.PHONY: test
test: env  ## run every test (installs the browser and font the tests need, where it can)
	sh tools/system-parts.sh
	$(PY) -m pytest -n auto --dist worksteal

.PHONY: lint
lint: .venv/.ready  ## ruff, import layers, types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy

.PHONY: core
core:  ## install the core alone, without the shells, and import it
	$(PYTHON) -m venv --clear .venv-core
	.venv-core/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/core.txt
	.venv-core/bin/python tools/import_core.py

.PHONY: bench
bench: .venv-bench/.ready  ## measure the assignment of points beside its peers (half an hour); BENCH_OUT=docs/benchmarks publishes
	@mkdir -p $(dir $(BENCH_OUT))
	PYTHONPATH=. .venv-bench/bin/python benchmarks/assign.py $(BENCH_FLAGS) -o $(BENCH_OUT).json
	PYTHONPATH=. .venv-bench/bin/python benchmarks/assign.py --page $(BENCH_OUT).json > $(BENCH_OUT).md

.venv-bench/.ready: requirements/bench.txt
	$(PYTHON) tools/require_python.py
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: endure
endure: env  ## hold the assignment to shapely and the store to its word, at length (half an hour; others with ENDURE_FLAGS='--seed N')
	sh tools/system-parts.sh
	PYTHONPATH=.:tests $(PY) benchmarks/exactness.py $(ENDURE_FLAGS)
	PYTHONPATH=.:tests $(PY) benchmarks/endure_store.py $(ENDURE_FLAGS)
	PYTHONPATH=.:tests $(PY) benchmarks/endure_plans.py $(ENDURE_FLAGS)

.PHONY: notebook
notebook: env  ## run the notebook again and keep its output
	$(PY) tools/run_notebook.py

.PHONY: lock
lock: env  ## write the lock files anew (versions and hashes only)
	sh tools/lock.sh

# From a bare checkout with Python 3.11+ and make: `make demo`, `make test`.
# Every target first builds .venv from constraints.txt, torch first, so that a CPU build of
# torch that is already to be had is not replaced by a CUDA one; the second run is fast.

PYTHON ?= python3
EXTRAS ?= cpu,offline,dev
BIN := .venv/bin

# Small models and small batches: more threads only wait for each other.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: demo test check wheel clean

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

demo: .venv/.installed  ## generate a library, ingest it, print its timeline, search it, export it
	$(BIN)/vidindex demo

check: .venv/.installed  ## lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml

wheel: .venv/.wheel-checked  ## the built wheel works in an empty environment

.venv/.wheel-checked: .venv/.installed pyproject.toml constraints.txt tests/check_wheel.py $(shell git ls-files vidindex pipelines store)
	$(BIN)/python tests/check_wheel.py
	touch $@

test: check wheel  ## everything that CI holds
	$(BIN)/python -m pytest

clean:
	rm -rf .venv build dist *.egg-info demo

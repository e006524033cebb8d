# `make demo` and `make test` do all the set-up they need; `make check` is what CI runs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OLDEST := .venv-oldest
OUT ?= runs/demo
GPU_OUT ?= runs/gpu

.PHONY: demo test oldest browser check format bench gpu docs notebook lock clean

demo: $(READY)
	$(BIN)/samprof sweep --batch-sizes 1,2,4,8 --out $(OUT)

test: $(READY) browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0

# The tests of recording and of reading with the oldest torch that setup.cfg allows.
oldest:
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check \
	  torch==2.6.0 torchvision==0.21.0 -e ".[sam,report,dev]"
	$(OLDEST)/bin/python -m pytest tests/record tests/trace

# Chromium for the tests that look at pages, from the system's packages, where it may be installed.
browser:
	@sh tests/install_browser.sh

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What reading and recording cost, next to other tools; about 15 minutes on two cores.
bench: $(READY)
	$(BIN)/python -m bench

# Proves on this machine's GPU that the numbers are right, in under 8 minutes; results in $(GPU_OUT).
gpu: $(READY)
	$(BIN)/samprof verify --out $(GPU_OUT)

# The documentation as a site, offline: docs/_build/index.html.
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build

# Runs the example notebook and saves its output in it.
notebook: $(READY)
	$(BIN)/python -m jupyter execute --inplace examples/09_notebook.ipynb

# The environment is made again when the lock file or the packaging changes.
$(READY): requirements.lock setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Needs uv (https://docs.astral.sh/uv): resolves setup.cfg with all extras again.
lock:
	uv pip compile setup.cfg --all-extras --universal --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate --generate-hashes -o requirements.lock

clean:
	rm -rf $(VENV) $(OLDEST) runs

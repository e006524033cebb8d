# `make demo` and `make test` set everything up by themselves; `make check` is what CI asks first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= runs/demo
GPU_OUT ?= runs/gpu

.PHONY: demo test check format bench gpu docs notebook lock clean

demo: $(READY)
	$(BIN)/samprof sweep --batch-sizes 1,2,4,8 --out $(OUT)

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What reading and recording cost, beside their peers; about 15 minutes on two cores.
bench: $(READY)
	$(BIN)/python -m bench

# Every check that only a GPU can answer, in under 8 minutes; results in $(GPU_OUT).
gpu: $(READY)
	$(BIN)/python -m bench.gpu --out $(GPU_OUT)

# The documentation as a site, offline: docs/_build/index.html.
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build

# Runs the example notebook anew and keeps what it showed.
notebook: $(READY)
	$(BIN)/python -m jupyter execute --inplace examples/09_notebook.ipynb

# The environment is made anew when the lock file or the packaging changes.
$(READY): requirements.lock setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Needs uv (https://docs.astral.sh/uv): resolves setup.cfg with all extras anew.
lock:
	uv pip compile setup.cfg --all-extras --universal --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) runs

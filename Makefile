# make demo    set everything up and run `convscope demo`
# make test    set everything up and run the whole suite
# make check   formatting, lint, types, import contracts, documentation
# make bench   the benchmarks;  make docs  the documentation;  make clean  remove what these made
#
# Needs GNU make and Python 3.11 or later: `make PYTHON=python3.12 test` chooses another one.
# On Linux the default index serves torch with CUDA (gigabytes). For the CPU build:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
# Test processes, each with one thread; PYTEST_ARGS adds to the command (`-k name`, a path).
JOBS ?= 2
PYTEST_ARGS ?=
# `make bench BENCH_ARGS="--quick --only pass,startup --out bench.json"`
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TORCH := $(shell grep '^torch==' constraints.txt)
INPUTS := constraints.txt pyproject.toml

.PHONY: demo test check bench docs clean
.DELETE_ON_ERROR:

demo: $(VENV)/.convscope
	$(BIN)/convscope demo --out demo

test: $(VENV)/.convscope-test
	@browser=$$(scripts/find_browser.sh) || echo "No Chromium: the browser tests will be skipped."; \
	CONVSCOPE_BROWSER="$$browser" $(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

check: $(VENV)/.convscope-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MAKE) docs
	$(BIN)/python scripts/size.py

docs: $(VENV)/.convscope-dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: $(VENV)/.convscope-bench
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:
	rm -rf docs/_build docs/generated dist build demo .pytest_cache .ruff_cache .mypy_cache \
	  .import_linter_cache .hypothesis
	find src tests docs scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- set-up: each stamp is one install, done again when the inputs change ----

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "convscope needs Python 3.11 or later; '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>/dev/null || echo absent). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made (on Debian: apt install python3-venv)."; exit 1; }
	@touch $@

# torch comes first and alone: asked for together with the rest, pip may choose another build of it
# and fetch gigabytes. From a given index nothing but torch is taken; its requirements follow below.
$(VENV)/.torch: $(VENV)/.python constraints.txt
	@echo "Installing $(TORCH)"
	@$(PIP) install -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX) --no-deps) $(TORCH)
	@touch $@

$(VENV)/.convscope: $(VENV)/.torch $(INPUTS)
	@echo "Installing convscope"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.convscope-test: $(VENV)/.torch $(INPUTS)
	@echo "Installing convscope and what its tests need"
	@$(PIP) install -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.convscope

# Peers that the benchmarks compare with, and nothing else ever imports (LGPL). Their own bounds
# would hold other packages back; without them their part of the benchmark says that it was skipped.
$(VENV)/.convscope-bench: $(VENV)/.convscope-test
	@echo "Installing the peers of the benchmarks"
	@$(PIP) install --no-deps zennit-crp==0.6.0 zennit==0.4.6 || echo "No peers; their part is skipped."
	@touch $@

$(VENV)/.convscope-dev: $(VENV)/.torch $(INPUTS)
	@echo "Installing convscope and what its development needs"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.convscope-test $(VENV)/.convscope

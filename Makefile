# `make demo` and `make test` are all that anyone needs; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCHMARKS := descriptors radial lengths minkowski pores permeability annealing annealing_kernels convergence farm cess gan startup
CPU_ONLY := OMP_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0

.PHONY: demo quick-demo test test-all lint types format bench clean

$(VENV): $(VENV)/.installed
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)            ## the whole journey on a real photograph, in ./demo
	$(BIN)/raysys demo

quick-demo: $(VENV)      ## the same within three minutes
	$(BIN)/raysys demo --quick

test: lint types         ## all checks that run on every change
	$(CPU_ONLY) $(BIN)/python -m pytest

test-all: lint types     ## the slow ones too
	$(CPU_ONLY) $(BIN)/python -m pytest -m ''

lint: $(VENV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)
	$(BIN)/mypy

format: $(VENV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)           ## side-by-side timings of minutes each; the long ones are in benchmarks/README.md
	for script in $(BENCHMARKS); do $(CPU_ONLY) $(BIN)/python benchmarks/$$script.py || exit 1; done

clean:                   ## also numba's cache, which does not notice a change in a file that is called from another
	rm -rf $(VENV) build *.egg-info
	find raysys -name __pycache__ -type d -exec rm -rf {} +

# `make demo` and `make test` are all that anyone needs; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCHMARKS := descriptors radial lengths minkowski pores peers permeability annealing annealing_kernels convergence farm cess gan textures startup
CPU_ONLY := OMP_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0

# What starts Ray, or measures how soon a signal is answered, takes all cores by itself; the rest goes two files at a time.
BY_THEMSELVES := tests/anneal/test_farming.py tests/cli/test_interruption.py tests/cluster tests/farm tests/serve \
	tests/studies tests/train/ray tests/train/test_toy_method.py
COMPUTE = $(CPU_ONLY) $(BIN)/python -m pytest -n 2 --dist loadfile tests $(BY_THEMSELVES:%=--ignore=%) --durations=15
ALONE = $(CPU_ONLY) $(BIN)/python -m pytest $(BY_THEMSELVES) --durations=15

.PHONY: demo quick-demo test test-all lint types chromium format bench clean

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

test: lint types chromium ## all checks that run on every change
	$(COMPUTE)
	$(ALONE)

test-all: lint types chromium ## the slow ones too
	$(COMPUTE) -m ''
	$(ALONE) -m ''

chromium:                ## the browser that opens our pages in tests, where a package can be had
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
		(apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 \
		|| echo "no Chromium could be installed, so tests of the pages are skipped"

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

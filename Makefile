# `make help` lists the targets. Nothing but Python (3.11 to 3.14) and make is needed; uv is used where it is there.
PYTHON ?= python3
ARGS ?=
T ?= tests
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# Commands start in half the time where their bytecode is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check format coverage lock bench bench-fetch bench-run bench-forecast bench-exhaustion bench-storage bench-chaos clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(VENV)/.runtime ## create .venv with everything that Forewarn needs to run

demo: $(VENV)/.runtime ## the whole thing once, on bundled history: no server, no account
	@$(BIN)/forewarn demo $(ARGS)

run: $(VENV)/.runtime ## the nightly capacity job, now, with your configuration (ARGS="--as-of ...")
	@$(BIN)/forewarn run nightly-capacity $(ARGS)

test: $(VENV)/.dev ## all tests (T=tests/unit/jobs for some of them)
	@$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(T) $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## write the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

coverage: $(VENV)/.dev ## all tests, and which lines they reach
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report= $(ARGS)"
	@$(BIN)/coverage report --fail-under=95

bench: bench-fetch bench-run bench-storage bench-forecast bench-chaos ## every benchmark, each beside what you would use instead

bench-fetch: $(VENV)/.dev ## history from a real Prometheus into arrays, beside curl
	@$(BIN)/python -m benchmarks.fetch $(ARGS)

bench-run: $(VENV)/.dev ## a whole nightly run over 1,000 series of 30 days
	@$(BIN)/python -m benchmarks.run $(ARGS)

bench-storage: $(VENV)/.dev ## rows into Postgres
	@$(BIN)/python -m benchmarks.storage.write_speed $(ARGS)

bench-forecast: bench-exhaustion ## forecasts and time to exhaustion on open data: accuracy, coverage, speed, memory
	@$(BIN)/python -m benchmarks.forecast

bench-exhaustion: $(VENV)/.dev ## time to exhaustion alone: accuracy, false alarms, speed, pictures
	@$(BIN)/python -m benchmarks.exhaustion $(ARGS)

bench-chaos: $(VENV)/.dev ## 300 nights in which something is killed, frozen or cut off (ARGS="--runs 48")
	@$(BIN)/python -m benchmarks.chaos.storm
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

lock: ## pin the newest releases, with their hashes (needs uv)
	uv pip compile -q pyproject.toml --extra build --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --python-version 3.11 --upgrade -o requirements.lock
	uv pip compile -q pyproject.toml --extra build --extra dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --python-version 3.11 --upgrade -o requirements-dev.lock

clean: ## remove what was made here: the environment, caches, the demo's output
	@if [ -x $(BIN)/forewarn ] && [ -f out/demo/forewarn.yaml ]; then $(BIN)/forewarn db stop -c out/demo/forewarn.yaml || true; fi
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage .coverage.* dist out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
	  { echo "Forewarn needs Python 3.11 to 3.14, and '$(PYTHON)' is another: try make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
ifdef UV
	@$(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv is not complete: on Debian, apt-get install python3-venv" >&2; exit 1; }
endif

ifdef UV
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Forewarn needs into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

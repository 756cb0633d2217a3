# Needs Python 3.11 or later with venv, and make; everything else is installed into .venv.
PYTHON ?= python3
CONTACTS ?= 2000
DATABASE ?= target/scoring.duckdb
PY := .venv/bin/python
DBT := .venv/bin/dbt

# What a build is given; what is left blank takes the default of scripts/build.py.
BUILD_OPTIONS = $(if $(INPUT),--input "$(INPUT)") $(if $(SCOREBOOK),--scorebook "$(SCOREBOOK)") --database "$(DATABASE)"

.DEFAULT_GOAL := help
.PHONY: help setup demo build report check preview test test-slow test-random test-kills test-landings benchmark evaluate-oulad lint format clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: .venv/installed ## Create .venv and install the pinned requirements; does nothing when they are there

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; name one: make setup PYTHON=python3.12")'
	@echo "Installing what requirements.txt names into .venv; this takes about a minute, once."
	$(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@touch $@

demo: setup ## Make demo input, build it and show the result; CONTACTS=2000 sets the size
	$(PY) scripts/demo.py --contacts $(CONTACTS) --out target/demo
	@$(PY) scripts/build.py --input target/demo --database "$(DATABASE)" \
		--as-of "$(or $(AS_OF),$$($(PY) -c 'import json; print(json.load(open("target/demo/manifest.json"))["as_of"])'))"
	$(PY) scripts/report.py --database "$(DATABASE)"
	@rm -rf target/demo-crossings target/demo.outbox.sqlite*
	$(PY) scripts/export_crossings.py --database "$(DATABASE)" --to ./target/demo-crossings --state target/demo.outbox.sqlite --no-baseline

build: setup ## Build INPUT=… with SCOREBOOK=… into DATABASE=…, as of AS_OF=…
	$(PY) scripts/build.py $(BUILD_OPTIONS) $(if $(AS_OF),--as-of "$(AS_OF)")

report: setup ## Show what DATABASE=… holds
	$(PY) scripts/report.py --database "$(DATABASE)"

check: setup ## Check the scorebook in SCOREBOOK=… (default: seeds)
	$(PY) scripts/check_scorebook.py "$(or $(SCOREBOOK),seeds)"

preview: setup ## Show what the scorebook in SCOREBOOK=… would change in DATABASE=…; sends nothing
	$(PY) scripts/preview_scorebook.py --scorebook "$(or $(SCOREBOOK),seeds)" --database "$(DATABASE)" $(if $(AGAINST),--against "$(AGAINST)")

test: setup ## Run all tests but the slow ones
	$(PY) -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: setup ## Run the tests that make test leaves out
	$(PY) -m pytest -n 2 -m slow

test-random: setup ## Compare builds of 60 random cases, crossings of 60 and previews of 60 random edits with what they must be
	RANDOM_SEEDS=1-60 $(PY) -m pytest -n 2 -k "random or later" tests/test_random_cases.py tests/test_crossings_stay.py tests/test_preview_scorebook.py

test-kills: setup ## Kill exports 400 times at any moment and look at what they delivered
	SCORING_KILLS=400 $(PY) -m pytest -n 2 -rP tests/export/test_kills.py

test-landings: setup ## Let 2,800 random histories land in four goes, and compare each build that goes on with one from nothing
	RANDOM_SEEDS=1-40 $(PY) -m pytest -n 2 tests/test_continued_builds.py

benchmark: setup ## Measure what builds of SIZE=1e6 events cost, beside what people would otherwise use
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-benchmark.txt
	$(PY) scripts/benchmark.py --size $(or $(SIZE),1e6) $(if $(REPEAT),--repeat $(REPEAT))

evaluate-oulad: setup ## Learn from two course runs of OULAD, measure on the third and compare with docs/evaluation.md
	PYTHONPATH=tests:scripts $(PY) -m oulad_table

lint: setup check ## Check the scorebook and the style of Python, SQL and YAML
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@# Its progress bar leaves semaphores behind, of which Python warns at length.
	PYTHONWARNINGS=ignore::UserWarning .venv/bin/sqlfluff lint --processes 2 models analyses tests/invariants
	$(DBT) --quiet --warn-error parse --no-partial-parse --project-dir . --profiles-dir . --target-path target/lint --log-path target/lint

format: setup ## Bring Python into shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## Remove what was built; .venv, what exports remember and what they wrote stay
	@mkdir -p target
	find target -mindepth 1 -maxdepth 1 ! -name '*.outbox.sqlite*' ! -name outbox -exec rm -rf {} +
	rm -rf logs .pytest_cache .ruff_cache .hypothesis

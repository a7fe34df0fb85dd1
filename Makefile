# Stillwatch: `make` alone lists what can be asked for. Each line with `##` is a target and its description.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
DONE := $(VENV)/.done
PYTEST := $(PY) -m pytest
CODE := src tests bench scripts examples

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(DONE)/core ## install if need be, simulate a small disclosure, scan it, show the campaigns and the report
	@$(BIN)/stillwatch demo $(ARGS)

.PHONY: test
test: $(DONE)/test $(DONE)/check $(DONE)/spark $(DONE)/system ## every test that is not marked long (installs Chromium and Java if they are missing)
	@$(PYTEST) -m "not long" -n auto --maxprocesses 4 --dist loadfile $(ARGS)

.PHONY: test-long
test-long: $(DONE)/test $(DONE)/spark $(DONE)/system $(DONE)/stores ## kill tests, fuzzing, large runs, cloud stores, Spark, installation of the wheel
	@scripts/pytest-or-none $(PYTEST) -m long $(ARGS)

.PHONY: check
check: $(DONE)/check ## format, lint, types, direction of imports
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@$(PYTEST) tests/architecture -m "not long"

.PHONY: format
format: $(DONE)/check ## put the code into its format, repair what lint can repair
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: all
all: ## exactly what CI runs: check, test, test-long
	@.ci/run

.PHONY: golden
golden: $(DONE)/test $(DONE)/spark $(DONE)/system ## rewrite expected files of the tests; the diff is the review
	@$(PY) -m stillwatch.lab.conformance --rewrite
	@$(PY) -m stillwatch.lab.format_checks --rewrite
	@$(PYTEST) -m "not long" --golden tests/golden $(ARGS)

.PHONY: docs
docs: $(DONE)/core ## write docs/reference and docs/signals anew from the code
	@$(PY) -m stillwatch.lab.reference --write docs/reference
	@$(PY) -m stillwatch.lab.conformance --docs

.PHONY: pages
pages: $(DONE)/test $(DONE)/system ## run the demo, write README, docs/concepts.md and the picture of the report from it
	@rm -rf demo-out
	@$(BIN)/stillwatch demo --no-open
	@$(PY) scripts/demo_pages.py demo-out

.PHONY: bench
bench: $(DONE)/bench $(DONE)/rivals ## speed of each stage beside other libraries and the least there is to do: make bench ARGS="kernel links"
	@$(PY) bench/run.py $(ARGS)

.PHONY: evaluate
evaluate: $(DONE)/lab $(DONE)/peers ## figures of every scenario on fresh seeds, written to docs/benchmarks; goes on where it was stopped
	@$(PY) -m stillwatch.lab.figures $(ARGS)

.PHONY: new-signal
new-signal: $(DONE)/core ## skeleton of a signal with its cases and page: make new-signal NAME=answer_length
	@$(PY) -m stillwatch.lab.skeleton "$(NAME)"

.PHONY: lock
lock: $(DONE)/core ## resolve the versions in requirements/ anew (needs the network)
	@$(PY) scripts/lock.py $(ARGS)

.PHONY: changelog
changelog: ## move changes/ into CHANGELOG.md: make changelog VERSION=0.1.0 DAY=2026-12-01
	@python3 scripts/changelog.py $(VERSION) $(DAY)

.PHONY: clean
clean: ## remove the environment and everything that was made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist out demo-out

# Installation. A stamp per group: what stands is not installed again, and then no network is touched.

$(DONE)/venv: scripts/make-venv
	@scripts/make-venv $(VENV)
	@mkdir -p $(DONE) && touch $@

$(DONE)/core: $(DONE)/venv pyproject.toml requirements/build.txt requirements/core.txt
	@scripts/install $(PY) build core
	@$(PY) -m pip install -qq --disable-pip-version-check --no-build-isolation --constraint requirements/core.txt --editable .
	@touch $@

$(DONE)/lab $(DONE)/peers $(DONE)/spark $(DONE)/test $(DONE)/check $(DONE)/bench: $(DONE)/%: $(DONE)/core requirements/%.txt
	@scripts/install $(PY) $*
	@touch $@

$(DONE)/test: $(DONE)/lab
$(DONE)/spark: $(DONE)/test
$(DONE)/check $(DONE)/bench: $(DONE)/test
$(DONE)/bench: $(DONE)/peers

$(DONE)/rivals: scripts/install-rivals $(DONE)/venv requirements/rivals.txt
	@scripts/install-rivals $(VENV)
	@touch $@

$(DONE)/stores: scripts/install-stores $(DONE)/venv requirements/stores/python.txt requirements/stores/package-lock.json
	@scripts/install-stores $(VENV)
	@touch $@

$(DONE)/system: scripts/install-system $(DONE)/venv
	@scripts/install-system
	@touch $@

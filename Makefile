# Run `make help`. Every target sets up .venv by itself.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.PHONY: help setup run test check deep lint types cover fmt openapi bench package rehearsal deploy destroy clean reset distclean

help:  ## Show what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Set up .venv (every other target does it too)

run: $(STAMP)  ## Serve on this machine with demo data; pass flags as ARGS="--port 0"
	@exec $(BIN)/python -m taxiway run $(ARGS)

test: lint types  ## Lint, types, the rehearsal and all other tests: what CI runs
	$(BIN)/python -m pytest tests/rehearsal -m rehearsal -p no:randomly
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: lint types  ## The same without the rehearsal: half the time
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

deep: $(STAMP)  ## Look much longer for what breaks the log or the API (20 minutes and more)
	$(BIN)/python -m pytest tests/property tests/concurrency tests/http/test_schemathesis.py --hypothesis-profile=deep -n 2 $(ARGS)

lint: $(STAMP)  ## Style, spelling and who imports whom
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports --no-logo

types: $(STAMP)  ## Types, strictly
	$(BIN)/python -m mypy

cover: $(STAMP)  ## All tests, and what they did not reach
	$(BIN)/python -m pytest --cov --cov-report=term-missing $(ARGS)

fmt: $(STAMP)  ## Format the code and mend what can be mended
	$(BIN)/python -m ruff check --fix-only --quiet .
	$(BIN)/python -m ruff format .

openapi: $(STAMP)  ## Write chalicelib/data/openapi.json from the routes
	$(BIN)/python -m tools.build_openapi

bench: $(STAMP)  ## Measure cost and speed; writes bench/results.md
	$(BIN)/python -m bench $(ARGS)

package: $(STAMP)  ## Build the Lambda package and one CloudFormation template into out/
	$(BIN)/python -m taxiway package --stage $(or $(STAGE),dev) out

rehearsal: $(STAMP)  ## Deploy to an emulated AWS and try all there (3 minutes)
	$(BIN)/python -m pytest tests/rehearsal -m rehearsal $(ARGS)

deploy: $(STAMP)  ## Deploy a stage to AWS: STAGE=dev; ARGS="--dry-run" only tells
	$(BIN)/python -m taxiway deploy --stage $(or $(STAGE),dev) $(ARGS)

destroy: $(STAMP)  ## Take a stage away, all but its tables with data: STAGE=dev
	$(BIN)/python -m taxiway destroy --stage $(or $(STAGE),dev) $(ARGS)

clean:  ## Remove caches and builds; keeps .venv and the state of `make run`
	rm -rf out .chalice/deployments .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

reset:  ## Remove the state of `make run`: its next start is a first one
	rm -rf .taxiway

distclean: clean  ## Remove .venv as well
	rm -rf $(VENV) .rehearsal

$(STAMP): requirements.txt requirements-dev.txt
	@python=$$(.ci/python) && echo "Setting up $(VENV) with $$($$python --version), once; this takes a minute." && \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  rm -rf $(VENV) && $$python -m venv $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

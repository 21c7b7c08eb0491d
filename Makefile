# One command each. `make run` on a fresh Debian 12 with Python 3.11, Node 20 and make is all a newcomer needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A found python3.11 may be a version manager's empty shim, so each is tried.
PYTHONS := python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11 python3
UI_SOURCES := $(shell test -d ui && find ui -type f -not -path '*/node_modules/*' -not -path '*/.*')
CATALOGUES := $(wildcard src/necmergitur/web/locale/*/LC_MESSAGES/*.po src/necmergitur/web/*/locale/*/LC_MESSAGES/*.po)
TESTS ?= tests
# Django's pages, and the browser's own event loop, are tested in runs of their own: one process, one world.
# Tests wait (for servers, browsers, lamps) while they do not compute, so three workers for two cores; with four, pages
# in a browser took longer than with two. One server of each kind is started per worker, a module stays on one.
WORKERS ?= $(shell echo $$(((3 * $$(nproc) + 1) / 2)))
# Each test has a database of its own: 1,300 files made and removed. In memory that takes half the time of a disk, and
# a file system that has just forgotten a million files slows down no later test.
SCRATCH_KIB_MIN := 8000000
SCRATCH ?= $(shell test "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt $(SCRATCH_KIB_MIN) 2>/dev/null && echo /dev/shm)
# A run that stands still is ended instead of waited for (a test that does: faulthandler_timeout in pyproject.toml).
GROUP_S_MAX := 3300
PYTEST := $(if $(SCRATCH),env TMPDIR=$(SCRATCH)) timeout --foreground --signal=INT --kill-after=60 $(GROUP_S_MAX) \
	$(BIN)/python -m pytest
WORKED := -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: help setup run demo test test-postgres15 check bench lock screens docs clean chromium
.PHONY: check-lint check-types check-imports check-migrations check-ui

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMPS)/package $(STAMPS)/messages $(STAMPS)/ui ## make the environment, the translations and the front end

run: setup ## start the city on this machine
	@exec $(BIN)/nec run

demo: setup ## start a simulated, living city with labelled accounts (loopback only)
	@exec $(BIN)/nec run --demo

test: $(STAMPS)/dev $(STAMPS)/ui chromium ## run every test, its own set-up included
	@if [ -f ui/package.json ]; then npm --prefix ui run --silent test; fi
	@if [ "$(TESTS)" != tests ]; then exec $(PYTEST) $(WORKED) $(TESTS); fi; \
	status=0; \
	for group in "tests --ignore=tests/web" "$$(echo tests/web/test_*.py)" "$$(echo tests/web/*/test_*.py)"; do \
		$(PYTEST) $(WORKED) $$group || { [ $$? = 1 ] && [ -n "$(AGAIN)" ] && \
			echo "once more, one at a time, what failed (a test that passes now depends on the machine's load)" && \
			$(PYTEST) --last-failed --last-failed-no-failures none $$group; } || status=1; \
	done; \
	exit $$status

test-postgres15: $(STAMPS)/dev ## run the tests of the database's rooms on Debian's PostgreSQL 15
	@if [ ! -x /usr/lib/postgresql/15/bin/postgres ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15; \
	fi
	@NEC_TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin $(PYTEST) $(WORKED) tests/adapters tests/web -m "not e2e"

check: $(STAMPS)/dev $(STAMPS)/node_modules ## lint, types, import contracts, migrations, front-end types
	@$(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync=target \
		check-types check-lint check-imports check-ui check-migrations

check-lint:
	@$(BIN)/ruff check --quiet --output-format concise && $(BIN)/ruff format --check --quiet && echo "lint: good"

check-types:
	@$(BIN)/mypy && echo "types: good"

check-imports:
	@said=$$($(BIN)/lint-imports --no-cache 2>&1) && echo "imports: good" || { echo "$$said"; exit 1; }

check-migrations:
	@$(BIN)/python -m necmergitur.app.migrations_check && echo "migrations: good"

check-ui:
	@if [ -f ui/package.json ]; then npm --prefix ui run --silent check && echo "front end: good"; fi

bench: setup $(STAMPS)/dev chromium ## measure everything, beside its own floor (JSON on the last line)
	@$(BIN)/nec bench all --json

lock: $(STAMPS)/dev ## write requirements/*.txt anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group build $(COMPILE) -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --group build --group dev -c requirements/run.txt $(COMPILE) -o requirements/dev.txt
COMPILE := --python-version 3.11 --python-platform linux --generate-hashes --no-header --quiet

screens: $(STAMPS)/dev $(STAMPS)/ui chromium ## take docs/screens/ anew
	@for group in "$$(echo tests/web/test_*.py)" "$$(echo tests/web/*/test_*.py)"; do \
		NEC_SCREENS=docs/screens $(PYTEST) $(WORKED) -m screens $$group; \
	done
	@echo "the README's five: tests/web/demo_pictures.py, beside a running make demo"

docs: $(STAMPS)/dev ## write the generated pages of docs/ anew
	@$(BIN)/python -m necmergitur.app.documents

clean: ## remove what these targets made; var/ (a city's data) stays
	rm -rf $(VENV) $(STAMPS) ui/node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --- what the targets stand on ------------------------------------------------------------------------

$(VENV)/pyvenv.cfg:
	@for python in $(PYTHONS); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then echo "Python 3.11 is needed and none was found" >&2; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3.11-venv; \
		else echo "Debian's python3.11-venv package is needed: apt-get install python3.11-venv" >&2; exit 1; fi; \
	fi; \
	"$$found" -m venv $(VENV)
	@touch $@

$(STAMPS)/run: requirements/run.txt | $(VENV)/pyvenv.cfg
	@mkdir -p $(STAMPS)
	@echo "installing what the product needs"
	@$(PIP) install --require-hashes --no-deps -r requirements/run.txt
	@touch $@

# The product's own package is installed in place; its build tool comes from the lock, so nothing else is fetched.
$(STAMPS)/package: pyproject.toml $(STAMPS)/run
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Here and not at the service's start: its account may not write the sources.
$(STAMPS)/messages: $(CATALOGUES) | $(STAMPS)/package
	@$(BIN)/python -m necmergitur.web.messages compile >/dev/null
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/run | $(STAMPS)/package
	@echo "installing what tests and checks need"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

$(STAMPS)/node_modules: $(wildcard ui/package.json ui/package-lock.json)
	@mkdir -p $(STAMPS)
	@if [ -f ui/package.json ]; then echo "installing what the front end needs"; npm --prefix ui ci --silent --no-progress; fi
	@touch $@

$(STAMPS)/ui: $(UI_SOURCES) $(STAMPS)/node_modules
	@if [ -f ui/package.json ]; then echo "building the front end"; npm --prefix ui run --silent build; fi
	@touch $@

# Browser tests and benches drive Debian's chromium; without the right to install it they say so and fail.
chromium:
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi

# The front door. `make help` lists the targets; no setup is needed first.

ifndef PYTHON
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
endif
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT ?= demo-out
# Many more than cores: tests spend most of their time waiting for sockets, disks and processes.
WORKERS ?= $(shell echo $$((6 + $$(getconf _NPROCESSORS_ONLN))))
CONFIG ?=
PORT ?=
# Compiled tests are kept even where nothing else is, and first made where the venv is: all at once,
# each worker would compile all of them.
TEST = env -u PYTHONDONTWRITEBYTECODE $(BIN)/python
HOW = -q -n $(WORKERS)
THOROUGH = --hypothesis-profile=thorough
SWEEPS = -m "sweep or hypothesis" $(THOROUGH)
NO_SWEEPS = -m "not sweep"
SETTINGS = $(if $(CONFIG),--config "$(CONFIG)")

.DEFAULT_GOAL := help
.PHONY: help demo playground run gateway doctor jobs test coverage sweeps test-all check fix audit bench soak live peers lock clean python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.runtime ## play the tour: the real bot in a local world, no account needed; the posted files go to demo-out/
	$(BIN)/python -m bot demo --tour --out $(OUT)

playground: $(VENV)/.runtime ## open the playground: the real bot in a browser, no account needed; PORT=… for another port than 8420
	$(BIN)/python -m bot demo $(if $(PORT),--port $(PORT))

run: $(VENV)/.runtime ## run the bot with config.toml and the environment; CONFIG=… names another file
	$(BIN)/python -m bot run $(SETTINGS)

gateway: $(VENV)/.runtime ## serve the HTTP API in front of Kling
	$(BIN)/python -m bot gateway $(SETTINGS)

doctor: $(VENV)/.runtime ## check settings, token, permissions, Kling and database, and say what to fix
	$(BIN)/python -m bot doctor $(SETTINGS)

jobs: $(VENV)/.runtime ## manage jobs while the bot is running: ARGS="list", "show ID", "resolve ID look", "pause", "resume", "forget --member ID"
	$(BIN)/python -m bot jobs $(SETTINGS) $(if $(ARGS),$(ARGS),list)

test: $(VENV)/.dev ## run the tests, all but the sweeps; ONLY=tests/pure runs a part, its sweeps too
	$(TEST) -m pytest $(HOW) $(if $(ONLY),$(ONLY) $(THOROUGH),$(NO_SWEEPS))

coverage: $(VENV)/.dev ## run them with branch coverage, which must be 90 % or more; takes half as long again
	@$(BIN)/coverage erase
	$(TEST) -m coverage run -m pytest $(HOW) $(NO_SWEEPS); tests=$$?; \
	$(BIN)/coverage combine -q && total=$$($(BIN)/coverage report --format=total); enough=$$?; \
	echo "coverage: $$total %; $(BIN)/coverage report shows the missing lines"; \
	[ $$tests = 0 ] || exit $$tests; exit $$enough

sweeps: $(VENV)/.dev ## run the long tables, and laws with many values: "make test" plays a sample of them
	$(TEST) -m pytest $(HOW) $(SWEEPS)

test-all: coverage sweeps ## run every test

check: $(VENV)/.dev ## check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## fix format and imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/.dev ## look for known vulnerabilities in the pinned packages, if a database is reachable
	@$(BIN)/python -m tests.commands.audit

bench: $(VENV)/.dev ## measure against a bare bot in the same run
	$(BIN)/python -m bench

soak: $(VENV)/.dev ## test the guarantees under kills and faults, however long it takes; ARGS="--quick", "kills --seed 7", "--write"
	$(BIN)/python -m tests.commands.soak $(ARGS)

live: $(VENV)/.runtime ## run the client against the real Kling with your keys; asks before it spends
	$(BIN)/python -m tests.commands.live $(ARGS)

peers: $(VENV)/.runtime ## let bots in discord.js and hikari, from the package registries, use the local Discord
	$(BIN)/python -m tests.commands.peers

lock: $(VENV)/.dev ## resolve the dependencies again: versions and hashes, no index URLs
	$(BIN)/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-dev.lock

clean: ## delete the virtual environment and all generated files
	rm -rf $(VENV) $(OUT) bench-out soak-out .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module is missing: sudo apt install python3-venv"; exit 1; }

$(VENV)/bin/python: | python
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "installing what the bot needs (once)"
	@$(PIP) install -q --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "installing what the bot and its tests need (once)"
	@$(PIP) install -q --require-hashes -r requirements-dev.lock
	@$(TEST) -m pytest -q --collect-only >/dev/null 2>&1 || true
	@touch $@ $(VENV)/.runtime

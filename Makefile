# The front door. `make help` lists what can be done; nothing needs to be set up first.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT ?= demo-out
# Twice the cores: half of the time a test waits for a socket, a disk or a process.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
CONFIG ?=
HOW = -q -n $(WORKERS) --dist loadgroup
SETTINGS = $(if $(CONFIG),--config "$(CONFIG)")

.DEFAULT_GOAL := help
.PHONY: help demo playground run gateway doctor jobs test check fix audit bench soak live lock clean python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.runtime ## the tour: the real bot in a local world, no account needed; keeps what was posted in demo-out/
	$(BIN)/python -m bot demo --tour --out $(OUT)

playground: $(VENV)/.runtime ## the page to play on: the real bot in a browser, no account needed; 127.0.0.1:8420
	$(BIN)/python -m bot demo

run: $(VENV)/.runtime ## the bot, with the settings of config.toml and the environment; CONFIG=… names another file
	$(BIN)/python -m bot run $(SETTINGS)

gateway: $(VENV)/.runtime ## the HTTP API in front of Kling
	$(BIN)/python -m bot gateway $(SETTINGS)

doctor: $(VENV)/.runtime ## check settings, token, permissions, Kling and database; says what to fix
	$(BIN)/python -m bot doctor $(SETTINGS)

jobs: $(VENV)/.runtime ## look after jobs beside the running bot: ARGS="list", "show ID", "resolve ID look", "pause", "resume", "forget --member ID"
	$(BIN)/python -m bot jobs $(SETTINGS) $(if $(ARGS),$(ARGS),list)

test: $(VENV)/.dev ## every test, with branch coverage; ONLY=tests/pure runs a part, without it
ifdef ONLY
	$(BIN)/pytest $(HOW) $(ONLY)
else
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(HOW); tests=$$?; \
	$(BIN)/coverage combine -q && total=$$($(BIN)/coverage report --format=total); enough=$$?; \
	echo "coverage: $$total %; $(BIN)/coverage report shows the missing lines"; \
	[ $$tests = 0 ] || exit $$tests; exit $$enough
endif

check: $(VENV)/.dev ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## put format and imports right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/.dev ## known vulnerabilities of the pinned packages, where a database can be reached
	@$(BIN)/python -m tests.commands.audit

bench: $(VENV)/.dev ## measure against a bare bot in the same run
	$(BIN)/python -m bench

soak: $(VENV)/.dev ## the laws under kills and faults, for as long as it takes; ARGS="--quick", "kills --seed 7", "--write"
	$(BIN)/python -m tests.commands.soak $(ARGS)

live: $(VENV)/.runtime ## the client against the real Kling, with your keys; asks before it spends
	$(BIN)/python -m tests.commands.live $(ARGS)

lock: $(VENV)/.dev ## resolve the dependencies anew: versions and hashes, no addresses
	$(BIN)/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-dev.lock

clean: ## forget the virtual environment and everything that was generated
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
	@touch $@ $(VENV)/.runtime

#!/usr/bin/env bash
# A `compiled_cache` that two SQLAlchemy engines share saves them nothing: each compiles by itself.
#
# Guess: a program that opens many files of the same kind, each with an engine of its own, gives all
# of them one dictionary by the execution option `compiled_cache`; what the first engine has
# compiled, the second takes from there, for both have the same dialect, driver and options.
#
# Seen (SQLAlchemy 2.1.9): the first word of a key is the engine's dialect object, compared by
# identity. Both entries are in the dictionary, side by side, and the second engine compiles anew. A
# copy of one engine, made by `Engine.execution_options()`, has its dialect and does share.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sqlalchemy==2.1.9
cd "$folder"

cat > ask.py <<'PY'
import importlib.metadata as installed
import sys

from sqlalchemy import create_engine, literal, select
from sqlalchemy.pool import StaticPool

EXPECTED = [("first", 1), ("first again", 1), ("second", 2), ("copy of the first", 2)]
cache = {}
seen = []


def engine():
    made = create_engine("sqlite://", poolclass=StaticPool)
    return made.execution_options(compiled_cache=cache)


def asked(name, by):
    with by.connect() as here:
        assert here.execute(select(literal(7).label("seven"))).scalar_one() == 7
    seen.append((name, len(cache)))


first, second = engine(), engine()
asked("first", first)
asked("first again", first)
asked("second", second)
asked("copy of the first", first.execution_options(isolation_level="SERIALIZABLE"))
print("SQLAlchemy", installed.version("sqlalchemy"))
for name, entries in seen:
    print(f"{name}: {entries} in the cache")
dialects = {type(key[0]).__name__ for key in cache}
print("keys begin with", *dialects, "of", len({id(key[0]) for key in cache}), "engines")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python ask.py

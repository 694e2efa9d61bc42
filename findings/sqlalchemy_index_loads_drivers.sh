#!/usr/bin/env bash
# Declaring an index with `postgresql_where` makes SQLAlchemy load every driver of PostgreSQL.
#
# Guess: `Index(..., sqlite_where=..., postgresql_where=...)` keeps both conditions as they are, and a
# dialect is imported by `create_engine` for the one database that is used.
#
# Seen (SQLAlchemy 2.1.9): to check the name of the argument, the index imports its dialect as a
# package when it is declared: `sqlalchemy.dialects.postgresql` with the modules for asyncpg, pg8000,
# psycopg and psycopg2, though none of these is installed and only SQLite is used. `sqlite_where` loads
# the modules of SQLite alike. A program for either database can attach such indexes when it
# knows which one it has.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sqlalchemy==2.1.9
cd "$folder"

cat > declare.py <<'PY'
import sys

import sqlalchemy
from sqlalchemy import Column, Index, Integer, MetaData, Table, create_engine, text

DRIVERS = ("asyncpg", "pg8000", "psycopg", "psycopg2")


def loaded():
    names = (f"sqlalchemy.dialects.postgresql.{driver}" for driver in DRIVERS)
    return [name for name in names if name in sys.modules]


table = Table("jobs", MetaData(), Column("id", Integer), Column("open", Integer))
create_engine("sqlite://").connect().close()
before, modules = loaded(), len(sys.modules)
Index("jobs_open", table.c.id, postgresql_where=text("open = 1"))
after = loaded()
print("SQLAlchemy", sqlalchemy.__version__)
print("connected to SQLite, drivers of PostgreSQL that are loaded:", before)
print("an index was declared, drivers of PostgreSQL that are loaded:", after)
print("modules more:", len(sys.modules) - modules)
sys.exit(0 if not before and len(after) == len(DRIVERS) else "this has changed")
PY
venv/bin/python declare.py

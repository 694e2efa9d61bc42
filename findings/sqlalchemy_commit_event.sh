#!/usr/bin/env bash
# SQLAlchemy's event `commit` comes before the commit, and comes even if the commit then fails.
#
# Guess: a listener to `commit` of an engine runs after the transaction is committed, so that it may
# tell others of rows that they can now read; `rollback` comes for what was not.
#
# Seen (SQLAlchemy 2.1.9, with SQLite): in the listener another connection sees no row. A commit that
# SQLite refuses, because of a deferred foreign key, has called the listener all the same, and no
# `rollback` follows. There is no engine event after a commit.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sqlalchemy==2.1.9
cd "$folder"

cat > ask.py <<'PY'
import importlib.metadata as installed
import sqlite3
import sys

from sqlalchemy import create_engine, event, exc, text

EXPECTED = ["commit, another sees 0", "commit, another sees 1", "refused"]
seen = []
engine = create_engine("sqlite:///file.db")


@event.listens_for(engine, "connect")
def strict(connection, _record):
    connection.execute("PRAGMA foreign_keys = ON")


def others():
    with sqlite3.connect("file.db") as other:
        return other.execute("SELECT count(*) FROM parents").fetchone()[0]


with engine.begin() as here:
    here.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY)"))
    here.execute(
        text("CREATE TABLE children (id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
    )
event.listen(engine, "commit", lambda _here: seen.append(f"commit, another sees {others()}"))
event.listen(engine, "rollback", lambda _here: seen.append("rollback"))
with engine.begin() as here:
    here.execute(text("INSERT INTO parents VALUES (1)"))
try:
    with engine.begin() as here:
        here.execute(text("INSERT INTO children VALUES (2)"))
except exc.IntegrityError:
    seen.append("refused")
print("SQLAlchemy", installed.version("sqlalchemy"), "SQLite", sqlite3.sqlite_version)
print(*seen, sep="\n")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python ask.py

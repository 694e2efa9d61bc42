#!/usr/bin/env bash
# `PRAGMA incremental_vacuum(50)` by Python's `execute` frees one page, not fifty.
#
# Guess: `connection.execute("PRAGMA incremental_vacuum(50)")` takes fifty free pages out of the
# file, as SQLite's documentation says of the statement, and as its shell does.
#
# Seen (Python 3.11, sqlite3 with SQLite 3.40): one page. The statement frees a page at each step and
# returns no row; `execute` makes the first step, sees a statement without columns, and resets it.
# `fetchall()` does not help. `executescript`, which steps until the end, frees all fifty, but also
# commits whatever transaction is open.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > ask.py <<'PY'
import sqlite3
import sys

EXPECTED = {"execute": 1, "execute and fetchall": 1, "executescript": 50}
PRAGMA = "PRAGMA incremental_vacuum(50)"
WAYS = {
    "execute": lambda here: here.execute(PRAGMA),
    "execute and fetchall": lambda here: here.execute(PRAGMA).fetchall(),
    "executescript": lambda here: here.executescript(PRAGMA),
}


def free(here):
    return here.execute("PRAGMA freelist_count").fetchone()[0]


seen = {}
for number, (name, way) in enumerate(WAYS.items()):
    here = sqlite3.connect(f"{number}.db", isolation_level=None)
    here.execute("PRAGMA auto_vacuum = INCREMENTAL")
    here.execute("VACUUM")
    here.execute("CREATE TABLE pieces (piece BLOB)")
    here.executemany("INSERT INTO pieces VALUES (?)", [(bytes(4_000),)] * 200)
    here.execute("DELETE FROM pieces")
    before = free(here)
    way(here)
    seen[name] = before - free(here)
    here.close()
print("Python", sys.version.split()[0], "SQLite", sqlite3.sqlite_version)
for name, pages in seen.items():
    print(f"{name:22} {pages} pages")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
python3 ask.py

#!/usr/bin/env bash
# SQLite: a piece of an empty BLOB is NULL, although the column is NOT NULL.
#
# Guess: `substr(content, 1, n)` of a column that is never NULL is never NULL. Of an empty text it is an
# empty text, past the end of a BLOB it is an empty BLOB, and PostgreSQL's `substr` of an empty `bytea`
# is an empty `bytea`: so a value is read in pieces until a piece is empty.
#
# Seen (SQLite 3.54.1 in apsw 3.54.1.0; 3.40.1 in Debian 12 does it too): for x'' alone, and wherever
# the piece begins, the answer is NULL. Who reads a table of files in pieces meets `None` at the first
# empty file. It is so for `substr` only: `length`, `hex`, `quote` and the column itself say empty.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check apsw==3.54.1.0
cd "$folder"

cat > pieces.py <<'PY'
import sys

import apsw

here = apsw.Connection(":memory:")
here.execute("CREATE TABLE files (name TEXT PRIMARY KEY, content NOT NULL)")
here.executemany(
    "INSERT INTO files VALUES (?, ?)",
    [("empty blob", b""), ("empty text", ""), ("one byte", b"\x01"), ("one letter", "a")],
)
print("SQLite", apsw.sqlite_lib_version(), "apsw", apsw.apsw_version())
asked = "SELECT name, substr(content, 1, 16), substr(content, 3, 16), length(content) FROM files"
found = {name: rest for name, *rest in here.execute(asked)}
for name, (first, later, length) in found.items():
    print(f"{name}: length {length}, first piece {first!r}, piece past the end {later!r}")
same = found == {
    "empty blob": [None, None, 0],
    "empty text": ["", "", 0],
    "one byte": [b"\x01", b"", 1],
    "one letter": ["a", "", 1],
}
sys.exit(0 if same else "this has changed")
PY
venv/bin/python pieces.py

#!/usr/bin/env bash
# SQLAlchemy's floor division is no floor division for whole numbers below zero.
#
# Guess: `column // 7`, called floor division by SQLAlchemy as by Python, rounds down, whatever is divided:
# -1 // 7 is -1. Where a database's `/` does not, SQLAlchemy writes `FLOOR()`, as it does for a Float.
#
# Seen (SQLAlchemy 2.1.9 with SQLite): for integers it writes a plain `/`, which SQLite and PostgreSQL cut
# off towards zero: -1 // 7 is 0, and -8 // 7 is -1. The same numbers as Float are -1 and -2. So days since
# a date, put into weeks by `//`, have one week of 13 days around that date, and what Python works out
# for a row agrees with the query from zero on only. `func.floor(column / 7)` rounds down.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sqlalchemy==2.1.9
cd "$folder"

cat > weeks.py <<'PY'
import collections
import sys

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

table = sa.Table(
    "days", sa.MetaData(), sa.Column("whole", sa.Integer), sa.Column("number", sa.Float)
)
days = range(-21, 21)


def rows(expression):
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"whole": day, "number": day} for day in days])
        found = connection.execute(sa.select(expression).order_by(table.c.whole)).scalars()
        return [int(week) for week in found]


print("SQLAlchemy", sa.__version__)
c = table.c
seen = {}
for name, expression in {
    "whole // 7": c.whole // 7,
    "number // 7": c.number // 7,
    "floor(whole / 7)": sa.func.floor(c.whole / 7),
}.items():
    seen[name] = collections.Counter(rows(expression))
    sql = str(expression.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    print(f"{name:17} PostgreSQL is sent {sql:45} days a week: {sorted(seen[name].items())}")
right = collections.Counter(day // 7 for day in days)
expected = [False, True, True]
same = [weeks == right for weeks in seen.values()]
print("as in Python:", same)
sys.exit(0 if same == expected and seen["whole // 7"][0] == 13 else "this has changed")
PY
venv/bin/python weeks.py

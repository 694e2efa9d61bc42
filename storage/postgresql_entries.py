"""Which entries of a file of `pg_dump` are of our tables. Pure.

A dump has the whole database. What is not of our tables must not be loaded: it is there, and its
statement would fail, or its owner has dropped it since.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

_ENTRY: Final = re.compile(r"(\d+); \d+ \d+ (.+)")
_DEPENDS: Final = re.compile(r";\s+depends on:([ \d]+)")
_STANDING: Final = (
    "TABLE ", "VIEW ", "MATERIALIZED VIEW ", "FOREIGN TABLE ", "FUNCTION ", "PROCEDURE ",
    "AGGREGATE ", "TYPE ", "DOMAIN ", "SEQUENCE ",
)  # fmt: skip
"""What is of others unless it is of our tables; what needs it is of others as well."""
_PARTS: Final = ("TABLE DATA ", "TABLE ATTACH ", "SEQUENCE SET ", "SEQUENCE OWNED BY ")
"""What begins like one of them, and is a part of what it depends on."""


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    said: str
    needs: frozenset[int]

    @property
    def standing(self) -> bool:
        return self.said.startswith(_STANDING) and not self.said.startswith(_PARTS)


def tables_with_comment(script: str, comment: str) -> frozenset[str]:
    """Return the tables that have this comment, in a script of `pg_restore --schema-only`."""
    said = re.compile(rf'^COMMENT ON TABLE .+?\."?(\w+)"? IS \'{comment}\';$', re.MULTILINE)
    return frozenset(said.findall(script))


def entries_of(listed: str, schema: str, tables: AbstractSet[str]) -> list[int]:
    """Return the numbers of the entries of these tables, in their order.

    `listed` is what `pg_restore --list --verbose` prints. With a table go its rows, indexes,
    constraints, sequences and comments, and views that need no table of others.
    """
    entries = _read(listed)
    heads = tuple(f"TABLE {schema} {name} " for name in tables)
    kept = {entry.number for entry in entries if entry.said.startswith(heads)}
    while more := _next(entries, kept):
        kept |= more
    return [entry.number for entry in entries if entry.number in kept]


def _next(entries: list[_Entry], kept: AbstractSet[int]) -> set[int]:
    """Return what is of those that are kept: what needs them alone, and their sequences."""
    others = {entry.number for entry in entries if entry.standing} - kept
    owned: set[int] = set()
    for entry in entries:
        if entry.said.startswith("SEQUENCE OWNED BY ") and entry.needs & kept:
            owned |= entry.needs & others
    needing = {
        entry.number
        for entry in entries
        if entry.number not in kept and entry.needs & kept and not entry.needs & others
    }
    return owned | needing


def _read(listed: str) -> list[_Entry]:
    entries: list[_Entry] = []
    for line in listed.splitlines():
        if entry := _ENTRY.fullmatch(line):
            entries.append(_Entry(int(entry[1]), entry[2], frozenset()))
        elif entries and (needs := _DEPENDS.fullmatch(line)):
            last = entries[-1]
            needed = frozenset(map(int, needs[1].split()))
            entries[-1] = _Entry(last.number, last.said, needed)
    return entries

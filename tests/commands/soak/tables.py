"""A table that a part of the soak made, and its place in `docs/reliability.md`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"


@dataclass(frozen=True)
class Table:
    """What came out of one part: rows for people, and whether every law held."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]
    said: str = ""
    """One line above the table: seed, sizes, duration."""
    broken: int = 0
    """How often a law was broken; anything but 0 fails the run."""

    def markdown(self) -> str:
        """Return the table as it stands on the page."""
        head = [_line(self.columns), _line("---" for _ in self.columns)]
        body = [_line(str(cell) for cell in row) for row in self.rows]
        return "\n".join([*([self.said, ""] if self.said else []), *head, *body])


def save(table: Table, file: Path) -> None:
    """Keep a table for the page."""
    file.write_text(json.dumps(asdict(table), indent=2) + "\n", encoding="utf-8")


def put(page: str, tables: Mapping[str, Table]) -> str:
    """Return the page with each table between its two marks; what has no table stays."""
    for name, table in tables.items():
        opened, closed = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = page.partition(opened)
        _, ended, after = rest.partition(closed)
        if not (found and ended):
            raise LookupError(f"docs/reliability.md has no place for {name}")
        page = f"{before}{opened}\n{table.markdown()}\n{closed}{after}"
    return page


def put_lines(page: str, tables: Mapping[str, Table]) -> str:
    """Return the page with the lines of each table in place of those with the same first cell.

    What was said above the whole table stays, and gets a sentence more. Raises `LookupError` where
    there is no such line.
    """
    for name, table in tables.items():
        opened, closed = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = page.partition(opened)
        old, ended, after = rest.partition(closed)
        lines = old.splitlines()
        at = {line.split(" | ")[0]: number for number, line in enumerate(lines)}
        for row in table.rows:
            first = f"| {row[0]}"
            if not (found and ended and first in at):
                raise LookupError(f"docs/reliability.md has no line for {row[0]}")
            lines[at[first]] = _line(str(cell) for cell in row)
        names = " · ".join(str(row[0]) for row in table.rows)
        lines[0] += f" Later {names}: {table.said}"
        page = "\n".join([before + opened.rstrip(), *lines, closed + after])
    return page


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

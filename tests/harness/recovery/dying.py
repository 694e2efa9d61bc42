"""The bot itself, run so that it tells of each commit and dies at one.

It listens to SQLAlchemy's own events. What is durable changes at a commit and nowhere else, so the
moments before and after each are all the places where a kill could find the database different.
"""

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot.cli import main

ORDERS: Final = "DIES_AT"
"""Names the file in which the test says at which commit to die; none, or no file: never."""
COMMITTED: Final = "test.committed"
SCHEMA: Final = "insert schema_version"
"""Names the one commit of a migration, whatever else is written in it."""
BESIDE: Final = ("insert upload_limits", "insert ledger", "insert totals", "totals: ")
"""What is written along with the thing itself, and names it differently only now and then."""
_VERB: Final = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) (\w+)(?: SET (.*?)(?: WHERE|$))?")
_SAYS_LITTLE: Final = frozenset({"updated_at", "due_at", "failures", "lease_owner", "lease_until"})
_NAMED_MAX: Final = 4


def label(statement: str, state: str | None) -> str | None:
    """Return in a few words what a statement writes, None where it writes nothing."""
    found = _VERB.search(" ".join(statement.split()))
    if found is None:
        return None
    verb, table, assigned = found.groups()
    if verb != "UPDATE":
        return f"{verb.split()[0].lower()} {table}"
    if state is not None:
        return f"{table} → {state}"
    columns = {one.split("=")[0].strip() for one in re.findall(r"\w+=", assigned or "")}
    telling = sorted(columns - _SAYS_LITTLE)
    if not telling:
        return f"{table}: {'lease' if 'updated_at' not in columns else 'again later'}"
    return f"{table}: {', '.join(telling)}" if len(telling) <= _NAMED_MAX else f"update {table}"


class Dying:
    """Follows every transaction of the process."""

    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._written: dict[int, list[str]] = {}
        self._committing: dict[int, str] = {}
        self._seen: Counter[tuple[str, str]] = Counter()

    def listen(self) -> None:
        """Hear of each transaction of each engine, from its first statement to its end."""
        event.listen(Engine, "begin", self._on_begin)
        event.listen(Engine, "after_cursor_execute", self._on_statement)
        event.listen(Engine, "commit", self._on_commit)
        # SQLAlchemy tells of a commit before it is made, and of nothing after it.
        commit: Callable[[Any, Any], None] = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            commit(dialect, connection)
            self._on_committed(connection.dbapi_connection)

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _on_begin(self, connection: Connection) -> None:
        self._written[_of(connection)] = []

    def _on_statement(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        context: Any,
        _many: object,
    ) -> None:
        given = getattr(context, "compiled_parameters", None) or [{}]
        written = label(statement, given[0].get("state"))
        if written is not None:
            self._written.setdefault(_of(connection), []).append(written)

    def _on_commit(self, connection: Connection) -> None:
        names = dict.fromkeys(self._written.pop(_of(connection), []))
        named = [name for name in names if not name.startswith(BESIDE)]
        names = dict.fromkeys(named or names)
        written = SCHEMA if SCHEMA in names else " + ".join(names)
        if written:
            self._committing[_of(connection)] = written
            self._seen[written, self._order()] += 1
            self._die_if_told(written, "before")

    def _on_committed(self, connection: object) -> None:
        written = self._committing.pop(id(connection), None)
        if written is not None:
            os.write(2, json.dumps({"event": COMMITTED, "what": written}).encode() + b"\n")
            self._die_if_told(written, "after")

    def _order(self) -> str:
        try:
            return self._orders.read_text(encoding="utf-8")
        except OSError:
            return ""

    def _die_if_told(self, written: str, when: str) -> None:
        order = self._order()
        if order and json.loads(order) == [written, self._seen[written, order], when]:
            os.kill(os.getpid(), signal.SIGKILL)


def _of(connection: Connection) -> int:
    return id(connection.connection.dbapi_connection)


def run(args: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one command of the bot, with the orders that the environment names."""
    if ORDERS in env:
        Dying(Path(env[ORDERS])).listen()
    return main(args, env)

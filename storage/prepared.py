"""Statements that members wait for: on SQLite they run without SQLAlchemy's help.

There, most of an execution's time is SQLAlchemy's: it looks up what it compiled, fills in lists,
and wraps the cursor. Here the text is compiled once, and SQLite gets it with its parameters.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import CompoundSelect, Connection, Dialect, Select, TextClause
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import UpdateBase

from storage.connections import SQLITE

Parameters = Mapping[str, Any]
Statement = Select[Any] | CompoundSelect[Any] | TextClause | UpdateBase


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    names: tuple[str, ...]
    """Which value stands in each place of the text."""
    always: Parameters
    """Values that are part of the statement; what a call gave is not kept."""
    lists: frozenset[str]
    """Names of the lists that are given; the text has one place for each."""
    changed: tuple[tuple[int, Callable[[Any], Any]], ...]
    """Places whose values are stored in another form."""

    def given(self, parameters: Parameters) -> list[Any]:
        values = [*map({**self.always, **parameters}.__getitem__, self.names)]
        for place, change in self.changed:
            values[place] = change(values[place])
        return values


class Prepared:
    """One statement, compiled at its first use. Its rows are tuples as SQLite has them.

    So numbers stand for booleans there, and what is kept as JSON is text. On PostgreSQL, and where
    a list is given that has not exactly one element, it runs like any other statement. Each call
    gives all values by the names of the first one; one that lacks a name raises `KeyError`.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement: Final = statement
        self._compiled: _Compiled | None = None

    def rows(self, connection: Connection, parameters: Parameters) -> Sequence[Sequence[Any]]:
        """Return all rows."""
        if connection.dialect.name != SQLITE:
            return connection.execute(self._statement, parameters).all()
        compiled = self._of(connection.dialect, parameters)
        if any(len(parameters[name]) != 1 for name in compiled.lists):
            return connection.execute(self._statement, parameters).all()
        given = compiled.given(parameters)
        with _told(connection, compiled.text, given):
            return _driver(connection).execute(compiled.text, given).fetchall()

    def write(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Run it for each; all have the same names. Raises `IntegrityError`."""
        if connection.dialect.name != SQLITE:
            connection.execute(self._statement, rows)
            return
        compiled = self._of(connection.dialect, rows[0])
        given = [compiled.given(one) for one in rows]
        try:
            with _told(connection, compiled.text, given, many=True):
                _driver(connection).executemany(compiled.text, given)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(compiled.text, None, error) from error

    def _of(self, dialect: Dialect, parameters: Parameters) -> _Compiled:
        if self._compiled is None:
            self._compiled = _compile(self._statement, dialect, parameters)
        return self._compiled


@contextlib.contextmanager
def _told(
    connection: Connection, text: str, given: Sequence[Any], *, many: bool = False
) -> Iterator[None]:
    """Tell those who listen to what SQLAlchemy executes."""
    about = (connection, None, text, given, None, many)
    connection.dispatch.before_cursor_execute(*about)
    yield
    connection.dispatch.after_cursor_execute(*about)


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def _only(values: Sequence[Any]) -> Any:
    [value] = values
    return value


def _compile(statement: Statement, dialect: Dialect, parameters: Parameters) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(parameters))
    given_lists = {
        name for name in parameters if name in compiled.binds and compiled.binds[name].expanding
    }
    expanded = compiled.construct_expanded_state(
        # Each with one element, whatever is given: only the text depends on how many there are.
        {**parameters, **dict.fromkeys(given_lists, (None,))}
    )
    lists = {place: name for name in given_lists for place in expanded.parameter_expansion[name]}
    names = [lists.get(place, place) for place in expanded.positiontup or ()]
    changed: list[tuple[int, Callable[[Any], Any]]] = []
    for place, name in enumerate(names):
        bound = compiled.binds.get(name)  # none for elements of the statement's own lists
        if name in given_lists:  # a list is given, not a value that is one
            changed.append((place, _only))
        if bound is None:
            continue
        change = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if change is not None:
            changed.append((place, change))
    own = {
        name: value
        for name, value in expanded.parameters.items()
        if name not in parameters and name not in lists
    }
    return _Compiled(expanded.statement, tuple(names), own, frozenset(given_lists), tuple(changed))

"""What both databases are told in their own way."""

from typing import TYPE_CHECKING, TypeAlias, Union

from sqlalchemy import Connection, Table, func, inspect, select
from sqlalchemy.dialects import sqlite

from storage.connections import POSTGRESQL

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Insert: TypeAlias = Union["postgresql.Insert", sqlite.Insert]


def insert_into(dialect: str, table: Table) -> Insert:
    """Return an INSERT with ON CONFLICT, which both databases spell alike."""
    if dialect != POSTGRESQL:
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 3 MB for its users only

    return postgresql.insert(table)


def take_turn(connection: Connection, number: int) -> None:
    """Serialize transactions of all processes on this number (64 bits)."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def analyze(connection: Connection) -> None:
    """Tell PostgreSQL's planner how many rows there are; until then it guesses, and badly."""
    tables = inspect(connection).get_table_names()
    connection.exec_driver_sql(f"ANALYZE {', '.join(tables)}")

"""What both databases are told in their own way."""

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.connections import POSTGRESQL


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT with ON CONFLICT, which both databases spell alike."""
    return postgresql.insert(table) if dialect == POSTGRESQL else sqlite.insert(table)


def take_turn(connection: Connection, number: int) -> None:
    """Serialize transactions of all processes on this number (64 bits)."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(number)))

"""What all tables are declared with."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Text, text

metadata: Final = MetaData()


def index(name: str, *columns: str, where: str = "", unique: bool = False) -> Index:
    """Return an index, of only some rows where a condition is given.

    The condition is declared for SQLite alone: naming PostgreSQL loads all of its dialect, and what
    makes the indexes are the migrations.
    """
    only = text(where) if where else None
    return Index(name, *columns, unique=unique, sqlite_where=only)


def row_number() -> Column[int]:
    """Return the key of a table to which rows are only added: numbered as they come."""
    return Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    )


def job_id(*, primary_key: bool = True) -> Column[str]:
    """Return the column of rows that belong to a job, and go with it."""
    return Column(
        "job_id", Text, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=primary_key
    )

"""What all tables are declared with."""

from typing import Final

from sqlalchemy import Index, MetaData, text

metadata: Final = MetaData()


def index(name: str, *columns: str, where: str = "") -> Index:
    """Return an index, of only some rows where a condition is given."""
    condition = text(where) if where else None
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)

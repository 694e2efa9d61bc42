"""Statements about stored inputs. No more than one input is in memory at a time.

Large ones are not read with their rows: `part_of` reads a piece, and a copy for another job is made
within the database.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    LargeBinary,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.util import await_only

from storage import rows
from storage.connections import SQLITE
from storage.contents import AT_HAND_MAX_BYTES, InFile, InRow
from storage.errors import ParentForgotten
from storage.job import StoredInput
from storage.schema import inputs

WIPED_BYTES: Final = 16
"""An input that begins with this many zeros is being overwritten, and counts as deleted."""
_SIZE: Final = func.length(inputs.c.data)
_BEGINNING: Final = func.substr(inputs.c.data, 1, WIPED_BYTES, type_=LargeBinary)
_LISTED: Final = select(
    inputs.c.name,
    inputs.c.media_type,
    inputs.c.facts,
    inputs.c.until,
    _SIZE.label("size_bytes"),
    _BEGINNING.label("beginning"),
    case((_SIZE <= AT_HAND_MAX_BYTES, inputs.c.data)).label("data"),
).order_by(inputs.c.name)
_ROWID: Final = text("SELECT rowid FROM inputs WHERE job_id = :job_id AND name = :name")
_NOWHERE: Final = -1
"""SQLite counts rows from 1."""
_COLUMNS: Final = ("job_id", "name", "media_type", "data", "facts", "until")


def listed(connection: Connection, job_id: str) -> dict[str, StoredInput]:
    """Return the job's inputs by name; large ones stay where they are."""
    mine = _LISTED.where(inputs.c.job_id == job_id)
    return {
        row["name"]: StoredInput(
            row["name"],
            row["media_type"],
            InRow(job_id, row["name"], row["size_bytes"])
            if row["data"] is None
            else bytes(row["data"]),
            row["facts"],
            row["until"],
        )
        for row in connection.execute(mine).mappings()
        if any(row["beginning"] or b"")  # of nothing, SQLite's `substr` makes NULL
    }


def part_of(connection: Connection, content: InRow, start: int, most: int) -> bytes:
    """Return at most so many bytes from `start` on; none if they were deleted meanwhile."""
    this = (inputs.c.job_id == content.job_id, inputs.c.name == content.name)
    if connection.dialect.name != SQLITE:
        piece = func.substr(inputs.c.data, start + 1, most, type_=LargeBinary)
        return bytes(connection.execute(select(piece).where(*this)).scalar_one_or_none() or b"")
    # SQLite's own functions would read all of it for each piece.
    file: Any = connection.connection.dbapi_connection
    rowid = _rowid(connection, content)
    try:
        with file.blobopen("inputs", "data", rowid, readonly=True) as blob:
            blob.seek(min(start, len(blob)))
            return bytes(blob.read(most))
    except sqlite3.OperationalError:
        if _rowid(connection, content) != _NOWHERE:
            raise
        return b""


def insert_inputs(connection: Connection, job_id: str, entries: Sequence[StoredInput]) -> None:
    """Store inputs with a job; raises `ParentForgotten` if what is to be copied is gone."""
    at_hand = [rows.input_row(job_id, one) for one in entries if isinstance(one.data, bytes)]
    if at_hand:
        connection.execute(insert(inputs), at_hand)
    for one in entries:
        if isinstance(one.data, InRow):
            _copy(connection, job_id, one, one.data)
        elif isinstance(one.data, InFile):
            data = _read(connection, one.data)
            connection.execute(insert(inputs), rows.input_row(job_id, replace(one, data=data)))


def delete_inputs(connection: Connection, job_id: str, names: Sequence[str]) -> None:
    """Delete those of these names."""
    connection.execute(delete(inputs).where(inputs.c.job_id == job_id, inputs.c.name.in_(names)))


def _read(connection: Connection, content: InFile) -> bytes:
    if connection.dialect.name == SQLITE:  # in its own thread
        return content.read()
    return await_only(asyncio.to_thread(content.read))


def _rowid(connection: Connection, content: InRow) -> int:
    this = {"job_id": content.job_id, "name": content.name}
    found = connection.execute(_ROWID, this).scalar_one_or_none()
    return _NOWHERE if found is None else int(found)


def _copy(connection: Connection, job_id: str, entry: StoredInput, content: InRow) -> None:
    size, beginning = _SIZE, _BEGINNING
    same = select(
        literal(job_id),
        literal(entry.name),
        literal(entry.media_type),
        inputs.c.data,
        literal(dict(entry.facts), inputs.c.facts.type),
        literal(entry.until, inputs.c.until.type),
    ).where(
        inputs.c.job_id == content.job_id,
        inputs.c.name == content.name,
        size == content.size_bytes,
        beginning != bytes(WIPED_BYTES),
    )
    if not connection.execute(insert(inputs).from_select(_COLUMNS, same)).rowcount:
        raise ParentForgotten

"""A database in which a bot has lived: rows of all kinds, and if asked for, in every table."""

from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, insert, select

from storage.engine import open_database
from storage.job import StoredInput
from storage.moving import tables
from tests.harness.storage.making import make_job
from tests.harness.storage.tour import fill, tour

HIGHEST = 77
"""The highest number that a numbered table has given."""


async def lived_in(path: Path, count: int = 30, *, every_table: bool = False) -> None:
    """Make a database with rows of all kinds."""
    async with open_database(f"sqlite:///{path}", owner="bot") as database:
        await fill(database.jobs, count)
        await tour(database.jobs)
        job = make_job(request={"prompt": "a\0b \n 日本語 \N{FOX FACE}", "model": "kling-v3"})
        await database.jobs.insert(job, [StoredInput("image", "image/png", bytes(range(256)) * 9)])
        await database.jobs.set_fact("paused", "yes")
        if every_table:
            await database.jobs._connections.write(lambda here: _fill_the_rest(here, job.id))


def _fill_the_rest(here: Connection, job_id: str) -> None:
    """Put a row into each table that has none."""
    for table in tables():
        if here.execute(select(table).limit(1)).first() is None:
            row = {column.name: _made_up(here, column, job_id) for column in table.columns}
            here.execute(insert(table).values(row)).close()


def _made_up(here: Connection, column: Column[Any], job_id: str) -> object:
    for key in column.foreign_keys:
        of_a_job = key.column.table.name == "jobs"
        return job_id if of_a_job else here.execute(select(key.column).limit(1)).scalar_one()
    made: dict[type, object] = {
        int: HIGHEST,
        float: 0.1,
        str: "日本",
        bool: True,
        object: {"a": [1]},
    }
    return made[column.type.python_type]

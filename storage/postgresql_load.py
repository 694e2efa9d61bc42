"""A file of `pg_dump` in the place of our tables: in one transaction, or not at all.

`pg_restore` would drop only what is in the file, and so leave or run into the tables of a newer
version; and it would commit before anything can be noted. So it writes a script, which `psql` gets
between the statements of ours. The last one is the commit: whatever ends before, the server rolls
back. What is loaded can't be started until it was marked (`storage.restoring`).
"""

import asyncio
import contextlib
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from io import FileIO
from pathlib import Path
from typing import Final

from storage.address import PostgresqlAddress
from storage.migrations import LOCK_WAIT_S, MIGRATION_TURN
from storage.moving import BY_RESTORE, FROM_FACT
from storage.own_tables import COMMENT, OwnTables
from storage.own_thread import in_own_thread
from storage.postgresql_entries import entries_of, tables_with_comment
from storage.postgresql_programs import begin, complaint, run
from storage.schema import metadata

_PSQL: Final = ("--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1")
_NOBODY_READS: Final = b"Broken pipe"
"""What `pg_restore` complains of where `psql` has ended before it."""


async def load(address: PostgresqlAddress, copy: Path, own: OwnTables) -> None:
    """Replace our tables by those of the file, marked as half restored.

    Others' tables, other schemas and large objects are neither replaced nor loaded; views that
    depend on our tables go with them. Raises `StorageUnavailable`, and then nothing has changed.
    """
    entries = await _our_entries(address, copy, own.schema)
    reading, writing = os.pipe()
    with FileIO(writing, "w") as script:
        try:
            psql = await begin(address, "psql", *_PSQL, stdin=reading, stdout=DEVNULL)
        finally:
            os.close(reading)
        hearing = asyncio.create_task(psql.communicate())
        try:
            await in_own_thread(lambda: _write(script, _before(own)))
            failed, trouble = await _write_script(address, copy, entries, script)
            if not failed:
                await in_own_thread(lambda: _write(script, _after(own)))
            script.close()
            _, said = await hearing
        finally:
            await _end(psql)
            hearing.cancel()
    if failed and trouble and _NOBODY_READS not in trouble:
        raise complaint(address, "pg_restore", trouble, written=False)
    if failed or psql.returncode:
        raise complaint(address, "psql", said, written=False)


async def _our_entries(address: PostgresqlAddress, copy: Path, schema: str) -> list[int]:
    """Return the numbers of what the file has of our tables: those known, and those commented."""
    of_schema = (f"--schema={schema}", "--schema-only", "--file=-", str(copy))
    script = await run(address, "pg_restore", *of_schema, written=False)
    ours = {table.name for table in metadata.sorted_tables} | tables_with_comment(script, COMMENT)
    listing = ("--list", "--verbose", str(copy))
    listed = await run(address, "pg_restore", *listing, written=False)
    return entries_of(listed, schema, ours)


async def _write_script(
    address: PostgresqlAddress, copy: Path, entries: list[int], script: FileIO
) -> tuple[bool, bytes]:
    """Have these entries written as statements; return whether that failed, and the words."""
    arguments = ("--use-list=/dev/stdin", "--no-owner", "--no-privileges", "--file=-", str(copy))
    chosen = "".join(f"{number};\n" for number in entries)
    running = await begin(address, "pg_restore", *arguments, stdin=PIPE, stdout=script.fileno())
    try:
        _, said = await running.communicate(chosen.encode())
    finally:
        await _end(running)
    return bool(running.returncode), said


def _before(own: OwnTables) -> str:
    dropping = f"DROP TABLE IF EXISTS {', '.join(own.tables)} CASCADE;" if own.tables else ""
    return f"""BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '{LOCK_WAIT_S}s';
SELECT pg_advisory_xact_lock({MIGRATION_TURN});
{dropping}
"""


def _after(own: OwnTables) -> str:
    """Return the end of the script; what it has set must not stay on a pooler's connection."""
    facts = '"{}".facts'.format(own.schema.replace('"', '""'))
    return f"""
INSERT INTO {facts} (key, value) VALUES ('{FROM_FACT}', '{BY_RESTORE}')
    ON CONFLICT (key) DO NOTHING;
RESET ALL;
COMMIT;
"""  # noqa: S608 - our own words, and a name that is quoted


def _write(script: FileIO, statements: str) -> None:
    left = statements.encode()
    with contextlib.suppress(BrokenPipeError):  # psql has ended, and says why
        while left:
            left = left[script.write(left) :]


async def _end(program: Process) -> None:
    if program.returncode is None:
        program.kill()
        await program.wait()

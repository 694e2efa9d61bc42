"""A real PostgreSQL server that asks for the password: what is typed is what arrives there."""

import asyncio
import re
import string
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.engine import open_database
from storage.errors import StorageUnavailable
from tests.harness.postgres_server import Database

EVERY_SIGN = string.printable.strip()
SPELLINGS: list[Callable[[str], str]] = [
    lambda password: quote(password, safe=""),
    # A % before two hexadecimal digits is the only thing that cannot be typed as it is.
    lambda password: re.sub("%(?=[0-9A-Fa-f]{2})", "%25", password),
]


def role_of(database: Database) -> str:
    """Return the name of a role; all databases of a server have the same."""
    return f"{database.name}_keyholder"


async def set_password(database: Database, password: str) -> None:
    """Make the role, which is let in by its password alone, with everything in the schema its."""
    connection, role = await database.connect(), role_of(database)
    try:
        await connection.execute(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
            f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN;"
            f"GRANT ALL ON SCHEMA public TO {role}"
        )
        setting = f"SELECT format('ALTER ROLE {role} PASSWORD %L', $1::text)"
        await connection.execute(await connection.fetchval(setting, password))
    finally:
        await connection.close()


async def refusal(database: Database, typed: str) -> str:
    """Open the database as the role; return why that was refused, or nothing."""
    url = f"postgresql://{role_of(database)}:{typed}@/{database.name}?host={database.socket}"
    try:
        async with open_database(url, owner="test") as opened:
            await opened.jobs.counts()
    except StorageUnavailable as refused:
        return refused.reason
    return ""


@given(st.text(EVERY_SIGN, min_size=1, max_size=20))
@example(EVERY_SIGN)
@example(EVERY_SIGN[::-1])
@example("a/b#c?d@e:f%41")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_password_connects(postgres: Database, password: str) -> None:
    """As it is or as %XX, whatever signs it holds; and the server does ask for it."""

    async def trying() -> None:
        await set_password(postgres, password)
        for spell in SPELLINGS:
            assert await refusal(postgres, spell(password)) == ""
        wrong = quote(f"{password}x", safe="")
        assert await refusal(postgres, wrong) == "cannot_open"

    asyncio.run(trying())


async def test_a_server_that_wants_a_password_refuses_without_one(postgres: Database) -> None:
    """No password, or an empty one: refused in words, with the kind of error and nothing else."""
    await set_password(postgres, "right")
    assert await refusal(postgres, "") == "cannot_open"

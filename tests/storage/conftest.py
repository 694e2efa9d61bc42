"""Both databases, real ones: a fresh SQLite file or a fresh PostgreSQL database for each test."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.store import JobStore
from tests.harness.migrated import put_migrated
from tests.harness.postgres_server import Database, find_programs, sharing
from tests.harness.storage.kept_schema import KeptSchema

Opening = Callable[[str], AbstractAsyncContextManager[JobStore]]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Database]:
    """A database of this worker's own, on the server of the whole run."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    place = tmp_path_factory.getbasetemp()
    meeting = (place if worker_id == "master" else place.parent) / "postgresql"
    meeting.mkdir(exist_ok=True)
    with sharing(programs, meeting, f"tests_{worker_id}") as database:
        yield database


@pytest.fixture(scope="session")
def kept_schema(postgres: Database) -> KeptSchema:
    return KeptSchema(postgres)


@pytest.fixture
async def postgres_at_newest(kept_schema: KeptSchema) -> str:
    return await kept_schema.cleared()


@pytest.fixture
async def postgres_url(postgres: Database) -> str:
    return await postgres.emptied()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "kling.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Empty where the test itself opens it; where a store is handed to it, with its tables."""
    opened = "opening" in request.fixturenames
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_at_newest" if opened else "postgres_url"))
    path: Path = request.getfixturevalue("sqlite_path")
    if opened:
        path.parent.mkdir()
        put_migrated(path)
    return f"sqlite:///{path}"


@pytest.fixture
def opening(url: str) -> Opening:
    """Open the test's database under a name; any number of times, like as many processes."""

    @contextlib.asynccontextmanager
    async def opening(owner: str) -> AsyncIterator[JobStore]:
        # The lock is one process's, so further openings of a SQLite file stand beside the first.
        beside = owner != "first"
        async with open_database(url, owner=owner, beside=beside) as database:
            yield database.jobs

    return opening


@pytest.fixture
async def store(opening: Opening) -> AsyncIterator[JobStore]:
    async with opening("first") as jobs:
        yield jobs


@pytest.fixture
async def other(store: JobStore, opening: Opening) -> AsyncIterator[JobStore]:
    """The same database in the hands of a second process."""
    async with opening("second") as jobs:
        yield jobs

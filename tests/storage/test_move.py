"""From a SQLite file to a PostgreSQL server: all of it, once, however often it is cut short."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.cli import main
from bot.doctor.database import examine_database
from bot.doctor.findings import Mark
from bot.settings.sections import StorageSettings
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import Pack
from storage.lock import locked
from storage.move import Moved, move_database
from storage.moving import tables
from storage.roles import HOUSEKEEPER
from storage.schema import audit, guilds, jobs
from storage.store import JobStore
from tests.harness.postgres_server import Database
from tests.harness.storage.files import contents
from tests.harness.storage.lived_in import HIGHEST, lived_in
from tests.harness.storage.making import NOW, answered, make_job

MANY = 1_300
"""More rows than are carried at once, twice over."""


class Cut(Exception):
    """What ends a move in a test."""


class Cutting:
    """Counts what is reported, and ends the move at a report."""

    def __init__(self, at: int | None = None) -> None:
        self._at = at
        self.reports = 0
        self.rows: dict[str, int] = {}

    def __call__(self, table: str, rows: int, *, ended: bool) -> None:
        self.rows[table] = rows
        self.reports += 1
        if self.reports == self._at:
            raise Cut(f"{table} after {rows}, {'ended' if ended else 'more to come'}")


async def moved(source: Path, target: str, cutting: Cutting | None = None) -> Moved:
    return await move_database(
        f"sqlite:///{source}", target, owner="operator", now=NOW, report=cutting or Cutting()
    )


async def rows_of(store: JobStore) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, in an order that is the same in both databases."""

    def read(here: Any) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table.name: sorted((tuple(row) for row in here.execute(select(table))), key=repr)
            for table in tables()
        }

    return await store._connections.read(read)


async def test_every_row_arrives_as_it_was(sqlite_path: Path, postgres_url: str) -> None:
    """All tables, bytes and facts included; the bot goes on from there."""
    await lived_in(sqlite_path, MANY, every_table=True)
    done = await moved(sqlite_path, postgres_url)
    async with open_database(f"sqlite:///{sqlite_path}", owner="x", moving=True) as database:
        before = await rows_of(database.jobs)
    async with open_database(postgres_url, owner="bot") as database:
        assert await rows_of(database.jobs) == before
        assert await database.jobs.fact("paused") == "yes"
        await answered(database.jobs, make_job(pack=Pack.IMAGE))
        adding = insert(audit).values(at=NOW, what="block", was="", becomes="")
        write = database.jobs._connections.write
        added = await write(
            lambda here: here.execute(adding.returning(audit.c.number)).scalar_one()
        )
        assert added == HIGHEST + 1
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert all(done.rows.values())


@pytest.mark.parametrize("every", [40, pytest.param(1, marks=pytest.mark.sweep)])
async def test_wherever_it_is_cut_short_it_goes_on(
    postgres: Database, sqlite_path: Path, tmp_path: Path, every: int
) -> None:
    """After each report; until it is over the target can't be started, and the file can."""
    await lived_in(sqlite_path)
    whole = Cutting()
    await moved(_copied(sqlite_path, tmp_path / "whole"), await postgres.emptied(), whole)
    for at in range(1, whole.reports + 1, every):
        source, target = _copied(sqlite_path, tmp_path / str(at)), await postgres.emptied()
        with pytest.raises(Cut):
            await moved(source, target, Cutting(at))
        assert await refused(target) == "half_moved"
        async with open_database(f"sqlite:///{source}", owner="bot"):
            pass
        done = await moved(source, target)
        assert sum(done.rows.values()) > 0
        async with open_database(target, owner="bot") as database:
            assert await database.jobs.check_books() == []
        assert await refused(f"sqlite:///{source}") == "moved"


async def test_the_file_can_not_be_started_any_more(sqlite_path: Path, postgres_url: str) -> None:
    """Its jobs would be paid for and posted twice; neither a bot nor a command opens it."""
    await lived_in(sqlite_path)
    await moved(sqlite_path, postgres_url)
    for beside in (False, True):
        assert await refused(f"sqlite:///{sqlite_path}", beside=beside) == "moved"
    [finding] = await examine_database(
        StorageSettings.model_validate({"url": f"sqlite:///{sqlite_path}"})
    )
    assert finding.mark is Mark.BAD
    assert "its jobs were moved to postgresql://" in finding.what
    with pytest.raises(StorageUnavailable, match="moved to postgresql://") as again:
        await moved(sqlite_path, postgres_url)
    assert again.value.reason == "moved"


async def test_what_changed_in_the_file_since_is_noticed(
    postgres: Database, sqlite_path: Path
) -> None:
    """A bot that ran on the file between two attempts has moved rows that had been carried."""
    await lived_in(sqlite_path)
    target = await postgres.emptied()
    last = Cutting()
    with pytest.raises(Cut):
        await moved(sqlite_path, target, Cutting(len(tables()) + 3))
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        changing = update(jobs).values(due_at=NOW + 7.0)
        await database.jobs._connections.write(lambda here: here.execute(changing).close())
    with pytest.raises(StorageUnavailable) as differs:
        await moved(sqlite_path, target, last)
    assert differs.value.reason == "differs"
    assert await refused(target) == "half_moved"
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot"):
        pass


@pytest.mark.sweep
async def test_a_fact_that_only_the_target_has_is_noticed(
    postgres: Database, sqlite_path: Path
) -> None:
    """It was taken back in the file since an attempt that was cut short: a pause, for example."""
    await lived_in(sqlite_path)
    target = await postgres.emptied()
    with pytest.raises(Cut):
        await moved(sqlite_path, target, Cutting(4))
    async with open_database(target, owner="operator", moving=True) as database:
        await database.jobs.set_fact("stale", "yes")
    with pytest.raises(StorageUnavailable, match="facts") as differs:
        await moved(sqlite_path, target)
    assert differs.value.reason == "differs"
    assert await refused(target) == "half_moved"


async def test_a_target_in_use_or_with_something_in_it_is_left_alone(
    postgres: Database, sqlite_path: Path
) -> None:
    """A bot that runs on either side, or rows of another bot: refused, and nothing is written."""
    await lived_in(sqlite_path)
    target = await postgres.emptied()
    async with open_database(target, owner="bot") as database:
        assert await database.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=45.0)
        with pytest.raises(StorageUnavailable) as held:
            await moved(sqlite_path, target)
        await database.jobs.leave_role(HOUSEKEEPER)
        adding = insert(guilds).values(guild_id=1)
        await database.jobs._connections.write(lambda here: here.execute(adding).close())
        before = await rows_of(database.jobs)
    with pytest.raises(StorageUnavailable) as filled:
        await moved(sqlite_path, target)
    async with open_database(target, owner="bot") as database:
        assert await rows_of(database.jobs) == before
    with locked(sqlite_path), pytest.raises(StorageUnavailable) as running:
        await moved(sqlite_path, await postgres.emptied())
    reasons = [each.value.reason for each in (held, filled, running)]
    assert reasons == ["held", "not_empty", "held"]


async def test_a_part_of_another_file_is_not_gone_on_with(
    postgres: Database, sqlite_path: Path, tmp_path: Path
) -> None:
    """Two files are never mixed in one target."""
    await lived_in(sqlite_path)
    other = tmp_path / "other.db"
    await lived_in(other)
    target = await postgres.emptied()
    with pytest.raises(Cut):
        await moved(other, target, Cutting(4))
    with pytest.raises(StorageUnavailable) as mixed:
        await moved(sqlite_path, target)
    assert mixed.value.reason == "not_empty"


async def test_a_letter_that_postgresql_has_not_is_replaced(
    sqlite_path: Path, postgres_url: str
) -> None:
    """SQLite keeps a NUL in a text, PostgreSQL takes none: it arrives as a replacement sign."""
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        await database.jobs.set_fact("note", "a\0b")
        job = await answered(database.jobs, make_job(callback_key="x\0y"))
    await moved(sqlite_path, postgres_url)
    async with open_database(postgres_url, owner="bot") as database:
        arrived = await database.jobs.get(job.id)
        assert arrived is not None
        assert arrived.callback_key == "x\N{REPLACEMENT CHARACTER}y"
        assert await database.jobs.fact("note") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("postgresql://a@b/c", "postgresql://a@b/c"),
        ("sqlite:///none.db", "sqlite:///other.db"),
        ("none.db", "postgresql://a@b/c"),
        ("sqlite:///none.db", "postgresql://nobody@/none?host=/nowhere"),
    ],
)
async def test_an_address_that_will_not_do_is_named(
    source: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong kind on either side, no address at all, or no database: nothing is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageUnavailable) as wrong:
        await move_database(source, target, owner="operator", now=NOW, report=Cutting())
    assert wrong.value.reason == "cannot_open"
    assert contents(tmp_path) == {}


async def refused(url: str, *, beside: bool = False) -> str:
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(url, owner="bot", beside=beside):
            pass
    return refusal.value.reason


def _copied(path: Path, to: Path) -> Path:
    to.mkdir(exist_ok=True)
    copy = to / "kling.db"
    copy.write_bytes(path.read_bytes())
    return copy


def typed(*words: object, env: dict[str, str] | None = None) -> tuple[int, str]:
    out = io.StringIO()
    return main([*map(str, words)], env or {}, out=out, err=out), out.getvalue()


def test_an_operator_moves_and_reads_what_to_do_next(postgres: Database, sqlite_path: Path) -> None:
    """The tables as they arrive, the new address without a password, and a file that is retired."""
    asyncio.run(lived_in(sqlite_path))
    target = asyncio.run(postgres.emptied()).replace("tester@", "tester:a-secret@")
    command = ("migrate-storage", "--from", f"sqlite:///{sqlite_path}")
    code, said = typed(*command, env={"KLINGBOT_STORAGE__URL": target})
    assert code == 0, said
    assert "jobs: " in said
    assert "Set storage.url to that address" in said
    assert "a-secret" not in said
    code, said = typed(*command, "--to", target)
    assert code == 4
    assert "Set storage.url to the address that you moved to." in said
    code, said = typed("jobs", "list", env={"KLINGBOT_STORAGE__URL": f"sqlite:///{sqlite_path}"})
    assert code == 4
    assert "its jobs were moved to postgresql://" in said


def test_an_operator_who_turns_the_addresses_round_reads_so(sqlite_path: Path) -> None:
    """Exit 4 and which of the two is wrong; nothing is opened."""
    code, said = typed("migrate-storage", "--from", "postgresql://a@b/c", "--to", "sqlite:///x.db")
    assert code == 4
    assert "--from must be sqlite:///PATH" in said
    assert not sqlite_path.exists()

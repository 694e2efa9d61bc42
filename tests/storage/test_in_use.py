"""Restoring is refused while a process of ours works, and for no other client of the server."""

from pathlib import Path

import pytest

from bot.discord import call_budget, shard_leases
from bot.jobs.housekeeping import ROLE_S
from storage.address import PostgresqlAddress, parse_address
from storage.clocks import CLOCKS_APART_S
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.migrations import MIGRATIONS
from storage.own_tables import LEASE_MAX_S
from storage.restore import back_up_database, refuse_if_in_use, restore_database
from storage.roles import HOUSEKEEPER
from tests.harness.pgbouncer import find_pgbouncer, pooling
from tests.harness.postgres_server import Database
from tests.harness.storage.making import NOW
from tests.harness.storage.upgrading import NEXT, add_moods
from tests.storage.test_restore import needs_programs

LEASE_S = 45.0


async def _is_held(url: str, copy: Path, now: float) -> bool:
    try:
        await restore_database(url, copy, owner="operator", now=now)
    except StorageUnavailable as refused:
        if refused.reason != "held":
            raise
        return True
    return False


async def test_only_processes_of_ours_are_in_the_way(
    postgres: Database, postgres_at_newest: str, tmp_path: Path
) -> None:
    """A worker that is not the housekeeper is, until it leaves or its lease ends; psql is not."""
    url, copy = postgres_at_newest, tmp_path / "copy"
    needs_programs(url)
    async with (
        open_database(url, owner="run") as first,
        open_database(url, owner="worker", beside=True) as second,
    ):
        await back_up_database(url, copy, now=NOW)
        assert await first.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) == 1
        assert await second.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) is None
        await first.jobs.leave_role(HOUSEKEEPER)
        assert await _is_held(url, copy, NOW + 1)
        assert await _is_held(url, copy, NOW + LEASE_S - 1)
        await second.jobs.leave_role(HOUSEKEEPER)
        await first.jobs.lease_calls(now=NOW, wanted_per_s=1.0, total_per_s=45.0, lease_s=LEASE_S)
        assert await _is_held(url, copy, NOW + 1)
    bystander = await postgres.connect()
    try:
        assert not await _is_held(url, copy, NOW + LEASE_S)
    finally:
        await bystander.close()


async def test_a_pooler_keeps_its_connections_and_they_stay_usable(
    postgres: Database, postgres_at_newest: str, tmp_path: Path
) -> None:
    """Restored through PgBouncer: what the script has set is not left on its connections."""
    program, copy = find_pgbouncer(), tmp_path / "copy"
    needs_programs(postgres_at_newest)
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt install pgbouncer)")
    await back_up_database(postgres_at_newest, copy, now=NOW)
    with pooling(program, postgres, 1) as url:
        async with open_database(url, owner="run"):
            pass
        assert not await _is_held(url, copy, NOW)
        async with open_database(url, owner="run") as database:
            assert await database.jobs.restored_at() == NOW


async def test_no_upgrade_is_made_under_those_that_could_not_go_on(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused until they have left, unless the step is one that the program before can use."""
    url = await postgres.emptied()
    async with open_database(url, owner="old", migrations=MIGRATIONS) as old:
        assert await old.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S)
        with pytest.raises(StorageUnavailable) as refused:
            async with open_database(url, owner="new", now=NOW + 1, migrations=NEXT):
                pass
        assert refused.value.reason == "held"
        async with open_database(url, owner="look", beside=True, migrations=MIGRATIONS):
            pass  # nothing was changed
        with monkeypatch.context() as expanding:
            expanding.setattr("storage.migrations.EXPANDING", frozenset({add_moods}))
            async with open_database(url, owner="new", now=NOW + 1, migrations=NEXT):
                pass
    url = await postgres.emptied()
    async with open_database(url, owner="old", migrations=MIGRATIONS) as old:
        assert await old.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S)
        await old.jobs.leave_role(HOUSEKEEPER)
    async with open_database(url, owner="new", now=NOW + 1, migrations=NEXT):
        pass


async def test_a_clock_that_was_ahead_is_not_in_the_way(postgres_at_newest: str) -> None:
    """A lease that ends in a year was written by a wrong clock, and no process waits for it."""
    url = postgres_at_newest
    async with open_database(url, owner="ahead") as ahead:
        wrong, address = NOW + 365 * 86_400.0, parse_address(url)
        assert isinstance(address, PostgresqlAddress)
        await ahead.jobs.lease_calls(now=wrong, wanted_per_s=1.0, total_per_s=45.0, lease_s=LEASE_S)
        assert await ahead.jobs.take_role(HOUSEKEEPER, now=wrong, lease_s=LEASE_S)
        await refuse_if_in_use(address, now=NOW)
        await ahead.jobs.take_role(HOUSEKEEPER, now=NOW + CLOCKS_APART_S, lease_s=LEASE_S)
        with pytest.raises(StorageUnavailable, match="uses the database"):
            await refuse_if_in_use(address, now=NOW)


def test_no_lease_of_ours_is_longer_than_what_counts() -> None:
    """A lease that is taken for one of a wrong clock would let a restore run under a process."""
    assert max(ROLE_S, call_budget.LEASE_S, shard_leases.LEASE_S) <= LEASE_MAX_S

"""One process of many has a role: never two at once, and nothing of a former holder is written."""

import asyncio

import pytest

from storage.clocks import CLOCKS_APART_S
from storage.engine import open_database
from storage.errors import RoleLost
from storage.roles import HOUSEKEEPER
from tests.harness.storage.making import NOW

LEASE_S = 45.0
MANY = 6


async def test_of_many_that_ask_at_once_one_has_the_role(postgres_at_newest: str) -> None:
    """Two housekeepers are impossible, however many processes start together."""
    async with open_database(postgres_at_newest, owner="first") as first:
        stores = [first.jobs]
        for number in range(1, MANY):
            opening = open_database(postgres_at_newest, owner=f"other {number}", beside=True)
            stores.append((await opening.__aenter__()).jobs)
        terms = await asyncio.gather(
            *(jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) for jobs in stores)
        )
        assert sorted(term for term in terms if term is not None) == [1]
        holder = stores[next(n for n, term in enumerate(terms) if term is not None)]
        # Its own lease it may renew, and the term stays.
        assert await holder.take_role(HOUSEKEEPER, now=NOW + 20, lease_s=LEASE_S) == 1
        for jobs in stores[1:]:
            await jobs._connections.close()


async def test_the_next_one_has_it_when_the_lease_is_over(postgres_at_newest: str) -> None:
    """Not a moment sooner; and with the next higher term."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        assert await first.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) == 1
        asked = second.jobs.take_role
        assert await asked(HOUSEKEEPER, now=NOW + LEASE_S - 0.1, lease_s=LEASE_S) is None
        assert await asked(HOUSEKEEPER, now=NOW + LEASE_S, lease_s=LEASE_S) == 2
        assert await first.jobs.take_role(HOUSEKEEPER, now=NOW + LEASE_S, lease_s=LEASE_S) is None


async def test_who_leaves_makes_room_at_once(postgres_at_newest: str) -> None:
    """A process that stops in order lets the next one begin; others can't end its term."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        await first.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S)
        await second.jobs.leave_role(HOUSEKEEPER)
        assert await second.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) is None
        await first.jobs.leave_role(HOUSEKEEPER)
        assert await second.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) == 2


async def test_a_clock_that_was_ahead_holds_the_role_no_longer(postgres_at_newest: str) -> None:
    """A lease that ends in a year was written by a wrong clock; some seconds are common."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        await first.jobs.take_role(HOUSEKEEPER, now=NOW + CLOCKS_APART_S, lease_s=LEASE_S)
        assert await second.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) is None
        await first.jobs.take_role(HOUSEKEEPER, now=NOW + 365 * 86_400.0, lease_s=LEASE_S)
        assert await second.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) == 2


async def test_a_former_holder_writes_nothing(postgres_at_newest: str) -> None:
    """A housekeeper that wakes after its lease: its next write fails, and changes nothing."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        term = await first.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S)
        assert term is not None
        mine = first.jobs.of_term(HOUSEKEEPER, term)
        await mine.set_fact("swept by", "first")
        await second.jobs.take_role(HOUSEKEEPER, now=NOW + LEASE_S, lease_s=LEASE_S)
        with pytest.raises(RoleLost):
            await mine.set_fact("swept by", "first, again")
        assert await mine.fact("swept by") == "first"
        await first.jobs.set_fact("swept by", "first, as itself")  # it is no housekeeper's write


async def test_a_file_has_one_process_which_has_every_role(sqlite_path: object) -> None:
    """On SQLite the file's lock is the role: nothing is written for it."""
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        term = await database.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S)
        assert term is not None
        await database.jobs.of_term(HOUSEKEEPER, term).set_fact("swept by", "bot")
    async with open_database(f"sqlite:///{sqlite_path}", owner="next") as database:
        assert await database.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=LEASE_S) == term

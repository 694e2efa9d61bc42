"""What the ledger costs an accepted command, counted in statements and commits."""

import itertools
from typing import Self

from sqlalchemy import Connection, Engine, event

from storage.inserts import _Entry
from storage.limits import Limits
from storage.store import JobStore
from storage.unit_limits import UnitLimits
from tests.harness.storage.bookings import priced
from tests.harness.storage.making import NOW, make_job

LIMITED = Limits(20, 10, 2**20, NOW, UnitLimits(account=10**6, server=10**6, member=10**6))
WITHOUT = Limits(20, 10, 2**20, NOW)


class Counting:
    """Counts what one call does in the database."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.commits = 0

    def __enter__(self) -> Self:
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Engine, "commit", self._committed)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "after_cursor_execute", self._executed)
        event.remove(Engine, "commit", self._committed)

    def _executed(self, _c: Connection, _cursor: object, statement: str, *_: object) -> None:
        self.statements.append(statement)

    def _committed(self, _c: Connection) -> None:
        self.commits += 1


async def test_an_accepted_command_costs_two_statements_and_no_commit(store: JobStore) -> None:
    """With all three limits; the totals of the day and month are there from the second on."""
    await store.insert(priced(), limits=LIMITED)
    with Counting() as plain:
        await store.insert(make_job(), limits=WITHOUT)
    with Counting() as booked:
        await store.insert(priced(), limits=LIMITED)
    assert booked.commits == plain.commits
    more = list(booked.statements)
    for one in plain.statements:
        # Caps of servers are looked up in the statement that looks up the other limits.
        more.remove(next(s for s in more if s[:60] == one[:60]))
    assert len(more) <= 2, more


async def test_a_batch_costs_no_more_than_one_command(store: JobStore) -> None:
    """However many commands share a transaction: one insert and one change of the totals."""
    members = itertools.cycle((7, 8, 9))
    for _ in range(3):
        await store.insert(priced(user_id=next(members)), limits=LIMITED)
    entries = [priced(user_id=next(members)) for _ in range(6)]
    with Counting() as booked:
        await store._enter([_Entry(job, (), LIMITED) for job in entries])
    of_ledger = [s for s in booked.statements if "ledger" in s or "UPDATE totals" in s]
    assert len(of_ledger) == 2
    assert await store.check_books() == []

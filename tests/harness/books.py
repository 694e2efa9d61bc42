"""The law of the ledger, judged from outside: it agrees with Kling's bill."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import case, func, select

from bot.domain.units import hundredths
from sandbox.kling import LocalKling
from storage.money import EntryKind, Why
from storage.money_schema import ledger
from storage.store import JobStore
from storage.sums import HELD, SPENT

CALL_UNITS = 5
CALLS = ("/v1/videos/identify-face", "/v1/audio/tts")
"""Paid without a task."""


NOTHING: Mapping[str, int] = MappingProxyType({})


def charged_by(kling: LocalKling, pack: str) -> int:
    """Return what Kling has charged so far, in hundredths of a unit."""
    return hundredths(Decimal(kling.charged(pack)))


class Booked(NamedTuple):
    """Hundredths of a unit of one pack, of all time."""

    held: int = 0
    on_tasks: int = 0
    on_calls: int = 0


async def booked(store: JobStore) -> dict[str, Booked]:
    """Return what the ledger holds and has spent, by pack; credits never were at Kling."""
    calls = func.coalesce(func.sum(case((ledger.c.why == Why.CALL, SPENT_OF_ROW), else_=0)), 0)
    asked = select(ledger.c.pack, HELD, SPENT, calls).where(ledger.c.kind != EntryKind.CREDIT)
    asked = asked.group_by(ledger.c.pack)
    found = await store._connections.read(lambda here: here.execute(asked).all())
    return {row[0]: Booked(int(row[1]), int(row[2]) - int(row[3]), int(row[3])) for row in found}


SPENT_OF_ROW = case(
    (ledger.c.kind.in_(["spent", "corrected"]), ledger.c.units),
    else_=0,
)


async def assert_books(
    store: JobStore, kling: LocalKling, *, before: Mapping[str, int] = NOTHING
) -> None:
    """Rows, totals and entries agree; Kling charged what is spent, and at most what is held more.

    A call without a task is spent before it is made, so that Kling may have charged fewer. `before`
    is what Kling had charged, by pack, when the ledger began.
    """
    assert await store.check_books() == []
    calls = sum(
        1
        for request in kling.requests
        if request.path in CALLS and request.status and request.status < 400
    )
    books = await booked(store)
    for pack in ("video", "image"):
        book = books.get(pack, Booked())
        charged = charged_by(kling, pack) - before.get(pack, 0)
        if pack == "video":
            charged -= calls * CALL_UNITS
            assert book.on_calls >= calls * CALL_UNITS
        assert book.held >= 0
        assert book.on_tasks <= charged <= book.on_tasks + book.held, (pack, book, charged)

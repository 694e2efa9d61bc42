"""What the ledger is asked, and what is written to it beside the jobs."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from storage.access import Access, book_job
from storage.audit import OPERATOR, Change, note
from storage.job import Job, State
from storage.ledger import Pending, Whose, book, day_of
from storage.money import EntryKind, Why, amounts, ended_unknown, reserved
from storage.schema import budgets, jobs, warned
from storage.unit_limits import PERCENT, Full

UNKNOWN_AFTER_S: Final = 30 * 86_400.0
"""So long after the last create, what is not known is booked as spent."""
AT_ONCE: Final = 20
BUDGET: Final = "budget"
CREDIT: Final = "credit"
_MAY_HAVE_COST: Final = [
    state.value for state in State if state not in {State.PREPARING, State.QUEUED, State.CANCELLED}
]


class Accounting(Access):
    """The part of the store that keeps the books."""

    async def warn_once(self, full: Full) -> bool:
        """Record that people hear of this limit; tell whether they had not in this month.

        Who has heard that it is used up need not hear that it is nearly so.
        """
        total = full.total
        same = and_(
            warned.c.scope == total.scope,
            warned.c.scope_id == total.scope_id,
            warned.c.pack == total.pack,
            warned.c.period == total.period,
        )
        over = PERCENT if full.percent >= PERCENT else 0
        known = select(warned.c.percent).where(same, warned.c.percent >= over)
        noting = self._insert(warned).values(
            scope=total.scope,
            scope_id=total.scope_id,
            pack=total.pack,
            period=total.period,
            percent=full.percent,
        )
        if await self._connections.read(lambda here: here.execute(known).first() is not None):
            return False
        return await self._connections.write(
            lambda here: here.execute(noting.on_conflict_do_nothing()).rowcount > 0
        )

    async def warn_again(self, full: Full) -> None:
        """Take back that people have heard of this limit: nobody could be told."""
        total = full.total
        same = and_(
            warned.c.scope == total.scope,
            warned.c.scope_id == total.scope_id,
            warned.c.pack == total.pack,
            warned.c.period == total.period,
            warned.c.percent == full.percent,
        )
        await self._connections.write(lambda here: here.execute(delete(warned).where(same)).close())

    async def unpriced(self) -> list[Job]:
        """Return the jobs under way that were accepted before there was a ledger."""
        under_way = or_(
            and_(
                jobs.c.ended_at.is_(None),
                jobs.c.state.not_in([State.READY.value, State.POSTING.value]),
                or_(jobs.c.waits_for.is_(None), jobs.c.waits_for != "pickup"),
            ),
            and_(jobs.c.gave_up, jobs.c.due_at.is_not(None)),
        )
        asked = select(jobs).where(jobs.c.units_price.is_(None), under_way).order_by(jobs.c.id)
        found = await self._connections.read(lambda here: here.execute(asked).mappings().all())
        return self._readable(found)

    async def price_earlier(self, job: Job, *, price: int, calls: int, now: float) -> bool:
        """Reserve what such a job costs, without asking the limits; False if that was done."""
        booking = reserved(price, calls, Why.EARLIER)
        values = booking.after.columns()
        pricing = update(jobs).where(jobs.c.id == job.id, jobs.c.units_price.is_(None))

        def write(here: Connection) -> bool:
            if not here.execute(pricing.values(values)).rowcount:
                return False
            book_job(here, job, job, (booking,), now=now)
            return True

        return await self._connections.write(write)

    async def end_unknown(self, *, now: float) -> int:
        """Book as spent what was sent 30 days ago and is still not known; return how many jobs."""
        old = and_(
            jobs.c.units_held > 0,
            jobs.c.sent_at <= now - UNKNOWN_AFTER_S,
            jobs.c.state.in_(_MAY_HAVE_COST),
            or_(jobs.c.waits_for.is_(None), jobs.c.waits_for != "face"),
        )
        page = select(jobs).where(old, jobs.c.id > bindparam("after")).order_by(jobs.c.id)
        page = page.limit(AT_ONCE).with_for_update()

        def write(here: Connection, after: str) -> tuple[int, str | None]:
            """Return how many it ended, and the last id of the page, None if it was empty."""
            rows = here.execute(page, {"after": after}).mappings().all()
            found = self._readable(rows)
            for job in found:
                bookings = ended_unknown(amounts(job))
                values = bookings[-1].after.columns()
                here.execute(update(jobs).where(jobs.c.id == job.id).values(values))
                book_job(here, job, job, bookings, now=now)
            return len(found), rows[-1]["id"] if rows else None

        ended, after = 0, ""
        while True:  # by id, not until a page ends nothing: rows that can't be read stay
            count, last = await self._connections.write(partial(write, after=after))
            ended += count
            if last is None:
                return ended
            after = last

    async def caps(self) -> dict[int, dict[str, int]]:
        """Return the operator's caps by server and pack, in hundredths of a unit."""
        found = await self._connections.read(lambda here: here.execute(select(budgets)).all())
        caps: dict[int, dict[str, int]] = {}
        for row in found:
            caps.setdefault(row.guild_id, {})[row.pack] = row.units
        return caps

    async def set_caps(self, guild_id: int, caps: Mapping[str, int], *, now: float) -> None:
        """Set a server's caps for these packs, by the operator; others stay as they are."""

        def write(here: Connection) -> None:
            note(here, _changes(here, guild_id, caps, now))
            for pack, units in sorted(caps.items()):
                setting = self._insert(budgets).values(guild_id=guild_id, pack=pack, units=units)
                here.execute(
                    setting.on_conflict_do_update(
                        index_elements=["guild_id", "pack"], set_={"units": units}
                    )
                )

        await self._connections.write(write)

    async def clear_caps(self, guild_id: int, *, now: float) -> bool:
        """Remove a server's caps, by the operator; tell whether it had any."""
        clearing = delete(budgets).where(budgets.c.guild_id == guild_id)

        def write(here: Connection) -> bool:
            note(here, _changes(here, guild_id, {}, now))
            return here.execute(clearing).rowcount > 0

        return await self._connections.write(write)

    async def credit(self, user_id: int, units: Mapping[str, int], *, now: float) -> None:
        """Credit a member with hundredths of a unit by pack, by the operator, for the day of `now`.

        They count as not spent by this member, whose limit for the day gives room again; in the
        totals of servers and of everything together nothing changes.
        """
        of_day = day_of(now)

        def write(here: Connection) -> None:
            pending = Pending()
            for pack, more in sorted(units.items()):
                booked_on = Whose(of_day, user_id, None, None, pack)
                pending.add_line(booked_on, EntryKind.CREDIT, -more, at=now)
            book(here, pending)
            note(
                here,
                [
                    Change(
                        now,
                        OPERATOR,
                        None,
                        f"{CREDIT} {pack}",
                        becomes=_shown(more),
                        member_id=user_id,
                    )
                    for pack, more in sorted(units.items())
                ],
            )

        await self._connections.write(write)


def _changes(
    connection: Connection, guild_id: int, caps: Mapping[str, int], now: float
) -> list[Change]:
    """Return what this changes, for the audit log; without caps they are all removed."""
    found = connection.execute(select(budgets).where(budgets.c.guild_id == guild_id))
    known = {row.pack: row.units for row in found}
    return [
        Change(
            now,
            OPERATOR,
            guild_id,
            f"{BUDGET} {pack}",
            _shown(known.get(pack)),
            _shown(caps.get(pack)),
        )
        for pack in sorted(caps or known)
        if known.get(pack) != caps.get(pack)
    ]


def _shown(units: int | None) -> str:
    return "" if units is None else f"{units / 100:.2f}".rstrip("0").rstrip(".")

"""Compares the ledger with Kling's own rows, and tells what is left in the packs."""

import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from bot.clock import Clock
from bot.domain.units import deducted_hundredths, with_cash
from bot.errors import KlingError
from bot.kling.auth import credentials_for
from bot.kling.billing import Billing, Deduction, PackLeft
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.kling.transport import Timeouts
from bot.network import Proxy
from bot.settings.load import Settings
from storage.bookkeeping import Entry
from storage.job import Pack
from storage.ledger import days_of
from storage.store import JobStore
from storage.unit_limits import period_ends

PACKS_FACT: Final = "billing.packs"
ASK_EVERY_S: Final = 60.0
"""Kling is asked about the account's money at most once in this time."""
LATER_S: Final = 7 * 86_400.0
"""A task of a month may be deducted this long after its end."""
DAY_S: Final = 86_400.0
PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Difference:
    """A task of which Kling deducted something else; hundredths of a unit, None: not there."""

    task_id: str
    ours: int | None
    klings: int | None


def can_ask(settings: Settings) -> bool:
    """Tell whether there is a key for Kling itself."""
    return settings.kling.resolved_dialect == "official" and settings.kling.has_key


@asynccontextmanager
async def open_billing(settings: Settings, clock: Clock) -> AsyncIterator[Billing]:
    """Yield what asks Kling about the account's money."""
    kling = settings.kling
    auth = credentials_for(
        Dialect.OFFICIAL,
        clock=clock,
        access_key=kling.access_key.get_secret_value(),
        secret_key=kling.secret_key.get_secret_value(),
        api_key=kling.api_key.get_secret_value(),
    )
    async with Exchange(
        kling.resolved_base_url,
        dialect=Dialect.OFFICIAL,
        auth=auth,
        clock=clock,
        rng=random.SystemRandom(),
        timeouts=Timeouts(connect_s=PATIENCE_S, base_s=PATIENCE_S),
        proxy=Proxy.of(kling.proxy.get_secret_value()),
        question_tries=1,
    ) as exchange:
        yield Billing(exchange, clock)


async def packs_left(
    settings: Settings, store: JobStore, clock: Clock
) -> tuple[PackLeft, ...] | None:
    """Return the packs, as Kling said within the last minute or says now; None: it says nothing.

    Raises `StorageUnavailable`.
    """
    if not can_ask(settings):
        return None
    now = clock.now()
    known = await store.fact(PACKS_FACT)
    noted = json.loads(known) if known else {}
    if now - ASK_EVERY_S < noted.get("at", 0.0) <= now:
        packs = noted["packs"]
        return None if packs is None else tuple(PackLeft(**pack) for pack in packs)
    # Noted before it is asked: a refusal, or a second asker meanwhile, is no reason to ask again.
    await store.set_fact(PACKS_FACT, json.dumps({"at": now, "packs": None}))
    try:
        async with open_billing(settings, clock) as billing:
            found = await billing.packs(since=now - 400 * DAY_S, until=now)
    except KlingError:
        return None
    note: dict[str, Any] = {"at": now, "packs": [asdict(pack) for pack in found]}
    await store.set_fact(PACKS_FACT, json.dumps(note))
    return tuple(found)


async def differences(
    settings: Settings,
    store: JobStore,
    clock: Clock,
    month: str,
    usd_per_unit: Mapping[Pack, Decimal],
    *,
    guild_id: int | None = None,
    user_id: int | None = None,
) -> list[Difference]:
    """Return the tasks of a month about which the ledger and Kling do not agree.

    Of one server or member those of its jobs alone: whose a task is that only Kling knows, is not
    known. Raises errors of Kling's, and `StorageUnavailable`.
    """
    starts = period_ends(days_of(month)[0]) - DAY_S
    until = min(clock.now(), period_ends(month) + LATER_S)
    async with open_billing(settings, clock) as billing:
        klings = await billing.deductions(since=starts, until=until)
    ours = await store.spent_on_tasks(month, guild_id=guild_id, user_id=user_id)
    if guild_id is not None or user_id is not None:
        tasks = {entry.task_id for entry in ours}
        klings = [one for one in klings if one.task_id in tasks]
    return compare(ours, klings, usd_per_unit)


def compare(
    ours: Sequence[Entry], klings: Sequence[Deduction], usd_per_unit: Mapping[Pack, Decimal]
) -> list[Difference]:
    """Return what differs, by task id. Tasks that only Kling knows may be others'."""
    theirs: dict[str, int] = {}
    packs = {entry.task_id: Pack(entry.pack) for entry in ours}
    for one in klings:
        units = _units(one, packs.get(one.task_id, Pack.VIDEO), usd_per_unit)
        if units is not None:
            theirs[one.task_id] = theirs.get(one.task_id, 0) + units
    booked = {entry.task_id: entry.spent for entry in ours}
    return [
        Difference(task, booked.get(task), theirs.get(task))
        for task in sorted(booked.keys() | theirs.keys())
        if booked.get(task, 0) != theirs.get(task, 0) or task not in booked
    ]


def _units(one: Deduction, pack: Pack, usd_per_unit: Mapping[Pack, Decimal]) -> int | None:
    if not one.currency:
        return deducted_hundredths(one.amount)
    return with_cash(0, [one.amount], usd_per_unit[pack]) if one.currency == "USD" else None

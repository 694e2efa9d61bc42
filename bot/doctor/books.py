"""Examines the ledger: do totals and jobs agree with its entries?"""

from datetime import UTC, datetime

from bot.clock import Clock
from bot.doctor.database import OWNER
from bot.doctor.findings import DATABASE, Finding, bad, ok, warn
from bot.domain.policy.backoff import DAY_S
from bot.domain.units import plain
from bot.kling.billing import PackLeft
from bot.money.reconciling import can_ask, packs_left
from bot.settings.load import Settings
from storage.engine import open_database
from storage.errors import StorageUnavailable

SHOWN_MAX = 5


DAYS_LEFT_WARN = 7
SHARE_LEFT_WARN = 0.1


async def examine_packs(settings: Settings, clock: Clock) -> list[Finding]:
    """Return what is left in Kling's packs and when they lapse; asked once a minute at most."""
    path = settings.storage.sqlite_path
    if not can_ask(settings) or (path is not None and not path.exists()):
        return []
    try:
        url = settings.storage.url.get_secret_value()
        async with open_database(url, owner=OWNER, beside=True) as database:
            packs = await packs_left(settings, database.jobs, clock)
    except StorageUnavailable:
        return []
    return [_pack(pack, clock.now()) for pack in packs or () if pack.online]


def _pack(pack: PackLeft, now: float) -> Finding:
    what = f"pack {pack.name}: {pack.left:g} of {pack.total:g} units left"
    ends_in_days = None if pack.ends_at is None else (pack.ends_at - now) / DAY_S
    if pack.ends_at is not None:
        what += f", until {datetime.fromtimestamp(pack.ends_at, UTC):%Y-%m-%d}"
    soon = ends_in_days is not None and ends_in_days < DAYS_LEFT_WARN
    if soon or pack.left < SHARE_LEFT_WARN * pack.total:
        return warn(what, "Buy units in Kling's console: unused ones lapse with their pack.")
    return ok(what)


async def examine_books(settings: Settings, clock: Clock) -> list[Finding]:
    """Rebuild every total from the ledger, beside a running bot; report what differs."""
    storage = settings.storage
    path = storage.sqlite_path
    if path is not None and not path.exists():
        return []
    kept_since = max(0.0, clock.now() - storage.keep_ledger_days * DAY_S + DAY_S)
    try:
        url = storage.url.get_secret_value()
        async with open_database(url, owner=OWNER, beside=True) as database:
            found = await database.jobs.check_books(kept_since=kept_since)
    except StorageUnavailable:
        return []  # reported by `examine_database`
    if not found:
        return [ok("ledger: all totals and jobs agree with its entries")]
    said = "; ".join(
        f"{one.what}: {plain(one.kept.used)} units kept, {plain(one.booked.used)} booked"
        for one in found[:SHOWN_MAX]
    )
    fix = "This is a bug; please report it. To rebuild a total, stop the bot and delete its row."
    return [bad(f"ledger: {len(found)} sums disagree: {said}", fix, DATABASE)]

"""What `/usage` shows, read from the ledger; the picture is drawn in the media worker."""

import asyncio
import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.budget import OperatorLimits
from bot.domain.money_report import Report, Sums
from bot.domain.rules_of_place import RulesOfPlace
from bot.domain.units import plain
from bot.errors import MediaRefused, MediaWorkerFailed
from bot.kling.billing import PackLeft
from bot.media.pool import MediaPool
from bot.media.products import Bar, Panel
from bot.media.tasks import draw_chart
from bot.messages.usage_page import MEMBERS_SHOWN_MAX, Today, ranked_members
from bot.money.limits import UsdPerUnit
from bot.money.reading import read_report
from bot.money.reconciling import packs_left
from bot.settings.load import Settings
from storage.kinds import UNITS_SOLD, Pack
from storage.ledger import day_of, month_of
from storage.store import JobStore
from storage.unit_limits import period_ends

DRAWING_S: Final = 8.0
"""The answer does not need its picture: after this it stays without one."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """Use cases behind `/usage`."""

    store: JobStore
    clock: Clock
    operator: OperatorLimits
    usd_per_unit: UsdPerUnit
    pool: MediaPool
    settings: Settings

    async def packs(self) -> tuple[PackLeft, ...]:
        """Return what is left in Kling's packs, for the operator; asked once a minute at most."""
        return await packs_left(self.settings, self.store, self.clock) or ()

    def this_month(self) -> str:
        """Return the month of UTC that it is."""
        return month_of(day_of(self.clock.now()))

    async def report(
        self, month: str, *, guild_id: int | None = None, user_id: int | None = None
    ) -> Report:
        """Return a month of a member, of a server, or of a member there."""
        return await read_report(
            self.store, month, self.operator, self.usd_per_unit, guild_id=guild_id, user_id=user_id
        )

    def today(self, own: Report, rules: RulesOfPlace) -> Today:
        """Return what of the member's limits for the day is used; `own` is of this month."""
        day = day_of(self.clock.now())
        used: Mapping[Pack, int] = {
            pack: one.used + one.credit for pack, one in own.days.get(day, Sums()).items()
        }
        limits: dict[Pack, int] = {}
        for pack in UNITS_SOLD:
            both = [self.operator.member.get(pack), rules.role_units(pack)]
            known = [one for one in both if one is not None]
            if known:
                limits[pack] = min(known)
        return Today(used, limits, int(period_ends(day)))

    async def picture(self, report: Report, *, member: int) -> bytes | None:
        """Return the picture of a report, None if there is nothing to show or it takes too long."""
        drawn = panels(report)
        if not drawn:
            return None
        try:
            async with asyncio.timeout(DRAWING_S):
                return await self.pool.run(draw_chart, drawn, member=member)
        except (TimeoutError, MediaWorkerFailed, MediaRefused) as failure:
            log.warning("usage.not_drawn", error=type(failure).__name__)
            return None


def panels(report: Report) -> tuple[Panel, ...]:
    """Return what is drawn: a panel for each pack of which something was used."""
    year, month = int(report.month[:4]), int(report.month[5:])
    days = range(1, calendar.monthrange(year, month)[1] + 1)
    ranked = ranked_members(report)[:MEMBERS_SHOWN_MAX]
    found = []
    for pack in UNITS_SOLD:
        if not report.packs[pack].used:
            continue
        of_days = tuple(
            _bar(str(day), report.days.get(f"{report.month}-{day:02}"), pack) for day in days
        )
        of_members = tuple(
            _bar(f"{place}.", sums, pack) for place, (_, sums) in enumerate(ranked, 1)
        )
        found.append(Panel(pack.value, of_days, of_members if len(ranked) > 1 else ()))
    return tuple(found)


def _bar(label: str, sums: Sums | None, pack: Pack) -> Bar:
    used = max(0, sums[pack].used) if sums else 0
    return Bar(label, used, plain(used))

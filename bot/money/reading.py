"""Reads a report from the ledger, with the limits as they are set now."""

from bot.domain.budget import OperatorLimits
from bot.domain.money_report import Report, make_report
from bot.domain.rules_of_place import RulesOfPlace, Visitor
from bot.money.limits import UsdPerUnit
from storage.kinds import UNITS_SOLD, Pack
from storage.store import JobStore
from storage.unit_limits import UnitLimits


async def read_report(
    store: JobStore,
    month: str,
    operator: OperatorLimits,
    usd_per_unit: UsdPerUnit,
    *,
    guild_id: int | None = None,
    user_id: int | None = None,
) -> Report:
    """Return the report of a month, of everything or of one server or member."""
    lines = await store.lines(month, guild_id=guild_id, user_id=user_id)
    caps = await store.caps()
    limits: dict[tuple[int, Pack], int | None] = {}
    for guild in {line.guild_id for line in lines if line.guild_id is not None}:
        place = RulesOfPlace(Visitor(0, guild), await store.standing(guild, 0))
        for pack in UNITS_SOLD:
            both = UnitLimits(server=operator.server.get(pack), managers=place.server_units(pack))
            limits[guild, pack] = both.of_server(caps.get(guild, {}).get(pack.value))
    return make_report(
        month, lines, operator, lambda guild, pack: limits[guild, pack], usd_per_unit
    )

"""Which limits by units hold for a command, from everything that is set about it. Pure.

Everything is in hundredths of a unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.domain.units import hundredths
from storage.job import Pack
from storage.unit_limits import UnitLimits

PackUnits = Mapping[Pack, int]


def limited(units: Mapping[Pack, Decimal]) -> dict[Pack, int]:
    """Return limits of the settings, where 0 is no limit, as hundredths of those that are set."""
    return {pack: hundredths(most) for pack, most in units.items() if most}


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """What the operator's settings allow; a pack that is missing has no limit."""

    account: PackUnits = field(default_factory=dict)
    """In a month, all together."""
    server: PackUnits = field(default_factory=dict)
    """In a month, each server that has no cap of its own."""
    member: PackUnits = field(default_factory=dict)
    """In a day, each member in all servers."""
    warn_percent: int = 0


NO_OPERATOR_LIMITS: Final = OperatorLimits()


def limits_for(
    pack: Pack,
    operator: OperatorLimits,
    *,
    managers: int | None,
    role: int | None,
    price_known: bool,
) -> UnitLimits:
    """Return the limits for one command of a member in a server.

    `managers` is what the server's managers allow in a month, `role` the highest limit for a day of
    the member's roles; of both, 0 is a limit too. No role is allowed more than the operator's limit
    for members; who has no role with a limit has that one.
    """
    own = operator.member.get(pack)
    both = [limit for limit in (own, role) if limit is not None]
    return UnitLimits(
        account=operator.account.get(pack),
        server=operator.server.get(pack),
        managers=managers,
        member=min(both, default=None),
        member_may_pass=not price_known,
        warn_percent=operator.warn_percent,
    )

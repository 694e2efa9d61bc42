"""The limits by units, as the settings state them."""

from collections.abc import Mapping
from decimal import Decimal

from bot.domain.budget import OperatorLimits, limited
from bot.settings.load import Settings
from storage.job import Pack

UsdPerUnit = Mapping[Pack, Decimal]


def operator_limits(settings: Settings) -> OperatorLimits:
    """Return the operator's limits; what is 0 in the settings is none."""
    limits = settings.limits
    return OperatorLimits(
        account=limited(
            {Pack.VIDEO: limits.video_units_per_month, Pack.IMAGE: limits.image_units_per_month}
        ),
        server=limited(
            {
                Pack.VIDEO: limits.server_video_units_per_month,
                Pack.IMAGE: limits.server_image_units_per_month,
            }
        ),
        member=limited(
            {
                Pack.VIDEO: limits.member_video_units_per_day,
                Pack.IMAGE: limits.member_image_units_per_day,
            }
        ),
        warn_percent=settings.money.warn_percent,
    )


def usd_per_unit(settings: Settings) -> dict[Pack, Decimal]:
    """Return what a unit of each pack costs the owner, in US dollars."""
    money = settings.money
    return {Pack.VIDEO: money.usd_per_video_unit, Pack.IMAGE: money.usd_per_image_unit}

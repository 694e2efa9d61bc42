"""The sections about limits and money."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, NonNegativeInt

from bot.settings.sections import Section


def _whole_hundredths(value: Decimal) -> Decimal:
    if value != value.quantize(_HUNDREDTH):
        raise ValueError("must have at most two decimal places")
    return value


_HUNDREDTH: Final = Decimal("0.01")
UNITS_MAX: Final = 1_000_000_000
"""More than anybody can buy; beyond it the sums would no longer be exact."""
USD_MAX: Final = 1_000_000
Units = Annotated[Decimal, Field(ge=0, le=UNITS_MAX), AfterValidator(_whole_hundredths)]
Usd = Annotated[Decimal, Field(ge=0, le=USD_MAX)]


class LimitsSettings(Section):
    """What members, servers and all together may use; 0 is no limit."""

    member_video_units_per_day: Units = Decimal(60)
    member_image_units_per_day: Units = Decimal(400)
    server_video_units_per_month: Units = Decimal(0)
    server_image_units_per_month: Units = Decimal(0)
    video_units_per_month: Units = Decimal(0)
    image_units_per_month: Units = Decimal(0)
    open_jobs_per_member: NonNegativeInt = 10
    deliveries_again_per_hour: NonNegativeInt = 5
    input_mib_per_member_day: NonNegativeInt = 200


class MoneySettings(Section):
    """What units cost the owner, and when people hear of it."""

    usd_per_video_unit: Usd = Decimal("0.14")
    usd_per_image_unit: Usd = Decimal("0.0035")
    confirm_usd: Annotated[Decimal, Field(ge=-USD_MAX, le=USD_MAX)] = Decimal("1.0")
    warn_percent: Annotated[int, Field(ge=1, le=100)] = 80

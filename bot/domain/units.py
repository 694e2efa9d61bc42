"""Units as people and Kling write them, and as they are counted: integer hundredths. Pure."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

HUNDREDTHS: Final = 100
MONTHS: Final = 12
DEDUCTION_MAX_UNITS: Final = 1_000_000
"""More than any pack that Kling sells has (60,000 units): what says more is not believed."""
_CENT: Final = Decimal("0.01")


def hundredths(units: Decimal) -> int:
    """Return units as hundredths, the nearest whole one."""
    return int((units * HUNDREDTHS).to_integral_value(ROUND_HALF_UP))


def units(counted: int) -> Decimal:
    """Return hundredths as units."""
    return Decimal(counted) / HUNDREDTHS


def plain(counted: int) -> str:
    """Return hundredths as a decimal number of units, without needless zeros: `1.5`."""
    return f"{units(counted).normalize():f}" if counted else "0"


def deducted_hundredths(said: str | None) -> int | None:
    """Return what Kling said it deducted; None if it said nothing that can be meant."""
    try:
        amount = Decimal(said) if said is not None else None
    except InvalidOperation:
        return None
    if amount is None or not amount.is_finite() or not 0 <= amount <= DEDUCTION_MAX_UNITS:
        return None
    return hundredths(amount)


def with_cash(deducted: int | None, usd_paid: Iterable[str], usd_per_unit: Decimal) -> int | None:
    """Return what units and US dollars together are in units; None if that can't be said."""
    try:
        dollars = sum((Decimal(amount) for amount in usd_paid), Decimal())
    except InvalidOperation:
        return None
    if not dollars.is_finite() or dollars < 0 or not usd_per_unit:
        return None
    in_units = dollars / usd_per_unit
    if in_units > DEDUCTION_MAX_UNITS:
        return None
    return (deducted or 0) + hundredths(in_units)


def usd(counted: int, usd_per_unit: Decimal) -> Decimal:
    """Return what so many hundredths cost, to the cent."""
    return (units(counted) * usd_per_unit).quantize(_CENT, ROUND_HALF_UP)


def is_month(text: str) -> bool:
    """Tell whether this is a month as `2026-11`."""
    year, dash, month = text[:4], text[4:5], text[5:]
    digits = (year + month).isascii() and (year + month).isdigit()
    return digits and dash == "-" and len(month) == len("11") and 1 <= int(month) <= MONTHS

"""Which ends of leases and waits count: clocks of machines differ, and one may be set back. Pure.

An end is written by one clock and read by another, or by the same one after it was set. One that is
later than any that is written now was written by a clock that was ahead. It does not count: else
what it holds would be held for as long as that clock was ahead.
"""

from typing import Final

from sqlalchemy import ColumnElement, or_

CLOCKS_APART_S: Final = 5.0
"""By how much the clocks of two machines may differ: an end that is so much later than one of a
lease or wait that begins now counts."""


def latest_end(now: float, longest_s: float) -> float:
    """Return the latest end that counts, of what lasts `longest_s` seconds at most."""
    return now + longest_s + CLOCKS_APART_S


def is_ahead(until: ColumnElement[float], now: float, longest_s: float) -> ColumnElement[bool]:
    """Find ends that were written by a clock that was ahead."""
    return until > latest_end(now, longest_s)


def is_over(until: ColumnElement[float], now: float, longest_s: float) -> ColumnElement[bool]:
    """Find what holds nothing now: it has ended, or its end does not count."""
    return or_(until <= now, is_ahead(until, now, longest_s))

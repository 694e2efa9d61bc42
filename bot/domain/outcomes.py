"""How a job ended: as it is stored, and in words for the member or the operator. Pure."""

import enum
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bot.errors import Fact, KlingRefusedAccount, KlingToldNo, Problem
from storage.job import Pack

KLINGS_WORDS_CHARACTERS_MAX: Final = 300
FACE_UNITS: Final = "face_units"
"""What identifying faces cost a job in all, in its question and its outcome."""
CHARACTER: Final = "character"
"""The name of what was made, in an outcome without media."""
RISK_CONTROL: Final = "risk control"
"""Part of the message that Kling puts on a task stopped by its content check."""
MODERATION_CODES: Final = frozenset({1300, 1301})
NOT_ENOUGH_CODE: Final = 1102
PACK_USED_UP_CODES: Final = frozenset({1101, NOT_ENOUGH_CODE})
KEY_CODES: Final = range(1000, 1005)
ACCOUNT_CODES: Final = frozenset({1100, 1304, *KEY_CODES})
"""Kling's business codes (its API documentation, error codes)."""
STRANGER_STATUSES: Final = frozenset({401, 407})
STRANGE_SERVER_STATUSES: Final = frozenset({400, 404, 405, 406, 410, 421, 426})
"""What a server says to all our requests if it is not Kling's."""
TOO_MANY_STATUS: Final = 429
"""HTTP statuses that decide if a gateway did not forward the code."""


class Reach(enum.Enum):
    """Whose jobs a refusal of the account affects."""

    ACCOUNT = enum.auto()
    PACK = enum.auto()
    JOB = enum.auto()


def add_units(*said: object) -> str | None:
    """Return the sum of what Kling said it deducted in several calls; None if one said nothing."""
    try:
        total = sum((Decimal(str(one)) for one in said), Decimal())
    except InvalidOperation:
        return None
    return f"{total.normalize():f}" if total.is_finite() and total >= 0 else None


def deducted_units(outcome: Mapping[str, Any] | None) -> str | None:
    """Return the units that Kling deducted for a result, as text; None if it did not say."""
    known = outcome or {}
    return add_units(known.get("units"), known.get(FACE_UNITS, 0))


def problem_outcome(*problems: Problem) -> dict[str, Any]:
    """Return the stored form of an outcome that is a problem."""
    return {"problems": [{"code": p.code, "facts": dict(p.facts)} for p in problems]}


def media_kinds(outcome: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the kinds of media among the results: `image`, `video`; none for a problem."""
    return frozenset(str(one.get("kind", "")) for one in (outcome or {}).get("media", ()))


def clip_of(outcome: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the first video among the results, as it is stored; empty: there is none."""
    media = (outcome or {}).get("media", ())
    return next((one for one in media if one.get("kind") == "video"), {})


def outcome_problems(outcome: Mapping[str, Any] | None) -> tuple[Problem, ...]:
    """Return the problems of a stored outcome; none for media."""
    listed = (outcome or {}).get("problems", ())
    return tuple(Problem(str(p["code"]), _facts(p.get("facts", {}))) for p in listed)


def _facts(facts: Mapping[str, Any]) -> dict[str, Fact]:
    return {str(k): v for k, v in facts.items() if isinstance(v, str | int | float)}


def problem_of(refusal: KlingToldNo) -> Problem:
    """Return what the member reads if Kling refuses a request for good."""
    if refusal.code in MODERATION_CODES:
        return Problem("moderated")
    return _quoted("kling_refused", refusal.message)


def failed_problem(message: str) -> Problem:
    """Return what the member reads about a failed task; a content check has no code there."""
    return _quoted("kling_failed", message)


def account_notice(refusal: KlingRefusedAccount, pack: Pack) -> tuple[str, dict[str, Fact]]:
    """Return the notice for the operator when Kling refuses the account, with its facts."""
    facts: dict[str, Fact] = {"code": refusal.code, "pack": pack.value}
    if refusal.code in PACK_USED_UP_CODES:
        return "operator.balance_used_up", facts
    if not refusal.code and refusal.http_status in STRANGE_SERVER_STATUSES:
        return "operator.kling_base_url", facts | {
            "status": refusal.http_status,
            "host": refusal.host,
        }
    if refusal.code in KEY_CODES:
        return "operator.key_refused", facts
    return "operator.kling_account", facts


def reach_of(refusal: KlingRefusedAccount) -> Reach:
    """Return whose jobs would be refused too: all jobs, those of the pack, or none.

    1103 concerns a model, and a bare 403, 404 or 405 a route that this server does not have: other
    jobs may well go through and must not wait.
    """
    code, status = refusal.code, refusal.http_status
    if code in ACCOUNT_CODES or (not code and status in STRANGER_STATUSES):
        return Reach.ACCOUNT
    if code in PACK_USED_UP_CODES or (not code and status == TOO_MANY_STATUS):
        return Reach.PACK
    return Reach.JOB


def _quoted(code: str, message: str) -> Problem:
    if RISK_CONTROL in message.lower():
        return Problem("moderated")
    return Problem(code, {"message": message[:KLINGS_WORDS_CHARACTERS_MAX]})

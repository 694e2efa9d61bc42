"""Kling's own books: two envelopes, one in the other, and pages."""

import json

import pytest

from bot.errors import KlingError
from bot.kling.auth import credentials_for
from bot.kling.billing import Billing, Deduction
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from tests.harness.jump_clock import JumpClock
from tests.harness.kling.stub import Answer, Stub, dice, says

INNER_NO = {"code": 1201, "msg": "no such pack"}
ROW = {"task_id": "7", "deduction_amount": "1.5", "product_type": "video"}
ROWS_OF_CASH = [
    {"task_id": 8, "deduction_amount": 0.42, "currency": "usd"},
    {"task_id": "9", "deduction_amount": "many"},
    {"deduction_amount": "1"},
    "no row",
]


def outer(data: object) -> Answer:
    """An answer that says that all is well, around what is in it."""
    return says({"code": 0, "message": "SUCCEED", "request_id": "r", "data": data})


def page(rows: object, **more: object) -> Answer:
    return outer({"code": 0, "msg": "success", "result": {"detail": rows}, **more})


async def deductions(*answers: Answer) -> tuple[list[Deduction], list[dict[str, object]]]:
    """Return what is read from these answers, and the bodies that were sent."""
    clock = JumpClock()
    auth = credentials_for(
        Dialect.OFFICIAL, clock=clock, access_key="", secret_key="", api_key="a-key"
    )
    async with (
        Stub(*answers) as stub,
        Exchange(
            stub.base_url, dialect=Dialect.OFFICIAL, auth=auth, clock=clock, rng=dice()
        ) as exchange,
    ):
        found = await Billing(exchange, Hurried(clock)).deductions(since=1.0, until=2.0)
        return found, [asked.body for asked in stub.asked]


class Hurried:
    """A clock on which nobody waits between two pages."""

    def __init__(self, clock: JumpClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


async def test_a_refusal_in_the_inner_envelope_is_one() -> None:
    """The outer one says that all is well; what is in it has a code of its own."""
    with pytest.raises(KlingError) as refused:
        await deductions(outer(INNER_NO))
    assert "1201" in str(refused.value) or "no such pack" in str(refused.value)


async def test_rows_of_units_and_of_money_are_read() -> None:
    """Page by page by their cursor; what is no row, or says no amount, is passed over."""
    found, bodies = await deductions(
        page([ROW], has_more=True, next_cursor="c2"), page([ROW]), page(ROWS_OF_CASH)
    )
    assert found == [
        Deduction("7", "1.5", "video"),
        Deduction("7", "1.5", "video"),
        Deduction("8", "0.42", "", "USD"),
    ]
    assert [body.get("cursor") for body in bodies] == [None, "c2", None]
    assert json.dumps(bodies[0]["start_time"]) == "1000"

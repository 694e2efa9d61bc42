"""When the same thing is asked again, and after how long."""

import pytest

from bot.errors import (
    KlingBusy,
    KlingError,
    KlingNotFound,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
    KlingUnclear,
    KlingUnreachable,
)
from bot.kling.retries import Retries
from tests.harness.kling.stub import LeapingClock, dice

TOKEN_NO = KlingRefusedAccount("expired", code=1004, http_status=401)


class Attempts:
    """Raises what it is given, in order; then answers."""

    def __init__(self, *errors: KlingError) -> None:
        self.errors = list(errors)
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def always() -> bool:
    return True


@pytest.mark.parametrize(
    "error", [KlingUnreachable("dns"), KlingUnclear("timeout"), KlingBusy("slow down", code=1302)]
)
async def test_a_question_is_asked_three_times_and_an_order_once(
    clock: LeapingClock, error: KlingError
) -> None:
    """A temporary failure is waited out, but never by creating again."""
    retries = Retries(clock, dice())
    lucky = Attempts(error, error)
    assert await retries.call(lucky, repeatable=True, fresh_token=always) == "answer"
    hopeless = Attempts(error, error, error)
    with pytest.raises(type(error)):
        await retries.call(hopeless, repeatable=True, fresh_token=always)
    order = Attempts(error)
    with pytest.raises(type(error)):
        await retries.call(order, repeatable=False, fresh_token=always)
    assert (lucky.made, hopeless.made, order.made) == (3, 3, 1)
    assert len(clock.slept) == 4


@pytest.mark.parametrize(
    "error",
    [
        KlingNotFound("x"),
        KlingTaken("x"),
        KlingRefusedRequest("x", code=1301),
        KlingRefusedAccount("x", code=1102, http_status=429),
    ],
)
async def test_a_final_no_is_final(clock: LeapingClock, error: KlingError) -> None:
    """Asking again what was refused for good would only cost time."""
    attempts = Attempts(error)
    with pytest.raises(type(error)):
        await Retries(clock, dice()).call(attempts, repeatable=True, fresh_token=always)
    assert attempts.made == 1


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize(
    "no",
    [
        TOKEN_NO,
        KlingRefusedAccount("early", code=1003, http_status=401),
        KlingRefusedAccount("no", code=0, http_status=401),
        KlingRefusedAccount("wrapped", code=1004, http_status=400),
    ],
)
async def test_a_token_is_renewed_once_for_orders_too(
    clock: LeapingClock, *, repeatable: bool, no: KlingError
) -> None:
    """Who was not let in has ordered nothing; a second refusal is about more than the token."""
    retries = Retries(clock, dice())
    assert await retries.call(Attempts(no), repeatable=repeatable, fresh_token=always) == "answer"
    stubborn = Attempts(no, no)
    with pytest.raises(KlingRefusedAccount):
        await retries.call(stubborn, repeatable=repeatable, fresh_token=always)
    assert stubborn.made == 2


async def test_after_a_fresh_token_an_unclear_order_stays_one_order(clock: LeapingClock) -> None:
    """The rung of the token does not open a way around the rung of the order."""
    attempts = Attempts(TOKEN_NO, KlingUnclear("timeout"))
    with pytest.raises(KlingUnclear):
        await Retries(clock, dice()).call(attempts, repeatable=False, fresh_token=always)
    assert attempts.made == 2


def test_pauses_grow_to_a_cap_and_differ(clock: LeapingClock) -> None:
    """Each pause lies in the upper half of a doubling, capped span: clients spread out."""
    retries = Retries(clock, dice())
    for failures, ceiling in [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (50, 8.0)]:
        pauses = {retries.pause_s(failures) for _ in range(50)}
        assert len(pauses) > 1
        assert all(ceiling / 2 <= pause <= ceiling for pause in pauses)

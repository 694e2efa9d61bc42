"""Kling's answers, row by row: what is sent again, what is asked again, and what is told."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.kling import Fault, How
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.recovery.waiting import notices, orders
from tests.harness.town import Town, card_text

ASKED_THRICE = 3
"""As often as a question is asked before its step ends."""
UNREADABLE: Mapping[str, Mapping[str, Any]] = {
    "500": {"how": How.REFUSE, "code": 5000},
    "503": {"how": How.REFUSE, "code": 5001},
    "504": {"how": How.REFUSE, "code": 5002},
    "dropped": {"how": How.DROP},
    "cut": {"how": How.CUT},
    "garbage": {"how": How.GARBAGE},
    "truncated": {"how": How.TRUNCATED},
    "another shape": {"how": How.NO_TASK_ID},
    "1302": {"how": How.REFUSE, "code": 1302},
    "1303": {"how": How.REFUSE, "code": 1303},
}


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("status", "code", "message", "told"),
    [
        (400, 1200, "Request parameters are invalid", "Request parameters are invalid"),
        (400, 1201, "model is not supported", "model is not supported"),
        (404, 1202, "The requested method is invalid", "The requested method is invalid"),
        (404, 1203, "The model does not exist", "The model does not exist"),
        (400, 1300, "Policy", "content check"),
        (400, 1301, "Content", "content check"),
    ],
)
async def test_a_refused_request_is_told_and_not_sent_again(
    town: Town, status: int, code: int, message: str, told: str
) -> None:
    """The member reads what to change, the operator hears nothing, and others go on."""
    town.kling.fault(Fault(How.REFUSE, status=status, code=code, message=message))
    asked = await town.ask("image", prompt="not like this")
    [post] = await town.posted()
    assert told in post.content
    assert town.member in post.mentions
    assert told in card_text(await town.card_says(asked, "⚠️"))
    await town.settled()
    assert orders(town) == 1
    assert town.kling.creates == []
    other = await town.ask("image", prompt="like this")
    await town.card_says(other, "✅")
    assert notices(town) == []


@pytest.mark.sweep
@pytest.mark.parametrize("code", [1003, 1004])
async def test_a_token_that_is_not_valid_now_is_minted_anew(town: Town, code: int) -> None:
    """A clock that is off for a moment, or a token that ran out on its way, costs one request."""
    town.kling.fault(Fault(How.REFUSE, code=code))
    asked = await town.ask("image", prompt="once more")
    await town.card_says(asked, "✅")
    await town.settled()
    assert orders(town) == 2
    assert_paid_once(town, 1)
    assert notices(town) == []


@pytest.mark.parametrize("code", [1302, 1303])
async def test_too_fast_is_waited_out(town: Town, code: int) -> None:
    """Rate and concurrency: the same create is sent a little later; there is no notice."""
    town.kling.fault(Fault(How.REFUSE, code=code, times=2))
    asked = await town.ask("image", prompt="in a moment")
    await town.card_says(asked, "✅")
    await town.settled()
    assert orders(town) == 3
    assert_paid_once(town, 1)
    assert notices(town) == []


@pytest.mark.sweep
@pytest.mark.parametrize("way", UNREADABLE)
async def test_a_question_without_a_readable_answer_is_asked_again(town: Town, way: str) -> None:
    """However a query goes wrong, as often as its step lasts: the task is not lost by it."""
    for _ in range(ASKED_THRICE):
        town.kling.fault(Fault(method="GET", path="/v1/*", **UNREADABLE[way]))
    asked = await town.ask("image", prompt="still there")
    await town.card_says(asked, "✅")
    await town.settled()
    questions = [r for r in town.kling.requests if r.method == "GET" and "/v1/" in r.path]
    assert len(questions) > ASKED_THRICE
    assert_paid_once(town, 1)
    assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_that_drips_is_read_to_its_end(town: Town, method: str) -> None:
    """Slow is not broken: within the time of a request every byte is waited for."""
    town.kling.fault(Fault(How.DRIP, method=method, path="/v1/*", seconds=0.5))
    asked = await town.ask("image", prompt="drop by drop")
    await town.card_says(asked, "✅")
    await town.settled()
    assert orders(town) == 1
    assert_paid_once(town, 1)

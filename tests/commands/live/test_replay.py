"""A replay tells every way in which the local Kling differs from a recording."""

import copy
from typing import Any

import pytest

from sandbox.kling import Switches
from tests.commands.live.replay import Ids, compare, replay

NOT_FOUND: dict[str, Any] = {
    "step": "not-found",
    "taken": "2026-11-22",
    "exchanges": [
        {
            "request": {
                "method": "GET",
                "path": "/v1/videos/text2video/<our id:1>",
                "body": None,
            },
            "answer": {
                "status": 400,
                "body": {
                    "code": 1201,
                    "message": "Task not found by id/external id: <our id:1>",
                    "request_id": "<text>",
                },
            },
        }
    ],
}


async def test_what_is_the_same_differs_in_nothing() -> None:
    """The answer seen live is the local one, with the id that was asked for in its message."""
    assert await replay([NOT_FOUND], Switches()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": 404}, "answer.status is 400 here, 404 in the recording"),
        ({"body": {"code": 1203}}, "answer.body.code is 1201 here"),
        ({"body": {"code": "1201"}}, "answer.body.code is 1201 here, '1201'"),
        ({"body": {"message": "No task"}}, "answer.body.message is 'Task not found"),
        ({"body": {"data": None}}, "answer.body.data is only in the recording"),
        ({"body": {"request_id": "<number>"}}, "answer.body.request_id is"),
    ],
)
async def test_every_difference_is_told(change: dict[str, Any], told: str) -> None:
    """Status, code, literal, keys and types: each is compared, and named by where it is."""
    recording = copy.deepcopy(NOT_FOUND)
    answer = recording["exchanges"][0]["answer"]
    answer["body"] |= change.pop("body", {})
    answer |= change
    (difference,) = await replay([recording], Switches())
    assert difference.step == "not-found"
    assert told in difference.what


async def test_what_cannot_be_asked_is_told() -> None:
    """A question about a task that the local Kling has not made is a difference, not a crash."""
    recording = copy.deepcopy(NOT_FOUND)
    recording["exchanges"][0]["request"]["path"] = "/v1/videos/text2video/<id:7>"
    (difference,) = await replay([recording], Switches())
    assert "cannot be asked" in difference.what


def test_ids_are_told_apart() -> None:
    """The same placeholder must be the same id, and another one another id."""
    ids = Ids()
    assert list(compare(["<id:1>", "<id:2>", "<id:1>"], ["a", "b", "a"], ids)) == []
    assert len(list(compare(["<id:1>", "<id:3>"], ["b", "a"], ids))) == 2


def test_placeholders_are_kinds() -> None:
    """A number is no text and no truth value, an address is text, and what is missing is told."""
    ids = Ids()
    assert list(compare({"a": "<number>", "b": "<url>"}, {"a": 1.5, "b": "http://x"}, ids)) == []
    assert len(list(compare(["<number>", "<text>", "<number>"], ["1", 1, True], ids))) == 3
    assert list(compare({"a": None}, {"b": None}, ids)) == [
        "answer.a is only in the recording",
        "answer.b is only here",
    ]

"""Storyboards: what is filled in, what is refused, and what they cost; before anything is sent."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.catalogue import price
from bot.domain.cheaper import cheaper
from bot.domain.requests import StoryboardRequest
from bot.domain.rules import check, storyboard_request
from tests.harness.models import CATALOGUE, NEWER, NO_END, SHOTS, UNKNOWN, VIDEO_MODELS

SIX = {f"shot_{n}": f"scene {n}" for n in range(1, 7)}


def board(*names: str, **given: Any) -> StoryboardRequest:
    return storyboard_request(CATALOGUE, {"model": SHOTS, "shot_1": "a fox", **given}, names)


def codes(request: StoryboardRequest) -> list[str]:
    return [problem.code for problem in check(CATALOGUE, request, {})]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, [3]),
        ({"seconds_1": 9}, [9]),
        ({"shot_2": "b"}, [2, 2]),
        ({"shot_2": "b", "seconds_1": 1}, [1, 2]),
        ({"shot_2": "b", "seconds_1": 7}, [7, 2]),
        ({"shot_2": "b", "seconds_2": 5}, [2, 5]),
        ({"shot_2": "b", "seconds_1": 1, "seconds_2": 1}, [1, 1]),
        (SIX, [2, 2, 2, 2, 2, 2]),
    ],
)
def test_lengths_that_are_left_out(given: dict[str, Any], seconds: list[int]) -> None:
    """Two seconds, and the last what is missing to three; a chosen length is never changed."""
    request = board(**given)
    assert [shot.seconds for shot in request.shots] == seconds
    assert request.duration_s == sum(seconds)


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (SIX, []),
    ({**SIX, "seconds_6": 5}, []),
    ({**SIX, "seconds_6": 6}, ["shots_sum"]),
    ({"seconds_1": 2}, ["shots_sum"]),
    ({"seconds_1": 0}, ["number_low"]),
    ({"shot_3": "c"}, ["shot_gap"]),
    ({"shot_4": "d"}, ["shot_gap", "shot_gap"]),
    ({"seconds_2": 4}, ["seconds_without_shot"]),
    ({"shot_1": " "}, ["text_empty"]),
    ({"shot_2": " "}, ["text_empty"]),
    ({"shot_1": "x" * 512}, []),
    ({"shot_1": "x" * 513}, ["shot_too_long"]),
    ({"shot_1": "x" * 513, "model": NEWER}, []),
    ({"shot_1": "x" * 2501}, ["text_too_long"]),
    ({"shot_1": "x" * 2501, "model": NEWER}, ["text_too_long"]),
    ({"shot_1": "x" * 2000, "shot_2": "y" * 1047, "model": NEWER}, []),
    ({"shot_1": "x" * 2000, "shot_2": "y" * 1048, "model": NEWER}, ["shots_too_long"]),
    ({"shot_1": "a; b"}, []),
    ({"shot_1": "a; b", "model": NEWER}, ["shot_separator"]),
    ({"mode": "4k", "sound": True, "aspect_ratio": "21:9"}, ["ratio"]),
    ({"model": NO_END}, ["shots_unsupported"]),
    ({"model": UNKNOWN}, []),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_what_is_refused(given: dict[str, Any], expected: list[str]) -> None:
    """Exactly these problems, all at once."""
    assert codes(board(**given)) == expected


def test_with_an_image_the_newer_text_is_shorter() -> None:
    """2,500 characters instead of 3,072, the marks between the shots included."""
    given = {"shot_1": "x" * 1500, "shot_2": "y" * 1200, "model": NEWER}
    assert codes(board(**given)) == []
    assert codes(board("image", **given)) == ["shots_too_long"]


def test_a_refusal_names_the_models_that_can() -> None:
    """Those that can do the whole; a semicolon is no trouble for the legacy generation."""
    [problem] = check(CATALOGUE, board(shot_1="a; b", model=NEWER), {})
    assert problem.facts["models"] == SHOTS
    [problem] = check(CATALOGUE, board(model=NO_END), {})
    able = [model.name for model in VIDEO_MODELS if model.shots_max]
    assert problem.facts["models"] == ", ".join(able)
    assert {NEWER, SHOTS} <= set(able)


def test_the_default_is_the_newest_that_the_account_can_use() -> None:
    """With a pair of keys that is one of the legacy generation; a setting goes before both."""
    given = {"shot_1": "a fox"}
    alone = CATALOGUE.without_newer()
    assert storyboard_request(CATALOGUE, given).model == NEWER
    assert storyboard_request(CATALOGUE, given).newer
    assert storyboard_request(alone, given).model == SHOTS
    assert storyboard_request(CATALOGUE, given, default_model=SHOTS).model == SHOTS
    refused = check(alone, storyboard_request(alone, given, default_model=NEWER), {})
    assert [problem.code for problem in refused] == ["model_needs_api_key"]


def test_the_price_is_that_of_the_sum() -> None:
    """As of one video of that length; the standard mode is offered, a shorter one is not."""
    request = board(**SIX, mode="pro")
    cost = price(CATALOGUE, request)
    assert cost is not None
    assert cost.units == Decimal("9.6")
    assert cheaper(CATALOGUE, request, {}) == {"std": {"mode": "std"}}
    assert cheaper(CATALOGUE, replace(request, mode=None), {}) == {}

"""Prompts that hold what cannot be sent or shown."""

from dataclasses import replace

import pytest

from bot.domain.rules import check, video_request
from tests.harness.models import CATALOGUE, VIDEO

BOAT = video_request(CATALOGUE, {"prompt": "a boat"}, default_model=VIDEO)


@pytest.mark.parametrize("bad", ["a \ud800 boat", "a \x00 boat", "a \x1b[31m boat", "\x7f"])
def test_what_cannot_be_sent_is_refused(bad: str) -> None:
    """Half a pair of surrogates and control characters never reach an order."""
    for request in (replace(BOAT, prompt=bad), replace(BOAT, negative_prompt=bad)):
        assert [problem.code for problem in check(CATALOGUE, request, {})] == ["text_unreadable"]


def test_lines_and_any_language_pass() -> None:
    """Line ends, tabs, emoji with joiners and right-to-left marks are what people write."""
    prompt = "one\ntwo\tthree \U0001f469\u200d\U0001f680 \u200f\u05e9\u05dc \u4f60\u597d"
    assert check(CATALOGUE, replace(BOAT, prompt=prompt), {}) == ()

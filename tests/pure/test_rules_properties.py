"""Laws of the rules and of the stored request that hold for any request whatever."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.catalogue import models_that_can, price, shortcomings
from bot.domain.requests import (
    ClipTaker,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    VideoRequest,
    from_json,
    needs_omni,
    to_json,
)
from bot.domain.rules import check
from bot.messages.translations import LANGUAGES, load_translations
from storage.job import Kind
from tests.harness.models import CATALOGUE
from tests.harness.requests import EVERY, any_request

WORDS = load_translations(strict=True)
files = st.builds(
    Offered,
    name=st.sampled_from([name for _, option in EVERY if option.file for name in option.names]),
    filename=st.text(max_size=10),
    url=st.text(max_size=10),
    size_bytes=st.integers(),
    content_type=st.text(max_size=10),
    width=st.none() | st.integers(),
    height=st.none() | st.integers(),
)
offers = st.lists(files, max_size=4).map(lambda found: {file.name: file for file in found})


@given(any_request, offers, st.none() | st.integers(0, 20))
def test_check_never_raises_and_everything_can_be_said(
    request: Request, offered: dict[str, Offered], slots: int | None
) -> None:
    """Any request gets an answer, with words for each problem in each language."""
    problems = check(CATALOGUE, request, offered, slots=slots)
    for language in LANGUAGES:
        assert all(WORDS.problem(problem, language) for problem in problems)
        if problems:
            assert len(WORDS.refusal(problems, language)) <= 2000


@given(any_request)
def test_named_models_really_can(request: Request) -> None:
    """A model that is said to do all of it has no shortcomings; the price never raises."""
    price(CATALOGUE, request)
    if isinstance(request, ImageRequest):  # the route is decided when the command is parsed
        omni = needs_omni(request.prompt, request.images) or CATALOGUE.is_omni_model(request.model)
        request = replace(request, omni=omni)
    able = models_that_can(CATALOGUE, request)
    assert (request.model in able) <= (not shortcomings(CATALOGUE, request))


@given(any_request)
def test_a_stored_request_comes_back_equal(request: Request) -> None:
    """A trip through the database changes nothing; NaN, which equals nothing, is refused before."""
    stored = to_json(request)
    if isinstance(request, ClipTaker):  # its address is signed, and kept elsewhere
        request = replace(request, video_url="")
    assume(not any(isinstance(value, float) and math.isnan(value) for value in stored.values()))
    assert from_json(request.kind, json.loads(json.dumps(stored))) == request


OLD_ROWS: list[tuple[Kind, dict[str, Any], Request]] = [
    (
        Kind.VIDEO,
        {"prompt": "a boat", "model": "m", "image": True, "end_image": False, "duration_s": 10},
        VideoRequest("a boat", "m", image=True, duration_s=10),
    ),
    (
        Kind.IMAGE,
        {"prompt": "a fox", "model": "m", "images": ["image", "image_2"], "omni": True, "n": 2},
        ImageRequest("a fox", "m", images=("image", "image_2"), omni=True, n=2),
    ),
    (
        Kind.LIPSYNC,
        {"video_attached": True, "start_s": 1.5, "prompt": "", "model": "advanced-lip-sync"},
        LipSyncRequest(video_attached=True, audio=True, start_s=1.5),
    ),
]


@pytest.mark.parametrize(("kind", "stored", "request_"), OLD_ROWS)
def test_a_row_of_version_0_1_0_is_read(
    kind: Kind, stored: dict[str, Any], request_: Request
) -> None:
    """What an earlier version stored means the same, whatever fields there are since."""
    assert from_json(kind, stored) == request_

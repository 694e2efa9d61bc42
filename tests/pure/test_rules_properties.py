"""Laws of the rules and of the stored request that hold for any request whatever."""

import json
import math
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.catalogue import (
    IMAGE_MODELS,
    VIDEO_MODELS,
    is_omni_model,
    models_that_can,
    price,
    shortcomings,
)
from bot.domain.catalogue.names import needs_omni
from bot.domain.requests import (
    CAMERA_AXES,
    CAMERA_PRESETS,
    IMAGE_OPTIONS,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    VideoRequest,
    from_json,
    to_json,
)
from bot.domain.rules import check
from bot.messages.translations import LANGUAGES, load_translations

WORDS = load_translations(strict=True)
MODELS = [model.name for model in (*VIDEO_MODELS, *IMAGE_MODELS)]
names = st.sampled_from([*MODELS, "kling-video-o1", "kling-v9"]) | st.text(max_size=70)
prompts = st.text(max_size=40) | st.sampled_from(["<<<image_1>>>", "<<<image_0>>>", "x" * 2501])
numbers = st.none() | st.floats() | st.integers(-20, 20).map(float)
ratios = st.none() | st.sampled_from(["16:9", "1:1", "21:9", "auto", "?"])

videos = st.builds(
    VideoRequest,
    prompt=prompts,
    model=names,
    image=st.booleans(),
    end_image=st.booleans(),
    mode=st.sampled_from([None, "std", "pro", "4k", "?"]),
    duration_s=st.none() | st.integers(),
    aspect_ratio=ratios,
    negative_prompt=st.none() | prompts,
    cfg_scale=numbers,
    camera=st.sampled_from([None, *CAMERA_AXES, *CAMERA_PRESETS, "?"]),
    camera_amount=numbers,
    sound=st.none() | st.booleans(),
)
images = st.builds(
    ImageRequest,
    prompt=prompts,
    model=names,
    images=st.lists(st.sampled_from(IMAGE_OPTIONS), unique=True).map(tuple),
    omni=st.booleans(),
    aspect_ratio=ratios,
    resolution=st.sampled_from([None, "1k", "2k", "4k", "?"]),
    n=st.none() | st.integers(),
    fidelity=numbers,
    human_fidelity=numbers,
    reference=st.sampled_from([None, "subject", "face", "?"]),
    negative_prompt=st.none() | prompts,
)
lipsyncs = st.builds(
    LipSyncRequest,
    video_url=st.text(max_size=40),
    video_attached=st.booleans(),
    start_s=numbers,
    end_s=numbers,
    insert_s=numbers,
    volume=numbers,
    original_volume=numbers,
)
requests: st.SearchStrategy[Request] = videos | images | lipsyncs
files = st.builds(
    Offered,
    name=st.sampled_from([*IMAGE_OPTIONS, "end_image", "video", "audio"]),
    filename=st.text(max_size=10),
    url=st.text(max_size=10),
    size_bytes=st.integers(),
    content_type=st.text(max_size=10),
    width=st.none() | st.integers(),
    height=st.none() | st.integers(),
)
offers = st.lists(files, max_size=4).map(lambda found: {file.name: file for file in found})


@given(requests, offers, st.none() | st.integers(0, 20))
def test_check_never_raises_and_everything_can_be_said(
    request: Request, offered: dict[str, Offered], slots: int | None
) -> None:
    """Any request gets an answer, with words for each problem in each language."""
    problems = check(request, offered, slots=slots)
    for language in LANGUAGES:
        assert all(WORDS.problem(problem, language) for problem in problems)
        if problems:
            assert len(WORDS.refusal(problems, language)) <= 2000


@given(requests)
def test_named_models_really_can(request: Request) -> None:
    """A model that is said to do all of it has no shortcomings; the price never raises."""
    price(request)
    if isinstance(request, ImageRequest):  # the route is decided when the command is parsed
        omni = needs_omni(request.prompt, request.images) or is_omni_model(request.model)
        request = replace(request, omni=omni)
    able = models_that_can(request)
    assert (request.model in able) <= (not shortcomings(request))


@given(requests)
def test_a_stored_request_comes_back_equal(request: Request) -> None:
    """A trip through the database changes nothing; NaN, which equals nothing, is refused before."""
    stored = to_json(request)
    if isinstance(request, LipSyncRequest):  # its address is signed, and kept elsewhere
        request = replace(request, video_url="")
    assume(not any(isinstance(value, float) and math.isnan(value) for value in stored.values()))
    assert from_json(request.kind, json.loads(json.dumps(stored))) == request

"""Requests drawn and built from their declared options, new options included."""

import dataclasses
from typing import Any

from hypothesis import strategies as st

from bot.domain.operations.table import OPERATIONS
from bot.domain.options import Option, Takes
from bot.domain.requests import (
    REQUESTS,
    AvatarRequest,
    CharacterRequest,
    EditRequest,
    EffectRequest,
    ExpandRequest,
    ImageRequest,
    LipSyncRequest,
    MotionRequest,
    OperationRequest,
    Request,
    SoundRequest,
    SoundtrackRequest,
    StoryboardRequest,
    VideoRequest,
    options_of,
)
from storage.job import Kind
from tests.harness.models import (
    CATALOGUE,
    IMAGE_NAMES,
    LEGACY_MOTION,
    SCENE,
    UNKNOWN,
    VIDEO_NAMES,
)

EVERY = [(request, option) for request in REQUESTS.values() for option in options_of(request)]
IDS = [f"{request.kind}-{option.name}" for request, option in EVERY]

CLIP_URL = "https://clips.example/video.mp4"
OPERATION_REQUESTS: dict[Kind, OperationRequest] = {
    Kind.MOTION: MotionRequest(LEGACY_MOTION, video_url=CLIP_URL, orientation="image", mode="std"),
    Kind.AVATAR: AvatarRequest("avatar", audio=True),
    Kind.EFFECT: EffectRequest(SCENE),
    Kind.EXPAND: ExpandRequest(),
    Kind.SOUND: SoundRequest("rain", seconds=5),
    Kind.SOUNDTRACK: SoundtrackRequest(video_url=CLIP_URL),
    Kind.CHARACTER: CharacterRequest("Ana", ("image",)),
}
"""One of each operation, with nothing set that may be left out and that Kling does not require."""
prompts = st.text(max_size=40) | st.sampled_from(["<<<image_1>>>", "<<<image_0>>>", "x" * 2501])
models = st.sampled_from([*VIDEO_NAMES, *IMAGE_NAMES, *sorted(CATALOGUE.known), UNKNOWN]) | st.text(
    max_size=70
)


def default_of(request: type[Request], option: Option) -> object:
    """The value of an option that the member did not set; MISSING where there has to be one."""
    (field,) = [field for field in dataclasses.fields(request) if field.name == option.field]
    return field.default


def any_value(request: type[Request], option: Option) -> st.SearchStrategy[Any]:
    """Any value of the right type, right or wrong."""
    if option.field == "model":
        return models
    if option.is_list:
        return st.lists(st.sampled_from(option.names), unique=True).map(tuple)
    drawn: st.SearchStrategy[Any] = {
        Takes.TEXT: st.sampled_from([*option.choices, "?"]) if option.choices else prompts,
        Takes.WHOLE: st.integers(),
        Takes.NUMBER: st.floats() | st.integers(-20, 20).map(float),
        Takes.FLAG: st.booleans(),
        Takes.FILE: st.booleans(),
    }[option.takes]
    return st.none() | drawn if default_of(request, option) is None else drawn


def drawn(request: type[Request], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any request of a kind, with a value for each of its options."""
    values = {option.field: any_value(request, option) for option in options_of(request)}
    return st.builds(request, **values, **more)


any_request: st.SearchStrategy[Request] = (
    drawn(VideoRequest)
    | drawn(StoryboardRequest)
    | drawn(EditRequest, video_s=st.none() | st.floats(0, 10_000))
    | drawn(ImageRequest, omni=st.booleans())
    | drawn(LipSyncRequest)
    | st.one_of([drawn(operation.request) for operation in OPERATIONS.values()])
)


def a_value(option: Option) -> Any:
    """One value that the option takes, and that is not what is meant without it."""
    if option.takes is Takes.TEXT:
        return option.choices[-1] if option.choices else "words"
    if option.takes is Takes.FLAG:
        return True
    if option.takes is Takes.FILE:
        return option.names[:1] if option.is_list else True
    assert option.least is not None
    return option.least + 1 if option.most is None else option.most

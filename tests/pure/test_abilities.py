"""Refusals of what a model cannot do, beside those that the local Kling's rules decide.

Which model takes what is compared with the local Kling in `tests/kling/test_catalogue_agrees.py`.
"""

import datetime as dt
from dataclasses import replace

import pytest

from bot.domain.catalogue import ImageModel, VideoModel, shortcomings
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.requests import ImageRequest, Request, VideoRequest
from tests.harness.models import (
    CATALOGUE,
    IMAGE,
    IMAGE_MODELS,
    IMAGE_NAMES,
    NO_WIDE,
    ONLY_VIDEO,
    SILENT,
    UNKNOWN,
    VIDEO_MODELS,
    VIDEO_NAMES,
)

every_video_model = pytest.mark.parametrize("model", VIDEO_MODELS, ids=VIDEO_NAMES)
every_image_model = pytest.mark.parametrize("model", IMAGE_MODELS, ids=IMAGE_NAMES)


def codes(request: Request) -> list[str]:
    return [problem.code for problem in shortcomings(CATALOGUE, request)]


@pytest.mark.parametrize("model", [*VIDEO_MODELS, *IMAGE_MODELS])
def test_every_row_is_dated(model: VideoModel | ImageModel) -> None:
    """Every fact and price states its source and date."""
    for source in (model.source, model.price_source):
        assert source.name
        assert dt.date(2026, 1, 1) <= source.as_of <= dt.datetime.now(tz=dt.UTC).date()


@every_video_model
def test_what_is_left_out_is_judged_by_what_kling_takes_then(model: VideoModel) -> None:
    """Nothing is changed silently: a default that does not fit is refused as if it were named."""
    bare = VideoRequest("a fox", model.name, image=True, end_image=model.end_image is not None)
    named = replace(bare, mode=DEFAULT_MODE, duration_s=DEFAULT_DURATION_S)
    assert codes(bare) == codes(named)


@every_video_model
def test_with_a_picture_a_ratio_is_nobodys_mistake(model: VideoModel) -> None:
    """The clip follows the picture, and the card says so."""
    assert codes(VideoRequest("a fox", model.name, image=True, aspect_ratio="21:9")) == []


def test_a_last_frame_that_needs_another_mode_says_which() -> None:
    """Unset is std at Kling: the member is told to set pro."""
    request = VideoRequest("a fox", SILENT, image=True, end_image=True)
    (problem,) = shortcomings(CATALOGUE, request)
    assert (problem.code, problem.facts["needed"]) == ("end_image_mode", "pro")
    assert codes(replace(request, mode="pro")) == []


@every_image_model
def test_more_pictures_than_a_model_takes(model: ImageModel) -> None:
    """The number is told; a model that is named is never swapped for another."""
    names = tuple(f"picture_{n}" for n in range(model.pictures_max + 1))
    request = ImageRequest("a fox", model.name, images=names, omni=True)
    assert codes(request)[0] == ("too_many_pictures" if model.omni else "model_not_omni")


@every_image_model
def test_a_negative_prompt_with_a_picture(model: ImageModel) -> None:
    """No image route takes the two together, so no model is named either."""
    reference = model.references[0] if model.reference_needed else None
    request = ImageRequest("a fox", model.name, ("image",), model.omni, reference=reference)
    (problem,) = shortcomings(CATALOGUE, replace(request, negative_prompt="fog"))
    assert problem.code == "negative_prompt_with_image"
    assert "models" not in problem.facts


@pytest.mark.parametrize(
    "request_",
    [
        ImageRequest("a fox", IMAGE, resolution="4k"),
        ImageRequest("a fox", IMAGE, ("image", "image_2"), omni=True),
        ImageRequest("a fox", IMAGE, aspect_ratio="auto"),
        ImageRequest("a fox", IMAGE, ("image",), reference="face"),
        ImageRequest("a fox", NO_WIDE, aspect_ratio="21:9", resolution="2k"),
        ImageRequest("a fox", ONLY_VIDEO),
    ],
)
def test_a_refused_picture_names_the_models_that_can(request_: ImageRequest) -> None:
    """All that can do the whole of it, newest first and five at most, whatever their route."""
    several = len(request_.images) > 1
    able = [
        model.name
        for model in IMAGE_MODELS
        if codes(replace(request_, model=model.name, omni=several or model.omni)) == []
    ]
    assert able
    for problem in shortcomings(CATALOGUE, request_):
        assert problem.facts["models"] == ", ".join(able[:5])


def test_an_unknown_model_has_no_shortcomings() -> None:
    """Models appear faster than releases: Kling has the last word."""
    clip = VideoRequest("x", UNKNOWN, mode="4k", duration_s=60, sound=True, camera="pan")
    picture = ImageRequest("x", UNKNOWN, resolution="4k", aspect_ratio="auto", n=9)
    assert codes(clip) == codes(picture) == []

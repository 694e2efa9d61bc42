"""Prices, expected times and names of the catalogue.

Each price is compared with the local Kling's in `tests/kling/test_catalogue_agrees.py`.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.catalogue import ImageModel, VideoModel, expected_s, models_that_can, price
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.limits import MODES, RESOLUTIONS
from bot.domain.requests import (
    ImageRequest,
    LipSyncRequest,
    Request,
    Route,
    VideoRequest,
    from_json,
    to_json,
)
from storage.job import Kind, Pack
from tests.harness.models import (
    CATALOGUE,
    IMAGE_MODELS,
    IMAGE_NAMES,
    UNKNOWN,
    VIDEO,
    VIDEO_MODELS,
    VIDEO_NAMES,
)

every_video_model = pytest.mark.parametrize("model", VIDEO_MODELS, ids=VIDEO_NAMES)
every_image_model = pytest.mark.parametrize("model", IMAGE_MODELS, ids=IMAGE_NAMES)


def units(request: Request) -> Decimal | None:
    found = price(CATALOGUE, request)
    return None if found is None else found.units


@every_video_model
def test_a_clip_costs_what_its_seconds_cost(model: VideoModel) -> None:
    """Twice as long is twice the price; what is left out is priced as Kling takes it then."""
    bare = VideoRequest("x", model.name)
    assert units(bare) == units(
        VideoRequest("x", model.name, mode=DEFAULT_MODE, duration_s=DEFAULT_DURATION_S, sound=False)
    )
    five, ten = (units(VideoRequest("x", model.name, duration_s=s)) for s in (5, 10))
    assert five is not None
    assert ten == 2 * five


@every_image_model
def test_pictures_cost_what_their_number_costs(model: ImageModel) -> None:
    """Nine are nine times the price of one; what is left out is priced as Kling takes it then."""
    given: dict[str, Any] = {"prompt": "x", "model": model.name, "omni": model.omni}
    one = units(ImageRequest(**given))
    assert one == units(ImageRequest(**given, resolution=model.usual_resolution, n=1))
    assert units(ImageRequest(**given, n=9)) == (None if one is None else 9 * one)


@every_video_model
def test_an_unknown_price_of_a_clip_is_none(model: VideoModel) -> None:
    """Nothing is guessed about money: not for a length, a mode or a sound that is not offered."""
    too_long = max(model.durations_s) + 1
    assert units(VideoRequest("x", model.name, duration_s=too_long)) is None
    for mode in MODES:
        for sound in (False, True):
            switched = sound and not model.always_sounds
            offered = mode in (model.sound_modes if switched else model.modes)
            priced = units(VideoRequest("x", model.name, mode=mode, sound=sound)) is not None
            assert priced is offered


@every_image_model
def test_an_unknown_price_of_a_picture_is_none(model: ImageModel) -> None:
    """Nothing is guessed about money: not for a size that is not offered, or has no known price."""
    for resolution in RESOLUTIONS:
        request = ImageRequest("x", model.name, omni=model.omni, resolution=resolution)
        assert (units(request) is not None) is (resolution in model.units_text)
    assert set(model.units_text) <= set(model.resolutions_text)


def test_an_unknown_model_has_no_price() -> None:
    """Whatever else is asked for."""
    assert units(VideoRequest("x", UNKNOWN)) is units(ImageRequest("x", UNKNOWN)) is None


@pytest.mark.parametrize(
    ("seconds", "units"),
    [
        (2.0, "0.55"),
        (5.042, "0.55"),
        (5.5, "1.05"),
        (59.9, "6.05"),
        (3_600.0, "6.05"),
        (-1.0, "0.55"),
        (None, "6.05"),
    ],
)
def test_a_lip_sync_costs_at_most_what_its_video_does(seconds: float | None, units: str) -> None:
    """0.5 for each 5 s that are begun and 0.05 for the faces; of an unknown length, 60 s."""
    found = price(CATALOGUE, LipSyncRequest("https://example.com/a.mp4", video_s=seconds))
    assert found is not None
    assert (found.units, found.pack, found.at_most) == (Decimal(units), Pack.VIDEO, True)


def test_a_lip_sync_with_typed_words_costs_what_speaking_them_does_too() -> None:
    """Kling speaks them first, for 0.05 of their own."""
    typed = LipSyncRequest("https://example.com/a.mp4", text="Hello there", video_s=59.9)
    assert units(typed) == Decimal("6.10")


def test_a_lip_sync_of_an_earlier_version_is_read_and_priced_at_the_most() -> None:
    """Its row says nothing of a length; one that does keeps it."""
    old = from_json(Kind.LIPSYNC, {"video_attached": True, "model": "advanced-lip-sync"})
    assert units(old) == Decimal("6.05")
    known = LipSyncRequest(video_s=7.0, audio=True)
    assert from_json(Kind.LIPSYNC, to_json(known)) == known


def test_omni_models() -> None:
    """The models of omni-image are those whose row says so; strangers are none."""
    omni = [model.name for model in IMAGE_MODELS if CATALOGUE.is_omni_model(model.name)]
    assert omni == [model.name for model in IMAGE_MODELS if model.omni] != []
    assert not any(
        map(CATALOGUE.is_omni_model, [UNKNOWN, "", *(set(VIDEO_NAMES) - set(IMAGE_NAMES))])
    )


def test_known_names() -> None:
    """A name of any route is known, as it is spelled; another is to be told to the operator."""
    names = [*VIDEO_NAMES, *IMAGE_NAMES, *CATALOGUE.known]
    assert all(map(CATALOGUE.is_known, names))
    assert not any(map(CATALOGUE.is_known, [UNKNOWN, "", *(name.upper() for name in names)]))


def test_a_model_that_only_edits_is_of_the_newer_generation_too() -> None:
    """Whether it takes our id is learnt for each of them, whatever command it belongs to; once."""
    row = replace(next(model for model in CATALOGUE.edit if model.newer), name="kling-9.9")
    with_it = replace(CATALOGUE, edit=(*CATALOGUE.edit, row, row))
    assert sorted({*with_it.newer_names()} - {*CATALOGUE.newer_names()}) == ["kling-9.9"]
    assert len(with_it.newer_names()) == len({*with_it.newer_names()})


def test_models_that_can_do_everything() -> None:
    """Newest first, whatever model the request names; a lip-sync has no models to choose from."""
    with_sound = [
        model.name
        for model in VIDEO_MODELS
        if "pro" in (model.modes if model.always_sounds else model.sound_modes)
    ]
    assert (
        models_that_can(CATALOGUE, VideoRequest("x", UNKNOWN, sound=True, mode="pro"))
        == with_sound
        != []
    )
    assert models_that_can(CATALOGUE, LipSyncRequest("https://example.com/a.mp4")) == []


@pytest.mark.parametrize("route", list(Route))
def test_every_route_has_an_expected_time(route: Route) -> None:
    """Every kind of job can be told when it should be there, whatever the model."""
    for model in (UNKNOWN, *VIDEO_NAMES, *IMAGE_NAMES):
        assert 10 <= expected_s(CATALOGUE, route, model) <= 900


@pytest.mark.parametrize("model", [UNKNOWN, *VIDEO_NAMES])
def test_longer_and_finer_takes_longer(model: str) -> None:
    """The expected time of a clip grows with its length and its mode."""
    route = Route.TEXT2VIDEO
    short = expected_s(CATALOGUE, route, model, "std", 5)
    assert short == expected_s(CATALOGUE, route, model)
    assert (
        short
        < expected_s(CATALOGUE, route, model, "std", 10)
        < expected_s(CATALOGUE, route, model, "pro", 10)
    )


def test_the_time_that_is_documented() -> None:
    """5 s of the newest model in pro took 100 to 250 s (measured by others, 2026-09)."""
    assert 100 <= expected_s(CATALOGUE, Route.TEXT2VIDEO, VIDEO, "pro", 5) <= 250

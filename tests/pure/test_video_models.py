"""The video rows of Kling's capability map, written down a second time and compared."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalogue import VIDEO_MODELS, shortcomings
from bot.domain.limits import CAMERA_PRESETS
from bot.domain.requests import VideoRequest

SHORT = [5, 10]
LONG = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
# name: words, picture, seconds, modes
ROWS: dict[str, tuple[bool, bool, list[int], list[str]]] = {
    "kling-v1": (True, True, SHORT, ["std", "pro"]),
    "kling-v1-5": (False, True, SHORT, ["std", "pro"]),
    "kling-v1-6": (True, True, SHORT, ["std", "pro"]),
    "kling-v2-master": (True, True, SHORT, ["std", "pro"]),
    "kling-v2-1": (False, True, SHORT, ["std", "pro"]),
    "kling-v2-1-master": (True, True, SHORT, ["std", "pro"]),
    "kling-v2-5-turbo": (True, True, SHORT, ["std", "pro"]),
    "kling-v2-6": (True, True, SHORT, ["std", "pro"]),
    "kling-v3": (True, True, LONG, ["std", "pro", "4k"]),
}
ALL = sorted(ROWS)
# (model, mode, seconds) at which a last frame beside the first is taken, silently
END_IMAGE = {
    *(("kling-v1", mode, 5) for mode in ("std", "pro")),
    *(("kling-v1-5", "pro", seconds) for seconds in SHORT),
    *(("kling-v1-6", "pro", seconds) for seconds in SHORT),
    *(("kling-v2-1", "pro", seconds) for seconds in SHORT),
    *(("kling-v2-5-turbo", "pro", seconds) for seconds in SHORT),
    *(("kling-v2-6", "pro", seconds) for seconds in SHORT),
    *(("kling-v3", mode, seconds) for mode in ("std", "pro", "4k") for seconds in LONG),
}
SOUND = {
    ("kling-v2-6", "pro"),
    ("kling-v3", "std"),
    ("kling-v3", "pro"),
    ("kling-v3", "4k"),
}


def asked(model: str, **options: Any) -> VideoRequest:
    image = not ROWS[model][0]
    return replace(VideoRequest("a fox", model, image=image), **options)


def codes(request: VideoRequest) -> list[str]:
    return [problem.code for problem in shortcomings(request)]


def test_every_row_of_the_map_is_there() -> None:
    """The catalogue knows exactly the models of the legacy video routes."""
    assert {model.name for model in VIDEO_MODELS} == set(ROWS)


def test_every_row_is_dated() -> None:
    """Nobody has to guess how old a fact or a price is."""
    assert all(
        m.source.as_of.year == 2026 and m.price_source.as_of.year == 2026 for m in VIDEO_MODELS
    )


@pytest.mark.parametrize("model", ALL)
def test_words_and_pictures(model: str) -> None:
    """A model takes words alone, or a picture, exactly as the map says."""
    words, picture, _, _ = ROWS[model]
    assert (codes(asked(model, image=False)) == []) is words
    assert (codes(asked(model, image=True)) == []) is picture
    if not words:
        assert codes(asked(model, image=False)) == ["model_needs_image"]


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("seconds", [-1, 0, 1, 2, *LONG, 16, 60])
def test_durations(model: str, seconds: int) -> None:
    """Only the listed lengths are accepted."""
    expected = [] if seconds in ROWS[model][2] else ["duration"]
    assert codes(asked(model, duration_s=seconds)) == expected


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("mode", ["std", "pro", "4k"])
def test_modes(model: str, mode: str) -> None:
    """Only the listed modes are accepted; 4k is for kling-v3 alone."""
    assert codes(asked(model, mode=mode)) == ([] if mode in ROWS[model][3] else ["mode"])


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1"])
def test_ratios(model: str, ratio: str) -> None:
    """The three ratios fit every model; with a picture a ratio is never refused."""
    assert codes(asked(model, aspect_ratio=ratio)) == []
    assert codes(asked(model, image=True, aspect_ratio=ratio)) == []


@pytest.mark.parametrize("model", ALL)
def test_cfg_scale(model: str) -> None:
    """It is taken by the v1 family, refused by every v2, and not known of kling-v3."""
    refused = model.startswith("kling-v2")
    assert codes(asked(model, cfg_scale=0.5)) == (["cfg_scale_unsupported"] if refused else [])


@pytest.mark.parametrize("model", ALL)
def test_negative_prompt(model: str) -> None:
    """Every model of these routes takes one."""
    assert codes(asked(model, negative_prompt="blur")) == []


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("mode", ["std", "pro", "4k"])
def test_sound(model: str, mode: str) -> None:
    """Sound is for kling-v2-6 in pro and for kling-v3; asking for silence is always fine."""
    refused = "sound_mode" if model == "kling-v2-6" else "sound_unsupported"
    found = codes(asked(model, mode=mode, sound=True))
    assert (refused in found) is ((model, mode) not in SOUND)
    assert "sound" not in " ".join(codes(asked(model, mode=mode, sound=False)))


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("mode", ["std", "pro", "4k"])
@pytest.mark.parametrize("seconds", [3, 5, 10, 15])
def test_end_image(model: str, mode: str, seconds: int) -> None:
    """A last frame is taken exactly under the conditions of the map."""
    request = asked(model, image=True, end_image=True, mode=mode, duration_s=seconds)
    assert (codes(request) == []) is ((model, mode, seconds) in END_IMAGE)


def test_end_image_is_checked_against_the_default_mode() -> None:
    """Unset is std at Kling, and nothing is changed silently: the member is told to set pro."""
    request = asked("kling-v2-5-turbo", image=True, end_image=True)
    assert codes(request) == ["end_image_mode"]


def test_end_image_and_sound() -> None:
    """With a last frame kling-v2-6 is silent; kling-v3 is not."""
    request = asked("kling-v2-6", image=True, end_image=True, mode="pro", sound=True)
    assert codes(request) == ["end_image_with_sound"]
    assert codes(replace(request, model="kling-v3")) == []


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize("mode", ["std", "pro"])
@pytest.mark.parametrize("seconds", [5, 10])
@pytest.mark.parametrize("camera", ["zoom", "horizontal", *CAMERA_PRESETS])
def test_camera(model: str, mode: str, seconds: int, camera: str, *, image: bool) -> None:
    """From words: kling-v1, std, 5 s. From a picture: kling-v1-5, pro, 5 s, the axes only."""
    request = asked(model, image=image, mode=mode, duration_s=seconds, camera=camera)
    from_words = (model, image, mode, seconds) == ("kling-v1", False, "std", 5)
    from_picture = (model, image, mode, seconds) == ("kling-v1-5", True, "pro", 5)
    assert (codes(request) == []) is (from_words or (from_picture and camera not in CAMERA_PRESETS))


@pytest.mark.parametrize(
    ("request_", "code", "models"),
    [
        (VideoRequest("x", "kling-v2-6", duration_s=7), "duration", "kling-v3"),
        (VideoRequest("x", "kling-v2-6", mode="4k"), "mode", "kling-v3"),
        (VideoRequest("x", "kling-v3", camera="pan"), "camera_unsupported", "kling-v1"),
        (
            VideoRequest("x", "kling-v2-6", cfg_scale=1),
            "cfg_scale_unsupported",
            "kling-v3, kling-v1-6, kling-v1",
        ),
        (
            VideoRequest("x", "kling-v2-5-turbo", mode="pro", sound=True),
            "sound_unsupported",
            "kling-v3, kling-v2-6",
        ),
        (VideoRequest("x", "kling-v1-5", duration_s=12), "duration", "kling-v3"),
        (VideoRequest("x", "kling-video-o1", duration_s=12), "model_not_for_video", "kling-v3"),
        (
            VideoRequest("x", "kling-v3-omni", camera="pan", sound=True),
            "model_not_for_video",
            "kling-v3, kling-v2-6, kling-v2-5-turbo, kling-v2-1-master, kling-v2-master",
        ),
    ],
)
def test_a_refusal_names_models_that_can(request_: VideoRequest, code: str, models: str) -> None:
    """Those that can do all of it, newest first; else those that can do this one thing."""
    found = {problem.code: problem for problem in shortcomings(request_)}
    assert found[code].facts["models"] == models


def test_a_combination_no_model_offers_names_those_that_lift_the_one_problem() -> None:
    """Sound and a camera go with no model: each refusal points to its own way out."""
    request = VideoRequest("x", "kling-v2-5-turbo", camera="zoom", sound=True)
    found = {problem.code: problem.facts["models"] for problem in shortcomings(request)}
    assert found == {"camera_unsupported": "kling-v1", "sound_unsupported": "kling-v3, kling-v2-6"}


def test_an_unknown_model_has_no_shortcomings() -> None:
    """Models appear faster than releases: Kling has the last word."""
    request = VideoRequest("x", "kling-v9", mode="4k", duration_s=60, sound=True, camera="pan")
    assert shortcomings(request) == ()

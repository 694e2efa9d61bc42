"""Every bad input that can be known before a byte is fetched, one row each."""

from typing import Any

import pytest

from bot.domain.requests import REFERENCE_OPTIONS, ImageRequest, Offered, VideoRequest
from bot.domain.rules import check, image_request, video_request
from bot.errors import Problem
from tests.harness.models import (
    CAMERA,
    CAMERA_OF_A_PICTURE,
    CATALOGUE,
    FIRST_ONLY,
    FROM_A_PICTURE,
    IMAGE,
    KEEPS_SHAPE,
    LARGE,
    MIDDLE,
    NO_END,
    NO_WIDE,
    OMNI,
    OMNI_AUTO,
    ONLY_IMAGE,
    ONLY_VIDEO,
    REFERENCE,
    REFERENCE_NEEDED,
    REFERENCES,
    REFERENCES_AND_ENDS,
    SHORT,
    SHORT_END,
    SILENT,
    SMALLER_WITH_A_PICTURE,
    UNKNOWN,
    VIDEO,
)

MB = 1_000_000
NAN = float("nan")
INF = float("inf")


def file(name: str, **declared: Any) -> Offered:
    values = {"filename": "file.png", "url": f"https://cdn.example.com/{name}", "size_bytes": MB}
    return Offered(name=name, **{**values, **declared})


def found(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def video(prompt: str = "a fox", *names: str, **options: Any) -> VideoRequest:
    return video_request(CATALOGUE, {"prompt": prompt, **options}, names, default_model=VIDEO)


def image(
    prompt: str = "a fox", *names: str, default_model: str = IMAGE, **options: Any
) -> ImageRequest:
    return image_request(
        CATALOGUE,
        {"prompt": prompt, **options},
        names,
        default_model=default_model,
        default_omni_model=OMNI,
    )


VIDEO_CASES: list[tuple[VideoRequest, list[str]]] = [
    (video(), []),
    (video("x" * 2500, negative_prompt="y" * 2500), []),
    (video(""), ["text_empty"]),
    (video(" \n\t\u3000"), ["text_empty"]),
    (video("x" * 2501), ["text_too_long"]),
    (video(negative_prompt="x" * 2501), ["text_too_long"]),
    (video(duration=7), []),
    (video(duration=0), ["number_low"]),
    (video(duration=-5, model=UNKNOWN), ["number_low"]),
    (video(duration=2), ["duration"]),
    (video(duration=7, model=SHORT), ["duration"]),
    (video(mode="4k", model=SHORT), ["mode"]),
    (video(mode="ultra"), ["choice_unknown"]),
    (video(mode="ultra", model=UNKNOWN), ["choice_unknown"]),
    (video(aspect_ratio="4:3"), ["ratio"]),
    (video(aspect_ratio="5:4"), ["choice_unknown"]),
    (video("x", "middle", model=MIDDLE), ["middle_without_ends"]),
    (video("x", "image", "middle", "end_image", "middle_2", model=MIDDLE), []),
    (video("x", "image", "middle", "end_image"), ["middle_unsupported"]),
    (video("x", "image", "middle", "end_image", model=UNKNOWN), ["middle_unsupported"]),
    (video("it runs", "reference", model=REFERENCES), []),
    (video("<<<image_1>>> runs", "reference"), []),
    (video("<<<image_1>>> runs", "reference", model=SHORT), ["references_unsupported"]),
    (video("<<<image_1>>> runs"), ["reference_missing"]),
    (video("<<<image_3>>>", "reference", "reference_2"), ["reference_missing"]),
    (video("<<<image_0>>>", "reference"), ["citation_zero"]),
    (video("x", "reference_2"), ["image_gap"]),
    (video("x", *REFERENCE_OPTIONS), []),
    (video("x", "reference", "image", model=REFERENCES), ["references_with_image"]),
    (video("x", "reference", "image", "end_image", model=REFERENCES_AND_ENDS), []),
    (
        video("x", "reference", "image", "end_image", model=FIRST_ONLY),
        ["references_with_end_image"],
    ),
    (video("x", "reference", duration=7, model=FIRST_ONLY), []),
    (video(duration=7, model=FIRST_ONLY), ["duration"]),
    (video(sound=False, model=MIDDLE), ["sound_always"]),
    (video(sound=True, model=MIDDLE), []),
    (video("x", "image", aspect_ratio="9:16"), []),
    (video(cfg_scale=0.0), []),
    (video(cfg_scale=1), []),
    (video(cfg_scale=1.01), ["number_range"]),
    (video(cfg_scale=-0.1), ["number_range"]),
    (video(cfg_scale=NAN), ["not_a_number"]),
    (video(cfg_scale=INF), ["not_a_number"]),
    (video(cfg_scale=0.5, model=SHORT), ["cfg_scale_unsupported"]),
    (video(sound=True, model=SILENT), ["sound_unsupported"]),
    (video(sound=True, model=SHORT), ["sound_mode"]),
    (video("x", "end_image"), ["end_image_without_image"]),
    (video("x", "image", "end_image"), []),
    (video("x", "image", "end_image", model=NO_END), ["end_image_unsupported"]),
    (video("x", "image", "end_image", model=SHORT), ["end_image_mode"]),
    (video("x", "image", "end_image", model=SHORT_END, duration=10), ["end_image_duration"]),
    (video(camera="zoom", camera_amount=0.5, model=CAMERA), []),
    (video(camera="zoom", camera_amount=-10, model=CAMERA), []),
    (video(camera="down_back", model=CAMERA), []),
    (video(camera="zoom", camera_amount=5), ["camera_unsupported"]),
    (video(camera="spin", model=CAMERA), ["choice_unknown"]),
    (video(camera_amount=5), ["camera_amount_without_camera"]),
    (video(camera="zoom", model=CAMERA), ["camera_amount_missing"]),
    (video(camera="zoom", camera_amount=0, model=CAMERA), ["camera_amount_missing"]),
    (video(camera="zoom", camera_amount=11, model=CAMERA), ["number_range"]),
    (video(camera="zoom", camera_amount=NAN, model=CAMERA), ["not_a_number"]),
    (video(camera="forward_up", camera_amount=5, model=CAMERA), ["camera_amount_with_preset"]),
    (video(camera="forward_up", camera_amount=0, model=CAMERA), ["camera_amount_with_preset"]),
    (video(camera="pan", camera_amount=1, model=CAMERA, mode="pro"), ["camera_mode"]),
    (video(camera="pan", camera_amount=1, model=CAMERA, duration=10), ["camera_duration"]),
    (
        video("x", "image", camera="down_back", model=CAMERA_OF_A_PICTURE, mode="pro"),
        ["camera_type"],
    ),
    (
        video(
            "x",
            "image",
            "end_image",
            camera="pan",
            camera_amount=1,
            model=CAMERA_OF_A_PICTURE,
            mode="pro",
        ),
        ["camera_with_end_image"],
    ),
    (video(model=FROM_A_PICTURE), ["model_needs_image"]),
    (video(model=ONLY_IMAGE), ["model_not_for_video"]),
    (video(model=UNKNOWN, mode="4k", duration=60), []),
    (video(model="a b"), ["model_name"]),
    (video(model="@everyone"), ["model_name"]),
    (video(model="x" * 65), ["model_name"]),
]

IMAGE_CASES: list[tuple[ImageRequest, list[str]]] = [
    (image(), []),
    (image("  "), ["text_empty"]),
    (image("x" * 2501), ["text_too_long"]),
    (image(n=9), []),
    (image(n=10), ["number_range"]),
    (image(n=0), ["number_range"]),
    (image(resolution="4k"), ["resolution"]),
    (image("x", "image", resolution="2k", model=SMALLER_WITH_A_PICTURE), ["resolution_with_image"]),
    (image("x", "image", resolution="1k", model=KEEPS_SHAPE), ["resolution_unsupported"]),
    (image("x", "image", aspect_ratio="1:1", model=KEEPS_SHAPE), ["ratio_unsupported"]),
    (image(resolution="16k"), ["choice_unknown"]),
    (image(resolution="8k"), []),
    (image(resolution="8k", model=IMAGE), ["resolution"]),
    (image(series=4), []),
    (image(series=4, model=IMAGE), ["series_unsupported"]),
    (image(series=9, model=OMNI_AUTO), []),
    (image(series=10, model=OMNI_AUTO), ["series_length"]),
    (image(series=10, model=LARGE), []),
    (image(series=11, model=LARGE), ["number_range"]),
    (image(series=1, model=LARGE), ["number_range"]),
    (image(series=4, n=2, model=LARGE), ["series_and_n"]),
    (
        image(series=4, n=2, resolution="1k", fidelity=0.5, negative_prompt="fog", model=LARGE),
        [
            "series_and_n",
            "resolution",
            "fidelity_unsupported",
            "negative_prompt_unsupported",
        ],
    ),
    (image(aspect_ratio="5:4"), ["choice_unknown"]),
    (image(aspect_ratio="auto"), ["ratio"]),
    (image(aspect_ratio="21:9", model=NO_WIDE), ["ratio"]),
    (image(aspect_ratio="auto", model=OMNI), []),
    (image(aspect_ratio="auto", model=OMNI_AUTO), ["ratio_auto_needs_image"]),
    (image("x", "image", fidelity=0.5), []),
    (image(fidelity=0.5), ["fidelity_without_image"]),
    (image("x", "image", fidelity=1.5), ["number_range"]),
    (image("x", "image", fidelity=NAN), ["not_a_number"]),
    (image(reference="face", model=REFERENCE), ["reference_without_image"]),
    (image("x", "image", reference="face", model=REFERENCE), []),
    (image("x", "image", reference="hand", model=REFERENCE), ["choice_unknown"]),
    (image("x", "image", reference="face"), ["reference_unsupported"]),
    (image("x", "image", model=REFERENCE_NEEDED), ["reference_needed"]),
    (
        image("x", "image", reference="face", human_fidelity=0.5, model=REFERENCE),
        ["human_fidelity_needs_subject"],
    ),
    (image("x", "image", reference="subject", human_fidelity=0.5, model=REFERENCE), []),
    (image("x", "image", negative_prompt="blur"), ["negative_prompt_with_image"]),
    (image(negative_prompt="blur"), []),
    (image(negative_prompt="blur", model=OMNI_AUTO), ["negative_prompt_unsupported"]),
    (image("x", "image", "image_2", fidelity=0.5), ["fidelity_unsupported"]),
    (image("x", "image", "image_2", human_fidelity=0.5), ["human_fidelity_unsupported"]),
    (image("x", "image_2"), ["image_gap"]),
    (image("x", "image", "image_3"), ["image_gap"]),
    (image("x", "image_9", "image_10"), ["image_gap"]),
    (image("x", "image", "image_2", model=IMAGE), ["model_not_omni"]),
    (image("<<<image_1>>>", "image", model=IMAGE), ["model_not_omni"]),
    (image("<<<image_1>>>"), ["citation_missing"]),
    (image("<<<image_3>>> <<<image_3>>>", "image", "image_2"), ["citation_missing"]),
    (image("<<<image_2>>> <<<image_1>>>", "image", "image_2"), []),
    (image("<<<image_0>>>", "image"), ["citation_zero"]),
    (image("<<<image_x>>> <<image_1>>", "image"), []),
    (image(model=ONLY_VIDEO), ["model_not_for_image"]),
    (image("x", model=KEEPS_SHAPE), ["model_needs_image"]),
    (image(model=UNKNOWN, resolution="4k", aspect_ratio="auto"), []),
]


@pytest.mark.parametrize(("request_", "codes"), VIDEO_CASES)
def test_video(request_: VideoRequest, codes: list[str]) -> None:
    """What is wrong with a `/video` is named, and nothing else."""
    assert found(check(CATALOGUE, request_, {})) == codes


@pytest.mark.parametrize(("request_", "codes"), IMAGE_CASES)
def test_image(request_: ImageRequest, codes: list[str]) -> None:
    """What is wrong with an `/image` is named, and nothing else."""
    assert found(check(CATALOGUE, request_, {})) == codes


def test_all_problems_at_once() -> None:
    """A member corrects everything in one go: request, model and files."""
    offered = {"end_image": file("end_image", width=100, height=100)}
    request = video("", "end_image", model=SHORT, mode="4k", duration=7, cfg_scale=2)
    assert found(check(CATALOGUE, request, offered)) == [
        "text_empty",
        "number_range",
        "end_image_without_image",
        "duration",
        "mode",
        "cfg_scale_unsupported",
        "picture_too_small",
    ]


@pytest.mark.parametrize(
    ("n", "slots", "codes"), [(9, 9, []), (None, 1, []), (3, 2, ["too_many_slots"])]
)
def test_slots(n: int | None, slots: int, codes: list[str]) -> None:
    """A job that can never run on this account is refused with the numbers."""
    problems = check(CATALOGUE, image(n=n), {}, slots=slots)
    assert found(problems) == codes
    assert [dict(p.facts) for p in problems] == [{"needs": 3, "slots": 2}] * len(codes)


def test_the_limit_is_told() -> None:
    """A refusal contains the given number and the allowed one."""
    (problem,) = check(CATALOGUE, video("x" * 2501), {})
    assert problem.facts == {"option": "prompt", "given": 2501, "max": 2500}


@pytest.mark.parametrize(
    ("request_", "model", "omni"),
    [
        (image(), IMAGE, False),
        (image("x", "image"), IMAGE, False),
        (image("x", "image", "image_2"), OMNI, True),
        (image("<<<image_1>>>", "image"), OMNI, True),
        (image(model=OMNI_AUTO), OMNI_AUTO, True),
        (image("x", "image", "image_2", model=IMAGE), IMAGE, True),
        (image("x", "image", "image_2", model=UNKNOWN), UNKNOWN, True),
        (image(model="  "), IMAGE, False),
        (image(default_model=OMNI_AUTO), OMNI_AUTO, True),
    ],
)
def test_the_route_of_an_image(request_: ImageRequest, model: str, *, omni: bool) -> None:
    """Several pictures, a citation or an omni model go to omni-image; a named model stays."""
    assert (request_.model, request_.omni) == (model, omni)


def test_unset_options_stay_unset() -> None:
    """Nothing is sent that the member did not set, except the model."""
    assert video() == VideoRequest("a fox", VIDEO)
    assert image(negative_prompt="") == ImageRequest("a fox", IMAGE)

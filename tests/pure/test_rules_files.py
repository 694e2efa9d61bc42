"""Rules of `/lipsync`, and of files by what Discord declares of them, one row each."""

from typing import Any, get_args

import pytest

from bot.domain.requests import (
    CharacterRequest,
    ClipTaker,
    EditRequest,
    LipSyncRequest,
    MotionRequest,
    Offered,
    SoundtrackRequest,
)
from bot.domain.routes import Route
from bot.domain.rules import check, lipsync_request, video_request
from bot.errors import Problem
from bot.jobs.clip_source import kept_id, kept_url, with_clip
from tests.harness.models import CATALOGUE, EDITS, LEGACY_MOTION, VIDEO

MB = 1_000_000
NAN = float("nan")
INF = float("inf")
CLIP_URL = "https://cdn.example.com/clip.mp4"


def file(name: str, **declared: Any) -> Offered:
    values = {"filename": "file.png", "url": f"https://cdn.example.com/{name}", "size_bytes": MB}
    return Offered(name=name, **{**values, **declared})


def clip_file(**declared: Any) -> Offered:
    return file(
        "video", **{"filename": "a.mp4", "content_type": "video/mp4", "url": CLIP_URL} | declared
    )


def found(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def lipsync(**options: Any) -> LipSyncRequest:
    return lipsync_request(options, {"video": clip_file(), "audio": file("audio")})


LIPSYNC_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"start": 0, "end": 2}, []),
    ({"start": 1.5, "end": 3.4}, ["sound_trim_short"]),
    ({"end": 1.9}, ["sound_trim_short"]),
    ({"start": 3, "end": 3}, ["end_before_start"]),
    ({"start": 5, "end": 2}, ["end_before_start"]),
    ({"end": 0}, ["end_before_start"]),
    ({"start": -1}, ["number_low"]),
    ({"end": -1}, ["number_low"]),
    ({"insert": -0.1}, ["number_low"]),
    ({"insert": 58}, []),
    ({"insert": 58.1}, ["insert_too_late"]),
    ({"start": NAN}, ["not_a_number"]),
    ({"end": INF}, ["not_a_number"]),
    ({"volume": 0, "original_volume": 2}, []),
    ({"volume": 2.1}, ["number_range"]),
    ({"volume": -0.1}, ["number_range"]),
    ({"original_volume": NAN}, ["not_a_number"]),
    ({"video_url": "https://example.com/other.mp4"}, ["clip_both"]),
]


@pytest.mark.parametrize(("options", "codes"), LIPSYNC_CASES)
def test_lipsync(options: dict[str, Any], codes: list[str]) -> None:
    """What is wrong with a `/lipsync` is named, and nothing else."""
    offered = {"video": clip_file(), "audio": file("audio")}
    assert found(check(CATALOGUE, lipsync(**options), offered)) == codes


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        (None, ["clip_missing"]),
        ("  ", ["clip_missing"]),
        ("https://example.com/a.mp4", []),
        ("HTTP://example.com/a.mp4", []),
        ("ftp://example.com/a.mp4", ["url_scheme"]),
        ("file:///etc/passwd", ["url_scheme"]),
        ("a.mp4", ["url_scheme"]),
        ("http://[", ["url_scheme"]),
    ],
)
def test_lipsync_needs_one_clip(url: str | None, codes: list[str]) -> None:
    """Without an attached clip there must be a web address."""
    offered = {"audio": file("audio")}
    assert found(check(CATALOGUE, lipsync_request({"video_url": url}, offered), offered)) == codes


def test_lipsync_needs_a_sound() -> None:
    """A clip alone says nothing."""
    offered = {"video": clip_file()}
    assert found(check(CATALOGUE, lipsync_request({}, offered), offered)) == ["audio_missing"]


@pytest.mark.parametrize(
    ("declared", "codes"),
    [
        ({}, []),
        ({"width": 300, "height": 300}, []),
        ({"width": 299, "height": 400}, ["picture_too_small"]),
        ({"width": 750, "height": 300}, []),
        ({"width": 751, "height": 300}, ["picture_ratio"]),
        ({"width": 300, "height": 751}, ["picture_ratio"]),
        ({"width": 1000, "height": 200}, ["picture_too_small", "picture_ratio"]),
        ({"width": None, "height": 10}, []),
        ({"width": 0, "height": 0}, []),
        ({"size_bytes": 50 * MB}, []),
        ({"size_bytes": 50 * MB + 1}, ["picture_too_large"]),
        ({"content_type": "text/plain", "filename": "a.txt"}, []),
    ],
)
@pytest.mark.parametrize("option", ["image", "end_image"])
def test_pictures(option: str, declared: dict[str, Any], codes: list[str]) -> None:
    """Declared weight, sides and shape are checked; the declared type is not believed."""
    offered = {"image": file("image"), option: file(option, **declared)}
    request = video_request(CATALOGUE, {"prompt": "x"}, offered, default_model=VIDEO)
    problems = check(CATALOGUE, request, offered)
    assert found(problems) == codes
    assert all(problem.facts["option"] == option for problem in problems)


@pytest.mark.parametrize(
    ("declared", "codes"),
    [
        ({}, []),
        ({"content_type": "video/quicktime", "filename": "a.MOV"}, []),
        ({"content_type": "video/mp4; codecs=avc1"}, []),
        ({"content_type": "", "filename": "a.MP4"}, []),
        ({"content_type": "application/octet-stream", "filename": "a.mov"}, []),
        ({"content_type": "", "filename": "a.mkv"}, ["clip_type"]),
        ({"content_type": "", "filename": ""}, []),
        ({"content_type": "video/webm"}, ["clip_type"]),
        ({"content_type": "image/gif"}, ["clip_type"]),
        ({"size_bytes": 100 * MB}, []),
        ({"size_bytes": 100 * MB + 1}, ["clip_too_large"]),
        ({"width": 512, "height": 2160}, []),
        ({"width": 511, "height": 720}, ["clip_sides"]),
        ({"width": 2161, "height": 720}, ["clip_sides"]),
    ],
)
def test_clips(declared: dict[str, Any], codes: list[str]) -> None:
    """A clip is never opened by us, so what Discord declares of it decides."""
    offered = {"video": clip_file(**declared), "audio": file("audio")}
    assert found(check(CATALOGUE, lipsync_request({}, offered), offered)) == codes


def test_sound_weight() -> None:
    """What is declared larger than 25 MB is not even fetched."""
    offered = {"video": clip_file(), "audio": file("audio", size_bytes=25 * MB + 1)}
    assert found(check(CATALOGUE, lipsync(), offered)) == ["sound_too_large"]


def test_unset_options_stay_unset() -> None:
    """Only the clip is known when nothing else was set."""
    assert lipsync() == LipSyncRequest(CLIP_URL, video_attached=True, audio=True)


OF_CLIPS: dict[type, ClipTaker] = {
    LipSyncRequest: LipSyncRequest(audio=True),
    EditRequest: EditRequest("and snow", EDITS),
    MotionRequest: MotionRequest(LEGACY_MOTION),
    CharacterRequest: CharacterRequest("Ana"),
    SoundtrackRequest: SoundtrackRequest(),
}
KEPT_UNTIL_S = 2_592_000.0


@pytest.mark.parametrize("made", get_args(ClipTaker))
def test_a_video_that_kling_has_is_not_missing(made: type) -> None:
    """Whatever is made from a video takes its URL, or what Kling knows it by when it runs again."""
    at_kling = kept_id(f"0 {Route.TEXT2VIDEO.value} 845014248110968626", KEPT_UNTIL_S)
    for source in (kept_url(CLIP_URL), at_kling):
        request = with_clip(OF_CLIPS[made], source, now=0.0)
        assert request is not None
        assert found(check(CATALOGUE, request, {})) == []
    assert found(check(CATALOGUE, OF_CLIPS[made], {})) != []

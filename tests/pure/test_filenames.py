"""Names of result files: which of them is a job's result, and which only stands for one. Pure."""

import pytest

from bot.media import kinds
from bot.messages.filenames import (
    VIDEO_ENDINGS,
    as_spoiler,
    index_of,
    is_joined,
    job_of,
    name_of_ours,
    result_name,
    still_name,
)

JOB = "abcdefghijklmnop"
NONCE = f"{JOB}-r-0"


@pytest.mark.parametrize("spoiler", [False, True])
def test_a_still_is_no_result(*, spoiler: bool) -> None:
    """The image that stands for a video is of the job, and neither its video nor its image."""
    name = as_spoiler(still_name(NONCE)) if spoiler else still_name(NONCE)
    assert job_of(name) == JOB
    assert index_of(JOB, name, of_video=False) is None
    assert index_of(JOB, name, of_video=True) is None
    assert not is_joined(JOB, name)
    assert name_of_ours(f"https://cdn.example/{name}") is None


def test_a_still_that_is_named_like_a_result_is_no_video() -> None:
    """As stills once were: an image may be the first result, but never the video."""
    name = result_name(NONCE, 0, ".jpg")
    assert index_of(JOB, name, of_video=False) == 0
    assert index_of(JOB, name, of_video=True) is None


@pytest.mark.parametrize("kind", [kinds.MP4, kinds.MOV, kinds.WEBM])
def test_whatever_video_kling_makes_is_known_by_its_name(kind: kinds.Kind) -> None:
    """Each kind that a result may have, but not one that is joined to earlier videos."""
    assert kind.suffix.removeprefix(".") in VIDEO_ENDINGS
    assert index_of(JOB, result_name(NONCE, 2, kind.suffix), of_video=True) == 2
    joined = result_name(NONCE, 0, kind.suffix, joined=True)
    assert index_of(JOB, joined, of_video=True) is None
    assert is_joined(JOB, joined)

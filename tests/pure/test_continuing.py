"""What goes on from a video: which model, with what, joined to what, and for how long."""

from dataclasses import replace

import pytest

from bot.domain.outcomes import clip_of
from bot.domain.repairs import repairs
from bot.domain.requests import (
    EditRequest,
    LipSyncRequest,
    Request,
    SoundtrackRequest,
    StoryboardRequest,
    VideoRequest,
    from_json,
    to_json,
)
from bot.domain.rules import check
from bot.domain.rules.continuing import joined_to, makes_the_next, next_part
from bot.kling.catalogue_files import load_catalogue
from storage.job import Kind

CATALOGUE = load_catalogue()
HERE = "kling-v1-6"
FILM = VideoRequest("put <<<image_1>>> at sea", "kling-v3", references=("reference",))


def part_of(request: Request, **filled: object) -> VideoRequest:
    return next_part(CATALOGUE, request, filled, model_here=HERE)


def test_the_same_model_and_mode_go_on() -> None:
    """From the first frame alone: what else was shown stays behind, and nobody cites it."""
    before = replace(FILM, mode="pro", sound=True, duration_s=7, negative_prompt="rain")
    part = part_of(replace(before, image=True, end_image=True, camera="zoom", camera_amount=3.0))
    assert part == VideoRequest(
        "put at sea",
        "kling-v3",
        image=True,
        mode="pro",
        sound=True,
        duration_s=7,
        negative_prompt="rain",
    )


def test_an_omni_model_takes_the_frame_as_its_first() -> None:
    """It makes a video of a first frame on its own route; a length it lacks there is not kept."""
    part = part_of(EditRequest("make it winter", "kling-video-o1", video_attached=True))
    assert (part.model, part.image, part.omni) == ("kling-video-o1", True, True)
    assert part_of(VideoRequest("a", "kling-video-o1", duration_s=7)).duration_s is None


def test_what_makes_nothing_from_an_image_hands_over() -> None:
    """To the model that is set here, without its mode; words for ears are not to be seen."""
    cases: list[tuple[Request, str]] = [
        (LipSyncRequest(text="hello"), ""),
        (SoundtrackRequest(prompt="waves", music="a slow piano"), ""),
        (EditRequest("x", "made-up-editor", mode="pro"), "x"),
    ]
    for before, prompt in cases:
        part = part_of(before)
        assert (part.model, part.mode, part.prompt) == (HERE, None, prompt)
    assert makes_the_next(CATALOGUE, VideoRequest("x", "not-known-yet")), "it is asked"


def test_a_storyboard_goes_on_from_its_last_shot() -> None:
    """Its words are those of what was seen last."""
    board = StoryboardRequest(model="kling-v3", shot_1="a fox wakes", shot_2="it runs")
    assert part_of(board).prompt == "it runs"


def test_what_is_filled_in_counts() -> None:
    """An emptied mode is none, another model decides its own route."""
    part = part_of(replace(FILM, mode="pro"), prompt="on", mode=None, model="kling-v3-omni")
    assert (part.prompt, part.mode, part.model, part.omni) == ("on", None, "kling-v3-omni", True)


def test_a_part_knows_all_before_it() -> None:
    """In order, and how long they are together: as Kling says, else as long as was asked for."""
    one = joined_to(part_of(FILM), "a" * 16, FILM, 5.041)
    two = joined_to(part_of(one), "b" * 16, one, None)
    assert (one.continues, one.earlier_s) == (("a" * 16,), 5)
    assert (two.continues, two.earlier_s) == (("a" * 16, "b" * 16), 10)
    assert from_json(Kind.VIDEO, to_json(two)) == two


@pytest.mark.parametrize(
    ("before", "clip_s", "earlier_s"),
    [
        (SoundtrackRequest(video_s=9.6), None, 10),
        (SoundtrackRequest(video_s=9.6), 8.04, 8),
        (EditRequest("snow", "kling-video-o1", video_s=7.0), None, 7),
        (EditRequest("snow", "kling-video-o1", use="reference", video_s=7.0), None, 5),
        (EditRequest("snow", "kling-video-o1", use="reference", duration_s=9), None, 9),
    ],
)
def test_a_whole_video_keeps_its_length(
    before: Request, clip_s: float | None, earlier_s: int
) -> None:
    """Where Kling does not say how long its result is, it is as long as what it was made of."""
    assert joined_to(part_of(before), "c" * 16, before, clip_s).earlier_s == earlier_s


@pytest.mark.parametrize(("earlier_s", "duration_s", "fits"), [(45, 15, True), (46, 15, False)])
def test_a_minute_is_the_most(earlier_s: int, duration_s: int, *, fits: bool) -> None:
    """A length that still fits is proposed; its first frame is nothing to be left out."""
    part = replace(part_of(FILM), continues=("a" * 16,), earlier_s=earlier_s, duration_s=duration_s)
    problems = check(CATALOGUE, part, {})
    assert [problem.code for problem in problems] == ([] if fits else ["joined_too_long"])
    if not fits:
        proposed = [repair.request for repair in repairs(CATALOGUE, part, {}).values()]
        assert 14 in {getattr(one, "duration_s", None) for one in proposed}
        assert all(getattr(one, "image", False) for one in proposed)


def test_the_video_of_a_result_is_found() -> None:
    """Whatever stands beside it; of a problem there is none."""
    clip = {"kind": "video", "duration_s": 5.0}
    assert clip_of({"media": [{"kind": "audio"}, clip]}) == clip
    assert clip_of({"problems": []}) == clip_of(None) == {}

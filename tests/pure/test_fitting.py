"""What is proposed where the units that are left are too few."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import price
from bot.domain.catalogue.fitting import Fitting, Shown, still_fits
from bot.domain.requests import EditRequest, ImageRequest, StoryboardRequest, VideoRequest
from bot.domain.rules import check
from bot.domain.units import hundredths
from tests.harness.models import CATALOGUE, DEAR_EDITS, LARGE, NEWER, OMNI_AUTO, SHORT, SHOTS

STORY = StoryboardRequest("a", shot_2="b", seconds_1=4, seconds_2=5, model=SHOTS, mode="pro")
EDIT = EditRequest("x", DEAR_EDITS, "https://clips.example/a.mp4", mode="pro", newer=True)
AFTER = replace(EDIT, use="reference", duration_s=30)
ASKED: list[Shown] = [
    VideoRequest("x", SHORT, mode="pro", duration_s=10, sound=True),
    VideoRequest("x", SHORT, image=True, end_image=True, mode="pro", duration_s=10),
    STORY,
    replace(STORY, sound=True, mode="4k"),
    replace(STORY, model=NEWER, newer=True, sound=True),
    EDIT,
    AFTER,
    ImageRequest("x", LARGE, omni=True, newer=True, series=10),
    ImageRequest("x", OMNI_AUTO, omni=True, resolution="4k", n=9),
]


def cost(request: Shown) -> int:
    found = price(CATALOGUE, request)
    assert found is not None
    return hundredths(found.units)


def fitting(request: Shown, left: int) -> Fitting:
    found = still_fits(CATALOGUE, request, left)
    assert found is not None
    return found


@given(st.sampled_from(ASKED), st.floats(0, 1))
def test_a_proposal_costs_what_it_says_and_would_be_accepted(request_: Shown, part: float) -> None:
    """Whatever part is left: no more than that, no problem of its own, and of the same kind."""
    left = int(part * cost(request_))
    found = still_fits(CATALOGUE, request_, left)
    if found is not None:
        assert found.units == cost(found.request) <= left
        assert check(CATALOGUE, found.request, {}) == ()
        assert found.request.kind is request_.kind


def test_a_storyboard_keeps_its_length_in_the_plain_mode_if_that_fits() -> None:
    """The shots are what was asked for: quality goes first."""
    plain = replace(STORY, mode="std")
    assert fitting(STORY, cost(plain)).request == plain


def test_then_its_longest_shots_get_shorter() -> None:
    """A second each in turn, as few as it takes; no shot is left out."""
    left = cost(replace(STORY, mode="std")) - 1
    found = fitting(STORY, left).request
    assert isinstance(found, StoryboardRequest)
    assert [shot.words for shot in found.shots] == ["a", "b"]
    assert found.mode == "pro"
    longer = replace(found, seconds_2=found.shots[1].seconds + 1)
    assert cost(found) <= left < cost(longer)
    assert abs(found.shots[0].seconds - found.shots[1].seconds) <= 1


def test_sound_is_never_dropped_from_a_storyboard() -> None:
    """It was asked for, and a proposal doesn't say that it is gone."""
    asked = replace(STORY, sound=True)
    proposed = [still_fits(CATALOGUE, asked, left) for left in range(0, cost(asked), 50)]
    requests = [found.request for found in proposed if found is not None]
    assert len(requests) > 1
    assert all(isinstance(one, StoryboardRequest) and one.sound for one in requests)


def test_an_edit_is_proposed_in_the_plain_mode_alone() -> None:
    """It is as long as its video, which another model may not take."""
    plain = replace(EDIT, mode="std")
    assert fitting(EDIT, cost(EDIT) - 1).request == plain
    assert still_fits(CATALOGUE, EDIT, cost(plain) - 1) is None


def test_a_video_after_another_gets_shorter_too() -> None:
    """First it loses its mode, then as many seconds as it takes."""
    assert fitting(AFTER, cost(AFTER) - 1).request == replace(AFTER, mode="std")
    left = cost(replace(AFTER, mode="std")) - 1
    found = fitting(AFTER, left).request
    assert isinstance(found, EditRequest)
    assert found.duration_s is not None
    assert (found.use, found.mode, found.model) == ("reference", "pro", DEAR_EDITS)
    assert cost(found) <= left


def test_a_series_gets_shorter_before_it_is_one_image() -> None:
    """Two images are the shortest series; then a single one may still fit."""
    asked = ImageRequest("x", LARGE, omni=True, newer=True, series=5)
    each = cost(replace(asked, series=None))
    assert fitting(asked, 3 * each).request == replace(asked, series=3)
    one = fitting(asked, each).request
    assert isinstance(one, ImageRequest)
    assert (one.series, one.n) == (None, 1)
    assert still_fits(CATALOGUE, asked, each - 1) is None


def test_where_nothing_fits_nothing_is_proposed() -> None:
    """With nothing left, whatever was asked for."""
    assert [still_fits(CATALOGUE, one, 0) for one in ASKED] == [None] * len(ASKED)

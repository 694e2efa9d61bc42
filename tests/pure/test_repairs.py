"""What a refusal proposes instead: what all rules accept, with little else changed."""

import dataclasses

import pytest
from hypothesis import given

from bot.domain.cheaper import changed
from bot.domain.repairs import REPAIRS_MAX, change_of, of_request, repairs
from bot.domain.requests import ImageRequest, Offered, Request, VideoRequest, from_json, to_json
from bot.domain.rules import check
from bot.messages.message import CUSTOM_ID, custom_id
from tests.harness.models import CATALOGUE, IMAGE, SHORT, SHORT_END, SILENT
from tests.harness.requests import any_request

PICTURE = Offered("image", "a.png", "https://cdn.example/a.png", 1_000, "image/png", 800, 600)
END = dataclasses.replace(PICTURE, name="end_image")


def proposed(request: Request, *offered: Offered) -> list[tuple[tuple[str, ...], str, str | int]]:
    files = {one.name: one for one in offered}
    assert check(CATALOGUE, request, files)
    found = repairs(CATALOGUE, request, files).values()
    return [(one.without, one.option, one.value) for one in found]


@given(any_request)
def test_whatever_is_proposed_is_accepted(request_: Request) -> None:
    """Of any request at all: each proposal passes every rule and keeps the words."""
    found = repairs(CATALOGUE, request_, {})
    assert len(found) <= REPAIRS_MAX
    for tag, repair in found.items():
        assert CUSTOM_ID.fullmatch(custom_id("start", "a" * 16, tag))
        assert not check(CATALOGUE, repair.request, {})
        assert repair.request.prompt == request_.prompt
        assert repair.request.private == request_.private
        assert repair.without or repair.option
        change = change_of(request_, repair.request)
        assert change
        assert changed(request_, change) == repair.request


def test_a_proposal_is_the_same_after_a_draft_has_kept_it() -> None:
    """As JSON, which knows no tuples."""
    request = ImageRequest("two foxes", IMAGE, images=("image",), n=9, resolution="8k")
    for repair in repairs(CATALOGUE, request, {"image": PICTURE}).values():
        kept = {key: _as_json(value) for key, value in change_of(request, repair.request).items()}
        stored = from_json(request.kind, to_json(request))
        assert changed(stored, kept) == repair.request


def _as_json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (VideoRequest("a fox", SILENT, sound=True), (("sound",), "", "")),
        (VideoRequest("a fox", SHORT, sound=True, mode="std"), ((), "mode", "pro")),
        (VideoRequest("a fox", SHORT, duration_s=7), ((), "duration", 5)),
        (ImageRequest("a fox", IMAGE, resolution="8k"), ((), "resolution", "2k")),
        (VideoRequest("a fox", SHORT, mode="4k"), ((), "mode", "pro")),
    ],
)
def test_the_first_proposal_keeps_most(
    request_: Request, expected: tuple[tuple[str, ...], str, str | int]
) -> None:
    """The nearest value where one is accepted, else the request without the option."""
    assert proposed(request_)[0] == expected


def test_another_model_is_among_them() -> None:
    """One that can do all of it, the cheapest of them first."""
    found = proposed(VideoRequest("a fox", SILENT, sound=True))
    models = [value for _, option, value in found if option == "model"]
    assert 1 <= len(models) <= 2
    for model in models:
        known = CATALOGUE.video_model(str(model))
        assert known is not None
        assert known.sound_modes or known.always_sounds


def test_several_things_in_the_way_are_left_out_together() -> None:
    """Where one change is not enough."""
    request = VideoRequest("a fox", SHORT, mode="4k", camera="zoom")
    assert (("mode", "camera"), "", "") in proposed(request)


def test_a_file_that_is_left_out_is_not_taken_along() -> None:
    """The request without it, and the files without it."""
    request = VideoRequest("a fox", SHORT_END, image=True, end_image=True, duration_s=10)
    files = {"image": PICTURE, "end_image": END}
    assert check(CATALOGUE, request, files)
    found = [one for one in repairs(CATALOGUE, request, files).values() if one.without]
    without = next(one for one in found if one.without == ("end_image",))
    assert [*of_request(without.request, files)] == ["image"]


@pytest.mark.parametrize(
    "request_",
    [
        VideoRequest("", SILENT),
        VideoRequest("x" * 2_501, SILENT),
        VideoRequest("a fox", "not a name!"),
    ],
)
def test_where_words_are_wrong_nothing_is_proposed(request_: Request) -> None:
    """What has to be typed can't be pressed; a name that is none may be replaced by one that is."""
    found = proposed(request_)
    assert all(option == "model" for _, option, _ in found)

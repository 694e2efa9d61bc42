"""Edits: refused exactly where the local Kling refuses them, and never charged above the price."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from bot.domain.catalogue import price
from bot.domain.requests import EditRequest, Offered
from bot.domain.rules import check, edit_request
from sandbox.kling.intake import Clip
from sandbox.kling.orders import Remake
from sandbox.kling.switches import Switches
from tests.harness.kling.ordering import Desk, Given, written
from tests.harness.models import CATALOGUE, EDIT_NAMES
from tests.harness.requests import CLIP_URL

SWITCHES = Switches(v4_takes_ids=True)
SIZES = [
    (720, 720),
    (699, 720),
    (1920, 1080),
    (2170, 1200),
    (3840, 2160),
    (3840, 2170),
    (2100, 800),
    (700, 1760),
]


def requests(model: str) -> Iterator[EditRequest]:
    """Uses, modes, lengths, ratios, sound and citations, with images and without."""
    for use, mode, seconds, ratio, sound, prompt, names in product(
        (None, "reference"),
        (None, "pro", "4k"),
        (None, 2, 3, 10, 15, 30),
        (None, "1:1", "21:9"),
        (None, True, False),
        ("a fox", "<<<image_1>>> in <<<video_1>>>", "<<<video_2>>>"),
        ((), ("image", "image_2")),
    ):
        given: dict[str, Any] = {
            "prompt": prompt,
            "model": model,
            "use": use,
            "mode": mode,
            "duration": seconds,
            "aspect_ratio": ratio,
            "keep_sound": sound,
            "video_url": CLIP_URL,
        }
        offered = {n: Offered(n, n, "https://example.com/a.png", 1) for n in names}
        yield edit_request(CATALOGUE, given, offered)


@pytest.mark.parametrize("model", EDIT_NAMES)
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.sweep)])
async def test_an_edit_is_refused_exactly_where_kling_refuses_it(model: str, every: int) -> None:
    """What passes costs no more than the card says; what an edit keeps is refused by us alone."""
    for seconds in (3, 7):
        desk = Desk(Given(Clip(b"x", seconds * 1_000, (720, 720))), SWITCHES)
        for request in list(requests(model))[:: every * (1 if seconds == 3 else 7)]:
            problems = {p.code for p in check(CATALOGUE, request, {})}
            order = await desk.order(request)
            if problems == {"edit_keeps"}:
                assert order is not None
            else:
                assert (order is None) is bool(problems), (request, problems)
            shown = price(CATALOGUE, request)
            if order is None or problems:
                continue
            assert shown is not None
            assert order.units <= shown.units
            assert shown.at_most or order.units == shown.units
            drawing = order.drawing
            assert isinstance(drawing, Remake)
            assert drawing.edits is not request.is_reference


LONGEST = [
    ("kling-4.0", None, Decimal("40.2")),
    ("kling-4.0", 5, Decimal("23.45")),
    ("kling-4.0", 30, Decimal("40.2")),
    ("kling-3.0-omni", None, Decimal("13.5")),
    ("kling-3.0-omni", 5, Decimal("4.5")),
    ("kling-v3-omni", None, Decimal("13.5")),
    ("kling-o1", None, Decimal("9.0")),
    ("kling-video-o1", 10, Decimal("9.0")),
]


@pytest.mark.parametrize(("model", "seconds", "units"), LONGEST)
async def test_the_longest_video_costs_the_price(
    model: str, seconds: int | None, units: Decimal
) -> None:
    """The most is reached, and no more."""
    given = {"prompt": "a", "model": model, "video_url": CLIP_URL, "duration": seconds}
    given["use"] = None if seconds is None else "reference"
    request = edit_request(CATALOGUE, given, {})
    row = CATALOGUE.edit_model(model)
    assert row is not None
    clip = Clip(b"x", max(row.input_s) * 1_000, (720, 720))
    order = await Desk(Given(clip), SWITCHES).order(request)
    shown = price(CATALOGUE, request)
    assert order is not None
    assert shown is not None
    assert order.units == shown.units == units


LENGTHS_MS = [1_500, 2_950, 3_000, 3_041, 3_400, 3_600, 7_000, 9_990, 12_000, 15_000, 29_960]


@pytest.mark.parametrize("model", EDIT_NAMES)
@pytest.mark.parametrize("seconds", [None, 4])
async def test_the_price_of_a_known_length_is_what_kling_charges(
    model: str, seconds: int | None
) -> None:
    """Exactly for whole seconds; else never less, and "up to". A wrong length is refused here."""
    given = {"prompt": "a", "model": model, "video_url": CLIP_URL, "duration": seconds}
    given["use"] = None if seconds is None else "reference"
    plain = edit_request(CATALOGUE, given, {})
    for ms in LENGTHS_MS:
        request = replace(plain, video_s=ms / 1_000)
        problems = check(CATALOGUE, request, {})
        order = await Desk(Given(Clip(b"x", ms, (720, 720))), SWITCHES).order(request)
        if order is None or problems:
            # Of a frame too few Kling decides.
            assert order is None
            assert problems or ms == 2_950
            continue
        shown = price(CATALOGUE, request)
        assert shown is not None
        assert order.units <= shown.units
        assert shown.at_most or order.units == shown.units
        if ms % 1_000 in {0, 41, 960, 990}:
            assert not shown.at_most


@pytest.mark.sweep
@pytest.mark.parametrize("model", EDIT_NAMES)
@pytest.mark.parametrize("size", SIZES)
async def test_a_size_is_refused_exactly_where_kling_refuses_it(
    model: str, size: tuple[int, int]
) -> None:
    """By what Discord declares, before anything is sent."""
    given = {"prompt": "a", "model": model}
    offered = {"video": Offered("video", "a.mp4", CLIP_URL, 1, "video/mp4", *size)}
    request = edit_request(CATALOGUE, given, offered)
    problems = check(CATALOGUE, request, offered)
    order = await Desk(Given(Clip(b"x", 4_000, size)), SWITCHES).order(request)
    assert (order is None) is bool(problems), problems


def test_what_is_never_said() -> None:
    """A 4.0 that makes its own sound is not told to be silent, and an edit has no length."""
    given = {"prompt": "a", "model": "kling-4.0", "video_url": CLIP_URL, "keep_sound": False}
    settings = written(edit_request(CATALOGUE, given, {}))["settings"]
    assert settings == {"resolution": "720p"}

"""Storyboards: refused exactly where the local Kling refuses them, and charged what is shown."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.domain.catalogue import price, shortcomings
from bot.domain.requests import Route, StoryboardRequest
from bot.domain.rules import storyboard_request
from sandbox.kling import mark_of, read_mark
from sandbox.kling.clips import draw_clip, frame_at
from sandbox.kling.errors import Refusal
from sandbox.kling.orders import ClipDrawing
from tests.harness.kling.ordering import Desk, open_desk, written
from tests.harness.models import CATALOGUE, NEWER, SHOTS, VIDEO_NAMES

LENGTHS = [(2,), (3,), (15,), (16,), (1, 1), (1, 2), (5, 10), (8, 8), (2,) * 6, (2, 2, 2, 2, 2, 6)]
WORDS = ["a fox", "x" * 512, "x" * 513, "a; b", "fox, shot 2, 3, it"]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


def boards(model: str) -> Iterator[StoryboardRequest]:
    """Sums and numbers of shots, words and settings, with an image and without."""
    settings: list[dict[str, Any]] = [{}, {"sound": True, "mode": "pro"}, {"aspect_ratio": "21:9"}]
    for lengths, words, more, names in product(LENGTHS, WORDS, settings, ((), ("image",))):
        given = {f"seconds_{n}": seconds for n, seconds in enumerate(lengths, 1)}
        given |= {f"shot_{n}": words for n in range(1, len(lengths) + 1)}
        yield storyboard_request(CATALOGUE, {"model": model, **given, **more}, names)


@pytest.mark.sweep
@pytest.mark.parametrize("model", VIDEO_NAMES)
async def test_a_storyboard_is_refused_exactly_where_kling_refuses_it(
    desk: Desk, model: str
) -> None:
    """What passes is made of these shots for the price on the card; a model without them: never."""
    known = CATALOGUE.video_model(model)
    assert known is not None
    for request in boards(model):
        problems = shortcomings(CATALOGUE, request)
        if not known.shots_max:
            assert problems
            continue
        order = await desk.order(request)
        assert (order is None) is bool(problems), request
        if order is None:
            continue
        shown = price(CATALOGUE, request)
        assert shown is not None
        assert shown.units == order.units
        made = [(shot.words, shot.seconds) for shot in order.drawing.shots]  # type: ignore[union-attr] # a clip
        assert made == [(shot.words, shot.seconds) for shot in request.shots]


@pytest.mark.parametrize(
    "change",
    [
        {"multi_prompt": []},
        {"multi_prompt": [{"index": 2, "prompt": "a", "duration": "5"}]},
        {"multi_prompt": [{"index": 1, "prompt": "a", "duration": 5}]},
        {"duration": "6"},
        {"shot_type": "other"},
    ],
)
async def test_the_local_kling_reads_the_list(desk: Desk, change: dict[str, Any]) -> None:
    """Shots that are none, out of order, or of another sum, are refused."""
    request = storyboard_request(CATALOGUE, {"model": SHOTS, "shot_1": "a", "seconds_1": 5})
    body = written(request)
    await desk.take(Route.TEXT2VIDEO, body)
    with pytest.raises(Refusal):
        await desk.take(Route.TEXT2VIDEO, body | change)


@pytest.mark.parametrize(
    ("prompt", "taken"),
    [
        ("shot 1, 2, a; shot 2, 3, b;", True),
        ("shot 1, 2, a; shot 3, 3, b;", False),
        ("shot 2, 2, a; shot 1, 3, b;", False),
        ("shot 1, 2, a; shot 2, 2, b;", False),
        ("shot 1, 5, a", False),
        ("shot 1, 5, ;", False),
        (" ".join(f"shot {n}, 1, a;" for n in range(1, 8)), False),
        ("a shot of a fox; then another", True),
    ],
)
async def test_the_local_kling_reads_the_text(desk: Desk, prompt: str, *, taken: bool) -> None:
    """Shots written as a text count where `multi_shot` is not off; otherwise they are words."""
    settings = {"duration": 7 if "shot 7" in prompt else 5}
    body = {"prompt": prompt, "settings": settings}
    off = body | {"settings": settings | {"multi_shot": False}}
    order = await desk.take(Route.TEXT_TO_VIDEO, off, NEWER)
    assert order.prompt == prompt
    if taken:
        order = await desk.take(Route.TEXT_TO_VIDEO, body, NEWER)
        assert bool(order.drawing.shots) is prompt.startswith("shot")  # type: ignore[union-attr] # a clip
    else:
        with pytest.raises(Refusal):
            await desk.take(Route.TEXT_TO_VIDEO, body, NEWER)


def test_several_shots_are_always_asked_for() -> None:
    """The generations have different defaults, so both are told."""
    request = storyboard_request(CATALOGUE, {"model": NEWER, "shot_1": "a"})
    assert written(request)["settings"]["multi_shot"] is True
    legacy = replace(request, model=SHOTS, newer=False)
    assert written(legacy)["multi_shot"] is True


@pytest.mark.sweep
@pytest.mark.parametrize("model", [NEWER, SHOTS])
async def test_an_image_is_where_the_first_shot_begins(desk: Desk, model: str) -> None:
    """The pixels show the image first; the shots after it are painted from their own words."""
    given = {"model": model, "shot_1": "it wakes", "shot_2": "it runs", "seconds_1": 1}
    order = await desk.order(storyboard_request(CATALOGUE, given, ("image",)))
    assert order is not None
    assert isinstance(order.drawing, ClipDrawing)
    clip = await asyncio.to_thread(draw_clip, order.drawing)
    first, then = [await asyncio.to_thread(frame_at, clip, ms) for ms in (0, 1500)]
    assert (read_mark(first), read_mark(then)) == (mark_of("it wakes"), mark_of("it runs"))
    centre = (first.width // 2, first.height // 2)
    red, green, blue = first.convert("RGB").getpixel(centre)  # type: ignore[misc] # three bands
    assert red > 150 > max(green, blue)
    assert first.convert("RGB").getpixel(centre) != then.convert("RGB").getpixel(centre)

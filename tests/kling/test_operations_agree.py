"""Operations: refused exactly where the local Kling refuses them, never charged above the price."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.domain.catalogue import price
from bot.domain.operations.character import IMAGES as CHARACTER_IMAGES
from bot.domain.operations.table import OPERATIONS
from bot.domain.requests import (
    AvatarRequest,
    ExpandRequest,
    Offered,
    OperationRequest,
    SoundtrackRequest,
)
from bot.domain.rules import check, operation_request
from bot.kling.catalogue_files import load_catalogue
from sandbox.kling.effects import DUAL, SCENES
from sandbox.kling.intake import Clip
from sandbox.kling.orders import ElementMade, Made
from sandbox.kling.switches import Switches
from storage.job import Kind
from tests.harness.kling.ordering import Desk, Given, open_desk
from tests.harness.models import CATALOGUE
from tests.harness.requests import CLIP_URL

Asked = dict[str, Any]
ONE, BOTH = ("image",), ("image", "image_2")


def motions() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Every model, mode, way to turn, sound, with words and without."""
    names = [row.name for row in CATALOGUE.operation_models(Kind.MOTION)]
    for model, mode, turned, sound, prompt in product(
        [*names, "kling-v1"],
        (None, "std", "pro", "4k"),
        (None, "image", "video", "back"),
        (None, True, False),
        (None, "in the rain", "x" * 2_501),
    ):
        yield (
            {
                "model": model,
                "mode": mode,
                "orientation": turned,
                "keep_sound": sound,
                "prompt": prompt,
                "video_url": CLIP_URL,
            },
            ONE,
        )


def effects() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Every scene, and some that are gone or were never there, from one image and from two."""
    gone = [row.name for row in CATALOGUE.operation_models(Kind.EFFECT) if row.withdrawn]
    for scene, images in product([*sorted(SCENES), *gone, "kling-v3"], (ONE, BOTH)):
        yield {"effect": scene}, images


def expansions() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Every shape, and one that there is not."""
    for shape, prompt in product(
        (None, "wider", "taller", "all", "square", "round"), (None, "sky", "x" * 2_501)
    ):
        yield {"shape": shape, "prompt": prompt}, ONE


def noises() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Words of every length, and every number of seconds."""
    for prompt, seconds in product(("rain", " ", "x" * 200, "x" * 201), (None, *range(1, 13))):
        yield {"prompt": prompt, "seconds": seconds}, ()


def soundtracks() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Words of every length, for a sound and for music."""
    lengths = (None, "rain", "x" * 200, "x" * 201)
    for prompt, music in product(lengths, lengths):
        yield {"prompt": prompt, "music": music}, ()


def avatars() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """A sound in every mode, with words about it and without."""
    for mode, prompt in product((None, "std", "pro", "4k"), (None, "smiling", "x" * 2_501)):
        yield {"mode": mode, "prompt": prompt}, ("image", "audio")


def characters() -> Iterator[tuple[Asked, tuple[str, ...]]]:
    """Names of every kind, and images in any number."""
    for name, words, count in product(
        ("Ana", " ", "小明", "A" * 20, "A" * 21), (None, "a girl", "x" * 101), range(5)
    ):
        images = CHARACTER_IMAGES[:count]
        yield {"name": name, "description": words}, images


CASES = {
    Kind.AVATAR: avatars,
    Kind.MOTION: motions,
    Kind.EFFECT: effects,
    Kind.EXPAND: expansions,
    Kind.SOUND: noises,
    Kind.SOUNDTRACK: soundtracks,
    Kind.CHARACTER: characters,
}


def test_every_operation_is_tried() -> None:
    """A new entry of the table has cases here."""
    assert CASES.keys() == OPERATIONS.keys()


def asked(kind: Kind, given: Asked, images: tuple[str, ...]) -> OperationRequest:
    """The request as the command makes it, with the size of its image where it depends on it."""
    offered = {n: Offered(n, f"{n}.png", "https://example.com/a.png", 1) for n in images}
    request = operation_request(CATALOGUE, OPERATIONS[kind].request, given, offered)
    if isinstance(request, ExpandRequest):
        return replace(request, width=750, height=300)
    if isinstance(request, AvatarRequest):
        return replace(request, sound_s=3)  # as long as that of the harness
    if isinstance(request, SoundtrackRequest):
        return replace(request, video_url=CLIP_URL)
    return request


async def agrees(desk: Desk, request: OperationRequest) -> bool:
    """Whether both say the same; what passes costs what was said, or less."""
    problems = check(CATALOGUE, request, {})
    try:
        order = await desk.order(request)
    except (KeyError, ValueError):  # it can't even be written
        return bool(problems)
    if (order is None) is not bool(problems):
        return False
    shown = price(CATALOGUE, request)
    if order is not None and shown is not None:
        assert order.units <= shown.units
        assert shown.at_most or order.units == shown.units
        assert order.slots == request.slots
        assert isinstance(order.drawing, Made | ElementMade)
    return True


@pytest.mark.parametrize("kind", OPERATIONS)
async def test_an_operation_is_refused_exactly_where_kling_refuses_it(kind: Kind) -> None:
    """Whatever is asked for, by every model."""
    async with open_desk() as desk:
        cases = list(CASES[kind]())
        for given, images in cases[:: max(1, len(cases) // 250)]:
            request = asked(kind, given, images)
            assert await agrees(desk, request), (request, check(CATALOGUE, request, {}))


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [(2.0, False), (2.85, False), (2.95, True), (3.0, True), (20.0, True), (20.05, True),
     (20.2, False), (31.0, False)],
)  # fmt: skip
async def test_a_video_that_gets_sound_is_as_long_as_kling_takes_it(
    seconds: float,
    taken: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """From 3 to 20 s, give or take a frame or two."""
    request = SoundtrackRequest(video_url=CLIP_URL, video_s=seconds)
    desk = Desk(Given(Clip(b"x", round(seconds * 1_000), (720, 720))), Switches())
    assert await agrees(desk, request)
    codes = [one.code for one in check(CATALOGUE, request, {})]
    assert codes == ([] if taken else ["soundtrack_length"])


def test_the_scenes_are_those_of_the_page() -> None:
    """219 of them, 15 for two; each is either one or the other."""
    rows = [row for row in CATALOGUE.operation_models(Kind.EFFECT) if row.withdrawn is None]
    assert {row.name for row in rows} == SCENES
    assert {row.name for row in rows if row.images != 1} == DUAL
    assert (len(SCENES), len(DUAL)) == (219, 15)


def test_an_operator_adds_withdraws_and_prices_scenes(tmp_path: Any) -> None:
    """In a file of their own, over ours; what it does not name stays as it was."""
    [old, other] = [row for row in CATALOGUE.operation_models(Kind.EFFECT) if row.images == 1][:2]
    own = tmp_path / "catalogue.toml"
    own.write_text(
        "[sources]\nmine = { name = 'A page', as_of = 2026-12-01 }\n"
        "[effects]\nsource = 'mine'\nsingle = ['snow_globe_9']\ndual = ['two_step_9']\n"
        f"units = {{ {other.name} = '1.5' }}\n"
        f"withdrawn = {{ {old.name} = 2026-12-01 }}\n"
    )
    catalogue = load_catalogue(own)
    fresh, two = (catalogue.operation_model(Kind.EFFECT, n) for n in ("snow_globe_9", "two_step_9"))
    assert fresh is not None
    assert two is not None
    assert (fresh.images, two.images, fresh.source.name) == (1, 2, "A page")
    gone = catalogue.operation_model(Kind.EFFECT, old.name)
    assert gone is not None
    assert (gone.images, f"{gone.withdrawn}") == (1, "2026-12-01")
    [cost] = [
        price(catalogue, operation_request(catalogue, OPERATIONS[Kind.EFFECT].request, given, {}))
        for given in ({"effect": other.name},)
    ]
    assert cost is not None
    assert f"{cost.units}" == "1.5"
    assert len(catalogue.operation_models(Kind.EFFECT)) == 230


def test_a_square_is_never_made_longer_than_its_longer_side() -> None:
    """The ratio is rounded down, so Kling's limit of three times is kept."""
    for width, height in ((750, 300), (300, 750), (1_000, 999), (501, 500), (300, 300)):
        up, down, left, right = replace(
            ExpandRequest(shape="square"), width=width, height=height
        ).grown
        grown = width * (1 + left + right), height * (1 + up + down)
        assert (up, left) == (down, right)
        assert min(grown) <= max(grown) <= max(width, height)
        assert max(grown) - min(grown) < 1

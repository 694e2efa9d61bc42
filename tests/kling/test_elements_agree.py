"""Characters in prompts: refused exactly where the local Kling refuses them, by every model."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from bot.domain.catalogue import for_model
from bot.domain.characters import Element
from bot.domain.requests import EditRequest, ImageRequest, Request, VideoRequest
from bot.domain.rules import check
from sandbox.kling.orders import ElementMade
from sandbox.kling.switches import Switches
from tests.harness.kling.ordering import open_desk
from tests.harness.kling.samples import RED
from tests.harness.models import CATALOGUE
from tests.harness.requests import CLIP_URL

ANA, BOB = Element("Ana", "11", of_clip=False), Element("Bob", "22", of_clip=True)
MADE = {
    "11": ElementMade("Ana", "a girl", (RED,), of_clip=False),
    "22": ElementMade("Bob", "a man", (RED,), of_clip=True),
}
CASTS = ((ANA,), (BOB,), (ANA, BOB), (BOB,) * 2, (ANA,) * 4, (BOB,) * 4, (ANA, ANA, ANA, BOB, BOB))
CROWDS = ((ANA,) * 8, (ANA,) * 10, (ANA,) * 11)
FRAMES = ((False, False), (True, False), (True, True))
REFERENCES, IMAGES = ("reference", "reference_2"), ("image", "image_2")


def asked() -> Iterator[Request]:
    """Every model with casts of every kind, beside images, frames and a video."""
    for model, cast in product(CATALOGUE.video, (*CASTS, *CROWDS[:1])):
        for count, (image, end) in product((0, 2), FRAMES):
            shown = REFERENCES[:count]
            video = VideoRequest("x", "", image=image, end_image=end, references=shown)
            yield for_model(CATALOGUE, _with(video, cast), model.name)
    for row, cast, count in product(CATALOGUE.image, (*CASTS, *CROWDS), (0, 1, 2)):
        picture = ImageRequest("x", "", images=IMAGES[:count], elements=cast)
        yield for_model(CATALOGUE, picture, row.name)
    for edit, cast, count in product(CATALOGUE.edit, CASTS, (0, 2)):
        shown = IMAGES[:count]
        of_video = EditRequest("x", "", video_url=CLIP_URL, video_s=4.0, images=shown)
        yield for_model(CATALOGUE, _with(of_video, cast), edit.name)


def _with(request: Request, cast: tuple[Element, ...]) -> VideoRequest | EditRequest:
    assert isinstance(request, VideoRequest | EditRequest)
    return replace(request, elements=cast)


async def test_characters_are_refused_exactly_where_kling_refuses_them() -> None:
    """How many, made from what, and beside what."""
    async with open_desk(Switches(v4_takes_ids=True)) as desk:
        desk.intake.element_of = MADE.get
        for request in asked():
            problems = check(CATALOGUE, request, {})
            assert (await desk.order(request) is None) is bool(problems), (request, problems)

"""Image 4.0 of the local Kling: what it draws, what it costs, where it is, and what it refuses."""

import io
from typing import Any

import pytest
from PIL import Image

from sandbox.kling import Switches
from sandbox.kling.orders import PictureDrawing
from sandbox.kling.pictures import source_boxes
from tests.harness.kling_caller import LONG_S, Caller, picture, raw64
from tests.sandbox.kling.conftest import OpenWorld

MODEL = "kling-image-4.0"
PATH = f"/omni-image/{MODEL}"
WORDS, PICTURES = f"/text-to-image/{MODEL}", f"/image-to-image/{MODEL}"
RED, BLUE = (picture((320, 320), colour) for colour in ("#cc2222", "#2222cc"))


def contents(*shown: bytes, prompt: str = "a fox") -> list[dict[str, str]]:
    words = [{"type": "prompt", "text": prompt}]
    return [*words, *({"type": "refer_image", "url": raw64(one)} for one in shown)]


async def outputs(kling: Caller, path: str = PATH, /, **body: Any) -> list[Image.Image]:
    """The pictures of a task that this body makes, in the order in which it shows them."""
    answer = await kling.post(path, **body)
    assert answer.status == 200, answer.body
    kling.clock.advance(LONG_S)
    [task] = (await kling.get(f"/tasks?task_ids={answer.data['id']}")).data
    assert {output["type"] for output in task["outputs"]} == {"image"}
    files = [(await kling.fetch(output["url"]))[1] for output in task["outputs"]]
    return [Image.open(io.BytesIO(file)) for file in files]


async def test_the_pictures_hang_in_what_is_drawn(kling: Caller) -> None:
    """Each reference in its place, in the order in which it was given."""
    settings = {"resolution": "2k", "aspect_ratio": "16:9"}
    [image] = await outputs(kling, contents=contents(RED, BLUE), settings=settings)
    assert image.width * 9 == image.height * 16
    boxes = source_boxes(image.size, [(320, 320), (320, 320)])
    seen = [image.getpixel(((a + c) // 2, (b + d) // 2)) for a, b, c, d in boxes]
    assert seen == [(0xCC, 0x22, 0x22), (0x22, 0x22, 0xCC)]


@pytest.mark.parametrize(
    ("settings", "pictures", "units"),
    [
        ({}, 1, "17"),
        ({"resolution": "2k", "n": 3}, 3, "51"),
        ({"result_type": "series", "series_amount": 2}, 2, "34"),
        ({"result_type": "series"}, 4, "68"),
        ({"result_type": "series", "series_amount": "auto"}, 4, "68"),
    ],
)
async def test_it_makes_and_bills_as_many_as_were_asked_for(
    kling: Caller, settings: dict[str, Any], pictures: int, units: str
) -> None:
    """A series of four where its length is not said; billed by the picture, in image units."""
    answer = await kling.post(PATH, contents=contents(), settings=settings)
    kling.clock.advance(LONG_S)
    [task] = (await kling.get(f"/tasks?task_ids={answer.data['id']}")).data
    assert len(task["outputs"]) == pictures
    assert task["billing"] == [{"charge_type": "unit", "amount": units, "package_type": "image"}]
    assert kling.world.creates[0].order.slots == pictures


async def test_its_largest_is_8k(kling: Caller) -> None:
    """The longer side, whatever the ratio."""
    await kling.post(
        PATH, contents=contents(), settings={"resolution": "8k", "aspect_ratio": "3:4"}
    )
    drawing = kling.world.creates[0].order.drawing
    assert isinstance(drawing, PictureDrawing)
    assert drawing.size == (6144, 8192)


@pytest.mark.parametrize("by_input", [False, True])
async def test_it_is_at_one_path_or_at_two(open_world: OpenWorld, *, by_input: bool) -> None:
    """The open question: a path that is not there is a 404, and makes nothing."""
    kling = await open_world(switches=Switches(images_by_input=by_input))
    asked = ((PATH, contents()), (WORDS, contents()), (PICTURES, contents(RED)))
    found = []
    for path, what in asked:
        url, body = f"{kling.world.base_url}{path}", {"contents": what}
        async with kling.session.post(url, json=body, headers=kling.headers) as reply:
            found.append(reply.status)
    assert found == ([404, 200, 200] if by_input else [200, 404, 404])
    assert len(kling.world.creates) == found.count(200)


async def test_where_there_are_two_paths_each_takes_its_own(open_world: OpenWorld) -> None:
    """Pictures are not for the path of words, nor words alone for that of pictures."""
    kling = await open_world(switches=Switches(images_by_input=True))
    assert (await kling.post(WORDS, contents=contents(RED))).refusal[:2] == (400, 1201)
    assert (await kling.post(PICTURES, contents=contents())).refusal[:2] == (400, 1201)


REFUSED: list[dict[str, Any]] = [
    {},
    {"contents": []},
    {"contents": [{"type": "prompt", "text": " "}]},
    {"contents": contents()[1:] + contents(RED)[1:]},
    {"contents": contents(prompt="a" * 50_001)},
    {"contents": contents(*[RED] * 11)},
    {"contents": [*contents(), {"type": "first_frame", "url": raw64(RED)}]},
    {"contents": contents(), "prompt": "a fox"},
    {"contents": contents(), "negative_prompt": "fog"},
    {"contents": contents(), "settings": {"resolution": "1k"}},
    {"contents": contents(), "settings": {"aspect_ratio": "5:4"}},
    {"contents": contents(), "settings": {"n": 10}},
    {"contents": contents(), "settings": {"result_type": "series", "n": 2}},
    {"contents": contents(), "settings": {"result_type": "series", "series_amount": 1}},
    {"contents": contents(), "settings": {"result_type": "series", "series_amount": 11}},
    {"contents": contents(), "options": {"external_task_id": "mine"}},
    {"contents": contents(), "options": {"callback_url": "http://127.0.0.1/x"}},
]


@pytest.mark.parametrize("body", REFUSED)
async def test_what_it_does_not_take_is_a_1201(kling: Caller, body: dict[str, Any]) -> None:
    """HTTP 400 with a reason; nothing is made."""
    answer = await kling.post(PATH, **body)
    assert answer.refusal[:2] == (400, 1201)
    assert answer.message
    assert kling.world.creates == []

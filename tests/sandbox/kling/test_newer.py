"""The newer generation: its creates, `/tasks` for every product, and what it does not take."""

import asyncio
import io
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from sandbox.kling import Switches
from sandbox.kling.clips import frame_at
from sandbox.kling.newer_models import NEWER
from tests.harness.kling_caller import LONG_S, Answer, Caller, picture, raw64
from tests.sandbox.kling.conftest import OpenWorld

T2V, I2V, OMNI = "/text-to-video", "/image-to-video", "/omni-video"
RED, GREEN, BLUE = (picture((320, 320), colour) for colour in ("#cc2222", "#22cc22", "#2222cc"))


def frames(*shown: tuple[str, bytes], prompt: str = "a fox") -> list[dict[str, str]]:
    words = [{"type": "prompt", "text": prompt}] if prompt else []
    return [*words, *({"type": kind, "url": raw64(content)} for kind, content in shown)]


async def created(kling: Caller, path: str, /, **body: Any) -> str:
    answer = await kling.post(path, **body)
    assert answer.status == 200, answer.body
    return str(answer.data["id"])


async def shown(kling: Caller, *ids: str) -> list[dict[str, Any]]:
    return list((await kling.get(f"/tasks?task_ids={','.join(ids)}")).data)


def mean(image: Image.Image) -> tuple[int, ...]:
    pixel = image.resize((1, 1)).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


async def test_a_create_and_its_task_have_the_newer_form(kling: Caller) -> None:
    """`submitted` at first; at the end `succeeded`, with outputs and what was billed, in text."""
    options = {"external_task_id": "mine"}
    answer = await kling.post(f"{T2V}/kling-3.0", prompt="a cat", options=options)
    began_ms = int(kling.clock.now() * 1000)
    assert answer.data == {
        "id": answer.data["id"],
        "status": "submitted",
        "message": "",
        "create_time": began_ms,
        "update_time": began_ms,
        "external_id": "mine",
    }
    kling.clock.advance(LONG_S)
    (task,) = await shown(kling, answer.data["id"])
    (output,) = task["outputs"]
    assert (task["status"], output["type"], output["duration"]) == ("succeeded", "video", "5.041")
    assert task["billing"] == [{"charge_type": "unit", "amount": "3", "package_type": "video"}]
    assert (await kling.fetch(output["url"]))[0] == 200


async def test_one_question_reads_twenty_of_any_product(kling: Caller) -> None:
    """Legacy tasks too, by Kling's ids or ours; an id that nobody knows is left out."""
    one = await kling.created("videos/text2video", prompt="a cat")
    other = await created(kling, f"{T2V}/kling-3.0", prompt="a", options={"external_task_id": "o"})
    third = await kling.created("images/generations", prompt="a cat")
    assert [task["id"] for task in await shown(kling, one, "no-such", other, third)] == [
        one,
        other,
        third,
    ]
    found = await kling.get("/tasks?external_task_ids=o,nobody")
    assert [task["external_id"] for task in found.data] == ["o"]
    too_many = await kling.get("/tasks?task_ids=" + ",".join(map(str, range(21))))
    assert too_many.refusal[:2] == (400, 1201)
    assert (await kling.get("/tasks")).refusal[:2] == (400, 1201)


async def test_it_may_be_blind_to_the_legacy_generation(open_world: OpenWorld) -> None:
    """The open question of the sheets, the other way."""
    kling = await open_world(switches=Switches(tasks_reads_legacy=False))
    task_id = await kling.created("videos/text2video", prompt="a cat")
    assert await shown(kling, task_id) == []


async def test_the_account_is_listed_page_by_page(kling: Caller) -> None:
    """Newest first, in a window, of a status, with a cursor to the next page."""
    ids = [await created(kling, f"{T2V}/kling-3.0", prompt=str(number)) for number in range(3)]
    page = (await kling.post("/tasks", limit=2)).data
    assert [task["id"] for task in page["result"]] == ids[:0:-1]
    assert (page["count"], page["has_more"]) == (2, True)
    rest = (await kling.post("/tasks", limit=2, cursor=page["next_cursor"])).data
    assert [task["id"] for task in rest["result"]] == ids[:1]
    assert not rest["has_more"]
    none = await kling.post("/tasks", filters=[{"key": "status", "values": ["failed"]}])
    assert none.data["result"] == []
    past = await kling.post("/tasks", start_time="0", end_time="1000")
    assert past.data["result"] == []


async def test_only_an_api_key_opens_it(kling: Caller) -> None:
    """A signed token, good for the legacy generation, is refused with 1002."""
    import jwt  # noqa: PLC0415 - for this test only

    now = int(kling.clock.now())
    claims = {"iss": kling.world.keys.access_key, "exp": now + 100, "nbf": now - 5}
    token = jwt.encode(claims, kling.world.keys.secret_key, "HS256")
    kling.headers = {"Authorization": f"Bearer {token}"}
    assert (await kling.post(f"{T2V}/kling-3.0", prompt="a cat")).refusal[:2] == (401, 1002)
    assert (await kling.post("videos/text2video", prompt="a cat")).status == 200


@pytest.mark.parametrize("model", [name for name, row in NEWER.items() if not row.takes_ids])
@pytest.mark.parametrize("field", ["external_task_id", "callback_url"])
async def test_the_newest_family_may_take_no_ids(
    open_world: OpenWorld, model: str, field: str
) -> None:
    """A request that carries one is refused and costs nothing; the switch takes it."""
    options = {field: "http://127.0.0.1/x"}
    kling = await open_world()
    refused = await kling.post(f"{T2V}/{model}", prompt="a cat", options=options)
    assert refused.refusal[:2] == (400, 1201)
    assert field in refused.message
    assert kling.world.creates == []
    kling = await open_world(switches=Switches(v4_takes_ids=True))
    assert (await kling.post(f"{T2V}/{model}", prompt="a cat", options=options)).status == 200


async def test_frames_are_shown_in_their_order(kling: Caller) -> None:
    """First, middle and last are told from the pixels at the beginning, half-way and the end."""
    order = (("first_frame", RED), ("middle_frame", GREEN), ("last_frame", BLUE))
    settings = {"duration": 4}
    await created(kling, f"{I2V}/kling-4.0", contents=frames(*order), settings=settings)
    kling.clock.advance(LONG_S)
    (task,) = kling.world.creates
    (view,) = await shown(kling, task.id)
    content = (await kling.fetch(view["outputs"][0]["url"]))[1]
    seen = [await asyncio.to_thread(frame_at, content, ms) for ms in (0, 2000, 4100)]
    strongest = [max(range(3), key=mean(image).__getitem__) for image in seen]
    assert strongest == [0, 1, 2]


def cited(*items: tuple[str, bytes], words: str = "a", **settings: Any) -> dict[str, Any]:
    """A body of omni-video: words, then pictures."""
    contents = [{"type": "prompt", "text": words}, *frames(*items)[1:]]
    return {"contents": contents, "settings": {"aspect_ratio": "1:1", **settings}}


@pytest.mark.parametrize("order", [(RED, GREEN, BLUE), (BLUE, RED, GREEN)])
async def test_references_are_shown_in_their_order(kling: Caller, order: tuple[bytes, ...]) -> None:
    """Whose picture came, and as which, is told from the pixels; the price is that of the sheet."""
    body = cited(*(("refer_image", one) for one in order), words="<<<image_3>>>", duration=4)
    await created(kling, f"{OMNI}/kling-3.0-omni", **body)
    kling.clock.advance(LONG_S)
    (task,) = kling.world.creates
    assert task.order.units == Decimal("2.4")
    (view,) = await shown(kling, task.id)
    content = (await kling.fetch(view["outputs"][0]["url"]))[1]
    seen = [await asyncio.to_thread(frame_at, content, ms) for ms in (0, 2000, 4100)]
    strongest = [max(range(3), key=mean(image).__getitem__) for image in seen]
    assert strongest == [(RED, GREEN, BLUE).index(one) for one in order]


FRAME = ("first_frame", RED)
LAST = ("last_frame", BLUE)
ONE = ("refer_image", GREEN)
REFUSED: list[tuple[str, dict[str, Any]]] = [
    (f"{OMNI}/kling-3.0", cited(ONE)),
    (f"{OMNI}/kling-3.0-omni", {"prompt": "a"}),
    (f"{OMNI}/kling-3.0-omni", cited(ONE) | {"prompt": "a"}),
    (f"{OMNI}/kling-3.0-omni", cited(*[ONE] * 8)),
    (f"{OMNI}/kling-3.0-omni", cited(ONE, words="<<<image_2>>>")),
    (f"{OMNI}/kling-3.0-omni", cited(ONE, words=" ")),
    (f"{OMNI}/kling-3.0-omni", {"contents": cited(ONE)["contents"]}),
    (f"{OMNI}/kling-3.0-omni", cited(FRAME)),
    (f"{OMNI}/kling-3.0-omni", {"contents": cited(LAST)["contents"]}),
    (f"{OMNI}/kling-3.0-omni", cited(("voice", RED))),
    (f"{OMNI}/kling-o1", {"contents": cited(ONE, FRAME, LAST)["contents"]}),
    (f"{OMNI}/kling-o1", cited(duration=7)),
    (f"{OMNI}/kling-o1", cited(ONE, audio="native")),
    (f"{OMNI}/kling-4.0", {"contents": cited(ONE, FRAME)["contents"]}),
    (f"{OMNI}/kling-4.0-flash", cited(ONE)),
    (f"{T2V}/kling-9", {"prompt": "a"}),
    (f"{T2V}/kling-3.0", {}),
    (f"{T2V}/kling-3.0", {"prompt": "a", "contents": frames(("first_frame", RED))}),
    (f"{T2V}/kling-3.0", {"prompt": "a" * 3073}),
    (f"{T2V}/kling-3.0", {"prompt": "a", "settings": {"duration": "5"}}),
    (f"{T2V}/kling-3.0", {"prompt": "a", "settings": {"duration": 16}}),
    (f"{T2V}/kling-3.0", {"prompt": "a", "settings": {"resolution": "8k"}}),
    (f"{T2V}/kling-3.0", {"prompt": "a", "mode": "std"}),
    (f"{T2V}/kling-3.0-turbo", {"prompt": "a", "settings": {"audio": "off"}}),
    (f"{T2V}/kling-2.6", {"prompt": "a", "settings": {"audio": "native"}}),
    (f"{T2V}/kling-4.0-flash", {"prompt": "a", "settings": {"resolution": "1080p"}}),
    (f"{T2V}/kling-4.0", {"prompt": "a", "settings": {"multi_shot": True}}),
    (f"{I2V}/kling-3.0", {}),
    (f"{I2V}/kling-3.0", {"contents": frames(("last_frame", RED))}),
    (f"{I2V}/kling-3.0", {"contents": frames(("refer_image", RED))}),
    (f"{I2V}/kling-3.0-turbo", {"contents": frames(("first_frame", RED), ("last_frame", RED))}),
    (f"{I2V}/kling-4.0", {"contents": frames(("first_frame", RED), ("middle_frame", RED))}),
]


@pytest.mark.parametrize(("path", "body"), REFUSED)
async def test_what_it_does_not_take_is_a_1201(
    kling: Caller, path: str, body: dict[str, Any]
) -> None:
    """HTTP 400 with the field in the message; nothing is made."""
    answer: Answer = await kling.post(path, **body)
    assert answer.refusal[:2] == (400, 1201)
    assert answer.message
    assert kling.world.creates == []


def test_the_pictures_are_pictures() -> None:
    """The test's own frames are what they are called."""
    strongest = [
        max(range(3), key=mean(Image.open(io.BytesIO(one)).convert("RGB")).__getitem__)
        for one in (RED, GREEN, BLUE)
    ]
    assert strongest == [0, 1, 2]

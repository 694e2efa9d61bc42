"""The life of a task: ids, states by the clock, look-ups, lists, slots, packs, moderation."""

import math
import re
from decimal import Decimal

import pytest

from sandbox.kling import (
    FAILED_WORD,
    REFUSED_WORD,
    RISK_CONTROL,
    Latencies,
    Product,
    Script,
    Switches,
)
from tests.harness.kling_caller import LONG_S, PICTURE, PRODUCTS, Caller
from tests.sandbox.kling.conftest import OpenWorld

T2V = "videos/text2video"
T2I = "images/generations"


async def test_a_create_answers_with_the_documented_object(kling: Caller) -> None:
    """The envelope says SUCCEED; the task has an id of 18 digits and millisecond times."""
    answer = await kling.post(T2V, prompt="a cat", external_task_id="mine")
    assert (answer.status, answer.code, answer.message) == (200, 0, "SUCCEED")
    assert answer.body["request_id"]
    assert re.fullmatch(r"\d{18}", answer.data["task_id"])
    assert answer.data == {
        "task_id": answer.data["task_id"],
        "task_status": "submitted",
        "task_info": {"external_task_id": "mine"},
        "created_at": int(kling.clock.now() * 1000),
        "updated_at": int(kling.clock.now() * 1000),
    }


async def test_a_task_moves_with_the_clock(open_world: OpenWorld) -> None:
    """Submitted, processing, succeed: each state begins exactly when its time comes."""
    kling = await open_world(latencies=Latencies(queue_s=2, video_s=10))
    began_ms = int(kling.clock.now() * 1000)
    task_id = await kling.created(T2V, prompt="a cat")
    seen = []
    for step_s in (1, 1, 9, 1):
        kling.clock.advance(step_s)
        data = (await kling.get(f"{T2V}/{task_id}")).data
        seen.append((data["task_status"], data["updated_at"] - began_ms, "task_result" in data))
    assert seen == [
        ("submitted", 0, False),
        ("processing", 2000, False),
        ("processing", 2000, False),
        ("succeed", 12_000, True),
    ]


async def test_a_finished_clip_is_shown_in_full(kling: Caller) -> None:
    """A succeeded clip has an id, an address, a length in text and what was deducted, in text."""
    data = await kling.done(T2V, prompt="a cat", watermark_info={"enabled": True})
    (video,) = data["task_result"]["videos"]
    assert video["duration"] == "5.041"
    assert video["id"].isdigit()
    assert video["url"].startswith(kling.world.base_url)
    assert "watermark_url" in video
    assert data["final_unit_deduction"] == "1"
    assert data["watermark_info"] == {"enabled": True}
    assert data["task_status_msg"] == ""


async def test_unset_strings_count_as_absent(kling: Caller) -> None:
    """The empty strings of Kling's own samples mean nothing was given."""
    for _ in range(2):
        await kling.created(T2V, prompt="a cat", external_task_id="", callback_url="", mode="")


async def test_both_ids_find_a_task(kling: Caller) -> None:
    """The path segment of a query takes the task id or the external id."""
    task_id = await kling.created(T2I, prompt="a cat", external_task_id="mine")
    for name in (task_id, "mine"):
        assert (await kling.get(f"{T2I}/{name}")).data["task_id"] == task_id


@pytest.mark.parametrize("product", PRODUCTS)
async def test_an_unknown_id_is_a_400(kling: Caller, product: str) -> None:
    """Not found is HTTP 400, code 1201, with the id in the text."""
    answer = await kling.get(f"{product}/made-up")
    assert answer.refusal == (400, 1201, "Task not found by id/external id: made-up")


async def test_an_external_id_is_used_once_per_account(kling: Caller) -> None:
    """A second create with the same external id is refused on every route and costs nothing."""
    await kling.created(T2V, prompt="a cat", external_task_id="mine")
    answer = await kling.post(T2I, prompt="a dog", external_task_id="mine")
    assert answer.refusal == (400, 1201, "External_task_id mine already exists")
    assert len(kling.world.creates) == 1


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_wrong_product_found(open_world: OpenWorld, *, switch: bool) -> None:
    """An id under another product's path is unknown, or found where the switch says so."""
    kling = await open_world(switches=Switches(wrong_product_found=switch))
    task_id = await kling.created(T2V, prompt="a cat")
    assert ((await kling.get(f"videos/image2video/{task_id}")).status == 200) is switch


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_newest_first(open_world: OpenWorld, *, switch: bool) -> None:
    """A list is a bare array, paged, in the order the switch says."""
    kling = await open_world(switches=Switches(newest_first=switch))
    made = [await kling.created(T2V, prompt="a cat") for _ in range(3)]
    ordered = made[::-1] if switch else made
    assert [task["task_id"] for task in (await kling.get(T2V)).data] == ordered
    second = (await kling.get(f"{T2V}?pageNum=2&pageSize=2")).data
    assert [task["task_id"] for task in second] == ordered[2:]
    assert (await kling.get(T2I)).data == []


@pytest.mark.parametrize(
    "query", ["pageNum=0", "pageNum=1001", "pageSize=0", "pageSize=501", "pageSize=x"]
)
async def test_list_bounds(kling: Caller, query: str) -> None:
    """Pages are 1 to 1000, sizes 1 to 500; anything else is 1201."""
    name, value = query.split("=")
    answer = await kling.get(f"{T2V}?{query}")
    assert answer.refusal == (400, 1201, f"{name} value '{value}' is invalid")


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_past_end_refused(open_world: OpenWorld, *, switch: bool) -> None:
    """A page past the end is empty, or refused where the switch says so."""
    kling = await open_world(switches=Switches(past_end_refused=switch))
    assert (await kling.get(f"{T2V}?pageNum=2")).status == (400 if switch else 200)


async def test_unknown_paths_and_methods(kling: Caller) -> None:
    """An unknown path is a 404, a wrong method is 404 with code 1202, a bad body is 1200."""
    assert (await kling.fetch(f"{kling.world.base_url}/videos/text2video"))[0] == 404
    answer = await kling.ask("DELETE", T2V)
    assert (answer.status, answer.code) == (404, 1202)
    async with kling.session.post(
        f"{kling.world.base_url}/v1/{T2V}", data=b"[1", headers=kling.headers
    ) as reply:
        assert (reply.status, (await reply.json())["code"]) == (400, 1200)


async def test_slots_of_a_pack_are_held_until_the_end(open_world: OpenWorld) -> None:
    """A clip takes one slot from submitted to the end; one too many is 429 with code 1303."""
    kling = await open_world(video_slots=2)
    first = await kling.created(T2V, prompt="1")
    await kling.created(T2V, prompt="2")
    answer = await kling.post(T2V, prompt="3")
    assert answer.refusal == (429, 1303, "parallel task over resource pack limit")
    kling.world.fail(kling.world.tasks[first], "broken")
    assert (await kling.post(T2V, prompt="3")).status == 200


async def test_pictures_take_n_slots(open_world: OpenWorld) -> None:
    """An image task takes as many slots as it makes pictures."""
    kling = await open_world(image_slots=4)
    await kling.created(T2I, prompt="1", n=3)
    assert (await kling.post(T2I, prompt="2", n=2)).code == 1303
    assert (await kling.post(T2I, prompt="2", n=1)).status == 200


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_slots_per_model(open_world: OpenWorld, *, switch: bool) -> None:
    """Slots are shared by a pack's models, or counted for each model."""
    kling = await open_world(video_slots=1, switches=Switches(slots_per_model=switch))
    await kling.created(T2V, prompt="1", model_name="kling-v1")
    answer = await kling.post(T2V, prompt="2", model_name="kling-v1-6")
    assert answer.status == (200 if switch else 429)


async def test_packs_are_separate_and_run_out(open_world: OpenWorld) -> None:
    """What runs is set aside; a used up pack is 429 with code 1102 and touches no other pack."""
    kling = await open_world(packs={"video": Decimal("1.5"), "image": Decimal(10)})
    task_id = await kling.created(T2V, prompt="1")
    assert (await kling.post(T2V, prompt="2")).refusal == (429, 1102, "Account balance not enough")
    assert (await kling.post(T2I, prompt="2")).status == 200
    kling.world.fail(kling.world.tasks[task_id], "broken")
    await kling.done(T2V, prompt="2")
    assert [kling.world.charged(pack) for pack in ("video", "image")] == [1, 1]
    kling.world.set_pack("video", Decimal(2))
    assert (await kling.post(T2V, prompt="3")).status == 200


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_failed_tasks_charged(open_world: OpenWorld, *, switch: bool) -> None:
    """A failed task gives its units back, unless the switch keeps them."""
    kling = await open_world(switches=Switches(failed_tasks_charged=switch))
    kling.world.script(Script(fail="broken"))
    data = await kling.done(T2V, prompt="a cat")
    assert data["final_unit_deduction"] == ("1" if switch else "0")
    assert kling.world.charged() == (1 if switch else 0)


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"model_name": "kling-v2-5-turbo"}, "1.5"),
        ({"model_name": "kling-v2-5-turbo", "mode": "pro", "duration": "10"}, "5"),
        ({"model_name": "kling-v2-6", "mode": "pro", "sound": "on"}, "5"),
        ({"model_name": "kling-v2-1-master", "duration": "10"}, "20"),
        ({"model_name": "kling-v3", "duration": "3"}, "1.8"),
        ({"model_name": "kling-v3", "mode": "4k", "duration": "15"}, "45"),
        ({"model_name": "kling-v3", "mode": "pro", "sound": "on"}, "6"),
    ],
)
async def test_prices_of_clips(kling: Caller, body: dict[str, str], units: str) -> None:
    """A clip costs what the price table says for its model, mode, length and sound."""
    assert (await kling.done(T2V, prompt="x", **body))["final_unit_deduction"] == units


async def test_switch_v3_sound_at_omni_price(open_world: OpenWorld) -> None:
    """The other price of kling-v3 with sound is that of the omni row."""
    kling = await open_world(switches=Switches(v3_sound_at_omni_price=True))
    data = await kling.done(T2V, prompt="x", model_name="kling-v3", sound="on", mode="pro")
    assert data["final_unit_deduction"] == "5"


async def test_moderation_at_submit(kling: Caller) -> None:
    """A refused word is 400 with code 1301 and leaves no task."""
    answer = await kling.post(T2V, prompt=f"A {REFUSED_WORD.title()}, place")
    assert (answer.status, answer.code) == (400, 1301)
    assert kling.world.creates == []


async def test_moderation_of_the_task(kling: Caller) -> None:
    """A failing word is accepted; the task fails with the risk control text and is free."""
    data = await kling.done(T2I, prompt=f"an {FAILED_WORD} place")
    assert (data["task_status"], data["task_status_msg"]) == ("failed", RISK_CONTROL)
    assert "task_result" not in data
    assert data["final_unit_deduction"] == "0"


async def test_a_script_decides_about_the_task_it_matches(kling: Caller) -> None:
    """A script waits for its product and body, and is used up."""
    kling.world.script(
        Script(fail="no", takes_s=0, queue_s=0, product=Product.GENERATIONS,
               matching=lambda body: body["prompt"] == "dog")
    )  # fmt: skip
    await kling.created(T2V, prompt="dog")
    await kling.created(T2I, prompt="cat")
    failed = await kling.created(T2I, prompt="dog")
    await kling.created(T2I, prompt="dog")
    status = {t.id: t.status(kling.clock.now()) for t in kling.world.creates}
    assert status.pop(failed) == "failed"
    assert set(status.values()) == {"submitted"}


async def test_a_task_that_never_ends_can_be_finished(kling: Caller) -> None:
    """A script of endless seconds keeps a task in processing until `finish` ends it."""
    kling.world.script(Script(takes_s=math.inf))
    task_id = await kling.created(T2I, prompt="a cat")
    kling.clock.advance(1e9)
    assert (await kling.get(f"{T2I}/{task_id}")).data["task_status"] == "processing"
    kling.world.finish(kling.world.tasks[task_id])
    assert (await kling.get(f"{T2I}/{task_id}")).data["task_status"] == "succeed"
    with pytest.raises(ValueError, match="has ended"):
        kling.world.fail(kling.world.tasks[task_id], "late")


async def test_until_waits_for_a_condition(kling: Caller) -> None:
    """`until` returns when its condition holds, and raises when it does not in time."""
    await kling.created(T2V, prompt="a cat")
    await kling.world.until(lambda: len(kling.world.creates) == 1)
    with pytest.raises(TimeoutError):
        await kling.world.until(lambda: False, timeout_s=0.01)


async def test_requests_are_recorded(kling: Caller) -> None:
    """Every request is kept with its body, auth kind and status."""
    await kling.created("videos/image2video", image=PICTURE)
    (record,) = kling.world.requests
    assert (record.method, record.path) == ("POST", "/v1/videos/image2video")
    assert record.body == {"image": PICTURE}
    assert (record.auth, record.status) == ("api_key", 200)
    kling.clock.advance(LONG_S)

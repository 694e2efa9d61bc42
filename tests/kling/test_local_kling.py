"""Every operation in both dialects, against the local Kling; the gateway in between is our own."""

import aiohttp
import pytest

from bot.domain.requests import ImageRequest, Request, Route, VideoRequest
from bot.errors import (
    KlingBusy,
    KlingNotFound,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
)
from bot.kling.dialects import Dialect
from bot.kling.tasks import TaskStatus
from sandbox.kling import RISK_CONTROL, Fault, How, Switches
from tests.harness.kling.samples import BLUE, FULL_EXAMPLE, RED, lip_sync
from tests.kling.conftest import OpenWorld

FOUR: dict[str, tuple[Request, dict[str, bytes], str, int]] = {
    "text2video": (FULL_EXAMPLE, {}, "video", 1),
    "image2video": (
        VideoRequest(prompt="it moves", model="kling-v1-6", image=True, end_image=True, mode="pro"),
        {"image": RED, "end_image": BLUE},
        "video",
        1,
    ),
    "generations": (ImageRequest(prompt="a cat", model="kling-v3", n=3), {}, "image", 3),
    "generations_from_a_picture": (
        ImageRequest(
            prompt="a painting",
            model="kling-v1-5",
            images=("image",),
            reference="subject",
            fidelity=0.6,
            human_fidelity=0.4,
        ),
        {"image": RED},
        "image",
        1,
    ),
    "omni-image": (
        ImageRequest(
            prompt="<<<image_1>>> with <<<image_2>>>",
            model="kling-image-o1",
            images=("image", "image_2"),
            omni=True,
            aspect_ratio="auto",
            resolution="2k",
        ),
        {"image": RED, "image_2": BLUE},
        "image",
        1,
    ),
}


@pytest.mark.sweep
@pytest.mark.parametrize("name", FOUR)
async def test_a_task_goes_from_order_to_media(
    open_world: OpenWorld, dialect: Dialect, name: str
) -> None:
    """Ordered once, asked for by both ids, and its media can be downloaded at the end."""
    world = await open_world(dialect)
    request, inputs, kind, count = FOUR[name]
    task = await world.kling.create(request, external_id="abc", inputs=inputs)
    assert task.status is TaskStatus.SUBMITTED
    assert task.external_id == "abc"
    assert task.created_at == world.clock.now()
    assert await world.kling.find(request.route, "abc") == task
    done = await world.finished(request.route, task)
    assert (done.status, done.message) == (TaskStatus.SUCCEED, "")
    assert [(media.kind, media.index) for media in done.media] == [(kind, i) for i in range(count)]
    assert done.units is not None
    assert float(done.units) > 0
    assert (done.media[0].duration_s is None) == (kind == "image")
    async with aiohttp.ClientSession() as session, session.get(done.media[0].url) as response:
        assert response.status == 200
        assert await response.read()
    assert len(world.local.creates) == 1


@pytest.mark.sweep
async def test_every_field_of_the_full_example_arrives(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """What reaches Kling is the same in both dialects: the document's fields, and our id."""
    world = await open_world(dialect)
    await world.kling.create(
        FULL_EXAMPLE, external_id="abc", inputs={}, callback_url="http://127.0.0.1:9/callback"
    )
    assert world.local.creates[0].body == {
        "model_name": "kling-v1",
        "prompt": "A golden retriever running on the beach",
        "negative_prompt": "blur, low quality, distortion",
        "cfg_scale": 0.5,
        "mode": "std",
        "aspect_ratio": "16:9",
        "duration": "5",
        "camera_control": {"type": "simple", "config": {"zoom": 0.5}},
        "callback_url": "http://127.0.0.1:9/callback",
        "external_task_id": "abc",
    }


async def test_a_lip_sync_from_faces_to_media(
    open_world: OpenWorld, dialect: Dialect, two_faces: bytes
) -> None:
    """Faces, the choice of one, its times and volumes, and a clip at the end."""
    world = await open_world(dialect)
    task = await lip_sync(world, two_faces, volume=1.5, original_volume=0.5)
    done = await world.finished(Route.LIP_SYNC, task)
    assert (done.status, done.media[0].kind) == (TaskStatus.SUCCEED, "video")
    (sent,) = world.local.creates[0].body["face_choose"]
    del sent["sound_file"]
    assert sent == {
        "face_id": "1",
        "sound_start_time": 500,
        "sound_end_time": 2700,
        "sound_insert_time": 0,
        "sound_volume": 1.5,
        "original_audio_volume": 0.5,
    }


@pytest.mark.sweep
async def test_a_clip_of_our_own_is_named_by_its_id(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """Kling's id of a finished clip serves for faces, without any address."""
    world = await open_world(dialect)
    task = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    done = await world.finished(Route.TEXT2VIDEO, task)
    assert (await world.kling.identify_face(video_id=done.media[0].id)).session_id


@pytest.mark.sweep
@pytest.mark.parametrize("keys", ["pair", "api_key"])
async def test_the_probe_is_free_and_tells_whether_we_are_let_in(
    open_world: OpenWorld, dialect: Dialect, keys: str
) -> None:
    """With good keys of either sort it returns; without it raises; it never costs anything."""
    world = await open_world(dialect, keys=keys)
    await world.kling.probe()
    assert world.local.requests[-1].auth == ("jwt" if keys == "pair" else "api_key")
    assert world.local.charged("video") == 0
    world.local.fault(Fault(How.REFUSE, method="GET", times=None, code=1000))
    with pytest.raises(KlingRefusedAccount):
        await world.kling.probe()


@pytest.mark.sweep
@pytest.mark.parametrize("code", [1000, 1002])
async def test_a_wrong_secret_is_the_operators_affair(
    open_world: OpenWorld, dialect: Dialect, code: int
) -> None:
    """Whichever code Kling gives a bad signature, it is refused for the account."""
    world = await open_world(dialect, switches=Switches(bad_signature_code=code))
    world.local.keys = type(world.local.keys)("local-access-key", "rotated-" * 4, "rotated")
    with pytest.raises(KlingRefusedAccount) as caught:
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert caught.value.code == code
    assert world.local.creates == []


@pytest.mark.sweep
async def test_a_token_is_renewed_as_time_goes_by(open_world: OpenWorld, dialect: Dialect) -> None:
    """Two days of polling with one client: Kling never once sees a token that is over."""
    world = await open_world(dialect)
    task = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    for _ in range(96):
        world.clock.advance(1800)
        await world.kling.query(Route.TEXT2VIDEO, task.task_id)
    assert {request.status for request in world.local.requests} == {200}


@pytest.mark.sweep
async def test_a_clock_that_runs_behind_is_told_as_such(open_world: OpenWorld) -> None:
    """When Kling's clock says otherwise, one fresh token is tried; then the operator must look."""
    world = await open_world(Dialect.OFFICIAL)
    world.local.clock = type(world.clock)(world.clock.now() + 3600)
    with pytest.raises(KlingRefusedAccount) as caught:
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert caught.value.code == 1004
    world.local.clock = type(world.clock)(world.clock.now() - 3600)
    with pytest.raises(KlingRefusedAccount) as caught:
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert caught.value.code == 1003
    assert len(world.local.requests) == 4


@pytest.mark.sweep
async def test_the_same_id_twice_is_taken(open_world: OpenWorld, dialect: Dialect) -> None:
    """Kling guards our id; the answer leads to the task that exists."""
    world = await open_world(dialect)
    first = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    with pytest.raises(KlingTaken):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert await world.kling.find(Route.TEXT2VIDEO, "abc") == first


@pytest.mark.sweep
async def test_refusals_and_limits_have_their_class(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """Moderation, slots, units and unknown tasks, as the local Kling tells them."""
    world = await open_world(dialect, video_slots=1)
    forbidden = VideoRequest(prompt="something forbidden", model="kling-v3")
    with pytest.raises(KlingRefusedRequest) as refused:
        await world.kling.create(forbidden, external_id="a", inputs={})
    assert refused.value.code == 1301
    with pytest.raises(KlingNotFound):
        await world.kling.query(Route.TEXT2VIDEO, "1")
    await world.kling.create(FULL_EXAMPLE, external_id="b", inputs={})
    with pytest.raises(KlingBusy) as busy:
        await world.kling.create(FULL_EXAMPLE, external_id="c", inputs={})
    assert busy.value.code == 1303
    world.clock.advance(100)
    world.local.set_pack("video", world.local.charged("video"))
    with pytest.raises(KlingRefusedAccount) as poor:
        await world.kling.create(FULL_EXAMPLE, external_id="d", inputs={})
    assert poor.value.code == 1102


async def test_a_failed_task_says_why(open_world: OpenWorld, dialect: Dialect) -> None:
    """Moderation after the fact shows only in the task's message."""
    world = await open_world(dialect)
    request = VideoRequest(prompt="something unsafe", model="kling-v3")
    task = await world.kling.create(request, external_id="abc", inputs={})
    failed = await world.finished(Route.TEXT2VIDEO, task)
    assert (failed.status, failed.message) == (TaskStatus.FAILED, RISK_CONTROL)
    assert failed.media == ()

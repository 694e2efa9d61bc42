"""Every operation in both dialects, against the local Kling; the gateway in between is our own."""

import io

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from bot.errors import (
    KlingBusy,
    KlingNotFound,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
    KlingUnclear,
)
from bot.kling.dialects import Dialect
from bot.kling.tasks import LipSyncChoice, Lookup, Task, TaskStatus
from bot.requests import ImageRequest, LipSyncRequest, Request, Route, VideoRequest
from bot.sandbox.kling import RISK_CONTROL, Fault, How, Switches
from bot.sandbox.kling.samples import clip_with_faces, speech
from tests.kling.conftest import OpenWorld, World
from tests.kling.stub import serving

FULL_EXAMPLE = VideoRequest(
    prompt="A golden retriever running on the beach",
    model="kling-v1",
    negative_prompt="blur, low quality, distortion",
    cfg_scale=0.5,
    mode="std",
    aspect_ratio="16:9",
    duration_s=5,
    camera="zoom",
    camera_amount=0.5,
)


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 320), colour).save(out, "PNG")
    return out.getvalue()


RED, BLUE = picture("#cc2222"), picture("#2222cc")
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


@pytest.fixture(scope="module")
def two_faces() -> bytes:
    return clip_with_faces(2, 4.0, (640, 512), sound=True)


async def lip_sync(
    world: World, clip: bytes, volume: float | None = None, original_volume: float | None = None
) -> Task:
    """Faces of a clip are asked for by its address, then the second one speaks."""
    async with serving(web_app_giving(clip)) as address:
        faces = await world.kling.identify_face(video_url=f"{address}/clip.mp4")
        assert [face.face_id for face in faces.faces] == ["0", "1"]
        face = faces.faces[1]
        assert face.end_ms - face.start_ms >= 2000
        choice = LipSyncChoice(faces.session_id, face.face_id, 500, 2700, face.start_ms)
        return await world.kling.create(
            LipSyncRequest(
                video_url=f"{address}/clip.mp4", volume=volume, original_volume=original_volume
            ),
            external_id="abc",
            inputs={"audio": speech(3.0, "wav")},
            choice=choice,
        )


def web_app_giving(content: bytes) -> web.Application:
    async def give(_request: web.Request) -> web.Response:
        return web.Response(body=content, content_type="video/mp4")

    app = web.Application()
    app.router.add_get("/clip.mp4", give)
    return app


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


async def test_a_clip_of_our_own_is_named_by_its_id(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """Kling's id of a finished clip serves for faces, without any address."""
    world = await open_world(dialect)
    task = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    done = await world.finished(Route.TEXT2VIDEO, task)
    assert (await world.kling.identify_face(video_id=done.media[0].id)).session_id


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


async def test_a_token_is_renewed_as_time_goes_by(open_world: OpenWorld, dialect: Dialect) -> None:
    """Two days of polling with one client: Kling never once sees a token that is over."""
    world = await open_world(dialect)
    task = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    for _ in range(96):
        world.clock.advance(1800)
        await world.kling.query(Route.TEXT2VIDEO, task.task_id)
    assert {request.status for request in world.local.requests} == {200}


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


async def test_the_same_id_twice_is_taken(open_world: OpenWorld, dialect: Dialect) -> None:
    """Kling guards our id; the answer leads to the task that exists."""
    world = await open_world(dialect)
    first = await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    with pytest.raises(KlingTaken):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert await world.kling.find(Route.TEXT2VIDEO, "abc") == first


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


LOST = [
    Fault(How.DROP),
    Fault(How.CUT),
    Fault(How.GARBAGE),
    Fault(How.TRUNCATED),
    Fault(How.NO_TASK_ID),
    Fault(How.ANSWER, code=5000),
    Fault(How.ANSWER, code=5002),
    Fault(How.ANSWER, status=200, code=5000),
]


@pytest.mark.parametrize(
    "fault", LOST, ids=lambda fault: f"{fault.how}-{fault.status}-{fault.code}"
)
async def test_a_task_whose_answer_was_lost_is_found(
    open_world: OpenWorld, dialect: Dialect, fault: Fault
) -> None:
    """The order was carried out, its answer unreadable: unclear, then found, and paid once."""
    world = await open_world(dialect)
    world.local.fault(Fault(fault.how, status=fault.status, code=fault.code))
    with pytest.raises(KlingUnclear):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert len(world.local.creates) == 1
    task = await world.kling.find(Route.TEXT2VIDEO, "abc")
    assert world.kling.lookup(Route.TEXT2VIDEO) is Lookup.PROVES
    assert task is not None
    assert task.task_id == world.local.creates[0].id


async def test_an_order_that_never_arrived_is_proved_absent(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """Unclear, but not carried out: the look-up says so, and the same id is free."""
    world = await open_world(dialect)
    world.local.fault(Fault(How.DROP, before=True))
    with pytest.raises(KlingUnclear):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert await world.kling.find(Route.TEXT2VIDEO, "abc") is None
    assert world.kling.lookup(Route.TEXT2VIDEO) is Lookup.PROVES
    await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})


@pytest.mark.parametrize("by_path", [True, False])
@pytest.mark.parametrize("echoes", [True, False])
async def test_a_lip_sync_is_found_wherever_it_can_be(
    open_world: OpenWorld, dialect: Dialect, two_faces: bytes, *, by_path: bool, echoes: bool
) -> None:
    """By its path, or on Kling itself by its echo in the list; and otherwise nothing is proved."""
    world = await open_world(
        dialect,
        switches=Switches(lip_sync_by_external_id=by_path, lip_sync_echoes_external_id=echoes),
    )
    world.local.fault(Fault(How.DROP, path="/v1/videos/advanced-lip-sync"))
    with pytest.raises(KlingUnclear):
        await lip_sync(world, two_faces)
    assert await world.kling.find(Route.LIP_SYNC, "nobody") is None
    assert world.kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND
    found = await world.kling.find(Route.LIP_SYNC, "abc")
    findable = by_path or (echoes and dialect is Dialect.OFFICIAL)
    assert (found is not None) == findable
    if not findable:
        assert world.kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND


async def test_our_gateway_is_greeted(open_world: OpenWorld) -> None:
    """It says who it is, so that every route is known to keep ids before the first order."""
    world = await open_world(Dialect.GATEWAY)
    assert await world.kling.greet()
    assert world.kling.lookup(Route.GENERATIONS) is Lookup.PROVES
    assert world.local.requests == []

"""Which option reaches which field of the wire, in both dialects."""

import base64
from typing import Any

import pytest

from bot.domain.limits import CAMERA_AXES, CAMERA_PRESETS
from bot.domain.requests import ImageRequest, LipSyncRequest, VideoRequest
from bot.kling.dialects import Dialect
from bot.kling.tasks import LipSyncChoice
from tests.harness.kling.stub import Answer, Stub, says, yes
from tests.kling.conftest import MakeKling

FIRST, SECOND, SOUND = b"first picture", b"second picture", b"sound"
CHOICE = LipSyncChoice("8450", "0", 500, 4500, 250)


def raw(data: bytes) -> str:
    return base64.b64encode(data).decode()


ID = {"external_task_id": "abc"}
EVERY_VIDEO: Any = {
    "mode": "pro",
    "duration_s": 10,
    "negative_prompt": "blur",
    "cfg_scale": 0.25,
    "camera": "zoom",
    "camera_amount": -3.5,
    "sound": True,
}
EVERY_VIDEO_FIELD = {
    "mode": "pro",
    "duration": "10",
    "negative_prompt": "blur",
    "cfg_scale": 0.25,
    "camera_control": {"type": "simple", "config": {"zoom": -3.5}},
    "sound": "on",
}
CASES: dict[str, tuple[Any, str, str, dict[str, Any]]] = {
    "words": (
        VideoRequest(prompt="a boat", model="kling-v1"),
        "videos/text2video",
        "videos/text2video",
        {"model_name": "kling-v1", "prompt": "a boat"},
    ),
    "words_and_everything": (
        VideoRequest(prompt="a boat", model="kling-v1", aspect_ratio="9:16", **EVERY_VIDEO),
        "videos/text2video",
        "videos/text2video",
        {"model_name": "kling-v1", "prompt": "a boat", "aspect_ratio": "9:16"} | EVERY_VIDEO_FIELD,
    ),
    "silent": (
        VideoRequest(prompt="a boat", model="kling-v3", sound=False),
        "videos/text2video",
        "videos/text2video",
        {"model_name": "kling-v3", "prompt": "a boat", "sound": "off"},
    ),
    "picture": (
        VideoRequest(prompt="it moves", model="kling-v1", image=True, aspect_ratio="9:16"),
        "videos/image2video",
        "videos/image2video",
        {"model_name": "kling-v1", "prompt": "it moves", "image": raw(FIRST)},
    ),
    "two_pictures_and_everything": (
        VideoRequest(
            prompt="it moves", model="kling-v1", image=True, end_image=True, **EVERY_VIDEO
        ),
        "videos/image2video",
        "videos/image2video",
        {"model_name": "kling-v1", "prompt": "it moves", "image": raw(FIRST)}
        | {"image_tail": raw(SECOND)}
        | EVERY_VIDEO_FIELD,
    ),
    "image": (
        ImageRequest(prompt="a cat", model="kling-v3"),
        "images/generations",
        "images/generations",
        {"model_name": "kling-v3", "prompt": "a cat"},
    ),
    "image_and_everything": (
        ImageRequest(
            prompt="a cat",
            model="kling-v1-5",
            images=("image",),
            aspect_ratio="21:9",
            resolution="2k",
            n=4,
            fidelity=0.6,
            human_fidelity=0.7,
            reference="subject",
            negative_prompt="dog",
        ),
        "images/generations",
        "images/generations",
        {
            "model_name": "kling-v1-5",
            "prompt": "a cat",
            "image": raw(FIRST),
            "aspect_ratio": "21:9",
            "resolution": "2k",
            "n": 4,
            "image_fidelity": 0.6,
            "human_fidelity": 0.7,
            "image_reference": "subject",
            "negative_prompt": "dog",
        },
    ),
    "omni_of_words": (
        ImageRequest(prompt="a cat", model="kling-image-o1", omni=True),
        "images/omni-image",
        "images/omni-image",
        {"model_name": "kling-image-o1", "prompt": "a cat"},
    ),
    "lip_sync": (
        LipSyncRequest(video_url="https://a.example/v.mp4"),
        "videos/advanced-lip-sync",
        "lipsync/create-task",
        {
            "session_id": "8450",
            "face_choose": [
                {
                    "face_id": "0",
                    "sound_file": raw(SOUND),
                    "sound_start_time": 500,
                    "sound_end_time": 4500,
                    "sound_insert_time": 250,
                }
            ],
        },
    ),
    "lip_sync_and_everything": (
        LipSyncRequest(video_url="https://a.example/v.mp4", volume=1.5, original_volume=0.0),
        "videos/advanced-lip-sync",
        "lipsync/create-task",
        {
            "session_id": "8450",
            "face_choose": [
                {
                    "face_id": "0",
                    "sound_file": raw(SOUND),
                    "sound_start_time": 500,
                    "sound_end_time": 4500,
                    "sound_insert_time": 250,
                    "sound_volume": 1.5,
                    "original_audio_volume": 0.0,
                }
            ],
        },
    ),
}


async def sent(make_kling: MakeKling, dialect: Dialect, request: Any, **more: Any) -> Any:
    """Create the task against a stub, and return what arrived there."""
    inputs = {"image": FIRST, "image_2": SECOND, "end_image": SECOND, "audio": SOUND}
    async with Stub(answer_in(dialect)) as stub:
        kling = await make_kling(stub.base_url, dialect)
        await kling.create(request, external_id="abc", inputs=inputs, choice=CHOICE, **more)
        (asked,) = stub.asked
    return asked


def answer_in(dialect: Dialect) -> Answer:
    if dialect is Dialect.OFFICIAL:
        return yes(task_id="1", task_status="submitted")
    return says({"task_id": "1", "message": "success", "raw_data": {"task_id": "1"}})


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dialect", Dialect)
async def test_a_request_becomes_exactly_this_body(
    make_kling: MakeKling, dialect: Dialect, name: str
) -> None:
    """Every option is in its field, and what was not set is not there."""
    request, official, gateway, body = CASES[name]
    asked = await sent(make_kling, dialect, request)
    assert asked.method == "POST"
    is_official = dialect is Dialect.OFFICIAL
    assert asked.path == (f"/v1/{official}" if is_official else f"/api/v1/{gateway}")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == body | ID


@pytest.mark.parametrize(
    ("dialect", "listed"),
    [
        (Dialect.OFFICIAL, [{"image": raw(SECOND)}, {"image": raw(FIRST)}]),
        (Dialect.GATEWAY, [raw(SECOND), raw(FIRST)]),
    ],
)
async def test_pictures_are_listed_in_the_order_of_the_options(
    make_kling: MakeKling, dialect: Dialect, listed: object
) -> None:
    """Kling gets objects, a gateway plain strings; the prompt's numbers mean the same."""
    request = ImageRequest(
        prompt="<<<image_1>>> and <<<image_2>>>",
        model="kling-image-o1",
        images=("image_2", "image"),
        omni=True,
        aspect_ratio="auto",
        n=2,
    )
    asked = await sent(make_kling, dialect, request)
    assert asked.body["image_list"] == listed
    assert (asked.body["aspect_ratio"], asked.body["n"]) == ("auto", 2)


@pytest.mark.parametrize("axis", CAMERA_AXES)
async def test_an_axis_is_a_simple_move(make_kling: MakeKling, axis: str) -> None:
    """Each of the six axes carries the amount, alone."""
    request = VideoRequest(prompt="a", model="kling-v1", camera=axis, camera_amount=5)
    asked = await sent(make_kling, Dialect.OFFICIAL, request)
    assert asked.body["camera_control"] == {"type": "simple", "config": {axis: 5.0}}


@pytest.mark.parametrize("preset", CAMERA_PRESETS)
async def test_a_preset_has_no_config(make_kling: MakeKling, preset: str) -> None:
    """A preset is its type and nothing more."""
    request = VideoRequest(prompt="a", model="kling-v1", camera=preset)
    asked = await sent(make_kling, Dialect.OFFICIAL, request)
    assert asked.body["camera_control"] == {"type": preset}


async def test_a_callback_address_goes_along(make_kling: MakeKling) -> None:
    """When there is a place to be called back, every order says so."""
    request = VideoRequest(prompt="a", model="kling-v1")
    asked = await sent(make_kling, Dialect.OFFICIAL, request, callback_url="https://b.example/c/1")
    assert asked.body["callback_url"] == "https://b.example/c/1"


async def test_a_lip_sync_without_a_face_is_our_own_mistake(make_kling: MakeKling) -> None:
    """It is refused before anything is sent."""
    async with Stub(yes(task_id="1")) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(ValueError, match="face"):
            await kling.create(
                LipSyncRequest(video_url="https://a.example/v"),
                external_id="abc",
                inputs={"audio": SOUND},
            )
        assert stub.asked == []


@pytest.mark.parametrize(
    ("clip", "body"),
    [
        ({"video_url": "https://a.example/v.mp4"}, {"video_url": "https://a.example/v.mp4"}),
        ({"video_id": "77", "video_url": ""}, {"video_id": "77"}),
    ],
    ids=["address", "id"],
)
@pytest.mark.parametrize("dialect", Dialect)
async def test_a_clip_is_named_one_way(
    make_kling: MakeKling, dialect: Dialect, clip: dict[str, str], body: dict[str, str]
) -> None:
    """identify-face gets the address or the id, never an empty other."""
    faces = {"session_id": "1", "face_data": []}
    async with Stub(says({"code": 0, "data": faces} | faces)) as stub:
        kling = await make_kling(stub.base_url, dialect)
        assert (await kling.identify_face(**clip)).session_id == "1"
        assert stub.asked[0].body == body
        path = stub.asked[0].path
    assert path in {"/v1/videos/identify-face", "/api/v1/lipsync/identify-face"}
    with pytest.raises(ValueError, match="not both"):
        await kling.identify_face()
    with pytest.raises(ValueError, match="not both"):
        await kling.identify_face(video_id="1", video_url="https://a.example/v")

"""Face sessions and the rules of advanced-lip-sync."""

import io
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from sandbox.kling import Clip, Face, Switches
from sandbox.kling.samples import speech
from tests.harness.kling_caller import LONG_S, Answer, Caller, Files, raw64
from tests.sandbox.kling.conftest import OpenWorld

LIP_SYNC, IDENTIFY = "videos/advanced-lip-sync", "videos/identify-face"
DAY_S = 24 * 3600


def choice(voice: bytes, **changes: Any) -> dict[str, Any]:
    face = {
        "face_id": "0",
        "sound_file": raw64(voice),
        "sound_start_time": 0,
        "sound_end_time": 3000,
        "sound_insert_time": 0,
    } | changes
    return {name: value for name, value in face.items() if value is not None}


async def session_for(kling: Caller, files: Files, clip: bytes, query: str = "") -> str:
    url = files.put("duo.mp4", clip) + query
    return str((await kling.post(IDENTIFY, video_url=url, video_id="")).data["session_id"])


async def lip_sync(kling: Caller, session: str, face: Any, **more: Any) -> Answer:
    return await kling.post(LIP_SYNC, session_id=session, face_choose=[face], **more)


async def test_faces_are_found_with_pictures(kling: Caller, files: Files, duo: bytes) -> None:
    """Each face has an id, an interval in ms and its own picture; the call costs 0.05 units."""
    data = (await kling.post(IDENTIFY, video_url=files.put("duo.mp4", duo))).data
    assert len(data["session_id"]) == 18
    assert [(f["face_id"], f["start_time"], f["end_time"]) for f in data["face_data"]] == [
        ("0", 0, 4000),
        ("1", 0, 4000),
    ]
    pictures = [(await kling.fetch(f["face_image"]))[1] for f in data["face_data"]]
    assert Image.open(io.BytesIO(pictures[0])).size == (256, 256)
    assert pictures[0] != pictures[1]
    assert data["final_unit_deduction"] == "0.05"
    assert kling.world.charged() == Decimal("0.05")


async def test_the_query_says_how_many_faces(kling: Caller, files: Files, duo: bytes) -> None:
    """`faces=N` in the address beats what the clip says of itself; none is possible."""
    for count in (0, 3):
        url = files.put("duo.mp4", duo) + f"?faces={count}"
        assert len((await kling.post(IDENTIFY, video_url=url)).data["face_data"]) == count


async def test_faces_can_be_scripted(open_world: OpenWorld, files: Files, duo: bytes) -> None:
    """A callable decides about the faces of a clip and their intervals."""

    def late(_url: str, clip: Clip) -> list[Face]:
        return [Face((0, 0, 0.5, 0.5), 1500, clip.ms)]

    kling = await open_world(faces_for=late)
    data = (await kling.post(IDENTIFY, video_url=files.put("duo.mp4", duo))).data
    assert data["face_data"][0]["start_time"] == 1500
    voice = speech(3, "wav")
    early = await lip_sync(kling, data["session_id"], choice(voice, sound_insert_time=0))
    assert early.message == "The audio must overlap the face for at least 2 seconds"
    good = await lip_sync(kling, data["session_id"], choice(voice, sound_insert_time=500))
    assert good.status == 200


async def test_identify_wants_exactly_one_source(kling: Caller) -> None:
    """Neither or both of video_id and video_url are refused; an unknown id too."""
    for body in ({}, {"video_id": "", "video_url": ""}, {"video_id": "1", "video_url": "http://x"}):
        assert (await kling.post(IDENTIFY, **body)).code == 1201
    assert (await kling.post(IDENTIFY, video_id="1")).message == "video_id value '1' is invalid"


async def test_an_own_clip_is_named_by_its_id(kling: Caller, voice: bytes) -> None:
    """A finished clip of this account goes in by `video_id` and is named as the parent."""
    made = await kling.done("videos/text2video", prompt="x", model_name="kling-v3", duration="3")
    video = made["task_result"]["videos"][0]
    session = (await kling.post(IDENTIFY, video_id=video["id"], video_url="")).data["session_id"]
    task_id = (await lip_sync(kling, session, choice(voice))).data["task_id"]
    kling.clock.advance(LONG_S)
    data = (await kling.get(f"{LIP_SYNC}/{task_id}")).data
    parent = data["task_info"]["parent_video"]
    assert (parent["id"], parent["duration"]) == (video["id"], "3.041")
    assert data["task_result"]["videos"][0]["duration"] == "3.041"
    assert data["final_unit_deduction"] == "0.5"


async def test_an_expired_own_clip_is_unknown(kling: Caller) -> None:
    """Thirty days after its end a clip can no longer be named."""
    made = await kling.done("videos/text2video", prompt="x")
    kling.clock.advance(30 * DAY_S)
    video_id = made["task_result"]["videos"][0]["id"]
    assert (await kling.post(IDENTIFY, video_id=video_id)).code == 1201


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_sessions_expire(
    open_world: OpenWorld, files: Files, duo: bytes, voice: bytes, *, switch: bool
) -> None:
    """A session lives 24 hours, or for ever where the switch says so."""
    kling = await open_world(switches=Switches(sessions_expire=switch))
    session = await session_for(kling, files, duo)
    kling.clock.advance(DAY_S - 1)
    assert (await lip_sync(kling, session, choice(voice))).status == 200
    kling.clock.advance(1)
    assert (await lip_sync(kling, session, choice(voice))).status == (400 if switch else 200)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"face_id": "2"}, "face_id value '2' is invalid"),
        ({"face_id": None}, "face_id value '' is invalid"),
        ({"sound_file": None}, "Exactly one of audio_id and sound_file"),
        ({"audio_id": "7"}, "Exactly one of audio_id and sound_file"),
        ({"audio_id": "7", "sound_file": ""}, "audio_id value '7' is invalid"),
        ({"sound_start_time": None}, "sound_start_time cannot be empty"),
        ({"sound_insert_time": None}, "sound_insert_time cannot be empty"),
        ({"sound_end_time": 2.5}, "sound_end_time value '2.5' is invalid"),
        ({"sound_end_time": 3200}, "sound_end_time value '3200' is invalid"),
        ({"sound_start_time": 3000}, "sound_start_time value '3000' is invalid"),
        ({"sound_start_time": 1001}, "The trimmed audio must be at least 2 seconds"),
        ({"sound_insert_time": -1}, "sound_insert_time value '-1' is invalid"),
        ({"sound_insert_time": 1001}, "sound_insert_time value '1001' is invalid"),
        ({"sound_volume": 2.1}, "sound_volume value '2.1' is invalid"),
        ({"original_audio_volume": -0.1}, "original_audio_volume value '-0.1' is invalid"),
    ],
)
async def test_lip_sync_refuses(
    kling: Caller, files: Files, duo: bytes, voice: bytes, changes: dict[str, Any], words: str
) -> None:
    """Each rule about the face, the sound and its place is 400 with code 1201."""
    session = await session_for(kling, files, duo)
    answer = await lip_sync(kling, session, choice(voice, **changes))
    assert (answer.status, answer.code) == (400, 1201)
    assert words in answer.message


async def test_lip_sync_wants_one_face_of_a_known_session(
    kling: Caller, files: Files, duo: bytes, voice: bytes
) -> None:
    """No session, no face and two faces are refused."""
    session = await session_for(kling, files, duo)
    assert (await lip_sync(kling, "1", choice(voice))).message == "session_id value '1' is invalid"
    for faces in ([], [choice(voice)] * 2, ["0"]):
        answer = await kling.post(LIP_SYNC, session_id=session, face_choose=faces)
        assert answer.code == 1201


@pytest.mark.parametrize("switch", [False, True])
async def test_switch_sound_end_required(
    open_world: OpenWorld, files: Files, duo: bytes, voice: bytes, *, switch: bool
) -> None:
    """Without `sound_end_time` a lip-sync is refused, or takes the sound to its end."""
    kling = await open_world(switches=Switches(sound_end_required=switch))
    session = await session_for(kling, files, duo)
    answer = await lip_sync(kling, session, choice(voice, sound_end_time=None))
    assert answer.status == (400 if switch else 200)


async def test_switch_volume_max(
    open_world: OpenWorld, files: Files, duo: bytes, voice: bytes
) -> None:
    """Where volumes up to ten are known, ten passes."""
    kling = await open_world(switches=Switches(volume_max=10))
    session = await session_for(kling, files, duo)
    assert (await lip_sync(kling, session, choice(voice, sound_volume=10))).status == 200


@pytest.mark.parametrize("found", [False, True])
@pytest.mark.parametrize("echoed", [False, True])
async def test_switches_of_the_external_id(
    open_world: OpenWorld, files: Files, duo: bytes, voice: bytes, *, found: bool, echoed: bool
) -> None:
    """A lip-sync keeps its external id unique; finding by it and echoing it are switches."""
    switches = Switches(lip_sync_by_external_id=found, lip_sync_echoes_external_id=echoed)
    kling = await open_world(switches=switches)
    session = await session_for(kling, files, duo)
    made = await lip_sync(kling, session, choice(voice), external_task_id="mine")
    assert made.data["task_info"].get("external_task_id") == ("mine" if echoed else None)
    again = await lip_sync(kling, session, choice(voice), external_task_id="mine")
    assert again.message == "External_task_id mine already exists"
    assert ((await kling.get(f"{LIP_SYNC}/mine")).status == 200) is found
    (listed,) = (await kling.get(LIP_SYNC)).data
    assert ("external_task_id" in listed["task_info"]) is echoed

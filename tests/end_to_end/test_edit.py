"""`/edit`: a video is changed, or taken as a reference, in both generations."""

import asyncio
import base64
import functools
import io
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import ImageChops, ImageOps, ImageStat
from PIL.Image import Image

from sandbox.discord import Message, Upload
from sandbox.kling import mark_of, read_mark
from sandbox.kling.clips import frame_at
from sandbox.kling.orders import Remake
from storage.job import Job, Kind, State
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.questions import ALWAYS, question, start
from tests.harness.end_to_end.samples import clip_with_faces, in_pieces
from tests.harness.models import DEAR_EDITS, EDITS, NEWER_EDITS
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town, card_text, png

KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
FREELY = KEY | {"KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "1000"}
"""An edit in pro may cost more than a member's usual day."""
OTHERS = [pytest.param(model, marks=pytest.mark.sweep) for model in (NEWER_EDITS, EDITS)]
WORDS = "make it winter"


def video(seconds: float = 3.0, seed: str = "clip", **how: Any) -> Upload:
    """A clip of its own look."""
    return Upload(_drawn(seconds, seed, **({"size": (720, 720)} | how)), "clip.mp4")


def recording(seconds: float = 3.0) -> Upload:
    """A clip that does not say how long it is."""
    return Upload(in_pieces(video(seconds).data), "recording.mp4")


@functools.cache
def _drawn(seconds: float, seed: str, **how: Any) -> bytes:
    return clip_with_faces(1, seconds, seed=seed, **how)


def bodies(town: Town) -> list[dict[str, Any]]:
    """The bodies of every create of an edit."""
    roots = ("/v1/videos/omni-video", "/omni-video/")
    return [
        r.body or {} for r in town.kling.requests if r.method == "POST" and r.path.startswith(roots)
    ]


async def file_of(post: Message) -> bytes:
    [file] = post.attachments
    assert file.data is not None
    return file.data


def unlike(one: Image, other: Image) -> float:
    """How far two frames are apart above the words on them: the mean difference of 255."""
    size = (160, 90)
    small = [
        i.convert("RGB").crop((0, 0, i.width, i.height * 2 // 3)).resize(size) for i in (one, other)
    ]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def length_ms(data: bytes) -> int:
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration is not None
        return container.duration // 1000


async def only(town: Town) -> Job:
    [job] = await town.settled()
    return job


@pytest.mark.parametrize("model", [DEAR_EDITS, *OTHERS])
async def test_the_video_itself_is_edited(tmp_path: Path, model: str) -> None:
    """From the command to the file: the frames of the right clip, paid and posted once."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        given = video()
        asked = await town.ask("edit", prompt=WORDS, video=given, model=model)
        assert "up to" not in card_text(town.card_of(asked))
        [post] = await town.posted()
        job = await only(town)
        assert (job.kind, job.state) == (Kind.EDIT, State.DONE)
        made = await file_of(post)
        other = video(seed="another").data
        for ms in (500, 2_500):
            frame, same, stranger = [
                await asyncio.to_thread(frame_at, data, ms) for data in (made, given.data, other)
            ]
            assert read_mark(frame) == mark_of(WORDS)
            assert unlike(frame, same) < 8 < unlike(frame, stranger)
        assert abs(length_ms(made) - 3_000) < 100
        [task] = town.kling.creates
        assert town.kling.charged("video") == task.order.units
        assert_posted_once(town.posts(), 1)


@pytest.mark.parametrize("model", [DEAR_EDITS, *OTHERS])
async def test_a_new_video_is_made_after_the_reference(tmp_path: Path, model: str) -> None:
    """It has the length that was asked for, and shows the reference, not the clip itself."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        given = video()
        await town.ask("edit", prompt=WORDS, video=given, model=model, use="reference", duration=4)
        [post] = await town.posted()
        made = await file_of(post)
        frame, same = [
            await asyncio.to_thread(frame_at, data, 1_000) for data in (made, given.data)
        ]
        assert unlike(frame, ImageOps.mirror(same)) < unlike(frame, same)
        assert abs(length_ms(made) - 4_000) < 100
        await town.settled()


async def test_what_the_legacy_generation_is_sent(either: Town) -> None:
    """The list with the video, images in their order; mode and sound are always said."""
    images: dict[str, Any] = {
        "image": png("red.png", colour="red"),
        "image_2": png("blue.png", colour="blue"),
    }
    prompt = "put <<<image_2>>> into <<<video_1>>>"
    given = video()
    await either.ask("edit", prompt=prompt, video=given, model=EDITS, **images)
    await either.posted()
    [(path, body)] = either.orders()
    assert path == "videos/omni-video"
    [listed] = body["video_list"]
    assert listed.pop("video_url").startswith(either.discord.cdn_url)
    assert listed == {"refer_type": "base", "keep_original_sound": "yes"}
    assert (body["prompt"], body["mode"]) == (prompt, "std")
    assert not {"duration", "aspect_ratio", "sound"} & body.keys()
    sent = [base64.b64decode(one["image_url"], validate=True) for one in body["image_list"]]
    stored = await either.store.inputs(body["external_task_id"])
    assert sent == [stored["image"].data, stored["image_2"].data]


@pytest.mark.sweep
async def test_what_a_legacy_reference_is_sent(either: Town) -> None:
    """A new video needs a length and a ratio there; both are said."""
    said = await either.discord.say(either.member, either.channel, "", video())
    url = said.attachments[0].url
    await either.ask(
        "edit",
        prompt=WORDS,
        video_url=url,
        model=EDITS,
        use="reference",
        mode="pro",
        keep_sound=True,
    )
    await either.posted()
    [(_, body)] = either.orders()
    listed = {"video_url": url, "refer_type": "feature", "keep_original_sound": "yes"}
    assert body["video_list"] == [listed]
    assert (body["duration"], body["aspect_ratio"], body["mode"]) == ("5", "16:9", "pro")


SENT: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (DEAR_EDITS, {}, "base_video", {"resolution": "720p", "audio": "original"}),
    (DEAR_EDITS, {"keep_sound": False, "mode": "pro"}, "base_video", {"resolution": "1080p"}),
    (
        DEAR_EDITS,
        {"use": "reference", "duration": 7, "aspect_ratio": "21:9"},
        "feature_video",
        {"resolution": "720p", "duration": 7, "aspect_ratio": "21:9"},
    ),
    (
        NEWER_EDITS,
        {},
        "base_video",
        {"resolution": "720p", "audio": "original", "multi_shot": False},
    ),
    (
        NEWER_EDITS,
        {"use": "reference"},
        "feature_video",
        {"resolution": "720p", "duration": 5, "audio": "off", "multi_shot": True},
    ),
]


@pytest.mark.sweep
@pytest.mark.parametrize(("model", "options", "kind", "settings"), SENT)
async def test_what_the_newer_generation_is_sent(
    tmp_path: Path, model: str, options: dict[str, Any], kind: str, settings: dict[str, Any]
) -> None:
    """Words, the video, images; of the settings those that the model knows, through our gateway."""
    async with open_town(tmp_path, env=FREELY, dialect="gateway") as town, town.bot():
        await town.ask("edit", prompt=WORDS, video=video(), image=png(), model=model, **options)
        await town.posted()
        body = bodies(town)[-1]
        words, clip, picture = body["contents"]
        assert words == {"type": "prompt", "text": WORDS}
        assert clip["type"] == kind
        assert clip["url"].startswith(town.discord.cdn_url)
        assert picture["type"] == "refer_image"
        assert body["settings"] == settings


async def test_the_right_images_reach_the_result(town: Town) -> None:
    """The pixels of each image are where its number says."""
    images: dict[str, Any] = {"image": png(colour="red"), "image_2": png(colour="blue")}
    await town.ask("edit", prompt="<<<image_1>>> and <<<image_2>>>", video=video(), **images)
    [post] = await town.posted()
    frame = await asyncio.to_thread(frame_at, await file_of(post), 1_000)
    wide, tall = frame.width // 4, frame.height // 4
    red, blue = (frame.convert("RGB").getpixel((wide * n + wide // 2, tall // 2)) for n in (0, 1))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 180 > max(red[1:])
    assert blue[2] > 180 > max(blue[:2])


async def test_the_most_is_reserved_and_what_was_deducted_is_spent(tmp_path: Path) -> None:
    """Kling counts the seconds of both videos, and of this one only it knows them."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        asked = await town.ask("edit", prompt=WORDS, video=recording(), model=DEAR_EDITS)
        assert "Price: up to 40.2 video units" in card_text(town.card_of(asked))
        assert (await town.only_job()).units_held + (await town.only_job()).units_spent in {
            4_020,
            402,
        }
        await town.posted()
        card = await town.card_says(asked, "Done")
        assert "Kling deducted 4.02 video units" in card_text(card)
        job = await only(town)
        assert (job.units_price, job.units_held, job.units_spent) == (4_020, 0, 402)
        assert f"{town.kling.charged('video')}" == "4.02"


@pytest.mark.sweep
async def test_the_sound_of_the_video_stays_where_it_can(tmp_path: Path) -> None:
    """A model that can't keep it with a reference says so; without the wish it is made."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        given: dict[str, Any] = {"prompt": WORDS, "use": "reference", "model": NEWER_EDITS}
        told = await town.refused("edit", video=video(), keep_sound=True, **given)
        assert "can't keep the audio" in told
        assert EDITS in told
        await town.ask("edit", video=video(), keep_sound=False, **given)
        await town.ask("edit", prompt=WORDS, video=video(sound=True), model=NEWER_EDITS)
        posts = await town.posted(2)
        drawings = [task.order.drawing for task in town.kling.creates]
        assert [d.sound for d in drawings if isinstance(d, Remake)] == ["off", "original"]
        heard = []
        for post in posts:
            with av.open(io.BytesIO(await file_of(post)), "r") as container:
                heard.append(len(container.streams.audio))
        assert sorted(heard) == [0, 1]


async def test_a_video_whose_link_has_ended_is_asked_for_again(town: Town) -> None:
    """It is said which command to use; nothing is sent."""
    await town.ask("edit", prompt=WORDS, video=video())
    [post] = await town.posted()
    await town.settled()
    town.clock.jump(3 * 86_400)
    pressed = await town.press(post, "again")
    assert pressed.ephemeral
    assert "link to the video has expired" in text_of(pressed)
    assert "/edit" in text_of(pressed)


async def test_a_dear_edit_is_asked_about_first(tmp_path: Path) -> None:
    """The question says the most it can cost; the video is the same when it is started."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        given: dict[str, Any] = {"prompt": WORDS, "video": recording(), "mode": "pro"}
        asked = await question(town, "edit", model=EDITS, **given)
        text = card_text(asked)
        for words in ("Start this edit?", "Price: up to 18 video units", "Mode: Professional"):
            assert words in text, words
        labels = [one["label"] for row in asked.components for one in row["components"]]
        assert "Standard instead: up to 13.5 units ($1.89)" in labels
        await start(town, asked, "std")
        await town.posted()
        [(_, body)] = town.orders()
        assert body["mode"] == "std"
        assert body["video_list"][0]["video_url"].startswith(town.discord.cdn_url)

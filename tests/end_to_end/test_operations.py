"""Every operation of the table from the command to the file, in both dialects."""

import asyncio
import io
import math
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.discord import Message, Upload
from sandbox.kling import Script
from sandbox.kling.clips import frame_at
from sandbox.kling.orders import Made
from storage.job import Job, Kind, State
from storage.ledger import day_of, month_of
from tests.harness.end_to_end.questions import question, start
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.models import DUAL_SCENE, LEGACY_MOTION, SCENE
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text, picture, png

DANCE_S = 3.0


def dance(seconds: float = DANCE_S, **how: Any) -> Upload:
    """A video with somebody in it."""
    made = clip_with_faces(1, seconds, **({"size": (480, 480), "seed": "dance"} | how))
    return Upload(made, "dance.mp4")


async def file_of(post: Message) -> tuple[str, bytes]:
    [file] = post.attachments
    assert file.data is not None
    return file.filename, file.data


async def played(town: Town, command: str, **options: Any) -> tuple[Job, Message, dict[str, Any]]:
    """Ask, and return what came of it."""
    await town.ask(command, **options)
    [post] = await town.posted()
    [job] = await town.settled()
    [(_, body)] = town.orders()
    [task] = town.kling.creates
    pack = task.order.product.pack
    assert (job.kind, job.state) == (Kind(command), State.DONE)
    assert task.order.units == town.kling.charged(pack)
    assert job.units_spent == round(task.order.units * 100)
    assert_posted_once(town.posts(), 1)
    return job, post, body


def given_to(town: Town) -> tuple[bytes, ...]:
    """What the local Kling made the last result from."""
    drawing = town.kling.creates[-1].order.drawing
    assert isinstance(drawing, Made)
    return drawing.given


async def test_an_image_moves_like_a_video(either: Town) -> None:
    """The file has the length of the video, its sound, and the colours of the image."""
    moves = dance(sound=True)
    words = "in the rain"
    _, post, body = await played(
        either, "motion", image=png(colour="red"), video=moves, prompt=words, model=LEGACY_MOTION
    )
    assert body.pop("video_url").startswith(either.discord.cdn_url)
    assert {k: v for k, v in body.items() if k not in {"image_url", "external_task_id"}} == {
        "model_name": LEGACY_MOTION,
        "prompt": words,
        "character_orientation": "video",
        "mode": "std",
    }
    name, made = await file_of(post)
    assert name.endswith(".mp4")
    frame = await asyncio.to_thread(frame_at, made, 1_500)
    red, green, blue = ImageStat.Stat(frame.convert("RGB").crop((200, 200, 400, 300))).mean
    assert red > 150 > max(green, blue)
    with av.open(io.BytesIO(made), "r") as container:
        assert container.duration is not None
        assert abs(container.duration / 1e6 - DANCE_S) < 0.2
        assert container.streams.audio
    stored = await either.store.inputs((await either.only_job()).id)
    assert given_to(either) == (stored["image"].data, moves.data)


@pytest.mark.parametrize("scene", [SCENE, pytest.param(DUAL_SCENE, marks=pytest.mark.sweep)])
async def test_images_become_an_effect(either: Town, scene: str) -> None:
    """Its price is not known, so it is asked first; the images are in it, left and right."""
    images: dict[str, Any] = {"image": png(colour="red")}
    if scene == DUAL_SCENE:
        images["image_2"] = png(colour="blue")
    _, post, body = await played(either, "effect", effect=scene, **images)
    assert body["effect_scene"] == scene
    assert set(body["input"]) == ({"images"} if len(images) > 1 else {"image"})
    frame = await asyncio.to_thread(frame_at, (await file_of(post))[1], 100)
    left, right = (
        frame.convert("RGB").getpixel((frame.width * part // 4, frame.height // 4))
        for part in (1, 3)
    )
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 150 > left[2]
    assert (right[2] > 150 > right[0]) is (len(images) > 1)


async def test_an_unknown_effect_goes_through_and_the_operator_hears_of_it(town: Town) -> None:
    """Effects come faster than releases: Kling decides, and here it has no such scene."""
    await town.ask("effect", effect="brand_new_scene", image=png())
    [post] = await town.posted()
    [(_, body)] = town.orders()
    assert body["effect_scene"] == "brand_new_scene"
    assert "effect_scene value" in post.content
    [told] = await town.posted(1, town.discord.dm(town.discord.owner))
    assert "effect `brand" in told.content


@pytest.mark.sweep
@pytest.mark.parametrize("typed", [SCENE.upper(), f" {SCENE.replace('_', ' ').title()} "])
async def test_an_effect_may_be_typed_with_capitals_and_spaces(town: Town, typed: str) -> None:
    """It is the one of that name, and no unknown one that would fail at Kling."""
    await played(town, "effect", effect=typed, image=png())
    assert town.orders()[0][1]["effect_scene"] == SCENE
    assert town.posts(town.discord.dm(town.discord.owner)) == []


SHAPES: list[tuple[str | None, tuple[float, float, float, float], tuple[int, int]]] = [
    (None, (0, 0, 0.5, 0.5), (1_280, 480)),
    ("taller", (0.5, 0.5, 0, 0), (640, 960)),
    ("all", (0.25, 0.25, 0.25, 0.25), (960, 720)),
    ("square", (0.1666, 0.1666, 0, 0), (640, 640)),
]


@pytest.mark.parametrize(
    ("shape", "parts", "size"),
    [SHAPES[0], *(pytest.param(*one, marks=pytest.mark.sweep) for one in SHAPES[1:])],
)
async def test_an_image_is_expanded(
    either: Town,
    shape: str | None,
    parts: tuple[float, float, float, float],
    size: tuple[int, int],
) -> None:
    """The image stays as it was in its place, and around it there is more."""
    chosen = {"shape": shape} if shape else {}
    data = picture(640, 480, "teal")
    _, post, body = await played(
        either, "expand", image=Upload(data, "a.png"), prompt="a beach", **chosen
    )
    sides = ("up", "down", "left", "right")
    assert tuple(body[f"{side}_expansion_ratio"] for side in sides) == parts
    name, made = await file_of(post)
    assert name.endswith(".png")
    whole = Image.open(io.BytesIO(made)).convert("RGB")
    assert all(abs(one - other) <= 1 for one, other in zip(whole.size, size, strict=True))
    at = round(640 * parts[2]), round(480 * parts[0])
    inner = whole.crop((*at, at[0] + 640, at[1] + 480))
    given = Image.open(io.BytesIO(given_to(either)[0])).convert("RGB")
    assert ImageChops.difference(inner, given).getbbox() is None


async def test_a_sound_is_made(both: Town) -> None:
    """What is posted is a sound file of the length that was asked for."""
    _, post, body = await played(both, "sound", prompt="rain on a tin roof", seconds=4)
    assert (body["prompt"], body["duration"]) == ("rain on a tin roof", 4.0)
    name, made = await file_of(post)
    assert name.endswith(".mp3")
    with av.open(io.BytesIO(made), "r") as container:
        assert container.format.name == "mp3"
        assert container.duration is not None
        assert abs(container.duration / 1e6 - 4) < 0.2
    assert "your audio is ready" in post.content


async def test_a_sound_without_a_length_has_the_usual_one(town: Town) -> None:
    """Kling has no default, so it is always said."""
    await played(town, "sound", prompt="bells")
    [(_, body)] = town.orders()
    assert body["duration"] == 5.0


AGAIN: list[tuple[str, dict[str, Any]]] = [
    ("motion", {"image": png(), "video": "dance", "model": LEGACY_MOTION, "mode": "pro"}),
    ("expand", {"image": png(), "shape": "square"}),
    ("sound", {"prompt": "rain", "seconds": 3}),
]


@pytest.mark.parametrize(("command", "options"), sampled(AGAIN, AGAIN[1]))
async def test_it_runs_again_as_it_was(town: Town, command: str, options: dict[str, Any]) -> None:
    """Everything that was asked for, with the same files."""
    options = {k: dance() if v == "dance" else v for k, v in options.items()}
    await town.ask(command, **options)
    [post] = await town.posted()
    await town.settled()
    await town.press(post, "again")
    await town.posted(2)
    (_, first), (_, second) = town.orders()
    assert first.pop("external_task_id") != second.pop("external_task_id")
    assert first == second


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("motion", {"image": png()}, "The video is missing"),
    ("motion", {"image": png(), "video_url": "https://127.0.0.1/a.mp4"}, "private network"),
    ("motion", {"image": png(), "video": Upload(b"x", "a.txt", "text/plain")}, "MP4 and MOV"),
    ("motion", {"image": png(), "video_url": "https://x.example/a.mp4", "model": "kling-v1-6"},
     "can't do this"),
    ("motion", {"image": png(), "video_url": "https://x.example/a.mp4", "model": "kling-3.0"},
     "KLINGBOT_KLING__API_KEY"),
    ("motion", {"image": png(), "video": "short"}, "must have 3-30 s"),
    ("motion", {"image": png(), "video": "long", "orientation": "image"}, "must have 3-10 s"),
    ("effect", {"image": png(), "effect": "kiss"}, "withdrew the effect `kiss` on 2026-01-30"),
    ("effect", {"image": png(), "effect": DUAL_SCENE}, "made from two images"),
    ("effect", {"image": png(), "image_2": png(), "effect": SCENE}, "made from one image"),
    ("effect", {"image": png(), "effect": "../../etc"}, "valid model name"),
    ("effect", {"image": png(), "effect": "  "}, "Choose an effect"),
    ("expand", {"image": Upload(picture(1_200, 400), "a.png"), "shape": "square"}, "1200"),
    ("expand", {"image": Upload(b"words", "a.png")}, "can't"),
    ("sound", {"prompt": " "}, "empty"),
]  # fmt: skip


async def test_each_mistake_is_refused(town: Town) -> None:
    """Privately, in words that name it, before anything is sent."""
    videos = {"short": dance(2.0), "long": dance(11.0)}
    for command, options, words in WRONG:
        given = {k: videos.get(v, v) if k == "video" else v for k, v in options.items()}
        assert words in await town.refused(command, **given), (command, options)


@pytest.mark.parametrize("options", [{"prompt": "x" * 201}, {"prompt": "x", "seconds": 11}])
async def test_what_discord_would_not_let_through_is_refused(
    town: Town, options: dict[str, Any]
) -> None:
    """The limits of a sound hold for what arrives in another way, too."""
    assert await town.refused_forged("sound", **options)


async def test_a_motion_and_an_effect_are_asked_about_first(tmp_path: Path) -> None:
    """A motion costs at most the seconds of its video; what an effect costs is not known."""
    async with open_town(tmp_path, env={"KLINGBOT_MONEY__CONFIRM_USD": "0.4"}) as town, town.bot():
        given: dict[str, Any] = {"image": png(), "video": dance(), "model": LEGACY_MOTION}
        asked = await question(town, "motion", **given, mode="pro")
        assert "up to 3.6 video units" in card_text(asked)
        effect = await question(town, "effect", effect=SCENE, image=png())
        assert "at least" in card_text(effect)
        await start(town, effect)
        await town.posted()
        await town.settled()


async def test_a_sound_waits_for_no_video_and_counts_with_videos(tmp_path: Path) -> None:
    """It has slots of its own, and is paid from and limited by video units."""
    env = {
        "KLINGBOT_KLING__VIDEO_SLOTS": "1",
        "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "2",
    }
    async with open_town(tmp_path, env=env) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        three: dict[str, Any] = {"model": "kling-v3", "duration": 3}  # 1.8 units
        await town.ask("video", prompt="takes the only slot", **three)
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        other = town.discord.add_user("listens")
        await town.ask("sound", by=other, prompt="rain")
        await town.kling.until(lambda: len(town.kling.creates) == 2)
        refused = await town.ask("sound", prompt="too much for today")
        assert refused.ephemeral
        [sound] = [job for job in await town.store.list_jobs() if job.kind is Kind.SOUND]
        [line] = await town.store.lines(
            month_of(day_of(town.clock.now())), user_id=sound.origin.user_id
        )
        assert (line.pack, line.held) == ("video", sound.units_price)

"""`/edit` where something is wrong: every problem at once, privately, before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Upload
from tests.end_to_end.test_commands import suggested
from tests.end_to_end.test_edit import KEY, WORDS, recording, video
from tests.end_to_end.test_jobs import text_of
from tests.harness.models import DEAR_EDITS, EDITS, NEWER_EDITS
from tests.harness.opening import open_town
from tests.harness.town import Town, png


@pytest.mark.sweep
async def test_a_limit_counts_the_most(tmp_path: Path) -> None:
    """What could pass a limit is refused, though the video might be short."""
    env = KEY | {"KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "40"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        told = await town.refused("edit", prompt=WORDS, video=recording(), model=DEAR_EDITS)
        assert "40.2 video units" in told
        assert "the highest possible price counts" in told
        await town.ask("edit", prompt=WORDS, video=video(), model=NEWER_EDITS)
        await town.posted()


async def test_a_limit_that_the_dearest_mode_can_pass_leaves_the_plain_one(tmp_path: Path) -> None:
    """With the limits as shipped: what fits is named, and is accepted."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        edit: dict[str, Any] = {"prompt": WORDS, "video": recording(), "model": DEAR_EDITS}
        told = await town.refused("edit", **edit, mode="pro")
        assert "it costs more than the whole limit" in told
        assert f"The same edit in std with {DEAR_EDITS} would still fit (up to 40.2 units)" in told
        await town.ask("edit", **edit, mode="std")
        await town.posted()


async def test_everything_that_is_wrong_is_told_at_once(town: Town) -> None:
    """Privately, before anything is accepted or sent."""
    text = Upload(b"words", "notes.txt", "text/plain")
    told = await town.refused(
        "edit",
        prompt="put <<<image_3>>> into <<<video_2>>>",
        video=text,
        video_url="https://clips.example/a.mp4",
        image_2=png(),
        duration=40,
        aspect_ratio="21:9",
        mode="4k",
        model="kling-video-o1",
    )
    expected = (
        "MP4 and MOV",
        "not both",
        "skipped `image`",
        "<<<image_3>>>",
        "<<<video_2>>>",
        "no mode `4k`",
    )
    for words in expected:
        assert words in told, words
    assert told.count("An edit keeps the length and the shape") == 2


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "The video is missing"),
    ({"video_url": "ftp://clips.example/a.mp4"}, "must begin with `https://`"),
    ({"video_url": "https://127.0.0.1/a.mp4"}, "private network"),
    ({"video_url": "https://me:secret@clips.example/a.mp4"}, "user name or a password"),
    ({"video": "small"}, "Each side must be between"),
    ({"video": "long"}, "between 720 and 2160"),
    ({"video": "fine", "use": "reference", "duration": 16}, "3-15"),
    ({"video": "fine", "use": "reference", "aspect_ratio": "21:9"}, "21:9"),
    ({"video": "fine", "model": "kling-v1-6"}, "can't make a video from another"),
    ({"video": "fine", "model": DEAR_EDITS}, "KLINGBOT_KLING__API_KEY"),
    ({"video": "fine", "prompt": "<<<image_0>>>"}, "numbered from 1"),
]


@pytest.mark.sweep
@pytest.mark.parametrize(("options", "words"), WRONG)
async def test_each_mistake_is_refused(town: Town, options: dict[str, Any], words: str) -> None:
    """By itself, in words that name it."""
    made = {
        "small": lambda: video(3.0, size=(640, 640)),
        "long": lambda: video(3.0, size=(2_180, 720)),
        "fine": lambda: video(3.0),
    }
    given = {"prompt": WORDS} | options
    if "video" in given:
        given["video"] = made[given["video"]]()
    told = await town.refused("edit", **given)
    assert words in told


@pytest.mark.sweep
async def test_a_chinese_member_is_refused_in_chinese(town: Town) -> None:
    """The same problems in the language of the member."""
    reader = town.discord.add_user("小明", "zh-CN")
    answer = await town.ask("edit", prompt="冬天 <<<video_2>>>", video=video(), by=reader)
    assert answer.ephemeral
    assert "只有一个视频" in text_of(answer)


@pytest.mark.sweep
async def test_models_are_proposed_with_what_they_take(town: Town) -> None:
    """With a pair of keys the legacy default leads; what needs an API key is not proposed."""
    names = await suggested(town, "edit")
    assert names[0] == EDITS
    assert DEAR_EDITS not in names


@pytest.mark.sweep
async def test_too_long_a_prompt_is_refused(town: Town) -> None:
    """Also where a client lets it pass; the limit is that of both generations."""
    for model in (EDITS, DEAR_EDITS):
        told = await town.refused_forged(
            "edit", prompt="x" * 2_501, video_url="https://127.0.0.1/a.mp4", model=model
        )
        assert "2501 characters" in told

"""`/storyboard`: several shots in one video, in both generations, checked before it is sent."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sandbox.kling import mark_of, read_mark
from sandbox.kling.clips import frame_at
from sandbox.kling.orders import ClipDrawing
from storage.job import Job, Kind, State
from tests.end_to_end.test_commands import suggested
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.questions import ALWAYS, question, start
from tests.harness.models import NEWER, NO_END, SHOTS
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text, png

KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
DRAWN: dict[str, Any] = {"media_for": None}
"""Results as the local Kling draws them."""
THREE: dict[str, Any] = {
    "shot_1": "a fox wakes up",
    "shot_2": "it runs",
    "shot_3": "it sleeps",
    "seconds_2": 1,
}
LENGTHS = (("a fox wakes up", 2), ("it runs", 1), ("it sleeps", 2))


async def test_a_price_above_the_limit_says_what_would_fit(tmp_path: Path) -> None:
    """Privately, before anything is sent: the same shots, shorter or plainer."""
    env = {"KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "2"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        told = await town.refused("storyboard", **THREE, model=SHOTS, mode="pro")
        assert f"The same shots in 3 s of std with {SHOTS} would still fit (1.8 units)" in told
        assert bodies(town) == []


def bodies(town: Town) -> list[dict[str, Any]]:
    """The bodies of every create."""
    roots = ("/v1/videos/", "/text-to-video/", "/image-to-video/")
    return [
        r.body or {} for r in town.kling.requests if r.method == "POST" and r.path.startswith(roots)
    ]


async def storyboard(town: Town) -> Job:
    [job] = await town.settled()
    return job


@pytest.mark.parametrize("newer", [pytest.param(False, marks=pytest.mark.sweep), True])
async def test_the_shots_are_seen_in_their_order(tmp_path: Path, *, newer: bool) -> None:
    """From the command to the posted file: each shot for its length, paid once, posted once."""
    env = KEY if newer else {}
    async with open_town(tmp_path, env=env, kling_options=DRAWN) as town, town.bot():
        asked = await town.ask("storyboard", aspect_ratio="9:16", sound=True, **THREE)
        for words, seconds in LENGTHS:
            assert f"{seconds}s: {words}" in card_text(town.card_of(asked))
        [post] = await town.posted()
        job = await storyboard(town)
        assert (job.kind, job.state) == (Kind.STORYBOARD, State.DONE)
        [file] = post.attachments
        data = file.data
        assert data is not None
        begun_ms = 0
        for words, seconds in LENGTHS:
            for ms in (begun_ms + 50, begun_ms + seconds * 1000 - 100):
                frame = await asyncio.to_thread(frame_at, data, ms)
                assert read_mark(frame) == mark_of(words), (words, ms)
            begun_ms += seconds * 1000
        [task] = town.kling.creates
        assert task.order.model == (NEWER if newer else SHOTS)
        assert isinstance(task.order.drawing, ClipDrawing)
        assert task.order.drawing.seconds == 5
        assert town.kling.charged("video") == task.order.units
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


async def test_what_the_legacy_generation_is_sent(either: Town) -> None:
    """A list of shots with their lengths, and the sum; no prompt. Through our gateway as well."""
    await either.ask("storyboard", image=png(), mode="pro", model=SHOTS, **THREE)
    await either.posted()
    [(path, body)] = either.orders()
    assert path == "videos/image2video"
    assert body["multi_shot"] is True
    assert (body["shot_type"], body["duration"], body["mode"]) == ("customize", "5", "pro")
    assert body["multi_prompt"] == [
        {"index": number, "prompt": words, "duration": str(seconds)}
        for number, (words, seconds) in enumerate(LENGTHS, start=1)
    ]
    assert "prompt" not in body


@pytest.mark.parametrize("picture", [False, True])
async def test_what_the_newer_generation_is_sent(tmp_path: Path, *, picture: bool) -> None:
    """One text, and `multi_shot` is always said."""
    async with open_town(tmp_path, env=KEY, dialect="gateway") as town, town.bot():
        files: dict[str, Any] = {"image": png()} if picture else {}
        await town.ask("storyboard", **THREE, **files)
        await town.posted()
        [body] = bodies(town)
        text = body["contents"][0]["text"] if picture else body["prompt"]
        assert text == "shot 1, 2, a fox wakes up; shot 2, 1, it runs; shot 3, 2, it sleeps;"
        assert body["settings"] == {"resolution": "720p", "duration": 5, "multi_shot": True}


async def test_a_single_short_shot_is_stretched_to_the_shortest_video(town: Town) -> None:
    """The last shot without a length takes what is missing to the model's minimum."""
    await town.ask("storyboard", shot_1="a fox")
    await town.posted()
    [(_, body)] = town.orders()
    assert (body["duration"], body["multi_prompt"][0]["duration"]) == ("3", "3")


async def test_everything_that_is_wrong_is_told_at_once(town: Town) -> None:
    """Privately, before anything is accepted or sent: gaps, lengths, sum, words, the model."""
    told = await town.refused(
        "storyboard",
        shot_1="x" * 513,
        shot_3="it sleeps",
        seconds_3=20,
        seconds_5=3,
        aspect_ratio="21:9",
    )
    expected = ("skipped `shot_2`", "Fill in `shot_5`", "513", "512", "22 s", "3-15 s", "21:9")
    for words in expected:
        assert words in told, words
    told = await town.refused("storyboard", shot_1="a fox", model=NO_END, seconds_1=5)
    assert "can't make several shots" in told
    assert f"Models that support this: {SHOTS}" in told
    told = await town.refused("storyboard", shot_1="a fox", model=NEWER)
    assert "KLINGBOT_KLING__API_KEY" in told


async def test_a_chinese_member_is_refused_in_chinese(town: Town) -> None:
    """The same problems in the language of the member."""
    reader = town.discord.add_user("小明", "zh-CN")
    answer = await town.ask("storyboard", shot_1="狐狸", shot_3="睡觉", by=reader)
    assert answer.ephemeral
    assert "跳过了 `shot_2`" in text_of(answer)


async def test_what_ends_a_shot_is_refused_where_it_would(tmp_path: Path) -> None:
    """A semicolon would begin a shot that was not asked for; another model takes it as it is."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        forged = "a fox; shot 2, 9, a stranger"
        told = await town.refused("storyboard", shot_1=forged, model=NEWER)
        assert "`shot_1` contains `;`" in told
        assert SHOTS in told
        await town.ask("storyboard", shot_1=forged, model=SHOTS)
        await town.posted()
        [(_, body)] = town.orders()
        assert [shot["prompt"] for shot in body["multi_prompt"]] == [forged]


async def test_a_dear_storyboard_is_asked_about_and_runs_again(tmp_path: Path) -> None:
    """The question shows shots and price; the same shots and lengths go when it is run again."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        asked = await question(town, "storyboard", mode="pro", **THREE)
        text = card_text(asked)
        for words in ("Start this storyboard?", "2s: a fox wakes up", "Price: 4 video units"):
            assert words in text, words
        await start(town, asked)
        [post] = await town.posted()
        await storyboard(town)
        again = await town.press(post, "again")
        assert again.message is not None
        await start(town, again.message)
        await town.posted(2)
        (_, first), (_, second) = town.orders()
        assert first.pop("external_task_id") != second.pop("external_task_id")
        assert first == second


async def test_models_that_make_several_shots_are_proposed_first(town: Town) -> None:
    """With a pair of keys the default leads; what needs an API key is not proposed."""
    names = await suggested(town, "storyboard")
    assert names[0] == SHOTS
    assert NEWER not in names

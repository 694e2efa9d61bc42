"""Run again under a lip-sync: its video is not stored, so it goes while it can be found."""

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.discord import Message, Upload
from storage.job import Job
from storage.standing import Set
from tests.end_to_end.test_secrets import found_in
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.logged import logged
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text

IDENTIFY = "/v1/videos/identify-face"
DAY_S = 86_400
ENV = {"KLINGBOT_STORAGE__KEEP_INPUTS_DAYS": "40"}


async def spoken(town: Town, **options: Any) -> Message:
    """Make a lip-sync and return its result, once its card says so too."""
    before = len(town.posts())
    asked = await town.ask("lipsync", audio=voice(2.5, "wav"), **options)
    *_, post = await town.posted(before + 1)
    await town.card_says(asked, "Done")
    await town.settled()
    return post


async def again(town: Town, post: Message) -> Message:
    """Press "Run again", and return the result that comes of it."""
    before = len(town.posts())
    pressed = await town.press(post, "again")
    assert not pressed.ephemeral, card_text(town.card_of(pressed))
    *_, result = await town.posted(before + 1)
    await town.card_says(pressed, "Done")
    await town.settled()
    return result


async def refused(town: Town, post: Message, locale: str = "en-US") -> str:
    """Press it where nothing comes of it, and return what the member is told."""
    jobs, asked = await town.store.list_jobs(), len(town.kling.requests)
    town.member.locale = locale
    return await town.refusal(await town.press(post, "again"), jobs, asked)


@pytest.mark.sweep
async def test_others_need_leave_to_run_a_lip_sync_again(town: Town) -> None:
    """A face and a voice are somebody's: only where managers allow it they speak for others."""
    await town.warm()
    post = await spoken(town, video=clip())
    eve, guild = town.discord.add_user("eve"), town.guild.id
    told = card_text(town.card_of(await town.press(post, "again", by=eve)))
    assert "only your own video, image and audio" in told
    allowed = Set("server", guild, "own_media", "false")
    await town.store.put_settings(guild, [allowed], by=1, now=town.clock.now())
    pressed = await town.press(post, "again", by=eve)
    assert not pressed.ephemeral
    await town.card_says(pressed, "Done")


def named(town: Town) -> list[dict[str, object]]:
    """Return how the videos were named to Kling."""
    return [dict(r.body or {}) for r in town.kling.requests if r.path == IDENTIFY]


def addresses(path: Path) -> list[bytes]:
    """Return what the database keeps of videos."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT data FROM inputs WHERE name = 'video'")]


async def purge(town: Town) -> None:
    await town.store.purge(now=town.clock.now(), inputs_older_s=40 * DAY_S, jobs_older_s=90 * DAY_S)


@pytest.mark.sweep
async def test_an_attached_video_goes_as_long_as_its_link(tmp_path: Path) -> None:
    """The same video and audio run again, also from the new job; then it is over.

    The reason is told privately, with the command that takes the video again, and the URL is
    cleared.
    """
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        first = await spoken(town, video=clip(), volume=1.5)
        second = await again(town, first)
        await again(town, second)
        questions = named(town)
        assert len(questions) == 3
        assert {str(question["video_url"]) for question in questions} == {
            str(questions[0]["video_url"])
        }
        orders = [body for path, body in town.orders() if path == "videos/advanced-lip-sync"]
        assert [order["face_choose"][0]["sound_volume"] for order in orders] == [1.5] * 3
        assert len(addresses(tmp_path / "kling.db")) == 3
        town.clock.jump(DAY_S)
        ids = {command["name"]: command["id"] for command in town.discord.commands}
        for locale, words in (("en-US", "link to the video has expired"), ("zh-CN", "链接已过期")):
            told = await refused(town, second, locale)
            assert words in told
            assert f"</lipsync:{ids['lipsync']}>" in told
        await purge(town)
        assert addresses(tmp_path / "kling.db") == []
        assert "link to the video has expired" in await refused(town, first)


@pytest.mark.sweep
async def test_a_typed_address_goes_as_long_as_the_files_are_kept(tmp_path: Path) -> None:
    """An address without an end is used as it was given; without the audio it is over."""
    async with open_town(tmp_path, env=ENV) as town, serving(town) as url, town.bot():
        post = await spoken(town, video_url=url)
        town.clock.jump(20 * DAY_S)
        await again(town, post)
        assert named(town) == [{"video_url": url}] * 2
        town.clock.jump(21 * DAY_S)
        await purge(town)
        for locale, words in (("en-US", "no longer stored"), ("zh-CN", "不再保留")):
            told = await refused(town, post, locale)
            assert words in told
            assert "</lipsync:" in told


@contextlib.asynccontextmanager
async def serving(town: Town, data: bytes | None = None) -> AsyncIterator[str]:
    """Serve a video under an address that does not end; the bot, yet to start, may go there."""

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=data or clip().data, content_type="video/mp4")

    app = web.Application()
    app.router.add_get("/clip.mp4", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    allowed = json.loads(town.env["KLINGBOT_MEDIA__PRIVATE_HOSTS"])
    town.env["KLINGBOT_MEDIA__PRIVATE_HOSTS"] = json.dumps([*allowed, host])
    try:
        yield f"http://{host}/clip.mp4"
    finally:
        await runner.cleanup()


async def made_by_us(town: Town) -> Upload:
    """Return a clip that the bot made for the member, saved."""
    asked = await town.ask("video", prompt="somebody looks up")
    [post] = await town.posted()
    await town.card_says(asked, "Done")
    [file] = post.attachments
    assert file.data is not None
    return Upload(file.data, file.filename)


@pytest.mark.sweep
async def test_our_own_clip_goes_by_klings_id_for_a_month(tmp_path: Path) -> None:
    """Long after Discord's link has ended Kling knows the clip, until it deletes it."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await spoken(town, video=await made_by_us(town))
        [first] = named(town)
        assert first.keys() == {"video_id"}
        assert addresses(tmp_path / "kling.db") == [str(first["video_id"]).encode()]
        town.clock.jump(29 * DAY_S)
        second = await again(town, post)
        await again(town, second)
        assert named(town) == [first] * 3
        town.clock.jump(2 * DAY_S)
        told = await refused(town, second)
        assert "can't be run again" in told
        assert "</lipsync:" in told


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "no longer available"), ("zh-CN", "原来的视频")]
)
async def test_a_lip_sync_of_an_earlier_version_says_why_not(
    town: Town, tmp_path: Path, locale: str, words: str
) -> None:
    """Its video was not kept: the press says so, and what to use."""
    said = await town.discord.say(town.member, town.channel, "", clip())
    post = await spoken(town, video_url=said.attachments[0].url)
    with contextlib.closing(sqlite3.connect(tmp_path / "kling.db")) as database, database:
        database.execute("DELETE FROM inputs WHERE name = 'video'")
    told = await refused(town, post, locale)
    assert words in told
    assert "</lipsync:" in told


async def test_an_address_is_kept_in_one_place_and_in_no_log(tmp_path: Path) -> None:
    """Signed as it is, it stands beside the other inputs and nowhere else."""
    env = ENV | {"KLINGBOT_LOG__LEVEL": "debug"}
    async with open_town(tmp_path, env=env) as town:
        with logged("json", town.settings.secrets()) as log:
            async with town.bot():
                await again(town, await spoken(town, video=clip()))
                jobs: list[Job] = await town.settled()
        [url, same] = [str(question["video_url"]) for question in named(town)]
    assert url == same
    signed = {"link": {url.partition("hm=")[2]}}
    assert len(url.partition("hm=")[2]) == 64
    assert found_in(log.getvalue(), signed) == []
    assert found_in(repr(jobs), signed) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "kling.db")) as database:
        rows = [tuple(map(str, row)) for row in database.execute("SELECT * FROM inputs")]
        others = [tuple(map(str, row)) for row in database.execute("SELECT * FROM jobs")]
    videos = [row for row in rows if row[1] == "video"]
    assert len(videos) == 2
    assert found_in(str(videos), signed) == ["link"]
    assert found_in(str([row for row in rows if row not in videos] + others), signed) == []

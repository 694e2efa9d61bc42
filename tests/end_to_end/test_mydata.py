"""`/mydata`: everything that is kept of a member, as a file or deleted, and only for themselves."""

import asyncio
import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.drafting import QUESTION_LIFE_S
from sandbox.discord import Answer, Interaction, Message, Upload
from sandbox.kling import Script
from storage.forget_requests import ForgetRequest
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.samples import noise
from tests.harness.models import IMAGE
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.shell import bot
from tests.harness.town import Town, card_text, custom_ids, png

DAY_S = 86_400.0
SMALL_BYTES = 3 * 2**20


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what an archive says, and its files by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("data.json")), files


async def exported(
    town: Town, asked: Interaction
) -> tuple[Message, dict[str, Any], dict[str, bytes]]:
    """Return the answer with the archive, once it is there, and what is in it."""
    assert asked.ephemeral
    answer = town.card_of(asked)
    await town.discord.until(lambda: answer.attachments)
    [file] = answer.attachments
    assert file.filename == "my-data.zip"
    assert file.data is not None
    return answer, *unpacked(file.data)


async def asks_to_delete(town: Town) -> Message:
    asked = await town.ask("mydata delete")
    assert asked.ephemeral
    return town.card_of(asked)


async def deleted(town: Town) -> None:
    """Wait until nothing is left to be deleted."""

    async def found() -> list[ForgetRequest] | None:
        return None if await town.store.forget_requests() else []

    await town.commits.until(found)


async def test_everything_is_in_the_archive_and_nobody_elses(town: Town) -> None:
    """Jobs, files, messages, units and settings of the member, without a token or a signed URL."""
    await town.warm()
    await town.ask("image", prompt="my own fox", model=IMAGE, image=png(colour="navy"))
    await town.ask("image", prompt="an owl of hers", by=town.discord.add_user("eve"))
    await town.posted(2)
    await town.settled()
    _, data, files = await exported(town, await town.ask("mydata export"))
    [job] = data["jobs"]
    assert job["request"]["prompt"] == "my own fox"
    assert data["member"] == str(town.member.id)
    [file] = data["files"]
    stored = (await town.store.inputs(job["id"]))["image"]
    assert files == {file["file"]: stored.data}
    assert {row["kind"] for row in data["ledger"]}
    [delivery] = data["deliveries"]
    assert delivery["message_id"] in {post.id for post in town.posts()}
    said = json.dumps(data)
    assert "owl" not in said
    for secret in ("token", "callback_key", "signature", "sources", "result_urls"):
        assert f'"{secret}"' not in said


@pytest.mark.sweep
async def test_what_has_no_room_is_named(tmp_path: Path) -> None:
    """The newest files come along as far as one message holds them; the operator's has them all."""
    options = {"message_limit": SMALL_BYTES}
    async with open_town(tmp_path, discord_options=options) as town, town.bot():
        await town.warm()
        for number in range(3):
            upload = Upload(noise(700, 500, number), f"{number}.png")
            await town.ask("image", prompt=f"number {number}", model=IMAGE, image=upload)
            await town.posted(number + 1)
            town.clock.jump(1)
        await town.settled()
        answer, data, files = await exported(town, await town.ask("mydata export"))
        assert answer.attachments[0].size <= SMALL_BYTES
        left = [file for file in data["files"] if file.get("left_out")]
        assert len(files) == 2
        assert len(left) == 1
        oldest = min(data["jobs"], key=lambda job: job["created_at"])
        assert left[0]["job_id"] == oldest["id"]
        assert "One more file had no room" in answer.content
        target = tmp_path / "all.zip"
        ended = await bot("export", str(town.member.id), str(target), cwd=tmp_path, env=town.env)
        assert ended.code == 0, ended.err
        assert target.stat().st_mode & 0o777 == 0o600
        whole, every = unpacked(target.read_bytes())
        assert len(every) == 3
        assert not [file for file in whole["files"] if file.get("left_out")]
        assert whole["jobs"] == data["jobs"]


@pytest.mark.sweep
async def test_a_refused_size_is_tried_smaller(town: Town) -> None:
    """Where Discord takes less than it says, the archive comes with fewer files."""
    await town.warm()
    for number in range(2):
        upload = Upload(noise(1_500, 1_300, number), f"{number}.png")
        await town.ask("image", prompt=f"number {number}", model=IMAGE, image=upload)
    await town.posted(2)
    await town.settled()
    town.discord.fault("PATCH", routes.ORIGINAL, Answer(413, 40_005))
    _, data, files = await exported(town, await town.ask("mydata export"))
    assert len(data["files"]) == 2
    assert len(files) == 1


async def test_an_archive_of_nothing_is_one(town: Town) -> None:
    """Who has never asked for anything gets an empty one."""
    answer, data, files = await exported(town, await town.ask("mydata export"))
    assert data["jobs"] == data["files"] == []
    assert files == {}
    assert "0 jobs" in answer.content


async def test_everything_goes_after_a_question(town: Town) -> None:
    """With its files; what others have stays. The second time on that day is refused."""
    await town.warm()
    await town.ask("image", prompt="my own fox", model=IMAGE, image=png())
    eve = town.discord.add_user("eve")
    await town.ask("image", prompt="an owl of hers", by=eve)
    await town.posted(2)
    await town.settled()
    question = await asks_to_delete(town)
    assert "One job" in card_text(question)
    assert len(await town.store.list_jobs()) == 2
    told = await town.press(question, "forget")
    assert told.ephemeral
    assert "is being deleted" in text_of(told)
    await deleted(town)
    [left] = await town.store.list_jobs()
    assert left.origin.user_id == eve.id
    kept = await town.store.personal_data(town.member.id)
    assert not kept["jobs"]
    assert not kept["inputs"]
    assert len(town.posts()) == 2
    again = await town.ask("mydata delete")
    assert "today already" in text_of(again)
    town.clock.jump(DAY_S)
    assert "0 jobs" in card_text(await asks_to_delete(town))


async def test_what_is_under_way_is_named_and_goes_too(town: Town) -> None:
    """Its result is not delivered; what was asked for after the press stays."""
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="too late")
    await town.kling.until(lambda: len(town.kling.creates) == 1)
    question = await asks_to_delete(town)
    assert "One of them has not ended" in card_text(question)
    await town.press(question, "forget")
    await town.ask("image", prompt="a new beginning")
    await deleted(town)
    [post] = await town.posted()
    assert "a new beginning" in post.content
    [job] = await town.store.list_jobs()
    assert job.request["prompt"] == "a new beginning"


async def test_only_the_member_answers_and_only_once(town: Town) -> None:
    """Not somebody else, not after its time, not a forged id; two presses are one request."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    await town.settled()
    question = await asks_to_delete(town)
    eve = town.discord.add_user("eve")
    [custom_id] = custom_ids(question)
    told = await town.forge_press(question, custom_id, by=eve)
    assert "no longer open" in text_of(told)
    told = await town.forge_press(question, f"kling:forget:{'a' * 16}")
    assert "no longer open" in text_of(told)
    told = await town.forge_press(question, custom_id.replace("forget", "start"))
    assert "no longer open" in text_of(told)
    town.clock.jump(QUESTION_LIFE_S)
    assert "no longer open" in text_of(await town.press(question, "forget"))
    assert len(await town.store.list_jobs()) == 1
    question = await asks_to_delete(town)
    both = await asyncio.gather(town.press(question, "forget"), town.press(question, "forget"))
    assert sorted("is being deleted" in text_of(one) for one in both) == [False, True]
    await deleted(town)
    assert await town.store.list_jobs() == []


async def test_a_later_question_takes_the_place_of_an_earlier_one(town: Town) -> None:
    """However often they ask, one question is open."""
    first = await asks_to_delete(town)
    for _ in range(25):
        last = await asks_to_delete(town)
    assert "no longer open" in text_of(await town.press(first, "forget"))
    assert "is being deleted" in text_of(await town.press(last, "forget"))


async def test_a_blocked_member_has_it_too(town: Town) -> None:
    """Their data is theirs; the block stays."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    await town.settled()
    await town.store.block(town.member.id, town.guild.id, by=None, reason="x", now=town.clock.now())
    assert "blocked" in await town.refused("image", prompt="another")
    _, data, _ = await exported(town, await town.ask("mydata export"))
    assert data["blocks"][0]["reason"] == "x"
    await town.press(await asks_to_delete(town), "forget")
    await deleted(town)
    assert await town.store.list_jobs() == []
    assert "blocked" in await town.refused("image", prompt="another")


async def test_a_request_outlives_a_restart(tmp_path: Path) -> None:
    """What was answered is done by the next process, if this one ended before."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            await town.ask("image", prompt="a fox")
            await town.posted()
            await town.settled()
            question = await asks_to_delete(town)
            draft = custom_ids(question)[0].split(":")[2]
            await town.store.request_forgetting(draft, town.member.id, now=town.clock.now())
        async with town.bot():
            await deleted(town)
            assert await town.store.list_jobs() == []

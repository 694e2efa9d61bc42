"""Run again: anyone there starts a new job from an earlier one, while its files are stored."""

import base64
import io
import os
from typing import Any

import pytest
from PIL import Image

from sandbox.discord import Upload
from sandbox.kling import Script
from storage.contents import AT_HAND_MAX_BYTES, InRow
from storage.errors import StorageUnavailable
from storage.job import State
from storage.store import JobStore
from tests.end_to_end.test_jobs import one_job, text_of
from tests.harness.storage.contents import whole
from tests.harness.town import Town, named, png


async def test_anybody_may_run_it_again(town: Town) -> None:
    """It is a new job of theirs, linked to the old one, with the same files and options."""
    uploads = {"first": png("a.png", colour="navy"), "last": png("b.png", colour="gold")}
    first, last = uploads.values()
    await town.ask(
        "video", prompt="a boat", model="kling-v1", cfg_scale=0.25, image=first, end_image=last
    )
    [post] = await town.posted()
    [old] = await town.settled()
    other = town.discord.add_user("bob")
    again = await town.press(post, "again", by=other)
    assert not again.ephemeral
    _, second = await town.posted(2)
    assert second.mentions == [other]
    assert second.reference == town.card_of(again).id
    [new] = [job for job in await town.settled() if job.id != old.id]
    assert new.parent_id == old.id
    assert new.origin.user_id == other.id
    (path, first_body), (same_path, second_body) = town.orders()
    assert path == same_path == "videos/image2video"
    assert first_body.pop("external_task_id") == old.id
    assert second_body.pop("external_task_id") == new.id
    assert named(first_body, uploads) == named(second_body, uploads)


async def test_without_its_files_a_job_is_not_run_again(town: Town) -> None:
    """Files are dropped after some days; then the answer says what to do."""
    await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
    [post] = await town.posted()
    await town.settled()
    town.clock.jump(60)
    await town.store.purge(now=town.clock.now(), inputs_older_s=1, jobs_older_s=86_400)
    told = await town.press(post, "again")
    assert told.ephemeral
    assert "no longer stored" in text_of(told)
    assert "</image:" in text_of(told)
    assert len(await town.store.list_jobs()) == 1


async def test_a_failed_job_is_run_again(town: Town) -> None:
    """The message that tells a failure has the button, and so has the page of an ended job."""
    town.kling.script(Script(fail="The picture came out empty"))
    await town.ask("image", prompt="a fox")
    [post] = await town.posted()
    [job] = await town.settled()
    await town.press(post, "again")
    _, second = await town.posted(2)
    assert len(second.attachments) == 1
    await town.press(await one_job(town, job.id), "again")
    await town.posted(3)


async def test_a_large_file_is_read_where_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order goes once its file can be read, as one task; run again, it has the same file."""
    read, failures = JobStore.input_part, 1

    async def failing(store: JobStore, *part: Any) -> bytes:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise StorageUnavailable("held")
        return await read(store, *part)

    monkeypatch.setattr(JobStore, "input_part", failing)
    made = io.BytesIO()
    Image.frombytes("RGB", (400, 400), os.urandom(3 * 400 * 400)).save(made, "PNG")
    large = Upload(made.getvalue(), "large.png")
    await town.ask("image", prompt="a fox", image=large, model="kling-v2")
    await town.job_is(State.DONE)
    [post] = await town.posted()
    assert failures < 0
    await town.press(post, "again")
    await town.posted(2)
    orders = [base64.b64decode(body["image"]) for _, body in town.orders()]
    assert orders == [large.data] * 2
    for job in await town.settled():
        [stored] = (await town.store.inputs(job.id)).values()
        assert stored.data == InRow(job.id, "image", len(large.data))
        assert await whole(town.store, stored) == large.data
    assert len(large.data) > AT_HAND_MAX_BYTES

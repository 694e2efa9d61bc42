"""Models of Kling's newer generation: asked for, paid once and posted as all others are."""

import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest

from sandbox.kling import Fault, How, Switches
from storage.job import State, WaitsFor
from tests.end_to_end.test_operations import DANCE_S, dance
from tests.harness.models import MIDDLE, NEWER, NEWER_MOTION, VIDEO_NAMES
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town, png

KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
FRAMES = {
    "image": png("first.png", colour="maroon"),
    "middle": png("middle.png", colour="green"),
    "end_image": png("last.png", colour="navy"),
}
CREATES = {"/text-to-video/", "/image-to-video/"}


@pytest.fixture(params=sampled(["official", "gateway"], "gateway"))
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, dialect=request.param, env=KEY) as made, made.bot():
        yield made


def orders(town: Town) -> list[dict[str, Any]]:
    """The bodies of every create, accepted or not."""
    return [
        r.body or {}
        for r in town.kling.requests
        if r.method == "POST" and any(r.path.startswith(root) for root in CREATES)
    ]


async def test_words_become_a_clip(town: Town) -> None:
    """The model is in the path; what its defaults differ in is said; the result is posted once."""
    await town.ask(
        "video", prompt="a fox", model=NEWER, mode="pro", duration=4, aspect_ratio="9:16"
    )
    await town.posted()
    await town.settled()
    [body] = orders(town)
    settings = {"resolution": "1080p", "duration": 4, "aspect_ratio": "9:16", "multi_shot": False}
    assert (body["prompt"], body["settings"]) == ("a fox", settings)
    [task] = town.kling.creates
    assert (task.order.model, task.external_id) == (NEWER, (await town.only_job()).id)
    assert_paid_once(town, 1)
    assert_posted_once(town.posts(), 1)
    assert town.kling.charged("video") == task.order.units


async def test_frames_go_in_the_order_in_which_they_are_seen(town: Town) -> None:
    """First, middle, last: each as its own input, after the words."""
    frames: dict[str, Any] = dict(FRAMES)
    await town.ask("video", prompt="through the woods", model=MIDDLE, **frames)
    await town.posted()
    body = orders(town)[-1]
    kinds = ["prompt", "first_frame", "middle_frame", "last_frame"]
    assert [one["type"] for one in body["contents"]] == kinds
    assert len({one["url"] for one in body["contents"][1:]}) == 3
    assert "prompt" not in body


@pytest.mark.parametrize("takes", [False, True])
async def test_a_model_that_takes_no_id_is_learnt(tmp_path: Path, *, takes: bool) -> None:
    """The refusal costs nothing and is asked for once, also after a restart."""
    switches = Switches(v4_takes_ids=takes)
    async with open_town(tmp_path, switches=switches, env=KEY) as town:
        for number in (1, 2):
            async with town.bot():
                await town.ask("video", prompt=f"a fox, {number}", model=MIDDLE)
                await town.posted(number)
                await town.settled()
        with_id = [bool(body.get("options", {}).get("external_task_id")) for body in orders(town)]
        assert with_id == ([True, True] if takes else [True, False, False])
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


async def test_twins_each_get_their_own(tmp_path: Path) -> None:
    """The same words by two members in the same moment: two tasks, two results, none twice."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        other = town.discord.add_user("noa")
        for member in (town.member, other):
            await town.ask("video", prompt="the same words", model=MIDDLE, by=member)
        await town.posted(2)
        await town.settled()
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


async def _noticed(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.failures and job.state is State.CREATING else None


async def _waits(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.waits_for is WaitsFor.UNSURE else None


@pytest.mark.parametrize("before", [False, True])
async def test_a_lost_answer_without_an_id_waits_for_a_person(
    tmp_path: Path, *, before: bool
) -> None:
    """Nothing can tell whose the task is: it is not sent again, whether it arrived or not."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        await town.ask("video", prompt="to learn by", model=MIDDLE)
        await town.posted()
        await town.store.forget_member(town.member.id, now=town.clock.now())
        made = len(town.kling.creates)
        fault = Fault(How.DROP, path=f"/text-to-video/{MIDDLE}", before=before)
        town.kling.fault(fault)
        await town.ask("video", prompt="once only", model=MIDDLE)
        await fault.arrived.wait()
        while not await _waits(town):
            await town.commits.until(partial(_at_rest, town))
            job = await town.only_job()
            town.clock.jump(max(0.0, (job.due_at or 0.0) - town.clock.now()) + 0.01)
        assert len(town.kling.creates) == made + (not before)
        assert len(orders(town)) == 3  # the refused one, the learnt one, and this


async def _at_rest(town: Town) -> bool | None:
    job = await town.only_job()
    resting = job.lease_owner is None and job.state in {State.CREATING, State.WAITING}
    return True if resting else None


async def test_a_lost_answer_with_an_id_is_found_by_it(tmp_path: Path) -> None:
    """Where the model keeps ids, a task whose answer was lost is found and told once."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        town.kling.fault(Fault(How.DROP, path=f"/text-to-video/{NEWER}"))
        await town.ask("video", prompt="once only", model=NEWER)
        await town.commits.until(partial(_noticed, town))
        job = await town.only_job()
        town.clock.jump(max(0.0, (job.due_at or 0.0) - town.clock.now()) + 0.01)
        await town.posted()
        await town.settled()
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


async def test_a_pair_of_keys_is_not_enough(tmp_path: Path) -> None:
    """Refused privately with the line to set, before anything is spent, and not proposed."""
    async with open_town(tmp_path) as town, town.bot():
        said = await town.refused("video", prompt="a fox", model=MIDDLE)
        assert "KLINGBOT_KLING__API_KEY" in said
        assert MIDDLE in said
        assert orders(town) == []
        proposed = await town.discord.autocomplete(
            town.member, town.channel, "video", {"model": "kling"}, "model"
        )
        names = {choice["value"] for choice in proposed}
        assert names
        assert not names & {NEWER, MIDDLE}
        assert names <= set(VIDEO_NAMES)


@pytest.mark.sweep
async def test_an_image_moves_like_a_video(town: Town) -> None:
    """`/motion` of the newer generation: its own body and units, a file as long as the video."""
    moves = dance(sound=True)
    await town.ask(
        "motion",
        image=png(colour="red"),
        video=moves,
        prompt="in the rain",
        model=NEWER_MOTION,
        mode="pro",
        orientation="image",
        keep_sound=False,
    )
    [post] = await town.posted()
    [job] = await town.settled()
    [task] = town.kling.creates
    body = task.body
    kinds = [item["type"] for item in body["contents"]]
    assert kinds == ["prompt", "image", "video"]
    assert body["contents"][2]["url"].startswith(town.discord.cdn_url)
    assert body["settings"] == {
        "character_orientation": "image",
        "resolution": "1080p",
        "audio": "off",
    }
    assert (task.order.model, task.external_id, job.state) == (NEWER_MOTION, job.id, State.DONE)
    assert job.units_spent == round(task.order.units * 100) == 360
    assert_posted_once(town.posts(), 1)
    [file] = post.attachments
    assert file.data is not None
    with av.open(io.BytesIO(file.data), "r") as container:
        assert container.duration is not None
        assert abs(container.duration / 1e6 - DANCE_S) < 0.2
        assert not container.streams.audio

"""A clip that the bot made is edited from where Kling has it, for as long as Kling has it."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Message, Upload
from sandbox.kling import Fault, How
from tests.end_to_end.test_edit import KEY, WORDS, bodies, video
from tests.end_to_end.test_jobs import text_of
from tests.harness.models import DEAR_EDITS, EDITS, NEWER_EDITS
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town, card_text

DAY_S = 86_400
ENV = KEY | {
    "KLINGBOT_STORAGE__KEEP_INPUTS_DAYS": "40",
    "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "0",
}


async def made(town: Town, **how: Any) -> Message:
    """Have a clip made for the member, and return its post."""
    asked = await town.ask("edit", prompt=WORDS, video=video(), mode="pro", **how)
    [post] = await town.posted()
    await town.card_says(asked, "Done")
    await town.settled()
    return post


def sources(town: Town) -> list[str]:
    """Where the videos were that Kling was given, in order."""
    found = []
    for body in bodies(town):
        listed = [one["video_url"] for one in body.get("video_list", ())]
        items = [one for one in body.get("contents", ()) if one["type"].endswith("_video")]
        found += [*listed, *(one["url"] for one in items)]
    return found


def at_kling(town: Town, url: str) -> bool:
    return url.startswith(f"{town.kling.base_url}/results/")


WAYS = [
    (EDITS, "link"),
    *(
        pytest.param(model, how, marks=pytest.mark.sweep)
        for model, how in (
            (EDITS, "attached"),
            (NEWER_EDITS, "link"),
            (DEAR_EDITS, "attached"),
        )
    ),
]


@pytest.mark.parametrize(("model", "how"), WAYS)
async def test_our_own_clip_goes_by_klings_url_for_a_month(
    tmp_path: Path, model: str, how: str
) -> None:
    """Long after Discord's link has ended it is asked for at Kling, until Kling deletes it."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await made(town, model=model)
        [file] = post.attachments
        assert file.data is not None
        again = Upload(file.data, file.filename)
        given: dict[str, Any] = {"video_url": file.url} if how == "link" else {"video": again}
        await town.ask("edit", prompt="and snow", model=model, **given)
        second = (await town.posted(2))[-1]
        await town.settled()
        assert at_kling(town, sources(town)[-1])
        town.clock.jump(29 * DAY_S)
        await town.press(second, "again")
        third = (await town.posted(3))[-1]
        await town.settled()
        assert at_kling(town, sources(town)[-1])
        town.clock.jump(2 * DAY_S)
        pressed = await town.press(third, "again")
        assert pressed.ephemeral
        assert "its video is no longer available" in text_of(pressed)
        assert_posted_once(town.posts(), 3)
        assert len(town.kling.creates) == 3


@pytest.mark.sweep
async def test_another_clip_under_our_name_goes_by_its_own_url(tmp_path: Path) -> None:
    """What counts is the file in our own message, and that it was made for this member."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await made(town, model=EDITS)
        [file] = post.attachments
        other = Upload(video(seed="other").data, file.filename)
        await town.ask("edit", prompt="x", video=other, model=EDITS)
        await town.posted(2)
        town.member = town.discord.add_user("noor")
        await town.ask("edit", prompt="y", video_url=file.url, model=EDITS)
        await town.posted(3)
        await town.settled()
        assert [at_kling(town, url) for url in sources(town)] == [False] * 3


@pytest.mark.parametrize("how", [How.REFUSE, How.DROP])
async def test_where_kling_does_not_say_where_it_is_discords_link_serves(
    tmp_path: Path, how: How
) -> None:
    """The member waits for nothing while the link is there."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await made(town, model=EDITS)
        link = post.attachments[0].url
        path = f"/v1/videos/omni-video/{town.kling.creates[0].id}"
        town.kling.fault(Fault(how, method="GET", path=path, code=1203, status=404, times=None))
        await town.ask("edit", prompt="and snow", video_url=link, model=EDITS)
        await town.posted(2)
        await town.settled()
        assert sources(town)[-1] == link


async def test_a_clip_that_kling_has_no_more_is_told_before_anything_is_paid(
    tmp_path: Path,
) -> None:
    """Run again after Kling lost it: a private word, and nothing is reserved any more."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await made(town, model=EDITS)
        link = post.attachments[0].url
        await town.ask("edit", prompt="and snow", video_url=link, model=EDITS)
        second = (await town.posted(2))[-1]
        await town.settled()
        path = f"/v1/videos/omni-video/{town.kling.creates[0].id}"
        town.kling.fault(
            Fault(How.REFUSE, method="GET", path=path, code=1203, status=404, times=None)
        )
        town.clock.jump(2 * DAY_S)
        pressed = await town.press(second, "again")
        await town.discord.until(lambda: bool(pressed.followups))
        assert "its video is no longer available" in pressed.followups[0].content
        jobs = await town.settled()
        assert sum(job.units_held for job in jobs) == 0
        assert len(town.kling.creates) == 2


async def test_an_outage_is_waited_for_where_only_kling_has_it(tmp_path: Path) -> None:
    """Run again while Kling does not answer: it goes on when Kling does."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        post = await made(town, model=EDITS)
        await town.ask("edit", prompt="and snow", video_url=post.attachments[0].url, model=EDITS)
        second = (await town.posted(2))[-1]
        await town.settled()
        town.clock.jump(2 * DAY_S)
        path = f"/v1/videos/omni-video/{town.kling.creates[0].id}"
        away = town.kling.fault(Fault(How.DROP, method="GET", path=path, times=None))
        pressed = await town.press(second, "again")
        await away.arrived.wait()
        town.kling.withdraw(away)

        async def ended() -> bool | None:
            for job in await town.store.list_jobs():
                if job.failures:
                    town.skip_wait(job)
            return "Done" in card_text(town.card_of(pressed)) or None

        await town.commits.until(ended)
        assert at_kling(town, sources(town)[-1])
        await town.settled()

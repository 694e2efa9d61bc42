"""Going on from a video: a new part from its last frame, and one video of all parts."""

import gc
import math
from pathlib import Path

import pytest

from bot.delivery.joined import JoinedResults
from bot.delivery.results import ResultFile, Results
from sandbox.discord import Answer
from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.end_to_end.test_delivered_again import page_of
from tests.end_to_end.test_going_on import the_new_job
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.end_to_end.test_results import made
from tests.harness.end_to_end.modals import prefilled, send_form
from tests.harness.end_to_end.parts import (
    FRAMES,
    MODEL,
    ended,
    fill_in,
    first_part,
    frame_in,
    frames_of,
    next_part,
    numbers_of,
    part,
)
from tests.harness.end_to_end.questions import draft_of, start
from tests.harness.media.samples import clip
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text, custom_ids, png

ALONE = "so this is the new part alone"


def forgets(town: Town, *task_ids: str | None) -> None:
    """Have Kling delete what these tasks made."""
    for task_id in task_ids:
        gone = Fault(
            How.REFUSE,
            method="GET",
            path=f"/v1/videos/*/{task_id}",
            status=404,
            code=1203,
            message="Task not found",
            times=None,
        )
        town.kling.fault(gone)


async def test_a_video_goes_on(either: Town) -> None:
    """Its last frame becomes the first of a video of the same model, and both are one file."""
    post, old = await first_part(either, mode="pro")
    assert [one.split(":")[1] for one in custom_ids(post)][:3] == ["again", "edit", "continue"]
    eve = either.discord.add_user("eve")
    opened = await either.press(post, "continue", by=eve)
    shown = prefilled(opened)
    assert (shown["prompt"], shown["model"], shown["mode"]) == ("a boat", [MODEL], ["pro"])
    answer = await send_form(either, opened, prompt="it sails on")
    assert "Continues a 5 s video" in text_of(answer)
    await either.kling.until(lambda: len(either.kling.creates) > 1)
    longer, new = await ended(either, frames_of(1), 2)
    assert (new.parent_id, new.origin.user_id) == (old.id, eve.id)
    path, body = either.orders()[1]
    assert path == "videos/image2video"
    assert (body["prompt"], body["mode"], body["model_name"]) == ("it sails on", "pro", MODEL)
    assert (frame_in(body["image"])) == FRAMES - 1
    assert numbers_of(longer) == list(range(2 * FRAMES))
    assert longer.attachments[0].filename == f"kling-{new.id}-r-0-1-joined.mp4"
    assert "Joined from 2 parts." in longer.content


async def test_no_other_result_waits_for_videos_that_are_joined(town: Town, tmp_path: Path) -> None:
    """They are joined, and made smaller, by a media worker of their own: it takes minutes."""
    await town.warm()
    alive = gc.get_objects()
    joining = {id(one._pool) for one in alive if isinstance(one, JoinedResults)}
    results = [one for one in alive if isinstance(one, Results) and not one._pool._closed]
    assert joining
    assert results
    assert not joining & {id(one._pool) for one in results}
    path = clip(tmp_path / "whole.mp4", seconds=0.5)
    size = path.stat().st_size
    whole = ResultFile(0, path, size, is_clip=True, is_sound=False, member=1, joined_s=10)
    async with results[0]._pool._turns.turn("what others wait for"):
        fitted = await results[0].fitted(whole, tmp_path, size - 100)
    assert fitted is not None
    assert fitted.size_bytes <= size - 100


@pytest.mark.sweep
async def test_a_longer_video_goes_on_and_its_last_part_is_made_again(town: Town) -> None:
    """Each delivery joins all parts anew; "run again" and the others are about the last of them."""
    first, _ = await first_part(town)
    second, middle = await next_part(town, first, 1)
    third, last = await next_part(town, second, 2)
    assert numbers_of(third) == list(range(3 * FRAMES))
    assert last.request["earlier_s"] == 10
    await town.press(await page_of(town, last.id), "deliver")
    again = (await town.posted(4))[-1]
    assert numbers_of(again) == list(range(3 * FRAMES))
    await town.settled()
    before = len(town.kling.creates)
    await town.press(second, "again")
    await town.kling.until(lambda: len(town.kling.creates) > before)
    other, remade = await ended(town, range(40, 43), 5)
    assert numbers_of(other) == [*range(FRAMES), 41, 42]
    assert remade.request["continues"] == middle.request["continues"]
    (_, one), (_, two) = town.orders()[1], town.orders()[-1]
    assert one["image"] == two["image"]


@pytest.mark.sweep
async def test_what_kling_no_longer_has_comes_from_our_messages(town: Town) -> None:
    """A part alone, or all up to it; where nothing is left, the new part goes out alone."""
    first, one = await first_part(town)
    second, two = await next_part(town, first, 1)
    forgets(town, one.task_id)
    third, three = await next_part(town, second, 2)
    assert numbers_of(third) == list(range(3 * FRAMES)), "the first part is in its message"
    town.discord.posts.delete(first)
    page = await page_of(town, three.id)
    await town.press(page, "deliver")
    again = (await town.posted(3))[-1]
    await town.settled()
    assert numbers_of(again) == list(range(3 * FRAMES)), "both are in the second one's"
    town.discord.posts.delete(second)
    await town.press(page, "deliver")
    alone = (await town.posted(3))[-1]
    await town.settled()
    assert numbers_of(alone) == list(frames_of(2))
    assert ALONE in alone.content
    assert "no longer available" in alone.content
    forgets(town, two.task_id, three.task_id)
    await town.press(page, "deliver")
    kept = (await town.posted(4))[-1]
    await town.settled()
    assert numbers_of(kept) == list(range(3 * FRAMES)), "all are in its own message"


@pytest.mark.sweep
async def test_a_deleted_part_is_asked_for_nothing(town: Town) -> None:
    """Though Kling still has it; a message of a later part, which shows it already, is used."""
    first, _ = await first_part(town)
    second, deleted = await next_part(town, first, 1)
    third, last = await next_part(town, second, 2)
    await town.choose(second, "delete")
    await town.discord.until(lambda: second.deleted)
    asked = len(town.kling.requests)
    fourth, _ = await next_part(town, third, 3)
    assert numbers_of(fourth) == list(range(4 * FRAMES))
    paths = [request.path for request in town.kling.requests[asked:]]
    assert not [path for path in paths if deleted.task_id and deleted.task_id in path]
    town.discord.posts.delete(third)
    await town.press(await page_of(town, last.id), "deliver")
    alone = (await town.posted(3))[-1]
    assert numbers_of(alone) == list(frames_of(2))
    assert ALONE in alone.content


@pytest.mark.sweep
async def test_what_is_too_large_goes_out_alone(town: Town) -> None:
    """With a link to the message before, so that nothing is lost from sight."""
    first, _ = await first_part(town)
    town.discord.fault(
        "POST",
        "/channels/{channel_id}/messages",
        Answer(413, 40_005),
        times=None,
        when=lambda sent: any("-joined." in file.filename for file in sent.files.values()),
    )
    second, _ = await next_part(town, first, 1)
    assert numbers_of(second) == list(frames_of(1))
    assert ALONE in second.content
    assert "too large for this server" in second.content
    link = f"https://discord.com/channels/{town.guild.id}/{town.channel.id}/{first.id}"
    assert second.content.count(link) == 1


async def test_a_part_that_is_gone_before_it_is_made_is_told(town: Town) -> None:
    """Older than its media, everywhere: a private refusal, and nothing is ordered or charged."""
    first, one = await first_part(town)
    form = await town.press(first, "continue")
    forgets(town, one.task_id)
    town.discord.posts.delete(first)
    answer = await send_form(town, form)
    new = await the_new_job(town, one)
    assert new.state is State.DONE
    assert "neither Kling nor Discord still has it" in card_text(answer.followups[-1])
    assert len(town.kling.creates) == 1
    assert (new.units_held, new.units_spent) == (0, 0)


@pytest.mark.sweep
async def test_a_private_video_goes_on_privately(town: Town) -> None:
    """In the answer to the form, where nobody else sees it."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    asked = await town.ask("video", prompt="a boat", model=MODEL, private=True)
    await made(town, part(0, FRAMES))
    await town.settled()
    answer = await fill_in(town, town.card_of(asked), prompt="on")
    assert answer.ephemeral
    await town.kling.until(lambda: len(town.kling.creates) > 1)
    await made(town, part(FRAMES - 1, 2 * FRAMES))
    await town.settled()
    assert numbers_of(town.card_of(answer)) == list(range(2 * FRAMES))
    assert town.posts() == []


@pytest.mark.sweep
async def test_more_than_a_minute_is_refused_before_it_costs(town: Town) -> None:
    """At the form, with what is too long; up to the minute it goes on."""
    post, _ = await first_part(town, model="kling-v3", duration=15)
    for number in (1, 2, 3):
        post, last = await next_part(town, post, number)
    assert last.request["earlier_s"] + last.request["duration_s"] == 60
    told = await fill_in(town, post, duration="3")
    assert told.ephemeral
    assert "longer than 60 s: the video is 60 s so far" in text_of(told)
    assert len(town.kling.creates) == 4


@pytest.mark.parametrize(
    "how", sampled(["image", "deleted", "elsewhere", "private"], "deleted", "elsewhere")
)
async def test_what_can_t_be_gone_on_from_is_not_known(town: Town, how: str) -> None:
    """A forged press opens no form, and a forged form makes nothing."""
    command = "image" if how == "image" else "video"
    options: dict[str, object] = {"prompt": "a secret owl"}
    if how == "private":
        options["private"] = True
    await town.ask(command, **options)  # type: ignore[arg-type] # any option
    [old] = await town.settled()
    eve = town.discord.add_user("eve")
    place = town.channel
    if how == "elsewhere":
        place = town.discord.add_channel(town.guild, "another")
    if how == "deleted":
        [post] = town.posts()
        await town.choose(post, "delete")
        await town.settled()
    page = town.card_of(await town.ask("help", by=eve, at=place))
    told = await town.forge_press(page, f"kling:continue:{old.id}", by=eve)
    assert told.modal is None
    assert UNKNOWN in text_of(told)
    assert len(await town.store.list_jobs()) == 1


async def test_the_price_is_asked_first_and_the_start_takes_the_right_frame(asking: Town) -> None:
    """Not the image that the earlier video was made from."""
    asking.kling.script(Script(takes_s=math.inf, times=None))
    asked = await asking.ask("video", prompt="a boat", model=MODEL, image=png(colour="navy"))
    await start(asking, asking.card_of(asked))
    await asking.kling.until(lambda: len(asking.kling.creates) == 1)
    post, old = await ended(asking, range(FRAMES), 1)
    question = await fill_in(asking, post, prompt="on")
    assert question.ephemeral
    await start(asking, asking.card_of(question))
    await asking.kling.until(lambda: len(asking.kling.creates) == 2)
    longer, new = await ended(asking, frames_of(1), 2)
    assert (new.id, new.parent_id) == (draft_of(asking.card_of(question)), old.id)
    assert (frame_in(asking.orders()[1][1]["image"])) == FRAMES - 1
    assert numbers_of(longer) == list(range(2 * FRAMES))

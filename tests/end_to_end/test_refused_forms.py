"""A form that was refused: what was filled in is kept, so that nothing is typed again."""

import asyncio
from pathlib import Path

from bot.jobs.drafting import FORM_LIFE_S
from bot.jobs.refusals import OPEN_REFUSALS_MAX
from tests.end_to_end.test_going_on import made, the_new_job
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.modals import prefilled, send_form
from tests.harness.opening import open_town
from tests.harness.town import Town, custom_ids, named, png

OLD = "kling-v1"
"""5 or 10 seconds."""


async def test_a_refused_form_is_edited_again(town: Town) -> None:
    """The form shows what was typed; the files come along; sent right, it is one job."""
    uploads = {"first": png("a.png", colour="navy")}
    post, old = await made(town, "video", prompt="a boat", model=OLD, image=uploads["first"])
    opened = await town.press(post, "edit")
    refused = await send_form(town, opened, prompt="a ship", duration="7")
    assert refused.ephemeral
    assert "can't make a 7 s video" in text_of(refused)
    reopened = await town.press(town.card_of(refused), "edit")
    assert (prefilled(reopened)["prompt"], prefilled(reopened)["duration"]) == ("a ship", "7")
    again = await send_form(town, reopened, duration="8")
    assert "can't make a 8 s video" in text_of(again)
    reopened = await town.press(town.card_of(again), "edit")
    answer = await send_form(town, reopened, duration="10")
    assert not answer.ephemeral
    await town.posted(2)
    new = await the_new_job(town, old)
    assert new.parent_id == old.id
    (_, before), (_, after) = town.orders()
    changed = {"prompt": "a ship", "duration": "10", "external_task_id": new.id}
    assert named(after, uploads) == named(before, uploads) | changed


async def test_sent_twice_it_is_one_job(town: Town) -> None:
    """The job takes the draft's id, so the second is told that it was started."""
    post, old = await made(town, "video", prompt="a boat", model=OLD)
    refused = await send_form(town, await town.press(post, "edit"), duration="7")
    page = town.card_of(refused)
    opened = [await town.press(page, "edit"), await town.press(page, "edit")]
    answers = await asyncio.gather(*(send_form(town, one, duration="10") for one in opened))
    assert sorted(one.ephemeral for one in answers) == [False, True]
    [late] = [one for one in answers if one.ephemeral]
    assert "Already started" in text_of(late)
    await town.posted(2)
    assert (await the_new_job(town, old)).id == custom_ids(page)[0].split(":")[2]
    for later in (await send_form(town, opened[0]), await town.press(page, "edit")):
        assert "Already started" in text_of(later)
    assert len(await town.settled()) == 2


async def test_it_is_asked_about_like_any_other(asking: Town) -> None:
    """The question takes the place of what was filled in, under the same id."""
    await asking.ask("defaults show")
    asked = await asking.ask("video", prompt="a boat", model=OLD)
    started = await asking.press(asking.card_of(asked), "start")
    await asking.recorded(started)
    [post] = await asking.posted()
    [old] = await asking.settled()
    refused = await send_form(asking, await asking.press(post, "edit"), duration="7")
    reopened = await asking.press(asking.card_of(refused), "edit")
    question = await send_form(asking, reopened, duration="10")
    assert question.ephemeral
    await asking.recorded(await asking.press(asking.card_of(question), "start"))
    await asking.posted(2)
    new = await the_new_job(asking, old)
    assert new.id == custom_ids(asking.card_of(refused))[0].split(":")[2]


async def test_an_image_that_was_to_be_animated_comes_along(town: Town) -> None:
    """Its address is kept with what was filled in: nothing is looked up again."""
    post, old = await made(town)
    opened = await town.press(post, "animate")
    refused = await send_form(town, opened, prompt="it runs", duration="99")
    assert "can't make a 99 s video" in text_of(refused)
    reopened = await town.press(town.card_of(refused), "edit")
    answer = await send_form(town, reopened, duration="5")
    assert not answer.ephemeral
    await town.posted(2)
    new = await the_new_job(town, old)
    assert (new.parent_id, new.request["prompt"]) == (old.id, "it runs")


async def test_it_outlives_a_restart_and_ends_after_an_hour(tmp_path: Path) -> None:
    """Then the answer says so; a stranger never gets at it."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            post, _ = await made(town, "video", prompt="a boat", model=OLD)
            opened = await town.press(post, "edit")
            page = town.card_of(await send_form(town, opened, duration="7"))
        async with town.bot():
            reopened = await town.press(page, "edit")
            eve = town.discord.add_user("eve")
            button = custom_ids(page)[0]
            told = await town.forge_press(page, button, by=eve)
            assert "Only the member who was asked" in text_of(told)
            town.clock.jump(FORM_LIFE_S)
            for late in (await send_form(town, reopened), await town.press(page, "edit")):
                assert "no longer open" in text_of(late)
            assert len(await town.store.list_jobs()) == 1


async def test_without_room_for_it_the_refusal_is_plain(town: Town) -> None:
    """So many are kept at once, as of questions; one more is refused without a button."""
    post, _ = await made(town, "video", prompt="a boat", model=OLD)
    opened = await town.press(post, "edit")
    for _ in range(OPEN_REFUSALS_MAX):
        assert custom_ids(town.card_of(await send_form(town, opened, duration="7")))
    told = await send_form(town, opened, duration="7")
    assert "can't make a 7 s video" in text_of(told)
    assert custom_ids(town.card_of(told)) == []

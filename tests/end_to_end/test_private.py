"""`private`: whatever comes of a job, in whatever place, nobody but its member sees any of it.

After every step the bot is started again, so that all of it has to be remembered.
"""

import pytest

from bot.domain.policy.questions import TO_ANNOUNCE
from sandbox.discord import Answer, Recorded, Reset, Upload
from sandbox.kling import Fault, How, Switches
from storage.job import Job, State, WaitsFor
from tests.harness.end_to_end.privately import SECRET, TOKEN_DEAD_S, Recluse, everywhere
from tests.harness.end_to_end.samples import clip, noise, voice
from tests.harness.recovery import routes
from tests.harness.recovery.operating import jobs
from tests.harness.recovery.points import small_limit
from tests.harness.town import HASTY, Town, card_text, custom_ids

DAY_S = 86_400.0
NONCE_DEAD_S = 200.0
LIP_SYNC = "/v1/videos/advanced-lip-sync"
DEAF = Switches(lip_sync_echoes_external_id=False)
ALWAYS_ASK = {"KLINGBOT_MONEY__CONFIRM_USD": "0"}


@everywhere()
async def test_the_result_comes_into_the_private_answer(mia: Recluse) -> None:
    """While the token lives, the card turns into the result."""
    card = await mia.asks()
    assert "Only you see this" in card_text(card)
    await mia.restart()
    await mia.finishes()
    await mia.town.discord.until(lambda: len(card.attachments) == 1)
    assert mia.told == []


@everywhere()
async def test_a_late_result_comes_directly(mia: Recluse) -> None:
    """Once the token is dead, a direct message carries it, or it waits in `/jobs`."""
    await mia.asks()
    await mia.later(TOKEN_DEAD_S)
    await mia.restart()
    await mia.finishes()
    assert SECRET in (await mia.gets(files=1)).content
    await mia.restart()


@pytest.mark.sweep
@everywhere()
async def test_more_than_one_message_comes_directly(mia: Recluse) -> None:
    """An answer holds one message: results that need two are direct messages from the first on."""
    town = mia.town
    small_limit(town)
    card = await mia.asks(n=2)
    town.results.made[(await mia.task()).id] = [noise(1_500, 1_250)] * 2
    await mia.restart()
    await mia.finishes()
    if mia.member.accepts_dms:
        await town.discord.until(lambda: len(mia.told) == 2)
        assert [len(message.attachments) for message in mia.told] == [1, 1]
    end = "✅" if mia.member.accepts_dms else "📬"
    await town.discord.until(lambda: end in card_text(card))
    if not mia.member.accepts_dms:
        await mia.picks_up()


@everywhere()
async def test_a_problem_is_told_privately(mia: Recluse) -> None:
    """It goes the way of a result: into the answer, or directly once that can't be reached."""
    card = await mia.asks()
    await mia.restart()
    await mia.fails("It came out empty")
    await mia.town.discord.until(lambda: "came out empty" in card.content)


@everywhere()
async def test_a_late_problem_is_told_directly(mia: Recluse) -> None:
    """Without the answer it is a direct message, or it waits in `/jobs`."""
    await mia.asks()
    await mia.later(TOKEN_DEAD_S)
    await mia.restart()
    await mia.fails("It came out empty")
    await mia.gets("came out empty")


@pytest.mark.sweep
@everywhere()
async def test_what_was_given_up_still_comes_directly(mia: Recluse) -> None:
    """The member hears that nobody waits any longer, and gets the result that comes after all."""
    await mia.asks()
    await mia.later(DAY_S + 60)
    await mia.gets("I stopped waiting")
    await mia.restart()
    await mia.finishes()
    await mia.later(DAY_S + 60)
    await mia.gets("very long", files=1)
    await mia.restart()


@everywhere()
async def test_it_is_delivered_again_privately(mia: Recluse) -> None:
    """The press has a private answer of its own, and the result goes there."""
    town = mia.town
    card = await mia.asks()
    await mia.finishes()
    await town.discord.until(lambda: len(card.attachments) == 1)
    await mia.restart()
    page = await mia.page()
    assert "🔒" in card_text(page)
    assert "discord.com/channels" not in card_text(page)
    answer = town.card_of(await town.press(page, "deliver", by=mia.member))
    await town.discord.until(lambda: len(answer.attachments) == 1)
    await mia.restart()


@pytest.mark.sweep
@everywhere()
async def test_a_face_is_chosen_privately(mia: Recluse) -> None:
    """The card asks; once it can't, the question is announced once, and stands in `/jobs`."""
    town = mia.town
    await town.warm()
    asked = await mia.use("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    assert len(card.attachments) == 2
    await mia.restart()
    await mia.later(TOKEN_DEAD_S)
    page = card
    if mia.member.accepts_dms:
        announced = await mia.gets("waiting", files=2)
        assert custom_ids(announced)[0].startswith("kling:list:")
        opened = await town.press(announced, "list", by=mia.member)
        page = town.card_of(opened)
    await mia.restart()
    if not mia.member.accepts_dms:
        page = await mia.page()
    await town.choose(page, "1", by=mia.member)
    await mia.gets(files=1)
    assert sum("waiting" in message.content for message in mia.told) <= 1


@pytest.mark.sweep
@everywhere(switches=DEAF)
async def test_only_the_operator_decides_about_an_unsure_job(mia: Recluse) -> None:
    """Managers of the server are not asked, and may not; the operator hears no word of it."""
    town = mia.town
    await town.warm()
    town.kling.fault(Fault(How.DROP, path=LIP_SYNC, before=True))
    asked = await mia.use("lipsync", video=clip(), audio=voice())
    job = await mia.job_waits(WaitsFor.UNSURE)
    card = await town.card_says(asked, "❔")
    assert "server manager" not in card_text(card)
    assert [one.split(":")[1] for one in custom_ids(card)] == ["cancel"]
    for action in ("look", "send"):
        told = await town.forge_press(card, f"kling:{action}:{job.id}", by=mia.house.manager)
        assert told.ephemeral
        assert "Manage Server" in card_text(town.card_of(told))
    await mia.restart()
    await mia.later(TOKEN_DEAD_S)
    if mia.member.accepts_dms:
        await mia.gets("❔")
    await jobs(town, mia.house.folder, "resolve", job.id, "send")
    await mia.restart()
    await mia.gets(files=1)


@everywhere(env=ALWAYS_ASK)
async def test_the_question_about_the_price_leads_to_a_private_job(mia: Recluse) -> None:
    """What is started by the answer is as private as what was asked."""
    town = mia.town
    asked = await mia.use("image", prompt=SECRET)
    assert asked.ephemeral
    await mia.restart()
    started = await town.press(town.card_of(asked), "start", by=mia.member)
    assert started.ephemeral
    card = town.card_of(started)
    await town.discord.until(lambda: len(card.attachments) == 1)


@everywhere(within=HASTY)
async def test_a_refusal_found_late_is_told_privately(mia: Recluse) -> None:
    """The card goes, and the member reads why; nothing was made."""
    town = mia.town
    slow = town.discord.hold("GET", routes.ATTACHED)
    asked = await mia.use("image", prompt=SECRET, image=Upload(b"no picture", "a.png"))
    slow.release()
    await town.discord.until(lambda: town.card_of(asked).deleted)
    [told] = asked.followups
    assert told.ephemeral
    await mia.restart()
    assert town.kling.creates == []


@everywhere()
async def test_it_is_called_off_privately(mia: Recluse) -> None:
    """Whoever stops following reads so in their own answer and on their own card."""
    town = mia.town
    card = await mia.asks()
    await mia.restart()
    told = await town.press(card, "cancel", by=mia.member)
    assert told.ephemeral
    await mia.finishes()
    assert mia.told == []


@pytest.mark.sweep
@everywhere()
async def test_nobody_else_runs_it_again(mia: Recluse) -> None:
    """Its id opens nothing to others, wherever they press; the member's own copy is private too."""
    town = mia.town
    card = await mia.asks()
    await mia.finishes()
    await town.discord.until(lambda: len(card.attachments) == 1)
    [job] = await mia.jobs()
    await mia.restart()
    told = await town.forge_press(card, f"kling:again:{job.id}", by=mia.house.manager)
    assert told.ephemeral
    assert "can't find" in card_text(town.card_of(told))
    again = await town.press(card, "again", by=mia.member)
    assert again.ephemeral
    second = town.card_of(again)
    await town.discord.until(lambda: len(second.attachments) == 1)


@everywhere()
async def test_what_was_not_answered_is_not_looked_for_in_public(mia: Recluse) -> None:
    """The card arrived without our knowing: its own address says so, and the job goes on."""
    town = mia.town
    held = town.discord.hold("POST", routes.ANSWER, stored=True)
    asked = await town.discord.slash(
        mia.member, mia.channel, "image", {"prompt": SECRET, "private": True}
    )
    await held.arrived(30)
    held.lose()
    await mia.restart()
    await mia.later(60)
    card = await town.discord.until(lambda: asked.message)
    assert card is not None
    await town.discord.until(lambda: len(card.attachments) == 1)


async def test_an_announcement_whose_answer_is_lost_is_made_once(town: Town) -> None:
    """It has its nonce, and past the nonce's window it is looked for by its button."""
    await town.warm()
    asked = await town.ask("lipsync", video=clip(2), audio=voice(), private=True)
    await town.card_says(asked, "2 faces")
    dm = town.discord.dm(town.member)
    town.discord.fault("POST", routes.POST, Reset(stored=True), times=None)
    town.clock.jump(TOKEN_DEAD_S)
    [said] = await town.posted(channel=dm)
    await town.discord.until(lambda: len(town.discord.sent("POST", routes.POST)) > 1)
    town.discord.faults.clear()
    town.clock.jump(NONCE_DEAD_S)

    async def known() -> Job | None:
        job = await town.only_job()
        return None if TO_ANNOUNCE in job.question else job

    job = await town.commits.until(known)
    [row] = await town.store.deliveries(job.id)
    assert (row.tag, row.message_id) == ("q-1", said.id)
    assert town.posts(dm) == [said]
    assert town.posts() == []
    pressed = await town.press(said, "list")
    await town.choose(town.card_of(pressed), "0")
    await town.posted(2, channel=dm)
    await town.settled()


async def test_what_may_be_in_the_answer_already_is_not_sent_again(town: Town) -> None:
    """Nobody but the member can read it, so nothing is proven: it waits in `/jobs`."""
    asked = await town.ask("image", prompt=SECRET, private=True)
    town.discord.fault("PATCH", routes.EDIT_ANSWER, Reset(stored=True), times=None, when=_files)
    await town.discord.until(lambda: town.card_of(asked).attachments)
    town.clock.jump(TOKEN_DEAD_S)
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    assert town.posts(town.discord.dm(town.member)) == []
    assert town.posts() == []


def _files(request: Recorded) -> bool:
    return bool(request.files)


async def test_a_card_that_is_not_found_at_once_is_asked_for_again(town: Town) -> None:
    """No channel proves that a private card is not there: only its own address, asked twice."""
    await town.discord.say(town.member, town.channel, "hello")
    town.discord.fault("POST", routes.ANSWER, Reset(stored=True))
    town.discord.fault("GET", routes.ORIGINAL, Answer(404, 10_008))
    options = {"prompt": SECRET, "private": True}
    asked = await town.discord.slash(town.member, town.channel, "image", options)
    await town.discord.until(lambda: town.discord.sent("POST", routes.ANSWER))
    for _ in range(2):
        asking = len(town.discord.sent("GET", routes.ORIGINAL))
        town.clock.jump(60)
        await town.discord.until(
            lambda asking=asking: len(town.discord.sent("GET", routes.ORIGINAL)) > asking  # type: ignore[misc] # bound now
        )
    await town.discord.until(lambda: asked.message and asked.message.attachments)
    await town.settled()

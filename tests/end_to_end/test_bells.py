"""`bell` on an open card: who pressed is mentioned with the result, besides the requester."""

import asyncio
import math

from sandbox.discord import Message
from sandbox.kling import Script
from storage.bells import BELLS_MAX
from storage.job import State
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.town import Town, custom_ids

ENDLESS = Script(takes_s=math.inf)


async def working(town: Town, prompt: str = "a fox") -> Message:
    """Return the card of a job that goes on until its task is ended."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt=prompt)
    return await town.card_says(asked, "working")


async def finished(town: Town) -> Message:
    town.kling.finish(town.kling.creates[-1])
    [post] = await town.posted()
    await town.settled()
    return post


async def test_who_rang_is_mentioned(town: Town) -> None:
    """A second press takes it back; a press twice at once is one of each; the requester anyway."""
    card = await working(town)
    eve, bob, tom = (town.discord.add_user(name) for name in ("eve", "bob", "tom"))
    assert "I'll mention you" in text_of(await town.press(card, "bell", by=eve))
    assert "I'll mention you" in text_of(await town.press(card, "bell", by=bob))
    assert "won't mention you" in text_of(await town.press(card, "bell", by=bob))
    told = await asyncio.gather(*(town.press(card, "bell", by=tom) for _ in range(2)))
    assert sorted("won't" in text_of(one) for one in told) == [False, True]
    assert "mentioned anyway" in text_of(await town.press(card, "bell"))
    post = await finished(town)
    assert post.mentions == [town.member, eve]
    assert f"🔔 <@{eve.id}>" in post.content


async def test_a_problem_rings_too(town: Town) -> None:
    """Nobody is left waiting because it did not work."""
    card = await working(town)
    eve = town.discord.add_user("eve")
    await town.press(card, "bell", by=eve)
    town.kling.fail(town.kling.creates[0], "It came out empty")
    [post] = await town.posted()
    assert post.mentions == [town.member, eve]


async def test_more_than_twenty_are_not_mentioned(town: Town) -> None:
    """The next one is told so, and may come again once another took theirs back."""
    card = await working(town)
    people = [town.discord.add_user(f"user-{number}") for number in range(BELLS_MAX + 1)]
    for user in people[:-1]:
        assert "I'll mention you" in text_of(await town.press(card, "bell", by=user))
    assert "can't mention more" in text_of(await town.press(card, "bell", by=people[-1]))
    await town.press(card, "bell", by=people[0])
    assert "I'll mention you" in text_of(await town.press(card, "bell", by=people[-1]))
    post = await finished(town)
    assert set(post.mentions) == {town.member, *people[1:]}


async def test_after_the_end_a_bell_is_too_late(town: Town) -> None:
    """The button is gone from the card, and an old one says so; from elsewhere it is not known."""
    card = await working(town)
    [bell] = [custom_id for custom_id in custom_ids(card) if ":bell:" in custom_id]
    eve = town.discord.add_user("eve")
    away = town.discord.add_channel(town.guild, "another")
    page = town.card_of(await town.ask("help", by=eve, at=away))
    assert UNKNOWN in text_of(await town.forge_press(page, bell, by=eve))
    post = await finished(town)
    await town.discord.until(lambda: bell not in custom_ids(card))
    assert "Too late" in text_of(await town.forge_press(card, bell, by=eve))
    assert post.mentions == [town.member]


async def test_again_rings_no_bell(town: Town) -> None:
    """Delivered again it is for the requester alone; a job made of it has bells of its own."""
    card = await working(town)
    eve = town.discord.add_user("eve")
    await town.press(card, "bell", by=eve)
    await finished(town)
    [job] = await town.store.list_jobs()
    page = town.card_of(await town.ask("jobs"))
    opened = town.card_of(await town.choose(page, job.id))
    await town.press(opened, "deliver")
    _, again = await town.posted(2)
    assert again.mentions == [town.member]


async def test_a_job_that_nobody_follows_rings_no_bell(town: Town) -> None:
    """Stopped, there is nothing to hear of; in direct messages there is no one else."""
    card = await working(town)
    [bell] = [custom_id for custom_id in custom_ids(card) if ":bell:" in custom_id]
    await town.press(card, "cancel")
    eve = town.discord.add_user("eve")
    assert "Too late" in text_of(await town.forge_press(card, bell, by=eve))
    dm = town.discord.dm(town.member)
    asked = await town.ask("image", prompt="alone", at=dm)
    assert not [one for one in custom_ids(town.card_of(asked)) if ":bell:" in one]
    assert (await town.job_is(State.RUNNING)).stopped

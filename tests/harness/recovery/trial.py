"""One operation, with the bot dying at one moment of it, judged from the outside."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.clock import PATIENCE_S
from storage.job import Job
from tests.harness.opening import open_town
from tests.harness.recovery import dying
from tests.harness.recovery.foreign import Foreign, foreign_gateway
from tests.harness.recovery.laws import (
    assert_hidden,
    assert_posted_once,
    assert_rows_at_rest,
    books_agree,
    rows_of,
)
from tests.harness.recovery.moments import Moment, Struck, Trace
from tests.harness.recovery.people import People
from tests.harness.recovery.process import RealBot, real_bot
from tests.harness.recovery.story import Story
from tests.harness.town import Town, card_text


@dataclass
class Stage:
    """A town in which a story is played again and again by a bot that may be told to die."""

    story: Story
    town: Town
    bot: RealBot
    place: Path
    foreign: Foreign | None = None
    patience_s: float = PATIENCE_S
    played: int = 0
    moments: Sequence[Moment] = ()
    """Where the bot could have died when the story was last played undisturbed."""

    async def rehearse(self) -> Sequence[Moment]:
        """Play the story undisturbed and return every moment at which the bot could die in it.

        The first time is for what a bot does once after it has started.
        """
        await self.play(None)
        await self.play(None)
        return self.moments

    async def play(self, moment: Moment | None) -> bool:
        """Play the story; tell whether the bot came to the moment, and died there.

        Raises `AssertionError` when a law was broken, `TimeoutError` when it never came to rest.
        """
        self.played += 1
        town = self.town
        earlier = len(town.kling.creates)
        member = town.discord.add_user(f"mia-{self.played}")
        channel = town.discord.add_channel(town.guild, f"general-{self.played}")
        people = People(town, self.bot, member, channel, self.patience_s, self.foreign)
        struck = None if moment is None else Struck(moment, self.bot, self.place / "order")
        async with asyncio.timeout(2 * self.patience_s):
            if self.story.reach is not None:
                await self.story.reach(people)
            trace = Trace(town, self.bot)
            came = await self._played(people, struck)
            if moment is None:
                self.moments = trace.moments()
        jobs = await rows_of(town)
        await books_agree(town, people.charged_before)
        judge(people, self.story, jobs)
        known = {job.id for job in jobs} | people.gone
        # What carries no id is known by its words; `judge` counts both.
        paid = {task.external_id for task in town.kling.creates[earlier:]} - {None}
        assert paid <= known or self.story.foreign, "paid for nobody"
        assert town.discord.unknown_routes == []
        return came

    async def _played(self, people: People, struck: Struck | None) -> bool:
        if struck is not None:
            struck.arm(self.town)
        if self.story.reach is not None:
            await self.bot.start()
        if struck is None:
            await self.story.play(people)
            await self.bot.at_rest()
            return False
        playing = asyncio.ensure_future(self.story.play(people))
        coming = asyncio.ensure_future(struck.come())
        try:
            came = await self._comes(playing, coming) or await self._dying(people, struck, coming)
            struck.disarm(self.town)
            if came:
                await self._die(people, struck)
                await playing
                await self.bot.at_rest()
        finally:
            for task in (playing, coming):
                task.cancel()
            await asyncio.wait({playing, coming})
        return came

    async def _comes(self, playing: "asyncio.Future[None]", coming: "asyncio.Future[None]") -> bool:
        """Tell whether the moment comes before everything is over."""
        await _either(playing, coming)
        if not coming.done():
            await playing
            resting = asyncio.ensure_future(self.bot.at_rest())
            await _either(resting, coming)
            if resting.done() and resting.exception() is None:
                return False
            resting.cancel()
            await asyncio.wait({resting})
            await coming
        return True

    async def _dying(self, people: People, struck: Struck, coming: "asyncio.Future[None]") -> bool:
        """Tell whether the last commit of all, which everybody can see, is the end of the bot."""
        if not struck.by_itself:
            return False
        struck.disarm(self.town)
        pressed = await self.town.discord.slash(people.member, people.channel, "jobs")
        alive = asyncio.ensure_future(pressed.answered(self.patience_s))
        await _either(alive, coming)
        alive.cancel()
        await asyncio.wait({alive})
        return coming.done()

    async def _die(self, people: People, struck: Struck) -> None:
        town = self.town
        await self.bot.crash()
        people.crashes += 1
        if not struck.comes_late:
            struck.let_go()
            town.discord.interactions.give_up()
            await self.bot.connect()
            return
        await self.bot.connect()
        await struck.arrive(town)
        town.discord.interactions.give_up()


async def _either(one: "asyncio.Future[Any]", other: "asyncio.Future[Any]") -> None:
    """Return once one of them is done."""
    await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)


def judge(people: People, story: Story, jobs: Sequence[Job]) -> None:
    """Look at Kling's bill, at the channel, at the cards and at the rows of one story.

    Raises `AssertionError` where a law was broken.
    """
    mine = people.mine(jobs)
    assert len(mine) == len(people.cards), f"{len(people.cards)} cards, {len(mine)} rows"
    assert_rows_at_rest(mine)
    for answered, text in zip(people.cards, story.cards, strict=False):
        assert answered.message is not None
        assert text in card_text(answered.message), card_text(answered.message)
    made = len(people.tasks(jobs))
    wanted = story.creates + people.unsure * story.sent_again
    assert story.creates <= made <= wanted, f"{made} creates, {wanted} wanted"
    assert_posted_once(people.posts, story.posts)
    copies = people.town.posts(people.wall) if people.wall is not None else []
    assert_posted_once(copies, story.shown)
    if story.hidden:
        assert_hidden([*people.posts, *copies])


@contextlib.asynccontextmanager
async def open_stage(
    story: Story, place: Path, patience_s: float = PATIENCE_S
) -> AsyncIterator[Stage]:
    """Open a town for this story, with the bot in it."""
    async with contextlib.AsyncExitStack() as stack:
        dialect = "gateway" if story.foreign else "official"
        env = {**story.env, dying.ORDERS: str(place / "order")}
        town = await stack.enter_async_context(
            open_town(place, dialect=dialect, env=env, switches=story.switches)
        )
        foreign = None
        if story.foreign:
            upstream = town.env["KLINGBOT_KLING__BASE_URL"]
            foreign = await stack.enter_async_context(foreign_gateway(upstream))
            town.env["KLINGBOT_KLING__BASE_URL"] = foreign.url
        bot = await stack.enter_async_context(real_bot(town, place, dying.run))
        bot.patience_s = patience_s
        yield Stage(story, town, bot, place, foreign, patience_s)
        assert await bot.terminate() == 0

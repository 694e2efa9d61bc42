"""Members who keep everything private, each in another place, and what others saw of it."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.jobs.intake import IntakeLimits
from sandbox.discord import (
    MEMBER_PERMISSIONS,
    Channel,
    Interaction,
    Message,
    Permission,
    User,
)
from sandbox.kling import Script, Switches
from sandbox.kling.tasks import Task
from storage.job import Job, State, WaitsFor
from tests.harness.opening import open_town
from tests.harness.town import PATIENT, Town, card_text, custom_ids

PLACES: Final = ("server", "direct message", "not installed there", "takes no messages")
SECRET: Final = "a heron that nobody shall see"
OPERATOR: Final = "operator"
"""The name of the operator's channel, which others may read."""
TOKEN_DEAD_S: Final = 15 * 60 + 1.0

T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """A message of the bot as somebody saw it who asked for nothing."""

    channel: Channel
    to_one: bool
    said: str
    files: int


@dataclass
class House:
    """A town for all of them, with one bot."""

    town: Town
    folder: Path
    within: IntakeLimits
    manager: User
    """Somebody else, who manages the server."""
    seen: list[Seen] = field(default_factory=list)
    barrier: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(len(PLACES)))
    _bot: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def together(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it once, when all members have come so far."""
        if await self.barrier.wait() == 0:
            await act()
        await self.barrier.wait()

    async def start(self) -> None:
        await self._bot.enter_async_context(self.town.bot(answer_within=self.within))

    async def stop(self) -> None:
        await self._bot.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def listen(self, members: list["Recluse"]) -> None:
        """Write down what others than the requester could see."""

        def hear(event: str, message: Message) -> None:
            theirs = any(
                message.visible_to is one.member or message.channel is one.dm for one in members
            )
            if message.author is self.town.discord.bot and not theirs:
                said = f"{event}: {card_text(message)} {custom_ids(message)}"
                to_one = message.visible_to is not None
                self.seen.append(Seen(message.channel, to_one, said, len(message.attachments)))

        self.town.discord.on_message(hear)

    def nobody_saw_anything(self) -> None:
        """No message, no change, no word of it anywhere but where the requester reads."""
        for one in self.seen:
            assert one.to_one or one.channel.name == OPERATOR, (one.channel.name, one.said)
            assert SECRET not in one.said
            assert "://" not in one.said
            assert not one.files
        discord = self.town.discord
        hidden = {channel.id for channel in discord.store.channels.values() if channel.recipient}
        for request in discord.requests:
            place = int(request.params.get("channel_id", 0))
            if request.method != "GET" and request.surface != "cdn" and place not in hidden:
                channel = discord.store.channels.get(place)
                assert channel is None or channel.name == OPERATOR, (request.method, request.path)


@dataclass
class Recluse:
    """One of the members, in their place."""

    house: House
    place: str
    member: User
    channel: Channel

    @property
    def town(self) -> Town:
        return self.house.town

    @property
    def dm(self) -> Channel:
        return self.town.discord.dm(self.member)

    @property
    def told(self) -> list[Message]:
        """What the bot wrote to them directly, without answers."""
        return self.town.posts(self.dm)

    async def restart(self) -> None:
        """End the bot and start it again."""
        await self.house.together(self.house.restart)

    async def later(self, seconds: float) -> None:
        """Set the clock forward."""

        async def jump() -> None:
            self.town.clock.jump(seconds)

        await self.house.together(jump)

    async def use(self, command: str, **options: Any) -> Interaction:
        """Use a command that makes something, privately."""
        return await self.town.ask(
            command, by=self.member, at=self.channel, private=True, **options
        )

    async def asks(self, **options: Any) -> Message:
        """Ask for an image whose task does not end by itself; return the card once it is made."""
        self.town.kling.script(Script(takes_s=math.inf))
        asked = await self.use("image", prompt=SECRET, **options)
        await self.town.card_says(asked, "working")
        return self.town.card_of(asked)

    async def jobs(self) -> list[Job]:
        """Return their jobs, newest first."""
        jobs = await self.town.store.list_jobs()
        return [job for job in jobs if job.origin.user_id == self.member.id]

    async def job_waits(self, question: WaitsFor) -> Job:
        """Return their job once it waits for this; the time between look-ups is skipped."""

        async def found() -> Job | None:
            [job] = await self.jobs()
            if job.waits_for is question:
                return job
            if job.state is State.CREATING:
                self.town.skip_wait(job)
            return None

        return await self.town.commits.until(found)

    async def task(self) -> Task:
        """Return what Kling makes for their newest job."""
        job = (await self.jobs())[0]
        [task] = [task for task in self.town.kling.creates if task.external_id == job.id]
        return task

    async def finishes(self) -> None:
        self.town.kling.finish(await self.task())

    async def fails(self, message: str) -> None:
        self.town.kling.fail(await self.task(), message)

    async def page(self) -> Message:
        """Open their newest job from `/jobs`."""
        town, job = self.town, (await self.jobs())[0]
        listed = await town.ask("jobs", by=self.member, at=self.channel)
        chosen = await town.choose(town.card_of(listed), job.id, by=self.member)
        return town.card_of(chosen)

    async def picks_up(self) -> Message:
        """Wait until the outcome waits in `/jobs`, and return the answer it is put into."""
        await self.job_waits(WaitsFor.PICKUP)
        return self.town.card_of(
            await self.town.press(await self.page(), "pick_up", by=self.member)
        )

    async def gets(self, text: str = "", files: int = 0) -> Message:
        """Return the message with this, which comes directly or, if they take none, by `/jobs`."""

        def has(message: Message) -> bool:
            return text in message.content and len(message.attachments) >= files

        if self.member.accepts_dms:
            return await self.town.discord.until(
                lambda: next((message for message in self.told if has(message)), None)  # type: ignore[arg-type, return-value] # `until` returns what is true
            )
        answer = await self.picks_up()
        await self.town.discord.until(lambda: has(answer))
        return answer


def _places(house: House) -> list[Recluse]:
    discord, town = house.town.discord, house.town
    away = discord.add_channel(discord.add_guild("Elsewhere", bot_member=False), "lounge")
    noor = discord.add_user("noor", installed=True)
    liv, shy = discord.add_user("liv"), discord.add_user("shy", accepts_dms=False)
    return [
        Recluse(house, place, member, channel)
        for place, member, channel in zip(
            PLACES,
            (town.member, liv, noor, shy),
            (town.channel, discord.dm(liv), away, town.channel),
            strict=True,
        )
    ]


@contextlib.asynccontextmanager
async def open_house(
    tmp_path: Path,
    *,
    within: IntakeLimits = PATIENT,
    switches: Switches | None = None,
    env: dict[str, str] | None = None,
) -> AsyncIterator[list[Recluse]]:
    """Put a member into each place; when the block ends nobody else may have seen a thing."""
    async with open_town(
        tmp_path,
        discord_options={"user_installs": True},
        kling_options={"video_slots": 9, "image_slots": 20},
        switches=switches,
        env={
            "KLINGBOT_LIMITS__DELIVERIES_AGAIN_PER_HOUR": "0",
            "KLINGBOT_KLING__IMAGE_SLOTS": "20",
            **(env or {}),
        },
    ) as town:
        notices = town.discord.add_channel(town.guild, OPERATOR)
        town.env["KLINGBOT_DISCORD__OPERATOR_CHANNEL"] = str(notices.id)
        may = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
        manager = town.discord.add_user("boss", installed=True, permissions=may)
        house = House(town, tmp_path, within, manager)
        members = _places(house)
        house.listen(members)
        await house.start()
        try:
            yield members
        finally:
            await house.stop()
        house.nobody_saw_anything()


def everywhere(**how: Any) -> Callable[[Callable[[Recluse], Awaitable[None]]], Any]:
    """Make a test of what a member does: in all places at once, and all jobs end."""

    def decorate(play: Callable[[Recluse], Awaitable[None]]) -> Any:
        async def played(one: Recluse) -> None:
            try:
                await play(one)
            except Exception as failure:
                failure.add_note(f"in the place: {one.place}")
                raise

        async def test(tmp_path: Path) -> None:
            async with open_house(tmp_path, **how) as members:
                async with asyncio.TaskGroup() as places:
                    for one in members:
                        places.create_task(played(one))
                await members[0].town.settled()

        test.__name__, test.__doc__ = play.__name__, play.__doc__
        test.__module__ = play.__module__
        return test

    return decorate

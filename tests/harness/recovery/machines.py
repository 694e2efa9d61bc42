"""Several processes of the bot on one PostgreSQL: one with the gateway, the others workers.

They are killed, suspended and started again while members use the bot. Their clock runs `PACE`
times as fast as the wall's, the same in all of them, so that a lease is over after seconds.
"""

import asyncio
import contextlib
import inspect
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.app import run as run_bot
from bot.invocation import AS_MODULE
from bot.jobs.worker import LEASE_S
from bot.kling.catalogue_files import load_catalogue
from bot.log import set_up_logging
from bot.settings.load import load_settings
from bot.worker_app import run_worker
from sandbox.clock import PATIENCE_S
from sandbox.kling.errors import Refusal
from sandbox.kling.orders import Order
from storage import migrations
from storage.engine import open_database
from storage.job import Job
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.recovery.laws import rows_of
from tests.harness.recovery.orders import film, picture
from tests.harness.recovery.people import People
from tests.harness.recovery.process import BotProcess, RealBot
from tests.harness.recovery.story import Story
from tests.harness.recovery.trial import judge
from tests.harness.storage.upgrading import NEXT, add_moods
from tests.harness.town import Town

PACE: Final = 5.0
LEASE_OVER_S: Final = LEASE_S / PACE
NEXT_SCHEMA: Final = "MACHINES_NEXT_SCHEMA"
"""In the environment of a program whose schema has one step more, which only adds."""
BEGAN: Final = "MACHINES_BEGAN"
"""In the environment: when the quick clock began, in Unix seconds."""
NO_SLOTS: Final = 1303
SLOTS: Final = 3
LIFE_MAX_S: Final = 1.5
WISHES: Final = {"a picture": Story(picture), "a film": Story(film)}
ENV: Final = UNLIMITED | {
    # Not a pair of keys: what they sign says when, by a clock that is ahead of Kling's.
    "KLINGBOT_KLING__API_KEY": "local-api-key",
    "KLINGBOT_KLING__IMAGE_SLOTS": str(SLOTS),
    "KLINGBOT_KLING__VIDEO_SLOTS": str(SLOTS),
    "KLINGBOT_POLL__FIRST_S": "1",
    "KLINGBOT_POLL__INTERVAL_S": "1",
}


def be_of_next_version() -> None:
    """Have this process, which is one of the tests, open its database as the next version will."""
    inspect.unwrap(open_database).__kwdefaults__["migrations"] = NEXT
    migrations.EXPANDING |= {add_moods}  # type: ignore[misc]  # as the next version states it


class QuickClock:
    """Satisfies `bot.clock.Clock`; quick since a moment of the wall clock."""

    def __init__(self, began: float, pace: float = PACE) -> None:
        self._began = began
        self._pace = pace

    def now(self) -> float:
        return self._began + self._pace * (time.time() - self._began)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._pace)


def run(args: Sequence[str], env: Mapping[str, str]) -> int:
    """Run `run` or `worker` by the quick clock; satisfies `tests.harness.nursery.Main`."""
    clock = QuickClock(float(env[BEGAN]))
    if NEXT_SCHEMA in env:
        be_of_next_version()
    settings = load_settings(None, {k: v for k, v in env.items() if k.startswith("KLINGBOT_")})
    with open(os.dup(2), "w", buffering=1, encoding="utf-8") as err:  # noqa: PTH123 - a number, no path
        set_up_logging(
            settings.log.level, settings.log.format, err, tty=False, secrets=settings.secrets()
        )
        begin = run_worker if args[0] == "worker" else run_bot
        return asyncio.run(begin(settings, load_catalogue(), AS_MODULE, clock))


@dataclass
class Slots:
    """Listens at the local Kling for orders that find no slot."""

    over: int = 0

    def listen_to(self, town: Town) -> None:
        account = town.kling._account
        admit = account.admit

        def counting(order: Order, external_id: str | None) -> None:
            try:
                admit(order, external_id)
            except Refusal as refusal:
                self.over += refusal.code == NO_SLOTS
                raise

        account.admit = counting  # type: ignore[method-assign]  # stands in front of it


@dataclass
class Fleet:
    """The processes of one town."""

    town: Town
    bot: RealBot
    workers: list[BotProcess]
    dice: random.Random
    slots: Slots = field(default_factory=Slots)
    kills: int = 0
    stops: int = 0
    crowd: list[tuple[People, Story]] = field(default_factory=list)
    playing: list["asyncio.Task[None]"] = field(default_factory=list)

    def gather(self, people: int, wish: str = "") -> None:
        """Let so many members come, each with this wish, or one that the dice chose."""
        for number in range(len(self.crowd), len(self.crowd) + people):
            member = self.town.discord.add_user(f"mia-{number}")
            channel = self.town.discord.add_channel(self.town.guild, f"general-{number}")
            story = WISHES[wish or self.dice.choice(list(WISHES))]
            person = People(self.town, self.bot, member, channel, patience_s=PATIENCE_S)
            self.crowd.append((person, story))
            self.playing.append(asyncio.create_task(_played(story, person)))

    async def kill(self, times: int) -> None:
        """Kill one of them at a random moment, and start it again, so many times."""
        for _ in range(times):
            await asyncio.sleep(self.dice.uniform(0, LIFE_MAX_S))
            victim = self.dice.choice([self.bot, *self.workers])
            self.kills += 1
            if victim is self.bot:
                await self.bot.crash()
                self.town.discord.interactions.give_up()
                for person, _ in self.crowd:
                    person.crashes += 1
                await self.bot.connect()
            else:
                await victim.kill()
                await victim.start()

    async def update(self, process: BotProcess) -> None:
        """Stop a process in order, and start the next version in its place."""
        assert await process.terminate() == 0
        process.set(NEXT_SCHEMA, "yes")
        if process is not self.bot:
            await process.start()
            await process.says("worker.ready")
            return
        self.town.discord.interactions.give_up()
        for person, _ in self.crowd:
            person.crashes += 1
        await self.bot.connect()

    async def suspend(self, times: int) -> None:
        """Suspend a worker until its leases are over, and let it go on, so many times."""
        for _ in range(times):
            await asyncio.sleep(self.dice.uniform(0, LIFE_MAX_S))
            victim = self.dice.choice(self.workers)
            victim.send(signal.SIGSTOP)
            await asyncio.sleep(LEASE_OVER_S + self.dice.uniform(0, LIFE_MAX_S))
            victim.send(signal.SIGCONT)
            self.stops += 1

    async def served(self) -> None:
        """Return once everybody has what they came for, or has waited too long."""
        await asyncio.wait(self.playing, timeout=PATIENCE_S)

    async def all_work(self, known: Collection[str]) -> None:
        """Return once each process has done a step of a job that is not among those known by id.

        Which of them comes first to a job is chance: one more member comes until each came once.
        """
        async with asyncio.timeout(PATIENCE_S):
            while not all(_has_worked(one, known) for one in (self.bot, *self.workers)):
                self.gather(1, "a picture")
                await self.served()

    async def ends(self) -> list[Job]:
        """Return all rows once everybody is served, or has waited too long."""
        await self.served()
        for play in self.playing:
            play.cancel()
        await asyncio.wait(self.playing)
        with contextlib.suppress(TimeoutError):
            await self.bot.at_rest()
        return await rows_of(self.town)

    def broken(self, jobs: list[Job]) -> list[str]:
        """Return what was lost, paid twice or posted twice."""
        found = []
        for (person, story), play in zip(self.crowd, self.playing, strict=True):
            try:
                assert not play.cancelled(), "it never ended"
                play.result()
                judge(person, story, jobs)
            except Exception as broken:  # noqa: BLE001 - whatever it is, somebody did not get it
                found.append(f"{person.member.name}: {broken!r}")
        ids = {job.id for job in jobs}
        paid = [task.external_id for task in self.town.kling.creates]
        found += [f"paid for nobody: {one}" for one in paid if one not in ids]
        if self.slots.over:
            found.append(f"{self.slots.over} orders over the slots")
        return found

    async def stop(self) -> list[int]:
        """Ask all to stop in order, and return their exit codes.

        One that was just started again may not have come to its signal handlers yet.
        """
        for worker in self.workers:
            await worker.says("worker.ready")
        return [await process.terminate() for process in (self.bot, *self.workers)]


def _has_worked(process: BotProcess, known: Collection[str]) -> bool:
    """Tell whether the present run of a process has done a step of a job that is not known."""
    ended = (record for record in process.log if record.get("event") == "step.ended")
    return any(record["job_id"] not in known for record in ended)


async def _played(story: Story, person: People) -> None:
    await story.play(person)


@contextlib.asynccontextmanager
async def open_fleet(
    place: Path, url: str, seed: int, *, workers: int = 2, worker_urls: Sequence[str] = ()
) -> AsyncIterator[Fleet]:
    """Open a town on this database, with one bot and so many workers.

    A worker reaches the database by its own URL, if there is one for it.
    """
    began = str(time.time())
    env = {**ENV, "KLINGBOT_STORAGE__URL": url, BEGAN: began}
    slots = {"image_slots": SLOTS, "video_slots": SLOTS}
    async with contextlib.AsyncExitStack() as stack:
        town = await stack.enter_async_context(open_town(place, env=env, kling_options=slots))
        bot = RealBot(town, place, run=run)
        stack.push_async_callback(bot.close)
        fleet = Fleet(town, bot, [], random.Random(seed))  # noqa: S311 - dice of a test
        fleet.slots.listen_to(town)
        await bot.connect()
        for number in range(workers):
            its = worker_urls[number] if number < len(worker_urls) else url
            worker = BotProcess(
                "worker", env={**town.env, "KLINGBOT_STORAGE__URL": its}, cwd=place, run=run
            )
            stack.push_async_callback(worker.close)
            worker.beside.append(bot)
            await worker.start()
            await worker.says("worker.ready")
            fleet.workers.append(worker)
        yield fleet

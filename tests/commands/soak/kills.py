"""Many members with every kind of request, and a bot that is killed again and again."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path

from storage.job import Job
from tests.commands.soak.tables import Table
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.recovery.laws import rows_of
from tests.harness.recovery.people import People
from tests.harness.recovery.process import RealBot, real_bot
from tests.harness.recovery.stories import ASKS_FIRST, STORIES, TWO_SLOTS
from tests.harness.recovery.story import Story
from tests.harness.recovery.trial import judge
from tests.harness.town import Town

KILLS = 300
PEOPLE = 50
TOWNS = 5
"""Side by side, each with its share of the people and of the kills."""
TIME_MAX_S = 1_500.0
"""No more kills after this long."""
QUICK_SHARE = 10
LIFE_MAX_S = 1.2
"""A bot that is connected lives at most so long."""
START_MAX_S = 1.0
STARTING_SHARE = 0.2
"""The share of kills that come while the bot starts, at most this long after the start began."""
PATIENCE_S = 3_000.0
REST_S = 300.0
"""After the last kill everything has to end within this."""
LOG = Path("soak-out") / "kills.log"
ENV = TWO_SLOTS | UNLIMITED
ALONE = {"taken back from the showcase", "hidden with its copy in the showcase"}
"""What changes the whole server in the way that another wish does: not two of them in one town."""
ENVS = (ENV, ENV | ASKS_FIRST)
"""By turns: in every second town each wish is asked about first."""
COLUMNS = ("jobs", "kills", "while starting", "lost", "double", "paid twice", "unsure")


def _crowd(env: Mapping[str, str]) -> dict[str, Story]:
    """Return every wish that one bot with these settings can meet."""
    return {
        name: story
        for name, story in STORIES.items()
        if not (story.foreign or story.reach or story.switches or name in ALONE)
        and story.env.items() <= env.items()
    }


@dataclass
class Sweep:
    """One crowd, one bot, and how often it died."""

    town: Town
    bot: RealBot
    dice: random.Random
    kills_max: int
    env: Mapping[str, str]
    kills: int = 0
    while_starting: int = 0
    crowd: list[tuple[People, str, Story]] = field(default_factory=list)
    playing: list["asyncio.Task[None]"] = field(default_factory=list)
    _turn: asyncio.Event = field(default_factory=asyncio.Event)

    def gather(self, people_max: int, first: int) -> None:
        """Let everybody come, one after the other; what they wish begins with the `first` wish."""
        crowd = _crowd(self.env)
        every = list(crowd)
        wishes = [every[(first + n) % len(every)] for n in range(people_max)]
        self.dice.shuffle(wishes)
        for number, name in enumerate(wishes):
            member = self.town.discord.add_user(f"mia-{number}")
            channel = self.town.discord.add_channel(self.town.guild, f"general-{number}")
            people = People(self.town, self.bot, member, channel, patience_s=PATIENCE_S)
            self.crowd.append((people, name, crowd[name]))
            comes_at = self.kills_max * number // people_max
            self.playing.append(asyncio.create_task(self._play(people, crowd[name], comes_at)))

    async def kill(self) -> None:
        """Kill the bot at random moments, as often as was asked for; it runs in the end."""
        ends_at = time.monotonic() + TIME_MAX_S
        while self.kills < self.kills_max and time.monotonic() < ends_at:
            if self.dice.random() < STARTING_SHARE:
                await self.bot.crash()
                self._died()
                await self.bot.start()
                await asyncio.sleep(self.dice.uniform(0, START_MAX_S))
                self.while_starting += 1
            else:
                await asyncio.sleep(self.dice.uniform(0, LIFE_MAX_S))
            await self.bot.crash()
            self._died()
            await self.bot.connect()
        self.kills_max = 0  # members who have not started yet start now
        self._turn.set()

    async def ends(self) -> None:
        """Return once everybody has what they came for, or has waited too long."""
        await asyncio.wait(self.playing, timeout=REST_S)
        for play in self.playing:
            play.cancel()
        await asyncio.wait(self.playing)
        with contextlib.suppress(TimeoutError):
            await self.bot.at_rest()

    def _died(self) -> None:
        self.kills += 1
        for people, _, _ in self.crowd:
            people.crashes += 1
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def _play(self, people: People, story: Story, comes_at: int) -> None:
        while self.kills < min(comes_at, self.kills_max):
            await self._turn.wait()
        await story.play(people)


@dataclass
class Tally:
    """What came out, of one town or of all."""

    jobs: int = 0
    kills: int = 0
    while_starting: int = 0
    lost: int = 0
    double: int = 0
    paid_twice: int = 0
    unsure: int = 0
    not_stopped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


async def run(place: Path, seed: int, *, quick: bool) -> Table:
    """Kill and judge; `quick` a tenth of it."""
    share = QUICK_SHARE if quick else 1
    towns = 1 if quick else TOWNS
    started = time.monotonic()

    async def swept(number: int) -> Tally:
        folder = place / str(number)
        folder.mkdir()
        dice = random.Random(seed + number)  # noqa: S311 - dice of a simulation, not a secret
        env = ENVS[(seed + number) % len(ENVS)]
        people = PEOPLE // share // towns
        first = number * people if towns > 1 else dice.randrange(PEOPLE)
        return await _swept(
            folder, dice, env, KILLS // share // towns, range(first, first + people)
        )

    with LOG.open("w", encoding="utf-8") as log, contextlib.redirect_stderr(log):
        tallies = await asyncio.gather(*map(swept, range(towns)))
    told = sum(tallies, Tally())
    return Table(
        COLUMNS,
        (astuple(told)[: len(COLUMNS)],),
        said=f"Seed {seed}, {time.monotonic() - started:.0f} s, {towns} towns.",
        broken=told.lost + told.double + told.paid_twice + told.not_stopped,
    )


async def _swept(
    place: Path, dice: random.Random, env: Mapping[str, str], kills: int, wishes: range
) -> Tally:
    async with open_town(place, env=dict(env)) as town, real_bot(town, place) as bot:
        bot.patience_s = REST_S
        sweep = Sweep(town, bot, dice, kills, env)
        sweep.gather(len(wishes), wishes.start)
        await sweep.kill()
        await sweep.ends()
        jobs = await rows_of(town)
        stopped = await bot.terminate()
    unsure = sum(one.unsure for one, _, _ in sweep.crowd)
    tally = Tally(len(jobs), sweep.kills, sweep.while_starting, *_judged(sweep, jobs), unsure)
    tally.not_stopped = int(stopped != 0)
    return tally


def _judged(sweep: Sweep, jobs: list[Job]) -> tuple[int, int, int]:
    """Return how many wishes were lost, how many posts came twice, and what was paid twice."""
    lost = double = paid = 0
    for (people, name, story), play in zip(sweep.crowd, sweep.playing, strict=True):
        posts, made = len(people.posts), len(people.tasks(jobs))
        double += max(0, posts - story.posts)
        paid += max(0, made - story.creates - people.unsure * story.sent_again)
        try:
            assert not play.cancelled(), "it never ended"
            play.result()
            judge(people, story, jobs)
        except Exception as broken:  # noqa: BLE001 - whatever it is, somebody did not get it
            lost += 1
            print(f"broken: {name} of {people.member.name}: {broken!r}", flush=True)
    return lost, double, paid

"""Sends interactions and measures the time until Discord has the answer; singly or many at once."""

import asyncio
import itertools
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.proc import cpu_s
from bench.worlds import Scene
from sandbox.discord import Channel, Interaction, LocalDiscord, User
from sandbox.discord.faults import Recorded

CALLBACK: Final = "/interactions/{interaction_id}/{interaction_token}/callback"
LOST_AFTER_S: Final = 10.0

Ask = Callable[[Scene, User, Channel], Awaitable[Interaction]]
Expect = Callable[[Interaction], bool]


@dataclass
class Round:
    """The times of one round, and what it cost."""

    times_s: list[float]
    wall_s: float
    bot_cpu_s: float
    discord_cpu_s: float
    others: list[str]
    """Answers that were not the expected one, such as "busy"; their times count as well."""


@dataclass
class Times:
    """The times of all rounds of one kind."""

    rounds: list[Round] = field(default_factory=list)

    @property
    def all_s(self) -> list[float]:
        """Every single time, sorted."""
        return sorted(itertools.chain.from_iterable(one.times_s for one in self.rounds))

    def percentile_s(self, part: float) -> float:
        """Return the time within which this share of the answers came."""
        return share(self.all_s, part)

    def summary(self) -> dict[str, float]:
        """Return the numbers of a report: milliseconds, answers a second, shares of a core."""
        wall_s = sum(one.wall_s for one in self.rounds)
        times = self.all_s
        return {
            "answers": len(times),
            "others": sum(len(one.others) for one in self.rounds),
            "p50_ms": self.percentile_s(0.50) * 1e3,
            "p99_ms": self.percentile_s(0.99) * 1e3,
            "max_ms": times[-1] * 1e3,
            "mean_ms": statistics.fmean(times) * 1e3,
            "per_s": len(times) / wall_s,
            "bot_cpu_share": sum(one.bot_cpu_s for one in self.rounds) / wall_s,
            "discord_cpu_share": sum(one.discord_cpu_s for one in self.rounds) / wall_s,
        }


def share(times_s: Sequence[float], part: float) -> float:
    """Return the time within which this share of the answers came."""
    ordered = sorted(times_s)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]


class Stopwatch:
    """Times from sending INTERACTION_CREATE to accepting the answer, by interaction."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._asked: dict[str, tuple[float, asyncio.Future[float]]] = {}
        discord.on_event(self._on_event)
        discord.on_request(self._on_request)

    async def time_s(self, interaction_id: int | str) -> float:
        """Return how long the answer took; raises TimeoutError if there is none."""
        _, answered = self._asked[str(interaction_id)]
        async with asyncio.timeout(LOST_AFTER_S):
            took_s = await answered
        del self._asked[str(interaction_id)]
        return took_s

    def _on_event(self, event: str, data: dict[str, Any]) -> None:
        if event == "INTERACTION_CREATE":
            held: asyncio.Future[float] = asyncio.get_running_loop().create_future()
            self._asked[data["id"]] = (time.perf_counter(), held)

    def _on_request(self, request: Recorded) -> None:
        if request.route != CALLBACK or request.status != 200:
            return
        started_s, answered = self._asked[request.params["interaction_id"]]
        if not answered.done():
            answered.set_result(time.perf_counter() - started_s)


@dataclass
class Subject:
    """One bot that is asked."""

    name: str
    scene: Scene
    stopwatch: Stopwatch
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(self, ask: Ask) -> tuple[float, Interaction]:
        """Ask once; return how long the answer took, and the answered interaction."""
        turn = next(self.turns)
        scene = self.scene
        member = scene.members[turn % len(scene.members)]
        interaction = await ask(scene, member, scene.channels[turn % len(scene.channels)])
        return await self.stopwatch.time_s(interaction.id), interaction


async def play_round(subject: Subject, ask: Ask, expect: Expect, count: int, at_once: int) -> Round:
    """Ask `count` times, `at_once` at a time, and return the times."""
    times_s: list[float] = []
    others: list[str] = []
    turns = iter(range(count))

    async def keep_asking() -> None:
        for _ in turns:
            took_s, interaction = await subject.ask(ask)
            times_s.append(took_s)
            if not expect(interaction):
                said = interaction.message
                others.append(said.content if said is not None else "nothing")

    bot_before_s, own_before_s = cpu_s(subject.scene.pid), time.process_time()
    started_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(keep_asking())
    wall_s = time.perf_counter() - started_s
    return Round(
        times_s,
        wall_s,
        cpu_s(subject.scene.pid) - bot_before_s,
        time.process_time() - own_before_s,
        others,
    )


async def side_by_side(
    asked: Sequence[tuple[Subject, Ask, Expect]],
    *,
    rounds: int,
    count: int,
    at_once: int,
    between: Callable[[], None],
) -> list[Times]:
    """Let the bots take turns, round by round, so that noise of the machine affects them all.

    `between` is called before each round.
    """
    times = [Times() for _ in asked]
    for number in range(rounds):
        between()
        order = list(enumerate(asked))
        for index, (subject, ask, expect) in order if number % 2 == 0 else reversed(order):
            times[index].rounds.append(await play_round(subject, ask, expect, count, at_once))
    return times

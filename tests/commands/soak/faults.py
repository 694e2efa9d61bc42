"""Two thousand jobs through a world in which everything goes wrong at 2 %, in compressed time.

Judged from outside, wave by wave: what the local Kling accepted, what the local Discord holds.
Then both worlds forget the wave, so that what memory grows is the bot's.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import structlog
from structlog.types import EventDict, WrappedLogger

from bot.app import App
from bot.domain.policy.delivery import WHISPER
from bot.messages.message import custom_id
from sandbox.discord import Interaction, LocalRefusal
from sandbox.discord.interactions import ANSWER_WITHIN_S
from storage.job import ENDED, Job, State, Venue, WaitsFor
from storage.store import Lane
from tests.commands.soak.clock import RestClock
from tests.commands.soak.memory import Memory, measured
from tests.commands.soak.tables import Table
from tests.commands.soak.trouble import CHANCE, Trouble
from tests.commands.soak.wishes import small_result, wished
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.town import Town, custom_ids

JOBS: Final = 2_000
QUICK_JOBS: Final = 200
WAVE: Final = 50
ASKED_AT_ONCE: Final = 5
SETTLED_WITHIN_S: Final = 300.0
"""On the wall, for one wave: only reached when a job is lost."""
LANES: Final = (Lane.SETTLE, Lane.CARD)
GROWTH_MAX: Final = 0.1
"""Of the memory at half the jobs: more than that by the end is a leak."""


@dataclass
class Score:
    """What came out so far."""

    asked: int = 0
    accepted: int = 0
    refused: int = 0
    """Answered with a failure that the member saw; nothing was accepted."""
    results: int = 0
    problems: int = 0
    as_words: int = 0
    """Results of which no file could be had: a link, or the words that Kling keeps it no longer."""
    pickups: int = 0
    broken: list[str] = field(default_factory=list)
    mistakes: Counter[str] = field(default_factory=Counter)
    """Steps that ended in an unexpected exception."""
    memory: dict[int, Memory] = field(default_factory=dict)
    """After this many jobs."""
    orders: int = 0
    shaken: int = 0


async def run(place: Path, seed: int, *, quick: bool) -> Table:
    """Run the jobs and return what was injected and what came out."""
    jobs = QUICK_JOBS if quick else JOBS
    score = Score()
    began = time.monotonic()
    clock = RestClock()
    with _logged(score):
        async with (
            open_town(
                place,
                clock=clock,
                env=UNLIMITED,
                kling_options={
                    "packs": {"video": Decimal(10**6), "image": Decimal(10**6)},
                    "media_for": small_result,
                    "seed": seed,
                },
                discord_options={"keep_bytes_up_to": 4_096},
            ) as town,
            town.bot() as app,
        ):
            await town.warm()
            town.discord.interactions.answer_within_s = ANSWER_WITHIN_S
            trouble = Trouble(town, seed)
            soak = Soak(town, app, clock, random.Random(seed), score)  # noqa: S311 - dice
            while score.accepted < jobs and await soak.wave():
                pass
            town.kling.clear_faults()
            town.discord.faults.clear()
    return _table(score, trouble, seed, time.monotonic() - began, clock.jumped_s)


class Soak:
    """Asks, waits, judges and forgets, a wave at a time."""

    def __init__(
        self, town: Town, app: App, clock: RestClock, dice: random.Random, score: Score
    ) -> None:
        self._town = town
        self._app = app
        self._clock = clock
        self._dice = dice
        self._score = score

    async def wave(self) -> bool:
        """Bring some jobs from the command to their end; tell whether any was accepted."""
        before = self._score.accepted
        asked: list[Interaction] = []
        for _ in range(WAVE // ASKED_AT_ONCE):
            asked += await asyncio.gather(*(self._ask() for _ in range(ASKED_AT_ONCE)))
        self._shake()
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while not await self._settled():
                await self._clock.rest(self._app.worker)
        await self._judge(asked)
        self._forget()
        self._score.memory[self._score.accepted] = measured()
        if self._score.accepted == before:
            self._broken("a whole wave was refused")
            return False
        return True

    async def _ask(self) -> Interaction:
        town, number = self._town, self._score.asked
        self._score.asked += 1
        command, options = wished(self._dice, number)
        asked = await town.discord.slash(town.member, town.channel, command, options)
        with contextlib.suppress(LocalRefusal):
            await asked.answered(60.0)
        if self._dice.random() < CHANCE:
            town.discord.replay(asked)
        return asked

    def _shake(self) -> None:
        """Trouble on the gateway: it may say so, or break off, with or without the session."""
        gateway = self._town.discord.gateway
        shake = self._dice.choice(
            (gateway.reconnect, gateway.drop, lambda: gateway.invalidate(resumable=False), None)
        )
        if shake is not None:
            shake()
            self._score.shaken += 1

    async def _settled(self) -> bool:
        counts = await self._town.store.counts()
        at_rest = {*ENDED, State.WAITING}
        if any(count for state, count in counts.items() if state not in at_rest):
            return False
        return await self._town.store.next_due(LANES, now=self._clock.now()) is None

    # ---- judging --------------------------------------------------------------------------

    async def _judge(self, asked: list[Interaction]) -> None:
        rows = await self._town.store.list_jobs(limit=2 * WAVE)
        jobs = {job.origin.interaction_id: job for job in rows}
        paid = Counter(task.external_id for task in self._town.kling.creates)
        for interaction in asked:
            job = jobs.get(interaction.id)
            if job is None:
                self._not_accepted(interaction)
            else:
                await self._check(job, interaction, paid.pop(job.id, 0))
        for stray, times in paid.items():
            self._broken(f"{times} creates for no job: {stray}")

    def _not_accepted(self, interaction: Interaction) -> None:
        answer = interaction.message
        if answer is not None and not answer.deleted and not answer.ephemeral:
            self._broken(f"{interaction.id}: a card and no job")
        self._score.refused += 1

    async def _check(self, job: Job, interaction: Interaction, creates: int) -> None:
        self._score.accepted += 1
        self._score.orders += creates
        if creates > 1:
            self._broken(f"{job.id}: paid {creates} times")
        there = [m for m in self._town.discord.store.messages.values() if not m.deleted]
        wanted = custom_id("again", job.id)
        told = [(m, mark) for m in there for mark in custom_ids(m) if mark.startswith(wanted)]
        marks = Counter(mark for _, mark in told)
        deliveries = await self._town.store.deliveries(job.id)
        if not deliveries:
            self._broken(f"{job.id}: nothing was ever to be told")
        for delivery in deliveries:
            seen = marks.pop(custom_id("again", job.id, delivery.tag), 0)
            whispered = delivery.kind == WHISPER and delivery.venue is Venue.ANSWER
            if whispered:
                seen = sum(1 for message in interaction.followups if message.ephemeral)
            waits = delivery.venue is Venue.PICKUP and job.waits_for is WaitsFor.PICKUP
            if seen != (0 if waits else 1):
                self._broken(f"{job.id} {delivery.tag}: told {seen} times at {delivery.venue}")
        for stray in marks:
            self._broken(f"{job.id}: told besides as {stray}")
        media = bool((job.outcome or {}).get("media"))
        self._score.results += media
        self._score.problems += not media
        self._score.as_words += media and not any(m.attachments for m, _ in told)
        self._score.pickups += job.state is State.WAITING
        if media and creates != 1:
            self._broken(f"{job.id}: a result of {creates} creates")
        if creates and not media:
            self._broken(f"{job.id}: paid for, and told as {job.outcome}")

    def _broken(self, law: str) -> None:
        self._score.broken.append(law)
        print(f"broken: {law}", flush=True)

    # ---- forgetting -----------------------------------------------------------------------

    def _forget(self) -> None:
        """Empty both worlds: they have grown with every request, and the bot has not."""
        discord, kling = self._town.discord, self._town.kling
        discord.rest.requests.clear()
        discord.gateway.events.clear()
        discord.store.messages.clear()
        for channel in discord.store.channels.values():
            channel.messages.clear()
        discord.channel_rules._nonces.clear()
        discord.files._files.clear()
        discord.interactions._by_token.clear()
        for fault in discord.faults._script:
            fault.hits.clear()
        kling.requests.clear()
        kling._account.tasks.clear()
        kling._account._by_external_id.clear()


@contextlib.contextmanager
def _logged(score: Score) -> Iterator[None]:
    """Keep the log quiet, and count unexpected failures."""

    def count(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if event["event"] in {"step.failed", "worker.failed", "background.failed"}:
            score.mistakes[str(event["event"])] += 1
            print(structlog.processors.format_exc_info(_logger, _method, event), flush=True)
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[count])
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(**before)


def _table(score: Score, trouble: Trouble, seed: int, seconds: float, jumped_s: float) -> Table:
    middle = min(score.memory, key=lambda done: abs(done - score.accepted / 2))
    half, whole = score.memory[middle], score.memory[score.accepted]
    grew = whole.resident_mib > half.resident_mib * (1 + GROWTH_MAX)
    struck = trouble.struck
    came = {
        "Jobs accepted": score.accepted,
        "Answered with a failure, nothing accepted": score.refused,
        "Delivered once: a result": score.results - score.pickups,
        "… of these as a link, because the file was unavailable": score.as_words,
        "Delivered once: a problem": score.problems,
        "Waiting for pick-up": score.pickups,
        "Creates that the local Kling accepted": score.orders,
        "Paid twice, delivered twice or not at all": len(score.broken),
        "Steps that failed unexpectedly": sum(score.mistakes.values()),
        f"Resident memory after {middle} jobs, MiB": half.resident_mib,
        f"Resident memory after {score.accepted} jobs, MiB": whole.resident_mib,
        f"Objects alive after {middle} jobs": half.objects,
        f"Objects alive after {score.accepted} jobs": whole.objects,
        "Faults injected": sum(struck.values()) + score.shaken,
    }
    said = (
        f"Seed {seed}; each fault at {CHANCE:.0%} of its requests; {seconds / 60:.0f} minutes of"
        f" real time, {jumped_s / 3600:.1f} hours more on the bot's clock."
    )
    gateway = {"Discord, gateway: reconnect, broken off, invalid session": score.shaken}
    rows = tuple({**came, **struck, **gateway}.items())
    broken = len(score.broken) + score.mistakes.total() + grew
    return Table(("what", "how many"), rows, said, broken)

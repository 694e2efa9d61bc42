"""Five ordinary members in servers of their own, next to one hostile member of each kind.

What counts is the longest wait from a command to its result, with the hostile one and without.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.discord import Channel, User
from sandbox.kling import Latencies
from tests.commands.soak.hostile import Hostile, Kind
from tests.commands.soak.kinds import KINDS
from tests.commands.soak.tables import Table
from tests.harness.opening import open_town
from tests.harness.town import Town, png

ORDINARY: Final = 5
EXTRA_MAX_S: Final = 2.0
"""How much longer an ordinary member may wait because of a stranger, besides a fair turn."""
TRIES: Final = 3
"""How often a kind is measured until it is met: what else a machine does adds seconds to either."""
PATIENCE_S: Final = 60.0
"""On the wall: who waits longer is said to wait for ever."""
VIDEO_S: Final = 1.0
LATENCIES: Final = Latencies(queue_s=0.0, video_s=VIDEO_S, image_s=0.05, lip_sync_s=0.05)
SAMPLED: Final = 4
"""Kinds of a quick run."""


@dataclass(frozen=True)
class Waited:
    """The longest wait of an ordinary member."""

    alone_s: float
    beside_s: float
    turn_s: float
    kind: Kind

    @property
    def extra_s(self) -> float:
        return max(0.0, self.beside_s - self.alone_s)

    @property
    def met(self) -> bool:
        return self.extra_s <= EXTRA_MAX_S + self.turn_s


async def run(place: Path, seed: int, *, quick: bool) -> Table:
    """Measure every kind and return the table."""
    began = time.monotonic()
    kinds = [KINDS[(seed + n) % len(KINDS)] for n in range(SAMPLED)] if quick else KINDS
    found: list[Waited] = []
    with _quiet():
        for number, kind in enumerate(kinds):
            waited = await measured(place / str(number), kind)
            print(f"{kind.name}: {waited.alone_s:.2f} s, {waited.beside_s:.2f} s", flush=True)
            found.append(waited)
    rows = tuple(
        (
            one.kind.name,
            one.kind.before,
            f"{one.alone_s:.1f}",
            f"{one.beside_s:.1f}",
            f"{one.extra_s:.1f}",
            f"{EXTRA_MAX_S + one.turn_s:,.0f}",
            "met" if one.met else "MISSED",
        )
        for one in found
    )
    columns = ("hostile", "before", "alone, s", "beside it, s", "longer, s", "at most, s", "")
    said = f"Longest wait of five ordinary members; {time.monotonic() - began:.0f} s."
    return Table(columns, rows, said, sum(not one.met for one in found))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log quiet."""

    def drop(*_: object) -> structlog.types.EventDict:
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[drop])
    for library in ("discord", "asyncio"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(**before)


async def measured(place: Path, kind: Kind) -> Waited:
    """Return how long the ordinary ones wait without the hostile one and beside it, at best."""
    best: Waited | None = None
    for number in range(TRIES):
        here = place / str(number)
        alone_s = await longest_wait(here / "alone", kind, hostile=False)
        turn_s = kind.turn_s or await _turn_s(here / "turn", kind)
        beside_s = await longest_wait(here / "beside", kind, hostile=True)
        waited = Waited(alone_s, beside_s, turn_s, kind)
        if best is None or waited.extra_s < best.extra_s:
            best = waited
        if best.met:
            break
    assert best is not None
    return best


async def _turn_s(place: Path, kind: Kind) -> float:
    if kind.turn_of is None:
        return 0.0
    await asyncio.to_thread(partial(place.mkdir, parents=True))
    async with open_town(place) as town, town.bot():
        await town.warm()
        return await kind.turn_of(town)


async def longest_wait(place: Path, kind: Kind, *, hostile: bool) -> float:
    """Return the longest of five waits (seconds of the town's clock)."""
    await asyncio.to_thread(partial(place.mkdir, parents=True))
    async with (
        open_town(
            place,
            latencies=LATENCIES,
            env=kind.env,
            kling_options=dict(kind.kling),
            discord_options=dict(kind.discord),
            check=lambda _: None,
        ) as town,
        town.bot() as app,
    ):
        await town.warm()
        ordinary = [_newcomer(town, number) for number in range(ORDINARY)]
        trouble = Hostile(town)
        if hostile:
            await kind.act(trouble)
        try:
            waiting = [asyncio.ensure_future(_wait_s(town, kind, *member)) for member in ordinary]
            if hostile and kind.passes_s:
                await asyncio.sleep(1.0)
                town.clock.jump(kind.passes_s)
            return max(await asyncio.gather(*waiting))
        finally:
            await trouble.finish()
            del app


def _newcomer(town: Town, number: int) -> tuple[User, Channel]:
    guild = town.discord.add_guild(f"Server {number}")
    return town.discord.add_user(f"member {number}"), town.discord.add_channel(guild, "general")


def _has_result(town: Town, channel: Channel) -> bool:
    """Tell whether a file is posted: a new server is greeted with words."""
    return any(post.attachments for post in town.posts(channel))


async def _wait_s(town: Town, kind: Kind, member: User, channel: Channel) -> float:
    """Return how long a member waits for a result, with patience for being told to come again."""
    options: dict[str, Any] = {"prompt": "an ordinary one", **kind.options}
    if kind.with_picture:
        options["image"] = png()
    began = town.clock.now()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                asked = await town.discord.slash(member, channel, kind.command, options)
                await asked.answered()
                if not asked.ephemeral:
                    break
            await town.discord.until(partial(_has_result, town, channel), PATIENCE_S)
    except TimeoutError:
        return float("inf")
    return town.clock.now() - began

"""Time from interaction to answer, our bot and the bare one side by side."""

import asyncio
import contextlib
import itertools
import math
import statistics
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.amounts import IN_FLIGHT, Amount, Rounds
from bench.asking import Ask, Expect, Stopwatch, Subject, play_round, share, side_by_side
from bench.floor import Floor
from bench.media import small_picture
from bench.worlds import OUR_ARGV, Scene, bare_argv, open_scene, our_env
from sandbox.discord import Channel, Interaction, User
from sandbox.kling import Latencies, LocalKling, Script

PROMPT: Final = "a lighthouse in a storm, oil on canvas, wide brush strokes, number"
FLOOR_COMMITS: Final = 10
WHILE_POSTING: Final = "accepted while posting, one by one"
"""Its ratio is shown and has no target: the bare bot posts nothing at the same time."""
WARM_UP: Final = 100
"""Five jobs for each member, which `/jobs` then lists."""
NEVER_POLL_S: Final = "3600"
OFTEN_S: Final = "0.5"
RATIO_MAX: Final = 4.0
ACCEPTED_MAX: Final = 2.0
"""For accepted commands, at the median and, with many in flight, at p99."""
ANSWER_MAX_MS: Final = 1_000.0

prompts = itertools.count()


async def accepted(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Ask for a picture."""
    return await scene.discord.slash(
        user, channel, "image", {"prompt": f"{PROMPT} {next(prompts)}"}
    )


async def refused(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Ask for something that no model supports."""
    options = {"prompt": "<<<image_3>>> at night", "model": "kling-v1", "aspect_ratio": "21:9"}
    return await scene.discord.slash(user, channel, "image", options)


async def listed(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Ask for the member's own jobs."""
    return await scene.discord.slash(user, channel, "jobs")


async def typed(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Type into the option for the model."""
    options = {"prompt": "a lighthouse", "model": ""}
    await scene.discord.autocomplete(user, channel, "image", options, "model")
    return scene.discord.interactions.all[-1]


def public(interaction: Interaction) -> bool:
    """Tell whether the answer is a public card."""
    return interaction.message is not None and not interaction.ephemeral


def private(interaction: Interaction) -> bool:
    """Tell whether the answer is private."""
    return interaction.ephemeral


def suggests(interaction: Interaction) -> bool:
    """Tell whether the answer has choices."""
    return bool(interaction.choices)


KINDS: Final[dict[str, tuple[Ask, Expect, Ask, Expect]]] = {
    "/jobs": (listed, private, accepted, public),
    "refused": (refused, private, accepted, public),
    "autocomplete": (typed, suggests, typed, suggests),
    "accepted": (accepted, public, accepted, public),
}


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return every comparison of answers by its name."""
    results: dict[str, Any] = {}
    floor = Floor(folder)
    async with LocalKling(video_slots=1, image_slots=1) as kling:
        kling.script(Script(takes_s=math.inf, times=None))
        settings = {
            "KLING__VIDEO_SLOTS": "1",
            "KLING__IMAGE_SLOTS": "1",
            "POLL__FIRST_S": NEVER_POLL_S,
            "POLL__INTERVAL_S": NEVER_POLL_S,
        }
        async with _pair(folder / "quiet", kling, settings) as (ours, bare):
            for name, (ask, expect, bare_ask, bare_expect) in KINDS.items():
                pair = [(ours, ask, expect), (bare, bare_ask, bare_expect)]
                results[f"{name}, one by one"] = await _compared(pair, amount.alone, floor)
        async with _pair(folder / "crowd", kling, settings) as (ours, bare):
            for name in ("accepted", "refused"):
                ask, expect, bare_ask, bare_expect = KINDS[name]
                pair = [(ours, ask, expect), (bare, bare_ask, bare_expect)]
                results[f"{name}, {IN_FLIGHT} in flight"] = await _compared(
                    pair, amount.crowd, floor
                )
    results[WHILE_POSTING] = await _while_posting(folder, amount, floor)
    floor.close()
    return results


async def _while_posting(folder: Path, amount: Amount, floor: Floor) -> dict[str, Any]:
    """Ask one by one while every job is made, polled, fetched and posted."""
    picture = small_picture()
    quick = Latencies(queue_s=0.0, image_s=0.1)
    async with LocalKling(latencies=quick, media_for=lambda _task, _index: picture) as kling:
        settings = {"POLL__FIRST_S": OFTEN_S, "POLL__INTERVAL_S": OFTEN_S}
        async with _pair(folder / "posting", kling, settings) as (ours, bare):
            pair = [(ours, accepted, public), (bare, accepted, public)]
            compared = await _compared(pair, amount.alone, floor)
            posted = len(ours.scene.discord.sent("POST", "/channels/{channel_id}/messages"))
            return {**compared, "posted_meanwhile": posted}


@contextlib.asynccontextmanager
async def _pair(
    folder: Path, kling: LocalKling, settings: dict[str, str]
) -> AsyncIterator[tuple[Subject, Subject]]:
    """Yield both bots, ours first, each with its own Discord, warmed up."""
    await asyncio.to_thread(folder.mkdir)
    async with (
        open_scene(folder / "ours.log") as our_scene,
        open_scene(folder / "bare.log") as bare_scene,
    ):
        await our_scene.start(OUR_ARGV, our_env(our_scene, kling, folder, **settings))
        await bare_scene.start(bare_argv(bare_scene))
        pair = [
            Subject(name, scene, Stopwatch(scene.discord))
            for name, scene in (("ours", our_scene), ("bare", bare_scene))
        ]
        for subject in pair:
            await play_round(subject, accepted, public, WARM_UP, 1)
        yield pair[0], pair[1]


async def _compared(
    pair: Sequence[tuple[Subject, Ask, Expect]], rounds: Rounds, floor: Floor
) -> dict[str, Any]:
    own_floor = len(floor.times_s)
    ours, bare = await side_by_side(
        pair,
        rounds=rounds.number,
        count=rounds.count,
        at_once=rounds.at_once,
        between=lambda: floor.commit(FLOOR_COMMITS),
    )
    commits = sorted(floor.times_s[own_floor:])
    return {
        "ours": ours.summary(),
        "bare": bare.summary(),
        "ratio_p50": ours.percentile_s(0.5) / bare.percentile_s(0.5),
        "ratio_p50_by_round": [
            statistics.median(our.times_s) / statistics.median(other.times_s)
            for our, other in zip(ours.rounds, bare.rounds, strict=True)
        ],
        "ratio_p99_by_round": [
            share(our.times_s, 0.99) / share(other.times_s, 0.99)
            for our, other in zip(ours.rounds, bare.rounds, strict=True)
        ],
        "durable_commit_p50_ms": statistics.median(commits) * 1e3,
    }

"""What tests about a Kling that takes nothing share: waiting until it is asked again, and then."""

from bot.jobs.outages import Outages
from sandbox.clock import PATIENCE_S
from sandbox.discord import Interaction, Message
from sandbox.kling import Fault
from storage.job import Pack
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text

SLOTS = {"KLINGBOT_KLING__IMAGE_SLOTS": "3", "KLINGBOT_KLING__VIDEO_SLOTS": "2"}
HELD = "⏸️"


def outages(town: Town) -> Outages:
    assert town.app is not None
    return town.app.client.services.intake._outages


def notices(town: Town) -> list[Message]:
    return town.posts(town.discord.dm(town.discord.owner))


async def noticed(town: Town, count: int) -> str:
    """Return what the operator was told last, once they were told so often."""
    await town.discord.until(lambda: len(notices(town)) >= count, PATIENCE_S)
    assert len(notices(town)) == count
    return card_text(notices(town)[-1])


def orders(town: Town) -> int:
    return sum(1 for request in town.kling.requests if request.method == "POST")


async def held(town: Town, pack: Pack | None = None) -> float:
    """Return until when nothing goes, once that is so and no step is under way."""

    async def at_rest() -> float | None:
        if any(job.lease_owner for job in await town.store.list_jobs()):
            return None
        return outages(town).held_until(pack)

    return await town.commits.until(at_rest)


async def probed(town: Town, pack: Pack | None = None) -> None:
    """Set the clock to the moment at which one job may try, and return once it has asked."""
    until = await held(town, pack)
    seen = len(town.kling.requests)
    town.clock.jump(max(0.0, until - town.clock.now()))
    await town.kling.until(lambda: len(town.kling.requests) > seen, PATIENCE_S)


async def well_again(town: Town, fault: Fault, pack: Pack | None = None) -> None:
    """End the fault, and let the moment come at which a job finds out."""
    until = await held(town, pack)
    fault.times = 0
    town.clock.jump(max(0.0, until - town.clock.now()))


async def pictures(town: Town, count: int, first: int = 0) -> list[Interaction]:
    numbers = range(first, first + count)
    return [await town.ask("image", prompt=f"number {number}") for number in numbers]


async def all_well(town: Town, asked: list[Interaction], wanted: list[str]) -> None:
    """Everything that was asked for came, once, in its order, and nothing of it is held."""
    await town.posted(len(asked))
    await town.settled()
    for one in asked:
        await town.card_says(one, "✅")
    assert_paid_once(town, len(asked))
    assert_posted_once(town.posts(), len(asked))
    made = [task.body["prompt"] for task in town.kling.creates]
    assert sorted(made[:3]) == wanted[:3], "what was sent first goes first"
    assert sorted(made[3:]) == wanted[3:]

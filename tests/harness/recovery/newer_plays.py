"""What people do with models of Kling's newer generation, which keep our id, refuse it, or may."""

from typing import Any

from sandbox.discord import Message
from storage.job import WaitsFor
from tests.harness.models import DEAR_EDITS, MIDDLE, NEWER, NEWER_EDITS, REFERENCES
from tests.harness.recovery.orders import UNSURE, street
from tests.harness.recovery.people import People
from tests.harness.recovery.scene import DONE
from tests.harness.town import png


async def all_end(people: People, *cards: Message) -> None:
    """Wait for the end of each job, and let the operator decide about those that are unsure."""
    while unsure := [j for j in await people.quiet() if j.waits_for is WaitsFor.UNSURE]:
        for job in unsure:
            card = next(card for card in cards if card.id == job.card.message_id)
            await people.reads(card, UNSURE)
            people.unsure += 1
            await people.press(card, "send", by=people.town.discord.owner)
    for card in cards:
        await people.reads(card, DONE)


async def newer_film(people: People) -> None:
    """`/video` of the newer generation, by a model that keeps our id."""
    card = await people.ask("video", prompt="a fox", model=NEWER, duration=3)
    await people.reads(card, DONE)


async def newer_storyboard(people: People) -> None:
    """`/storyboard` of the newer generation."""
    shots: dict[str, Any] = {"shot_1": "a fox wakes up", "shot_2": "it runs", "seconds_2": 3}
    await people.reads(await people.ask("storyboard", model=NEWER, **shots), DONE)


async def one_of_4_0(people: People) -> None:
    """`/video` of 4.0: whether it takes our id is a switch."""
    prompt = people.own("a fox")
    await all_end(people, await people.ask("video", prompt=prompt, model=MIDDLE, duration=3))


async def twins_of_4_0(people: People) -> None:
    """The same words twice, in the same second."""
    prompt = people.own("the same")
    twins = [await people.ask("video", prompt=prompt, model=MIDDLE, duration=3) for _ in "12"]
    await all_end(people, *twins)


async def references_of_4_0(people: People) -> None:
    """`/video` of 4.0 with references: whether it takes our id is a switch."""
    words = people.own("<<<image_1>>> meets <<<image_2>>>")
    pictures: dict[str, Any] = {"reference": png(), "reference_2": png(colour="maroon")}
    card = await people.ask("video", prompt=words, model=REFERENCES, duration=3, **pictures)
    await all_end(people, card)


async def newer_edit(people: People) -> None:
    """`/edit` of the newer generation, by a model that keeps our id."""
    card = await people.ask("edit", prompt="make it winter", video=street(), model=NEWER_EDITS)
    await people.reads(card, DONE)


async def edit_of_4_0(people: People) -> None:
    """`/edit` of 4.0: whether it takes our id is a switch."""
    words = people.own("make it winter")
    await all_end(people, await people.ask("edit", prompt=words, video=street(), model=DEAR_EDITS))


async def newer_continued(people: People) -> None:
    """A video of the newer generation goes on by its own model, and both are one."""
    await _continued(people, NEWER)


async def continued_of_4_0(people: People) -> None:
    """The same of 4.0: whether it takes our id is a switch."""
    await _continued(people, MIDDLE)


async def _continued(people: People, model: str) -> None:
    first, more = people.own("a boat"), people.own("it sails on")
    await all_end(people, await people.ask("video", prompt=first, model=model, duration=3))
    [post] = people.posts
    await all_end(people, await people.ask_by_form(post, "continue", prompt=more))
    [longer] = people.posts[-1].attachments
    assert longer.filename.endswith("-joined.mp4")

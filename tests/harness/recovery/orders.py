"""What members ask for, each a single command that comes to its end."""

import functools
from typing import Any

from sandbox.discord import Message, Upload
from storage.job import WaitsFor
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.models import LARGE, LEGACY_REFERENCES, REFERENCES_AND_ENDS, video_that
from tests.harness.recovery import routes
from tests.harness.recovery.people import People
from tests.harness.recovery.scene import DONE
from tests.harness.town import png

RUNS = "🎬"
UNSURE = "❔"
READY = "your image is ready"
QUIET = video_that(lambda m: not m.sound_modes and not m.newer and m.text)
"""Makes no sound, and needs no API key."""


async def ends(people: People, card: Message) -> None:
    """Wait for the end of a job, and let the operator decide if it is unsure."""
    while any(job.waits_for is WaitsFor.UNSURE for job in await people.quiet()):
        await people.reads(card, UNSURE)
        people.unsure += 1
        await people.press(card, "send", by=people.town.discord.owner)
    await people.reads(card, DONE)


async def picture(people: People) -> None:
    """`/image`, nothing more."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)


async def private_picture(people: People) -> None:
    """`/image`, privately: the card turns into the result."""
    card = await people.ask_privately("image", prompt="a fox")
    await people.reads(card, READY)
    assert people.town.posts(people.town.discord.dm(people.member)) == []


async def repaired(people: People) -> None:
    """Refused for an option, and started without it by the button under the refusal."""
    refused = await people.use("video", prompt="a fox", model=QUIET, sound=True)
    assert refused.ephemeral
    assert refused.message is not None
    await people.reads(await people.start(refused.message), DONE)


async def all_deleted(people: People) -> None:
    """A member asks that everything of theirs is deleted, and it is, whatever is cut short."""
    card = await people.ask("image", prompt=people.own("to be forgotten"))
    await people.reads(card, DONE)
    await forget_all(people)


async def forget_all(people: People) -> None:
    """Have everything of the member deleted."""
    people.gone = {job.id for job in await people.quiet()}
    asked = await people.use("mydata delete")
    assert asked.message is not None
    await people.press(asked.message, "forget")
    people.cards.clear()
    while True:
        crashes = people.crashes
        await people.connected()
        try:
            await people.bot.rows(lambda jobs: not people.mine(jobs))
            return await people.bot.forgotten()
        except AssertionError:  # it died
            await people.until_crash(crashes + 1)


async def slow_picture(people: People) -> None:
    """`/image` with a picture that does not come in time: it is fetched after the answer."""
    people.town.discord.hold("GET", routes.ATTACHED)
    await people.reads(
        await people.ask("image", prompt="this", image=png(), model="kling-v2"), DONE
    )


async def film(people: People) -> None:
    """`/video` that is asked about more than once."""
    card = await people.ask("video", prompt=people.takes_long("a long take"))
    await people.reads(card, RUNS)
    people.town.kling.finish(await people.task_of(card))
    await people.reads(card, DONE)


async def storyboard(people: People) -> None:
    """`/storyboard` of two shots."""
    card = await people.ask("storyboard", shot_1="a fox wakes up", shot_2="it runs", seconds_2=3)
    await people.reads(card, DONE)


async def references(people: People) -> None:
    """`/video` with two references, in the newer generation."""
    pictures: dict[str, Any] = {"reference": png(), "reference_2": png(colour="maroon")}
    words = "<<<image_1>>> meets <<<image_2>>>"
    card = await people.ask("video", prompt=words, model=REFERENCES_AND_ENDS, **pictures)
    await people.reads(card, DONE)


async def legacy_references(people: People) -> None:
    """`/video` with two references, in the legacy generation."""
    pictures: dict[str, Any] = {"reference": png(), "reference_2": png(colour="maroon")}
    words = "<<<image_1>>> meets <<<image_2>>>"
    card = await people.ask("video", prompt=words, model=LEGACY_REFERENCES, duration=3, **pictures)
    await people.reads(card, DONE)


@functools.cache
def street() -> Upload:
    """Return a video to edit."""
    return Upload(clip_with_faces(1, 3.0, (720, 720), seed="street"), "street.mp4")


async def edit(people: People) -> None:
    """`/edit` of an attached video."""
    await people.reads(await people.ask("edit", prompt="make it winter", video=street()), DONE)


async def edit_of_ours(people: People) -> None:
    """`/edit` of a result by its link: Kling is asked where it has the video."""
    await people.reads(await people.ask("video", prompt="a fox"), DONE)
    link = people.posts[0].attachments[0].url
    await people.reads(await people.ask("edit", prompt="make it winter", video_url=link), DONE)


async def series(people: People) -> None:
    """`/image` with a series by a model that takes no id, which the first create learns."""
    words = people.own("<<<image_1>>> looks for its den")
    card = await people.ask("image", prompt=words, model=LARGE, series=2, image=png())
    await ends(people, card)

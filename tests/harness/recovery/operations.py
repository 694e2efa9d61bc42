"""The operations of the table as what people do: one story each."""

from typing import Final

from sandbox.discord import Upload
from tests.harness.end_to_end.samples import clip, clip_with_faces
from tests.harness.models import LEGACY_MOTION, NEWER_MOTION, SCENE
from tests.harness.recovery.newer_stories import KEY
from tests.harness.recovery.orders import ends
from tests.harness.recovery.people import People
from tests.harness.recovery.scene import DONE
from tests.harness.recovery.story import Story
from tests.harness.town import png


async def motion(people: People) -> None:
    """`/motion` of an image after an attached video."""
    dance = Upload(clip_with_faces(1, 3.0, (480, 480), seed="dance"), "dance.mp4")
    card = await people.ask("motion", image=png(), video=dance, model=LEGACY_MOTION)
    await people.reads(card, DONE)


async def newer_motion(people: People) -> None:
    """`/motion` of the newer generation, by a model that keeps our id."""
    dance = Upload(clip_with_faces(1, 3.0, (480, 480), seed="dance"), "dance.mp4")
    card = await people.ask("motion", image=png(), video=dance, model=NEWER_MOTION)
    await people.reads(card, DONE)


async def avatar(people: People) -> None:
    """`/avatar` that speaks typed words: they are spoken first, which costs on its own."""
    card = await people.ask("avatar", image=png(), text="Good morning, dear neighbours!")
    await people.reads(card, DONE)


async def lip_sync_of_words(people: People) -> None:
    """`/lipsync` with typed words."""
    words = "Good morning, dear neighbours!"
    card = await people.ask("lipsync", video=clip(1), text=words, speed=0.9)
    await ends(people, card)


async def effect(people: People) -> None:
    """`/effect` of one image."""
    await people.reads(await people.ask("effect", effect=SCENE, image=png()), DONE)


async def expand(people: People) -> None:
    """`/expand` to a square, which needs the size of the image."""
    await people.reads(await people.ask("expand", image=png(), shape="square"), DONE)


async def sound(people: People) -> None:
    """`/sound`, whose result is no video and no image."""
    await people.reads(await people.ask("sound", prompt="rain", seconds=3), DONE)


async def character(people: People) -> None:
    """`/character create` of an image: one message, and no file."""
    await people.reads(await people.ask("character create", name="Ana", image=png()), DONE)


async def character_deleted(people: People) -> None:
    """`/character delete`: gone here, and at Kling, whatever is cut short."""
    await character(people)
    [task] = people.tasks(await people.quiet())
    element = task.media_id(0)
    await people.use("character delete", name="Ana")
    gone = people.town.kling.deleted_elements
    await people.town.kling.until(lambda: element in gone, people.patience_s)
    assert gone.count(element) == 1


OPERATION_STORIES: Final[dict[str, Story]] = {
    "/motion": Story(motion),
    "/motion, newer": Story(newer_motion, env=KEY),
    "/avatar": Story(avatar),
    "/lipsync of words": Story(lip_sync_of_words, sent_again=1),
    "/effect": Story(effect),
    "/expand": Story(expand),
    "/sound": Story(sound),
    "/character": Story(character),
    "a character deleted": Story(character_deleted),
}

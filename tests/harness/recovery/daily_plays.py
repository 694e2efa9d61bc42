"""What members do with results from day to day, each as one operation."""

from tests.harness.recovery.orders import ends, forget_all
from tests.harness.recovery.people import People
from tests.harness.recovery.scene import DONE
from tests.harness.town import png

RINGS = "I'll mention you"
SHOWN = "has enough stars"
HIDDEN = "behind a spoiler"


async def edited(people: People) -> None:
    """The form under a result asks for the same with other words."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by_form(post, "edit", prompt="an owl"), DONE)


async def animated(people: People) -> None:
    """The image of a result becomes a video."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by_form(post, "animate", prompt="it runs"), DONE)


async def restyled(people: People) -> None:
    """An image that somebody posted becomes another, from the menu of its message."""
    shown = await people.town.discord.say(people.member, people.channel, "look", png())
    await people.reads(await people.ask_by_menu(shown, "Restyle", prompt="in oil"), DONE)


async def widened(people: People) -> None:
    """The image of a result goes on beyond its edges."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by(post, "wider"), DONE)


async def lip_synced(people: People) -> None:
    """The face in the video of a result speaks typed words: Kling has the video by its id."""
    await people.reads(await people.ask("video", prompt="a face"), DONE)
    [post] = people.posts
    words = "Good morning, dear neighbours!"
    await ends(people, await people.ask_by_form(post, "lipsync", text=words))


async def with_sound(people: People) -> None:
    """The silent video of a result gets its sound."""
    await people.reads(await people.ask("video", prompt="a boat"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by_form(post, "sound", prompt="rain"), DONE)


async def continued(people: People) -> None:
    """A video goes on from its last frame, and both are one."""
    await people.reads(await people.ask("video", prompt="a boat"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by_form(post, "continue", prompt="it sails on"), DONE)
    longer = people.posts[-1].attachments
    assert [file.filename.endswith("-joined.mp4") for file in longer] == [True]


async def rung(people: People) -> None:
    """Somebody else wants to hear of it; a second press takes that back, so they read on."""
    town = people.town
    eve = town.discord.add_user(f"eve-of-{people.member.name}")
    card = await people.ask("image", prompt=people.takes_long("for two"))
    task = await people.task_of(card)
    told = None
    while told is None or RINGS not in told.content:
        told = await people.press(card, "bell", by=eve)
    town.kling.finish(task)
    await people.reads(card, DONE)
    [post] = people.posts
    assert post.mentions == [people.member, eve]


async def deleted(people: People) -> None:
    """Result and card go out of Discord; who got no answer presses again, as long as they can."""
    card = await people.ask("image", prompt="a fox")
    await people.reads(card, DONE)
    [post] = people.posts
    await people.choose(post, "delete")
    await people.town.discord.until(lambda: post.deleted and card.deleted, people.patience_s)


async def shown(people: People) -> None:
    """One star is enough: a copy comes into the showcase; who got no answer presses again."""
    town = people.town
    wall = people.wall = town.discord.add_channel(town.guild, f"wall-of-{people.member.name}")
    await people.use("settings showcase set", by=town.discord.owner, channel=wall, presses=1)
    await people.reads(await people.ask("image", prompt=people.own("a fox")), DONE)
    [post] = people.posts
    eve = town.discord.add_user(f"eve-of-{people.member.name}")
    told = None
    while told is None or SHOWN not in told.content:
        told = await people.press(post, "star", by=eve)
    await town.discord.until(lambda: bool(town.posts(wall)), people.patience_s)


async def hidden(people: People) -> None:
    """The files of a result go behind a spoiler; who got no answer chooses it again."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)
    await _hide(people)


async def hidden_with_its_copy(people: People) -> None:
    """The copy is in the showcase already, and goes behind a spoiler with the result."""
    await shown(people)
    await _hide(people)


async def _hide(people: People) -> None:
    [post] = people.posts
    copies = people.town.posts(people.wall) if people.wall is not None else []
    told = None
    while told is None or HIDDEN not in told.content:
        told = await people.choose(post, "hide")
    files = [file for message in (post, *copies) for file in message.attachments]
    await people.town.discord.until(lambda: all(file.spoiler for file in files), people.patience_s)


async def taken_back(people: People) -> None:
    """The copy is there, then its author deletes everything of theirs: the copy goes too."""
    await shown(people)
    town, wall = people.town, people.wall
    assert wall is not None
    [copy] = town.posts(wall)
    await forget_all(people)
    await town.discord.until(lambda: copy.deleted, people.patience_s)

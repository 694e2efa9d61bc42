"""A result names and links what it was made from, as far as its readers may know that."""

import re
from dataclasses import replace

from bot.delivery.besides import Surroundings
from bot.messages.result_parts import Besides
from sandbox.discord import Answer
from storage.job import Delivery, Venue, new_job_id
from tests.end_to_end.test_going_on import made
from tests.harness.end_to_end.modals import send_form
from tests.harness.town import Town

FORBIDDEN = Answer(403, 50_013)
LINK = re.compile(r"Made from: \[(\w+)\]\(https://discord\.com/channels/(\S+)/(\d+)/(\d+)\)")


def source_of(text: str) -> tuple[str, ...]:
    """Return kind, server, channel and message of the link; empty without one."""
    found = LINK.search(text)
    return found.groups() if found else ()


async def test_a_result_links_to_the_result_it_was_made_from(town: Town) -> None:
    """Its kind, and the message with it: again, edited, animated."""
    post, _ = await made(town)
    where = (str(town.guild.id), str(town.channel.id), str(post.id))
    await town.press(post, "again")
    _, again = await town.posted(2)
    assert source_of(post.content) == ()
    assert source_of(again.content) == ("Image", *where)
    await send_form(town, await town.press(post, "animate"))
    [*_, video] = await town.posted(3)
    assert source_of(video.content) == ("Image", *where)
    await send_form(town, await town.press(video, "edit"), prompt="a wolf")
    [*_, other] = await town.posted(4)
    assert source_of(other.content) == ("Video", *where[:2], str(video.id))


async def test_a_private_source_is_named_nowhere(town: Town) -> None:
    """Whatever came of it, and however public that is."""
    await town.ask("image", prompt="a secret", private=True)
    [secret] = await town.settled()
    child = replace(secret, id=new_job_id(), parent_id=secret.id)
    assert await Surroundings(town.store).of(child, Delivery(child.id, "r", 0, Venue.CHANNEL)) == (
        Besides()
    )


async def test_without_its_message_the_card_is_linked(town: Town) -> None:
    """A result that went elsewhere has its card where it was asked for."""
    town.discord.fault("POST", "/channels/{channel_id}/messages", FORBIDDEN, times=2)
    asked = await town.ask("image", prompt="a fox")
    [old] = await town.settled()
    card = town.card_of(asked)
    await town.press(card, "again")
    [post] = await town.posted()
    assert source_of(post.content)[3] == str(old.card.message_id) == str(card.id)


async def test_other_places_are_not_named(town: Town) -> None:
    """What was made elsewhere is nobody's business here: no link and no word of it."""
    dm = town.discord.dm(town.member)
    post, old = await made(town)
    page = town.card_of(await town.ask("help", at=dm))
    await town.forge_press(page, f"kling:again:{old.id}")
    [private] = await town.posted(channel=dm)
    assert source_of(private.content) == ()
    assert "Made from" not in private.content
    await town.press(private, "again")
    [_, second] = await town.posted(2, channel=dm)
    assert source_of(second.content) == ("Image", "@me", str(dm.id), str(private.id))
    assert post.content

"""How large a file may be: what interactions say, what Discord refuses, and that it is remembered.

The clip of these tests has between 10 MiB, which discord.py takes for the limit of a server without
boosts, and 20 MiB, which it is since September 2026.
"""

import math

import pytest

from sandbox.discord import Channel, Message
from sandbox.kling import Script
from tests.end_to_end.test_results import made
from tests.harness.end_to_end.samples import noisy_clip
from tests.harness.town import Town

MIB = 2**20
OLD_LIMIT, NEW_LIMIT = 10 * MIB, 20 * MIB
POST = "/channels/{channel_id}/messages"
WEEK_S = 7 * 86_400


async def posted(town: Town, channel: Channel | None = None) -> Message:
    """Ask for a clip and return the message that brings it."""
    place = channel or town.channel
    before = len(town.posts(place))
    town.kling.script(Script(takes_s=math.inf))
    orders = len(town.kling.creates)
    await town.ask("video", at=place, prompt="a river in a storm")
    await town.kling.until(lambda: len(town.kling.creates) > orders)
    await made(town, noisy_clip())
    *_, post = await town.posted(before + 1, channel=place)
    await town.settled()
    return post


def is_whole(post: Message) -> bool:
    """Tell whether the clip came as Kling made it."""
    [file] = post.attachments
    assert file.filename.endswith(".mp4")
    whole = file.data == noisy_clip()
    assert whole or (file.size <= OLD_LIMIT and "Compressed to fit" in post.content)
    return whole


def refusals(town: Town) -> int:
    return [sent.status for sent in town.discord.sent("POST", POST)].count(413)


def name_limit(town: Town, limit_bytes: int | None) -> None:
    """Let interactions name this limit, or none, whatever the server takes."""

    def retouch(data: dict[str, object]) -> None:
        data["attachment_size_limit"] = limit_bytes

    town.discord.gateway.retouches["INTERACTION_CREATE"] = retouch


@pytest.mark.sweep
def test_the_clip_is_between_the_two() -> None:
    """Or these tests would prove nothing."""
    assert OLD_LIMIT < len(noisy_clip()) < NEW_LIMIT


@pytest.mark.sweep
async def test_a_clip_that_discord_takes_is_not_made_smaller(town: Town) -> None:
    """Up to the limit that the interaction names it comes as it is, in a server and in private."""
    assert is_whole(await posted(town))
    assert is_whole(await posted(town, town.discord.dm(town.member)))
    assert refusals(town) == 0


@pytest.mark.sweep
async def test_where_no_limit_is_known_the_librarys_is_kept_to(town: Town) -> None:
    """An interaction that names none teaches nothing: what fits everywhere is sent."""
    name_limit(town, None)
    assert not is_whole(await posted(town))
    assert refusals(town) == 0


@pytest.mark.sweep
async def test_a_subscription_says_nothing_of_the_server(town: Town) -> None:
    """Once a member without a subscription has used the bot, a larger limit is not trusted."""
    town.discord.channel_rules.limit_bytes = OLD_LIMIT
    assert not is_whole(await posted(town))
    name_limit(town, 500 * MIB)
    assert not is_whole(await posted(town))
    assert refusals(town) == 0


@pytest.mark.sweep
async def test_a_refusal_is_remembered(town: Town) -> None:
    """A limit that Discord names and then refuses is tried once, and once more a week later.

    After a restart too, and until an interaction names less than what was refused.
    """
    town.discord.channel_rules.limit_bytes = OLD_LIMIT
    name_limit(town, 500 * MIB)
    assert not is_whole(await posted(town))
    assert refusals(town) == 1
    assert not is_whole(await posted(town))
    assert refusals(town) == 1
    town.clock.jump(WEEK_S)
    assert not is_whole(await posted(town))
    assert refusals(town) == 2
    town.discord.channel_rules.limit_bytes = NEW_LIMIT
    name_limit(town, NEW_LIMIT)
    assert is_whole(await posted(town))
    assert refusals(town) == 2


@pytest.mark.sweep
async def test_a_refusal_in_private_is_remembered_there(town: Town) -> None:
    """A direct channel has no server: what it does not take is remembered all the same."""
    dm = town.discord.dm(town.member)
    town.discord.channel_rules.limit_bytes = OLD_LIMIT
    name_limit(town, NEW_LIMIT)
    assert not is_whole(await posted(town, dm))
    assert not is_whole(await posted(town, dm))
    assert refusals(town) == 1

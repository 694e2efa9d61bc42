"""Payloads as no client library expects them: a field is missing, null, or of an unknown kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import POSTING, Channel, LocalDiscord
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text

Payload = dict[str, Any]
Retouch = Callable[[Payload], None]
INTERACTION = "INTERACTION_CREATE"
GUILD = "GUILD_CREATE"
ANSWER = "/interactions/{interaction_id}/{interaction_token}/callback"
NEW_KIND = 99


def without(*fields: str) -> Retouch:
    """Leave fields out."""

    def retouch(data: Payload) -> None:
        for field in fields:
            data.pop(field, None)

    return retouch


def put(**fields: Any) -> Retouch:
    """Say something else."""
    return lambda data: data.update(fields)


def of_new_kind(data: Payload) -> None:
    """Let the channel be of a kind that came after the library."""
    data["channel"]["type"] = NEW_KIND


def nothing_but_new_channels(data: Payload) -> None:
    """Let every channel of a server be of such a kind, so that none is known by its id."""
    for channel in data["channels"]:
        channel["type"] = NEW_KIND


def retouch(discord: LocalDiscord, **retouches: Retouch) -> None:
    """Have events retouched from now on."""
    discord.gateway.retouches.update(retouches)


async def works(town: Town, channel: Channel | None = None) -> None:
    """Check that a command is answered by a card, and its picture posted where it was asked for."""
    place = channel or town.channel
    asked = await town.ask("image", at=place, prompt="a fox")
    assert not asked.ephemeral, town.card_of(asked).content
    card = town.card_of(asked)
    await town.discord.until(
        lambda: [p for p in town.posts(place) if p.attachments and p.reference == card.id]
    )
    await town.card_says(asked, "Done")
    await town.settled()


async def test_the_channel_is_known_by_its_id(tmp_path: Path) -> None:
    """Whatever Discord says of the channel: with its id, the result is posted there."""
    async with open_town(tmp_path) as town:
        retouch(town.discord, GUILD_CREATE=nothing_but_new_channels)
        async with town.bot():
            for change in (without("channel"), put(channel=None), put(channel={}), of_new_kind):
                retouch(town.discord, INTERACTION_CREATE=change)
                await works(town)


async def test_a_direct_channel_is_known_by_its_id(town: Town) -> None:
    """A channel without a server may be unknown as well: the answer goes to the member."""
    retouch(town.discord, INTERACTION_CREATE=without("channel"))
    dm = town.discord.dm(town.member)
    await town.ask("image", at=dm, prompt="a fox")
    [post] = await town.posted(channel=dm)
    assert len(post.attachments) == 1


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-US", ("which channel", "nothing was charged")),
        ("zh-CN", ("哪个频道", "没有产生费用")),
    ],
)
async def test_without_any_channel_nothing_is_accepted(
    town: Town, locale: str, words: tuple[str, ...]
) -> None:
    """A result would have no place to go: refused privately, before anything is paid."""
    retouch(town.discord, INTERACTION_CREATE=without("channel", "channel_id"))
    member = town.discord.add_user("noor", locale)
    told = await town.refused("image", by=member, prompt="a fox")
    assert [word for word in words if word not in told] == []


async def test_run_again_without_any_channel_is_refused_too(town: Town) -> None:
    """A press may make a job as well, and has to say where."""
    asked = await town.ask("image", prompt="a fox")
    [post] = await town.posted()
    await town.card_says(asked, "Done")
    jobs = await town.settled()
    orders = len(town.kling.creates)
    retouch(town.discord, INTERACTION_CREATE=without("channel", "channel_id"))
    pressed = await town.press(post, "again")
    assert pressed.ephemeral
    assert "which channel" in card_text(town.card_of(pressed))
    assert await town.store.list_jobs() == jobs
    assert len(town.kling.creates) == orders


ODD_INTERACTIONS: dict[str, Retouch] = {
    "no permissions": without("app_permissions"),
    "null permissions": put(app_permissions=None),
    "no limit": without("attachment_size_limit"),
    "no server's language": without("guild_locale", "guild"),
    "new languages": put(guild_locale="xx-YY", locale="xx-YY"),
    "null languages": put(guild_locale=None, locale=None),
    "new context": put(context=NEW_KIND, version=NEW_KIND, entitlements=None),
    "new entitlement": put(entitlements=[{"of": "a new shape"}]),
}
ODD_SERVERS: dict[str, Retouch] = {
    "tier": put(premium_tier=7),
    "null tier": put(premium_tier=None),
    "levels": put(verification_level=NEW_KIND, nsfw_level=NEW_KIND, mfa_level=NEW_KIND),
    "locale": put(preferred_locale="xx-YY", features=["A_NEW_FEATURE"]),
    "nulls": put(preferred_locale=None, features=None, roles=None),
    "not ourselves": put(members=[]),
    "unreadable": put(voice_states=[{"of": "a new shape"}]),
    "unreadable flags": put(system_channel_flags=1 << 40, stickers=[{"of": "a new shape"}]),
}


async def test_an_odd_interaction_is_served(town: Town) -> None:
    """What is missing or new in an interaction, and is not the command itself, costs nothing."""
    for change in ODD_INTERACTIONS.values():
        retouch(town.discord, INTERACTION_CREATE=change)
        await works(town)


async def test_an_odd_server_is_served(town: Town) -> None:
    """A server whose description has something new in it is served like any other."""
    for name, change in ODD_SERVERS.items():
        retouch(town.discord, GUILD_CREATE=change)
        await works(town, town.discord.add_channel(town.discord.add_guild(name), "general"))


async def test_a_channel_that_cannot_be_read_does_not_stop_the_bot(tmp_path: Path) -> None:
    """A voice channel without its bitrate, or a forum without tags: the server is served."""
    odd: tuple[Payload, ...] = ({"type": 2}, {"type": 15, "available_tags": None})

    def add(data: Payload) -> None:
        hidden = {"name": "___hidden___", "position": 3, "guild_id": data["id"]}
        data["channels"] += [{"id": str(key), **hidden, **one} for key, one in enumerate(odd, 77)]

    async with open_town(tmp_path) as town:
        retouch(town.discord, GUILD_CREATE=add)
        async with town.bot() as app:
            await works(town)
            assert [guild.name for guild in app.client.guilds] == ["Test server"]


async def test_a_new_server_that_cannot_be_read_is_greeted_all_the_same(town: Town) -> None:
    """A server that the bot is invited to hears its hello, whatever else it is made of."""
    retouch(town.discord, GUILD_CREATE=put(voice_states=[{"of": "a new shape"}]))
    guild = town.discord.add_guild("Another", bot_member=False)
    channel = town.discord.add_channel(guild, "general")
    town.discord.add_bot(guild, POSTING)
    [hello] = await town.posted(channel=channel)
    assert "Hello" in card_text(hello)


async def test_an_event_that_nobody_can_read_does_not_stop_the_bot(town: Town) -> None:
    """Such an event is passed over; the next command is served."""
    town.discord.gateway.emit("CHANNEL_UPDATE", {"of": "a new shape"})
    town.discord.gateway.emit(INTERACTION, {"of": "a new shape"})
    await works(town)


async def test_where_no_one_says_who_installed_the_bot_membership_counts(town: Town) -> None:
    """A compatible server may not know of installations: the bot is in the server, so it posts."""
    unsaid = without("authorizing_integration_owners", "context")
    retouch(town.discord, INTERACTION_CREATE=unsaid)
    await works(town)
    dm = town.discord.dm(town.member)
    await town.ask("image", at=dm, prompt="a fox")
    [post] = await town.posted(channel=dm)
    assert post.attachments
    await town.settled()


async def test_an_embed_without_a_footer_has_none(town: Town) -> None:
    """Not `{}`, which not every server takes for no footer."""
    await town.ask("help")
    [answer] = [request.json for request in town.discord.sent("POST", ANSWER)]
    [embed] = answer["data"]["embeds"]
    assert embed["title"]
    assert "footer" not in embed

"""Discord's events in any shape: parsed or dropped, and the connection goes on."""

import asyncio
from typing import Any

import discord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.arrivals import GUILD, GUILD_CHANGED, INTERACTION, Arrivals

FIELDS = (
    "id", "type", "token", "version", "application_id", "channel", "channel_id", "data", "guild_id",
    "member", "user", "message", "context", "locale", "entitlements", "attachment_size_limit",
    "authorizing_integration_owners", "channels", "roles", "members", "threads", "premium_tier",
    "unavailable", "custom_id", "component_type", "name", "options", "permissions",
)  # fmt: skip
EVENTS = (INTERACTION, GUILD, GUILD_CHANGED, "GUILD_DELETE", "CHANNEL_UPDATE", "THREAD_CREATE")

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("12345")
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=12,
)


class Heard(discord.Client):
    """A client that has not connected, and keeps what is announced."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.arrivals = Arrivals(self)
        self.arrivals.guard()
        self.heard: list[Any] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "interaction":
            self.arrivals.complete(args[0])
            self.heard += args
        super().dispatch(event, *args, **kwargs)


async def interactions_of(*events: tuple[str, Any]) -> list[Any]:
    """Return the interactions that are announced when these events arrive."""
    client = Heard()
    await client._async_setup_hook()
    for event, data in events:
        client._connection.parsers[event](data)
    await client.close()
    return client.heard


@given(st.lists(st.tuples(st.sampled_from(EVENTS), values), min_size=1, max_size=4))
def test_whatever_arrives_the_connection_goes_on(events: list[tuple[str, Any]]) -> None:
    """No event raises into the connection, be it of any shape."""
    asyncio.run(interactions_of(*events))


@settings(max_examples=60)
@given(values, st.sampled_from(["channel", "guild_id", "member", "message", "entitlements"]))
def test_one_odd_field_costs_that_field(odd: Any, field: str) -> None:
    """An interaction is announced once, with the id of its channel, whatever that field holds."""
    plain = {
        "id": "1",
        "application_id": "2",
        "type": 2,
        "token": "t",
        "version": 1,
        "data": {},
        "channel_id": "34",
        "user": {"id": "5", "username": "mia", "discriminator": "0", "avatar": None},
    }
    interactions = asyncio.run(interactions_of((INTERACTION, {**plain, field: odd})))
    if field == "guild_id" and interactions == []:
        return  # with no member of a server it is nobody's
    [interaction] = interactions
    assert interaction.token == "t"
    assert interaction.channel_id is not None

"""The part of `make live` that concerns Discord: in one channel of a test server, nowhere else."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bot.client import KlingBot, equip
from bot.clock import Clock
from bot.connection import point_discord_at
from bot.discord.command_sync import command_payload
from bot.discord.failures import discord_errors
from bot.discord.poster import Poster
from bot.errors import SettingsInvalid
from bot.messages.message import Message
from bot.messages.translations import load_translations
from bot.settings.load import Settings

ASKED_AGAIN_AFTER_S: Final = (0, 30, 60, 120, 180, 300)
"""Discord's documentation calls the window of a nonce "the past few minutes"."""
WORDS: Final = "kling-discord tries whether it may post here. This message is deleted by itself."


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages may be posted and deleted."""

    guild: int
    channel: int

    @classmethod
    def read(cls, env: Mapping[str, str], settings: Settings) -> Self | None:
        """Return the place, or None when none is named; raises `SettingsInvalid`."""
        if not env:
            return None
        if set(env) != {"GUILD", "CHANNEL"} or not all(map(str.isdecimal, env.values())):
            raise SettingsInvalid(
                "KLING_LIVE_GUILD and KLING_LIVE_CHANNEL: set both, as ids, or neither"
            )
        settings.require_for_bot()
        return cls(int(env["GUILD"]), int(env["CHANNEL"]))


class Visitor(KlingBot):
    """The bot as it is, but it registers nothing."""

    async def setup_hook(self) -> None:
        """Load the commands, to compare them with those that are registered."""
        await equip(self)


async def try_discord(
    settings: Settings, place: Place, clock: Clock, say: Callable[[str], None]
) -> bool:
    """Log in, compare the commands, post with a nonce twice, and measure how long one holds.

    Tells whether all went well; raises a PostError where Discord does not play along.
    """
    point_discord_at(settings.discord.api_url, settings.discord.gateway_url)
    async with Visitor(clock) as client:
        with discord_errors():
            await client.login(settings.discord.token.get_secret_value())
            channel = await client.fetch_channel(place.channel)
            expected = command_payload(client.tree, load_translations())
            registered = await client.http.get_global_commands(client.application_id or 0)
        say(f"  well      Discord: logged in as {client.user}")
        same = sorted(map(_gist, expected)) == sorted(map(_gist, registered))
        say(f"  {'well  ' if same else 'differ'}    commands, as registered and as in this version")
        if getattr(getattr(channel, "guild", None), "id", None) != place.guild:
            say("  failed    that channel is not in that server; nothing was posted")
            return False
        posted: set[int] = set()
        try:
            holds = await _nonces(Poster(client, client.discord_time), place.channel, clock, posted)
        finally:
            deletions = [client.http.delete_message(place.channel, id_) for id_ in posted]
            ended = await asyncio.gather(*deletions, return_exceptions=True)
            if left := sum(isinstance(end, BaseException) for end in ended):
                say(f"  failed    {left} messages could not be deleted")
    told = ", ".join(f"{after_s} s: {'one' if one else 'two'}" for after_s, one in holds.items())
    say(f"  {'well  ' if holds[0] else 'failed'}    messages of a nonce used again after {told}")
    return holds[0] and not left


def _gist(command: Mapping[str, Any]) -> tuple[str, str, tuple[tuple[str, int], ...]]:
    options = tuple((option["name"], option["type"]) for option in command.get("options") or ())
    return command["name"], command.get("description", ""), options


async def _nonces(poster: Poster, channel: int, clock: Clock, posted: set[int]) -> dict[int, bool]:
    """Return by seconds whether a nonce still led to its message; one nonce for each wait.

    Asking might lengthen the window of the nonce that is asked with.
    """

    async def post(nonce: str) -> int:
        message_id = await poster.post(channel, Message(WORDS), nonce=nonce, reply_to=None)
        posted.add(message_id)
        return message_id

    nonces = {after_s: secrets.token_hex(10) for after_s in ASKED_AGAIN_AFTER_S}
    first = {after_s: await post(nonce) for after_s, nonce in nonces.items()}
    begun, holds = clock.now(), {}
    for after_s, nonce in nonces.items():
        await clock.sleep(begun + after_s - clock.now())
        holds[after_s] = await post(nonce) == first[after_s]
    return holds

"""Parses Discord's events for discord.py, so that one odd field does not cost the whole event.

discord.py 2.7.1 parses an event as a whole: a field that is missing, null or of an unknown kind may
raise out of its connection, which then has to begin anew. It also takes the channel of an
interaction from `channel` alone, although `channel_id` names it too. So an event that it can't
parse is parsed again with only the fields that we use; if even that fails, it is logged and
dropped.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import discord
import structlog

from bot.discord.channels import CHANNEL_PAYLOAD

Payload = dict[str, Any]
Parser = Callable[[Any], None]

READY: Final = "READY"
INTERACTION: Final = "INTERACTION_CREATE"
GUILD: Final = "GUILD_CREATE"
GUILD_CHANGED: Final = "GUILD_UPDATE"
PLAIN_CHANNELS: Final = (0, 5)
"""Discord's numbers for text and announcement channels, where the bot says hello."""
INTERACTION_FIELDS: Final = frozenset(
    {
        "id", "application_id", "type", "token", "version", "data", "guild_id", "member", "user",
        "locale", "context", "authorizing_integration_owners", "app_permissions",
        "attachment_size_limit",
    }
)  # fmt: skip
GUILD_FIELDS: Final = frozenset(
    {
        "id", "name", "unavailable", "owner_id", "preferred_locale", "premium_tier", "features",
        "roles", "members", "system_channel_id",
    }
)  # fmt: skip
GUILD_FIELDS_LEAST: Final = frozenset({"id", "name", "unavailable", "preferred_locale"})
EVERYTHING: Final = str(discord.Permissions.all().value)

log = structlog.get_logger(__name__)


class Arrivals:
    """Sits between the connection and discord.py's event parsers."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._channel: Payload = {}
        self._channel_id: int | None = None
        """What the interaction being parsed says about its channel, of whatever kind."""

    def guard(self) -> None:
        """Wrap every parser of the client; the connection takes them from here."""
        # discord.py has no public place between a frame and its parser.
        parsers = self._client._connection.parsers  # noqa: SLF001
        for event, parse in parsers.items():
            if event == READY:
                continue  # without it nothing is connected: `shards` begins the connection anew
            parsers[event] = functools.partial(self._read, event, parse)

    def complete(self, interaction: discord.Interaction[Any]) -> None:
        """Give an interaction its channel as Discord sent it, and at least the channel's id.

        discord.py prefers the channel it knows, and has none of a kind that it doesn't know. Call
        it when the interaction is announced, which is while its event is parsed.
        """
        interaction.extras[CHANNEL_PAYLOAD] = self._channel
        if interaction.channel is None and self._channel_id is not None:
            interaction.channel = self._client.get_partial_messageable(  # type: ignore[assignment]
                self._channel_id, guild_id=interaction.guild_id
            )  # a channel of which only the id is known, for which discord.py has no type

    def _read(self, event: str, parse: Parser, data: Any) -> None:
        channel = data.get("channel") if isinstance(data, dict) and event == INTERACTION else None
        self._channel = channel if isinstance(channel, dict) else {}
        self._channel_id = _channel_id(data) if event == INTERACTION else None
        for reading in _readings(event, data):
            try:
                parse(reading)
            except Exception as error:  # noqa: BLE001 - whatever it is, the connection goes on
                log.warning("discord.event_unreadable", event_name=event, reason=_reason(error))
            else:
                return


def _readings(event: str, data: Any) -> Iterator[Any]:
    """Yield the data as it came, and then with fewer and fewer fields."""
    if not isinstance(data, dict):
        yield data
    elif event == INTERACTION:
        whole = _interaction(data)
        yield whole
        yield _only(whole, INTERACTION_FIELDS)
    elif event == GUILD:
        whole = _known(data)
        yield whole
        yield {**_only(whole, GUILD_FIELDS), "channels": _plain(whole.get("channels"))}
        yield _only(whole, GUILD_FIELDS_LEAST)
    elif event == GUILD_CHANGED:
        yield _known(data)
    else:
        yield data


def _interaction(data: Payload) -> Payload:
    """Return the interaction with the fields that discord.py requires.

    If Discord does not say what we may do in the channel, trying will tell.
    """
    known = _known(data)
    known.setdefault("attachment_size_limit", None)
    known.setdefault("app_permissions", EVERYTHING)
    return known


def _channel_id(data: Any) -> int | None:
    """Return the id of an interaction's channel, wherever it is in the payload."""
    payload: Mapping[str, Any] = data if isinstance(data, dict) else {}
    channel = payload.get("channel")
    named = [payload.get("channel_id"), channel.get("id") if isinstance(channel, dict) else None]
    return next((int(str(one)) for one in named if str(one).isdecimal()), None)


def _known(data: Payload) -> Payload:
    """Return the fields that are not null: discord.py has defaults for absent ones."""
    return {key: value for key, value in data.items() if value is not None}


def _only(data: Payload, fields: frozenset[str]) -> Payload:
    return {key: value for key, value in data.items() if key in fields}


def _plain(channels: Any) -> list[Any]:
    """Return the channels of a guild of kinds that discord.py has long supported."""
    listed = channels if isinstance(channels, list) else []
    return [one for one in listed if isinstance(one, dict) and one.get("type") in PLAIN_CHANNELS]


def _reason(error: Exception) -> str:
    """Return discord.py's exception without any value of the event: one may be a token."""
    field = error.args[0] if isinstance(error, KeyError) and error.args else None
    return f"{type(error).__name__} {field}" if isinstance(field, str) else type(error).__name__

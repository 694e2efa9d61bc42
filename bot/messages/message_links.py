"""Links that open a message in any Discord client. Pure."""

from typing import Final

LINK: Final = "https://discord.com/channels/{place}/{channel}/{message}"


def message_link(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """Return the link to a message; direct messages have `@me` as their server."""
    return LINK.format(place=guild_id or "@me", channel=channel_id, message=message_id)

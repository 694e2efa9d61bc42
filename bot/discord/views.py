"""Who sees a channel, and whether the bot may post files there, before anything is sent."""

import contextlib
from collections.abc import Mapping
from typing import Any, Final

import discord

from bot.discord.channels import known_permissions
from bot.discord.failures import discord_errors
from bot.errors import PostImpossible

THREAD_TYPES: Final = frozenset({10, 11, 12})
"""Discord's types of channels that have a parent which is no category (API documentation)."""
PRIVATE_THREAD_TYPE: Final = 12
"""Discord's type of a thread that only those see who were added to it (API documentation)."""
VIEW: Final = discord.Permissions(view_channel=True).value


class Views:
    """Looks it up in what this process knows of a server, else asks Discord.

    Both raise `PostUnclear` and `PostHeld` if Discord can't be asked now.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def may_post(self, guild_id: int, channel_id: int) -> bool | None:
        """Tell whether the bot may post files into a channel; None if only a try will tell."""
        guild = self._known(guild_id)
        place = guild.get_channel_or_thread(channel_id) if guild else None
        if guild is None or place is None:  # perhaps an archived thread
            return None if await said_of(self._client, channel_id) else False
        if isinstance(place, discord.Thread) and place.parent is None:
            return None
        may = known_permissions(place, guild.me)
        if may is None:
            return False
        thread = isinstance(place, discord.Thread)
        sends = may.send_messages_in_threads if thread else may.send_messages
        return may.view_channel and sends and may.attach_files

    async def open_to_everyone(self, guild_id: int, channel_id: int) -> bool | None:
        """Tell whether every member of a server sees a channel; None if Discord does not tell.

        A public thread is seen where its parent is.
        """
        guild = self._known(guild_id)
        place = guild.get_channel_or_thread(channel_id) if guild else None
        if isinstance(place, discord.Thread):
            if place.is_private():
                return False
            place = place.parent
        if guild is not None and place is not None:
            everyone = known_permissions(place, guild.default_role)
            return None if everyone is None else everyone.view_channel
        said = await said_of(self._client, channel_id)
        if said.get("type") == PRIVATE_THREAD_TYPE:
            return False
        if said.get("type") in THREAD_TYPES:
            said = await said_of(self._client, said.get("parent_id"))
        return await self._seen_by_all(guild_id, said) if said else None

    async def _seen_by_all(self, guild_id: int, said: Mapping[str, Any]) -> bool | None:
        """Read it from the channel's overwrite of the role of everyone, else from that role."""
        for one in said.get("permission_overwrites") or ():
            if str(one.get("id")) == str(guild_id):
                if int(one.get("deny", 0)) & VIEW and not int(one.get("allow", 0)) & VIEW:
                    return False
                if int(one.get("allow", 0)) & VIEW:
                    return True
        roles: Any = ()
        with contextlib.suppress(PostImpossible), discord_errors():
            roles = await self._client.http.get_roles(guild_id)
        everyone = [int(one["permissions"]) for one in roles if str(one["id"]) == str(guild_id)]
        return bool(everyone[0] & VIEW) if everyone else None

    def _known(self, guild_id: int) -> discord.Guild | None:
        guild = self._client.get_guild(guild_id)
        return None if guild is None or guild.unavailable else guild


async def said_of(client: discord.Client, channel_id: Any) -> Mapping[str, Any]:
    """Return what Discord says of a channel; nothing if it is deleted or hidden."""
    said: Any = None
    if str(channel_id).isdecimal():
        with contextlib.suppress(PostImpossible), discord_errors():
            said = await client.http.get_channel(int(channel_id))
    return said if isinstance(said, dict) else {}

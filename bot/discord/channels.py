"""What may be read of a channel, and who may post there: the only place that asks discord.py.

Since 2026-11-16 Discord obfuscates channels that the bot can't see: the gateway names them
`___hidden___`, without topic, age restriction or category, and with one overwrite that denies
everyone (Discord's change log of 2026-08-12). discord.py 2.7.1 does not know that, and prefers such
a channel to the one in an interaction, which is never obfuscated. So an interaction's own payload
is read first.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import discord

HIDDEN_NAME: Final = "___hidden___"
OBFUSCATED: Final = 1 << 17
"""The flag of an obfuscated channel; discord.py 2.7.1 drops a channel's flags, the name stays."""
CHANNEL_PAYLOAD: Final = "channel"
"""Under this key `Interaction.extras` has the channel as Discord sent it."""

Payload = Mapping[str, Any]
Channel = discord.abc.GuildChannel | discord.Thread


def hidden(channel: Channel | Payload) -> bool:
    """Tell whether all that is known of the channel is that it exists."""
    if isinstance(channel, Mapping):
        flags = channel.get("flags")
        obfuscated = isinstance(flags, int) and bool(flags & OBFUSCATED)
        return obfuscated or channel.get("name") == HIDDEN_NAME
    return channel.name == HIDDEN_NAME


def name_of(channel: Channel) -> str | None:
    """Return the name of a channel that discord.py knows; None if it is hidden from the bot."""
    return None if hidden(channel) else channel.name


def channel_name(interaction: discord.Interaction) -> str | None:
    """Return the name of the channel an interaction comes from; None if it has or tells none."""
    payload = _payload(interaction)
    if payload.get("name") and not hidden(payload):
        return str(payload["name"])
    known = _known(interaction, interaction.channel_id)
    return name_of(known) if known else None


def age_restricted(interaction: discord.Interaction) -> bool | None:
    """Tell whether the channel is age-restricted; a thread is if its parent is.

    None if Discord doesn't tell the bot: a thread in a channel that the bot can't see. Treat that
    as "no" where a yes would permit something. Direct messages are not.
    """
    payload = _payload(interaction)
    said = payload.get("nsfw")
    if isinstance(said, bool) and not hidden(payload):
        return said
    if interaction.guild_id is None:
        return False
    known = _known(interaction, interaction.channel_id)
    place = known
    if isinstance(interaction.channel, discord.Thread):
        place = _known(interaction, interaction.channel.parent_id)
    if place is None or hidden(place) or isinstance(place, discord.Thread):
        return None
    nsfw: object = getattr(place, "nsfw", False)  # a category has none
    return bool(nsfw)


def known_age_restriction(guild: discord.Guild, channel_id: int) -> bool | None:
    """Tell whether a channel, or that of a thread, is age-restricted, as far as is known.

    None if it is not known here, or hidden from the bot.
    """
    thread = guild.get_thread(channel_id)
    place = guild.get_channel(thread.parent_id if thread else channel_id)
    if place is None or hidden(place):
        return None
    nsfw: object = getattr(place, "nsfw", False)
    return bool(nsfw)


def known_permissions(
    place: Channel, whom: discord.Member | discord.Role
) -> discord.Permissions | None:
    """Return what somebody may do there; None if it is hidden from the bot."""
    return None if hidden(place) else place.permissions_for(whom)


def is_member(interaction: discord.Interaction) -> bool:
    """Tell whether the bot itself is in the server that the interaction comes from.

    Either the interaction says so, or the list of servers does: not every Discord-compatible server
    names who has installed the application.
    """
    guild_id = interaction.guild_id
    if guild_id is None:
        return False
    guild = interaction.client.get_guild(guild_id)
    known = guild is not None and not guild.unavailable
    return interaction.is_guild_integration() or known


def may_post(interaction: discord.Interaction) -> bool:
    """Tell whether the bot itself, not the member's own installation, may post a result there.

    The permissions are the interaction's: those from discord.py's channel are of a hidden one.
    """
    if interaction.guild_id is None:
        context = interaction.context
        # A server from before members could install applications names no context at all.
        unsaid = not (context.guild or context.dm_channel or context.private_channel)
        return context.dm_channel or (unsaid and isinstance(interaction.channel, discord.DMChannel))
    if not is_member(interaction):
        return False
    allowed = interaction.app_permissions
    channel: object = interaction.channel
    if isinstance(channel, discord.PartialMessageable):  # of unknown kind
        sending = allowed.send_messages_in_threads or allowed.send_messages
    elif isinstance(channel, discord.Thread):
        sending = allowed.send_messages_in_threads
    else:
        sending = allowed.send_messages
    return allowed.view_channel and sending and allowed.attach_files


def may_greet(channel: discord.TextChannel) -> bool:
    """Tell whether the bot may write a message with an embed into a channel of a server."""
    me: discord.Member | None = channel.guild.me
    if me is None or hidden(channel):  # Discord did not say what our permissions are
        return False
    may = channel.permissions_for(me)
    return may.view_channel and may.send_messages and may.embed_links


def _payload(interaction: discord.Interaction) -> Payload:
    return cast("Payload", interaction.extras.get(CHANNEL_PAYLOAD) or {})


def _known(interaction: discord.Interaction, channel_id: int | None) -> Channel | None:
    guild = interaction.guild
    return guild.get_channel_or_thread(channel_id) if guild and channel_id else None

"""Before every command: what was set for this place and member, and whether they are blocked."""

from collections.abc import Sequence
from typing import Any, Final

import discord

from bot.client import KlingBot
from bot.domain.rules_of_place import NO_RULES, RulesOfPlace, Visitor
from cogs.interactions import services_of, whisper
from storage.errors import StorageUnavailable

RULES: Final = "rules"
"""Under this key an interaction keeps what holds for it."""
OPEN_TO_BLOCKED: Final = frozenset({"jobs", "mydata"})
"""Commands of blocked members too: what they have is theirs."""


class _There:
    """The channels and roles of a server: looked up one by one, because there may be hundreds."""

    def __init__(self, guild: discord.Guild, channels: Sequence[int]) -> None:
        self._guild = guild
        self._channels = channels
        """Where the command was used: it is there, even if Discord has not told of it yet."""

    def __contains__(self, place: object) -> bool:
        if not isinstance(place, int):
            return False
        guild = self._guild
        known = guild.get_channel_or_thread(place) or guild.get_role(place)
        return known is not None or place in self._channels


def visitor_of(interaction: discord.Interaction[Any]) -> Visitor:
    """Return who uses the bot, and where."""
    user, guild = interaction.user, interaction.guild
    parent = getattr(interaction.channel, "parent_id", None)
    channels = [one for one in (interaction.channel_id, parent) if one]
    there = _There(guild, channels) if guild is not None and guild.channels else None
    roles = user.roles if isinstance(user, discord.Member) else []
    return Visitor(
        user.id, interaction.guild_id, tuple(channels), frozenset(role.id for role in roles), there
    )


async def read_rules(interaction: discord.Interaction[Any]) -> RulesOfPlace:
    """Return what holds for this interaction; raises `StorageUnavailable`."""
    rules = await services_of(interaction).entrance.rules(visitor_of(interaction))
    interaction.extras[RULES] = rules
    return rules


def rules_of(interaction: discord.Interaction[Any]) -> RulesOfPlace:
    """Return what was read for this interaction before."""
    rules = interaction.extras.get(RULES)
    return rules if isinstance(rules, RulesOfPlace) else NO_RULES


async def admit(interaction: discord.Interaction[Any]) -> bool:
    """Read what holds for a command; a blocked member is refused privately, with the reason."""
    if interaction.type is discord.InteractionType.autocomplete:
        return True
    services, locale = services_of(interaction), interaction.locale.value
    try:
        rules = await read_rules(interaction)
    except StorageUnavailable:
        await whisper(interaction, services.words.say("busy", locale))
        return False
    data: dict[str, Any] = dict(interaction.data or {})
    problem = None if data.get("name") in OPEN_TO_BLOCKED else rules.blocked()
    if problem is None:
        return True
    await whisper(interaction, services.cards.problem_lines([problem], locale))
    return False


async def setup(bot: KlingBot) -> None:
    """Put it before every command."""
    bot.admit = admit

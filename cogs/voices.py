"""Suggests voices while a member types."""

import discord
from discord.app_commands import Choice

from bot.domain.rules.suggestions import SUGGESTIONS_MAX
from cogs.interactions import services_of


async def suggest_voice(interaction: discord.Interaction, current: str) -> list[Choice[str]]:
    """Suggest voices, first those that speak the language of the words typed so far."""
    services, locale = services_of(interaction), interaction.locale.value
    text = getattr(interaction.namespace, "text", None)
    named = {
        voice.name: services.prices.voice(voice, locale)
        for voice in services.catalogue.voices_for(text if isinstance(text, str) else "")
    }
    typed = current.strip().lower()
    found = [name for name, title in named.items() if typed in f"{title} {name}".lower()]
    found.sort(key=lambda name: name.lower() != typed)
    return [Choice(name=named[name], value=name) for name in found[:SUGGESTIONS_MAX]]

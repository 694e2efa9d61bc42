"""`/lipsync`: makes a face in a video speak your audio."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import LipSyncRequest
from bot.domain.rules import lipsync_request
from cogs.asking import ask
from cogs.interactions import offered_of
from cogs.options import Given, takes
from cogs.voices import suggest_voice


class LipSync(commands.Cog):
    """The command."""

    @app_commands.command(name="lipsync", description=locale_str("command.lipsync.description"))
    @app_commands.autocomplete(voice=suggest_voice)
    @takes(LipSyncRequest)
    async def lipsync(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for a lip-sync."""
        offered = offered_of(given)
        await ask(interaction, lipsync_request(given, offered), offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(LipSync())

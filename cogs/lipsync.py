"""`/lipsync`: a face in a clip speaks a sound."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.rules import lipsync_request
from cogs.interactions import ask, offered_of
from cogs.options import Moment, Volume, described


class LipSync(commands.Cog):
    """The command."""

    @app_commands.command(name="lipsync", description=locale_str("command.lipsync.description"))
    @described(
        "lipsync",
        "audio",
        "video",
        "video_url",
        "start",
        "end",
        "insert",
        "volume",
        "original_volume",
    )
    async def lipsync(
        self,
        interaction: discord.Interaction,
        audio: discord.Attachment,
        video: discord.Attachment | None = None,
        video_url: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        insert: Moment | None = None,
        volume: Volume | None = None,
        original_volume: Volume | None = None,
    ) -> None:
        """Ask for a lip-sync."""
        offered = offered_of(video=video, audio=audio)
        request = lipsync_request(
            offered,
            video_url=video_url,
            start=start,
            end=end,
            insert=insert,
            volume=volume,
            original_volume=original_volume,
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(LipSync())

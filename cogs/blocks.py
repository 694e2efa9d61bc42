"""`/block` and `/unblock`: managers keep a member from using the bot in their server."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.messages.escape import inert_line
from bot.servers.managing import REASON_CHARACTERS_MAX
from cogs.interactions import services_of, whisper
from cogs.settings import manager_of

MANAGERS = discord.Permissions(manage_guild=True)


class Blocks(commands.Cog):
    """The commands."""

    @app_commands.command(name="block", description=locale_str("command.block.description"))
    @app_commands.describe(
        member=locale_str("parameter.block.member"),
        reason=locale_str("parameter.block.reason"),
    )
    @app_commands.allowed_contexts(guilds=True)
    @app_commands.allowed_installs(guilds=True)
    @app_commands.default_permissions(MANAGERS)
    async def block(
        self,
        interaction: discord.Interaction,
        member: discord.User,
        reason: app_commands.Range[str, 1, REASON_CHARACTERS_MAX] | None = None,
    ) -> None:
        """Refuse everything of a member in this server from now on."""
        manager = await manager_of(interaction)
        if manager is None:
            return
        if member.bot or member.id == manager.user_id:
            await _say(interaction, "answer.block_bot" if member.bot else "answer.block_self")
            return
        await services_of(interaction).managing.block(manager, member.id, reason or "")
        key = "answer.blocked_why" if reason else "answer.blocked"
        await _say(interaction, key, member=f"<@{member.id}>", reason=inert_line(reason or ""))

    @app_commands.command(name="unblock", description=locale_str("command.unblock.description"))
    @app_commands.describe(member=locale_str("parameter.unblock.member"))
    @app_commands.allowed_contexts(guilds=True)
    @app_commands.allowed_installs(guilds=True)
    @app_commands.default_permissions(MANAGERS)
    async def unblock(self, interaction: discord.Interaction, member: discord.User) -> None:
        """Lift the managers' block; the operator's stays."""
        manager = await manager_of(interaction)
        if manager is None:
            return
        lifted, still = await services_of(interaction).managing.unblock(manager, member.id)
        key = "answer.unblocked" if lifted else "answer.not_blocked"
        await _say(
            interaction, "answer.operators_block" if still else key, member=f"<@{member.id}>"
        )


async def _say(interaction: discord.Interaction, key: str, **facts: str) -> None:
    words = services_of(interaction).words
    await whisper(interaction, words.say(key, interaction.locale.value, **facts))


async def setup(bot: KlingBot) -> None:
    """Add the commands."""
    await bot.add_cog(Blocks())

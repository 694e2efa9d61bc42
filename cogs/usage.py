"""`/usage`: one's own units, and for managers those of their server. Private."""

import contextlib
from dataclasses import replace

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.discord.failures import discord_errors
from bot.discord.owners import is_operator
from bot.discord.rendering import render
from bot.domain.units import is_month
from bot.errors import PostError
from bot.messages.usage_page import UsagePage
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, managed_server, services_of, whisper

MONTH_CHARACTERS = len("2026-11")


class Usage(commands.Cog):
    """The command."""

    @app_commands.command(name="usage", description=locale_str("command.usage.description"))
    @app_commands.describe(
        month=locale_str("parameter.usage.month"), member=locale_str("parameter.usage.member")
    )
    async def usage(
        self,
        interaction: discord.Interaction,
        month: app_commands.Range[str, MONTH_CHARACTERS, MONTH_CHARACTERS] | None = None,
        member: discord.User | None = None,
    ) -> None:
        """Show units and dollars of a month: numbers at once, the picture when it is drawn."""
        services, locale = services_of(interaction), interaction.locale.value
        usage, words = services.usage, services.words
        this_month = usage.this_month()
        wanted = month or this_month
        if not is_month(wanted):
            await whisper(interaction, words.say("answer.no_month", locale, month=this_month))
            return
        if wanted > this_month:
            await whisper(interaction, words.say("answer.month_to_come", locale, month=this_month))
            return
        guild_id, user_id = managed_server(interaction), interaction.user.id
        if member is not None and member.id != user_id and guild_id is None:
            await whisper(interaction, words.say("answer.not_allowed", locale))
            return
        page = UsagePage(words, locale, usage.usd_per_unit)
        if member is not None and member.id != user_id:
            shown = await usage.report(wanted, guild_id=guild_id, user_id=member.id)
            message = page.page(wanted, member=(member.id, shown))
        else:
            own = shown = await usage.report(wanted, user_id=user_id)
            today = usage.today(own, rules_of(interaction)) if wanted == this_month else None
            server = None
            if guild_id is not None:
                server = shown = await usage.report(wanted, guild_id=guild_id)
            operates = is_operator(interaction.client.application, user_id)
            packs = await usage.packs() if operates else ()
            message = page.page(wanted, own=own, today=today, server=server, packs=packs)
        await InteractionAnswer(interaction).privately(message)
        png = await usage.picture(shown, member=user_id)
        if png is None:
            return
        picture = replace(message, files=(page.chart(shown, png),))
        with contextlib.suppress(PostError), discord_errors(by_interaction=True):
            await interaction.edit_original_response(**render(picture, editing=True))


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Usage())

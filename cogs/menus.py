"""The commands in the menu of a message: `Animate`, `Restyle`, `Lip-sync`, `Effect`."""

from typing import Any

import discord
import structlog
from discord import AppCommandType, app_commands

from bot.client import KlingBot
from bot.controls.menus import Click
from bot.discord.command_sync import KEY
from bot.domain.menus import ENTRIES, Menu
from bot.errors import PostError
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, offered_of, origin_of, services_of

log = structlog.get_logger(__name__)


def command_of(menu: Menu) -> app_commands.ContextMenu:
    """Return the command; Discord calls it by its name in English."""

    async def open_form(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        files = {str(number): file for number, file in enumerate(message.attachments)}
        click = Click(
            menu=menu,
            origin=origin_of(interaction),
            token=interaction.token,
            answer=InteractionAnswer(interaction),
            rules=rules_of(interaction),
            author_id=message.author.id,
            files=tuple(offered_of(files).values()),
        )
        try:
            await services_of(interaction).presses.click(click)
        except PostError as failure:
            log.info("menu.not_answered", reason=str(failure))

    return app_commands.ContextMenu(
        name=ENTRIES[menu].name,
        callback=open_form,
        type=AppCommandType.message,
        extras={KEY: f"menu.{menu}"},
    )


async def setup(bot: KlingBot) -> None:
    """Add the commands."""
    for menu in Menu:
        bot.tree.add_command(command_of(menu))

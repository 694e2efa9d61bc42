"""Presses, choices and sent forms: read here, handled by `bot.controls`."""

from collections.abc import Mapping
from typing import Any, Final

import discord
import structlog
from discord.ext import commands

from bot.client import KlingBot
from bot.controls.control import Press
from bot.discord.forms import filled_in, first_of, uploaded
from bot.errors import PostError
from bot.jobs.actions import Told
from bot.messages.message import CUSTOM_ID
from cogs.entrance import read_rules
from cogs.errors import tell_failure
from cogs.interactions import (
    InteractionAnswer,
    managed_server,
    moderated_server,
    offered_of,
    origin_of,
    services_of,
    whisper,
)

HANDLED: Final = (discord.InteractionType.component, discord.InteractionType.modal_submit)

log = structlog.get_logger(__name__)


class Components(commands.Cog):
    """Buttons, menus and forms under any message of ours, however old."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hand on what was pressed; an unknown or foreign id gets "not found"."""
        if interaction.type not in HANDLED:
            return
        services = services_of(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        match = CUSTOM_ID.fullmatch(str(data.get("custom_id", "")))
        if match is None:
            await whisper(interaction, services.words.say(Told.NOT_FOUND, interaction.locale.value))
            return
        is_form = interaction.type is discord.InteractionType.modal_submit
        files = interaction.message.attachments if interaction.message else []
        shown = offered_of({file.filename: file for file in files})
        try:
            await services.presses.take(
                Press(
                    action=match["action"],
                    about=match["job_id"],
                    tag=match["tag"] or "",
                    origin=origin_of(interaction),
                    token=interaction.token,
                    answer=InteractionAnswer(interaction),
                    rules=await read_rules(interaction),
                    manages=managed_server(interaction),
                    moderates=moderated_server(interaction),
                    chosen=first_of(data.get("values")),
                    shown=tuple(shown.values()),
                    fields=filled_in(data.get("components")) if is_form else None,
                    uploads=uploaded(data) if is_form else {},
                )
            )
        except PostError as failure:
            log.info("press.not_answered", reason=str(failure))
        except Exception as failure:  # noqa: BLE001 - whatever it is, the member hears of it
            await tell_failure(interaction, "press.failed", failure)


async def setup(bot: KlingBot) -> None:
    """Add the listener."""
    await bot.add_cog(Components())

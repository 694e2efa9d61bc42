"""What happens if a command fails: a bug of ours, reported as one."""

import discord
import structlog
from discord import app_commands

from bot.client import KlingBot
from bot.errors import PostError
from cogs.interactions import services_of, whisper

log = structlog.get_logger(__name__)


async def on_command_error(
    interaction: discord.Interaction, error: app_commands.AppCommandError
) -> None:
    """Log a bug of ours and tell the member that it is one; an answer that Discord lost is none."""
    cause = getattr(error, "original", error)
    if isinstance(cause, PostError):  # the answer may even be there
        log.info("answer.not_given", reason=str(cause))
        return
    log.error("command.failed", exc_info=cause)
    words = services_of(interaction).words
    await whisper(interaction, words.say("internal_error", interaction.locale.value))


async def setup(bot: KlingBot) -> None:
    """Route every command's failure to this handler."""
    bot.tree.error(on_command_error)

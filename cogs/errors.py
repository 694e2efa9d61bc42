"""What a member hears if a command or a press fails: that we are busy, or that it is a bug."""

import discord
import structlog
from discord import app_commands

from bot.client import KlingBot
from bot.errors import PostError
from cogs.interactions import services_of, whisper
from storage.errors import StorageUnavailable

log = structlog.get_logger(__name__)


async def on_command_error(
    interaction: discord.Interaction, error: app_commands.AppCommandError
) -> None:
    """Log a bug of ours and tell the member that it is one; an answer that Discord lost is none."""
    cause = getattr(error, "original", error)
    if isinstance(cause, PostError):  # the answer may even be there
        log.info("answer.not_given", reason=str(cause))
        return
    await tell_failure(interaction, "command.failed", cause)


async def tell_failure(interaction: discord.Interaction, event: str, cause: BaseException) -> None:
    """Log what failed and tell the member privately: the database is busy, or a bug of ours."""
    key = "busy"
    if isinstance(cause, StorageUnavailable):
        log.warning(event, reason=str(cause))
    else:
        key = "internal_error"
        log.error(event, exc_info=cause)
    words = services_of(interaction).words
    await whisper(interaction, words.say(key, interaction.locale.value))


async def setup(bot: KlingBot) -> None:
    """Route every command's failure to this handler."""
    bot.tree.error(on_command_error)

"""`/mydata`: everything that is kept of the caller, as a file, or deleted. Private."""

from typing import Final

import discord
import structlog
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.discord.failures import discord_errors
from bot.discord.rendering import rendered
from bot.domain.policy.delivery import SAFE_LIMIT_BYTES
from bot.errors import PostError, PostTooLarge, Problem
from bot.jobs.my_data import FILE_NAME, Archive
from bot.messages.message import File
from bot.messages.my_data_page import MyDataPage
from cogs.interactions import InteractionAnswer, origin_of, services_of, whisper
from storage.errors import StorageUnavailable

MESSAGE_BYTES: Final = 64 * 1_024
"""Room for the text and the multipart borders beside the file."""

log = structlog.get_logger(__name__)


class MyData(
    commands.GroupCog,
    group_name="mydata",
    group_description=locale_str("command.mydata.description"),
):
    """The commands."""

    @app_commands.command(
        name="export", description=locale_str("command.mydata_export.description")
    )
    async def export(self, interaction: discord.Interaction) -> None:
        """Collect everything of the caller and put it into the private answer."""
        page = _page(interaction)
        await InteractionAnswer(interaction).privately(page.collecting())
        said = await self._exported(interaction, page)
        if said:
            words = services_of(interaction).words
            await whisper(interaction, words.say(said, interaction.locale.value))

    async def _exported(self, interaction: discord.Interaction, page: MyDataPage) -> str | None:
        """Send the archive; return the key of what to say if that was not possible."""
        limit = origin_of(interaction).answer_limit_bytes or SAFE_LIMIT_BYTES
        for limit_bytes in dict.fromkeys((limit, min(limit, SAFE_LIMIT_BYTES))):
            room = limit_bytes - MESSAGE_BYTES
            try:
                async with services_of(interaction).my_data.archive(
                    interaction.user.id, room
                ) as archive:
                    if archive is None:
                        return "mydata.busy"
                    if archive.holds.size_bytes <= room:
                        await _send(interaction, page, archive)
                        return None
            except PostTooLarge:
                continue
            except PostError as failure:
                log.info("mydata.not_sent", reason=str(failure))
                return None
            except (StorageUnavailable, OSError):
                log.warning("mydata.not_collected", exc_info=True)
                return "busy"
        return "mydata.too_large"

    @app_commands.command(
        name="delete", description=locale_str("command.mydata_delete.description")
    )
    async def delete(self, interaction: discord.Interaction) -> None:
        """Ask whether everything of the caller is to be deleted."""
        services, locale = services_of(interaction), interaction.locale.value
        try:
            asked = await services.my_data.ask(origin_of(interaction))
        except StorageUnavailable:
            await whisper(interaction, services.words.say("busy", locale))
            return
        if isinstance(asked, Problem):
            await whisper(interaction, services.cards.problem_lines([asked], locale))
            return
        held = asked.holdings
        question = _page(interaction).question(
            asked.id, asked.until, jobs=held.jobs, open_jobs=held.open_jobs
        )
        await InteractionAnswer(interaction).privately(question)


async def _send(interaction: discord.Interaction, page: MyDataPage, archive: Archive) -> None:
    holds = archive.holds
    file = File(FILE_NAME, path=archive.path)
    message = page.archive(file, jobs=holds.jobs, files=holds.files, left_out=holds.left_out)
    with discord_errors(by_interaction=True):
        async with rendered(message, editing=True) as kwargs:
            await interaction.edit_original_response(**kwargs)


def _page(interaction: discord.Interaction) -> MyDataPage:
    return MyDataPage(services_of(interaction).words, interaction.locale.value)


async def setup(bot: KlingBot) -> None:
    """Add the commands."""
    await bot.add_cog(MyData())

"""Presses and choices: all by `custom_id`, looked up and authorised again each time."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
import structlog
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.policy.recovery import UnsureChoice
from bot.errors import PostError, Problem
from bot.jobs.actions import Fetching, Told
from bot.jobs.checks import Asked
from bot.messages.message import CUSTOM_ID
from cogs.interactions import InteractionAnswer, origin_of, services_of, whisper
from cogs.job_pages import show_job, show_jobs

Press = Callable[[discord.Interaction, str], Awaitable[None]]

log = structlog.get_logger(__name__)


class Components(commands.Cog):
    """Buttons and menus under any message of ours, however old."""

    def __init__(self) -> None:
        self._presses: Mapping[str, Press] = {
            "cancel": self._cancel,
            "face": self._face,
            "again": self._again,
            "deliver": self._deliver,
            "pick_up": self._pick_up,
            "jobs": self._jobs,
            "list": self._list,
            "look": self._look,
            "send": self._send,
        }

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Find out what was pressed; an unknown or foreign id gets "not found"."""
        if interaction.type is not discord.InteractionType.component:
            return
        data: Mapping[str, Any] = interaction.data or {}
        match = CUSTOM_ID.fullmatch(str(data.get("custom_id", "")))
        press = self._presses.get(match["action"]) if match else None
        if match is None or press is None:
            await self._say(interaction, Told.NOT_FOUND)
            return
        try:
            await press(interaction, match["job_id"])
        except PostError as failure:
            log.info("press.not_answered", reason=str(failure))
        except Exception:
            log.exception("press.failed")
            words = services_of(interaction).words
            await whisper(interaction, words.say("internal_error", interaction.locale.value))

    async def _cancel(self, interaction: discord.Interaction, job_id: str) -> None:
        actions = services_of(interaction).actions
        await self._say(interaction, await actions.cancel(job_id, interaction.user.id))

    async def _face(self, interaction: discord.Interaction, job_id: str) -> None:
        services = services_of(interaction)
        face_id = _chosen(interaction)
        told = await services.actions.choose_face(job_id, interaction.user.id, face_id)
        await self._tell(interaction, told)

    async def _again(self, interaction: discord.Interaction, job_id: str) -> None:
        """Anyone there may run a job again: it becomes their own, on their own budget."""
        services = services_of(interaction)
        here = interaction.channel_id or 0
        rerun = await services.actions.rerun(job_id, interaction.user.id, here)
        if isinstance(rerun, Problem):
            await self._refuse(interaction, rerun)
            return
        if isinstance(rerun, Told):
            await self._say(interaction, rerun)
            return
        asked = Asked(
            rerun.request,
            rerun.offered,
            origin_of(interaction),
            interaction.token,
            parent_id=rerun.parent_id,
            stored=rerun.stored,
        )
        await services.intake.submit(asked, InteractionAnswer(interaction))

    async def _deliver(self, interaction: discord.Interaction, job_id: str) -> None:
        actions = services_of(interaction).actions
        told = await actions.deliver_again(job_id, interaction.user.id)
        await self._tell(interaction, told)

    async def _pick_up(self, interaction: discord.Interaction, job_id: str) -> None:
        """The private answer becomes the venue of the result.

        It has to exist before that can be stored, and so it promises nothing.
        """
        services = services_of(interaction)
        own = await services.actions.own(job_id, interaction.user.id)
        if isinstance(own, Told):
            await self._say(interaction, own)
            return
        locale = interaction.locale.value
        message_id = await whisper(interaction, services.words.say("answer.fetching", locale))
        if message_id is None:
            return
        fetching = Fetching(interaction.token, message_id)
        told = await services.actions.pick_up(job_id, interaction.user.id, fetching)
        if told is not Told.WILL_DELIVER:
            await self._tell(interaction, told)

    async def _look(self, interaction: discord.Interaction, job_id: str) -> None:
        await self._resolve(interaction, job_id, UnsureChoice.LOOK)

    async def _send(self, interaction: discord.Interaction, job_id: str) -> None:
        await self._resolve(interaction, job_id, UnsureChoice.SEND)

    async def _resolve(
        self, interaction: discord.Interaction, job_id: str, choice: UnsureChoice
    ) -> None:
        """A server manager decides, if the bot itself is a member of the server."""
        manages = interaction.is_guild_integration() and interaction.permissions.manage_guild
        managed_guild = interaction.guild_id if manages else None
        actions = services_of(interaction).actions
        await self._say(interaction, await actions.resolve(job_id, choice, managed_guild))

    async def _jobs(self, interaction: discord.Interaction, _job_id: str) -> None:
        await show_jobs(interaction, services_of(interaction))

    async def _list(self, interaction: discord.Interaction, _job_id: str) -> None:
        await show_job(interaction, services_of(interaction), _chosen(interaction))

    async def _tell(self, interaction: discord.Interaction, told: Told | Problem) -> None:
        if isinstance(told, Problem):
            await self._refuse(interaction, told)
        else:
            await self._say(interaction, told)

    async def _refuse(self, interaction: discord.Interaction, problem: Problem) -> None:
        cards = services_of(interaction).cards
        await whisper(interaction, cards.problem_lines([problem], interaction.locale.value))

    async def _say(self, interaction: discord.Interaction, told: Told) -> None:
        words = services_of(interaction).words
        await whisper(interaction, words.say(told, interaction.locale.value))


def _chosen(interaction: discord.Interaction) -> str:
    data: Mapping[str, Any] = interaction.data or {}
    values = data.get("values") or [""]
    return str(values[0])


async def setup(bot: KlingBot) -> None:
    """Add the listener."""
    await bot.add_cog(Components())

"""Shows a member's jobs privately: the list, and one job with its controls."""

import discord

from bot.client import Services
from bot.discord.poster import discord_errors
from bot.discord.rendering import render
from bot.jobs.actions import Told
from bot.messages.job_list import JobList
from bot.messages.message import Message
from cogs.interactions import whisper


async def show_jobs(interaction: discord.Interaction, services: Services) -> None:
    """Answer with the list of the member's latest jobs."""
    jobs = await services.actions.jobs_of(interaction.user.id)
    page = JobList(services.words, interaction.locale.value).page(jobs)
    await _answer(interaction, page)


async def show_job(interaction: discord.Interaction, services: Services, job_id: str) -> None:
    """Answer with one job of the member and what can be done to it."""
    locale = interaction.locale.value
    job = await services.actions.own(job_id, interaction.user.id)
    if isinstance(job, Told):
        await whisper(interaction, services.words.say(job, locale))
        return
    await _answer(interaction, JobList(services.words, locale).one(job))


async def _answer(interaction: discord.Interaction, message: Message) -> None:
    with discord_errors():
        await interaction.response.send_message(ephemeral=True, **render(message))

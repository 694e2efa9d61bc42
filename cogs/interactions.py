"""From a discord.py interaction to a request that the intake understands, and back to an answer."""

from collections.abc import Mapping
from typing import Final

import discord
import structlog

from bot.client import KlingBot, Services
from bot.discord.channels import is_member, may_post
from bot.discord.failures import discord_errors
from bot.discord.poster import limit_bytes_of
from bot.discord.rendering import render, render_form
from bot.domain.policy.delivery import SAFE_LIMIT_BYTES
from bot.domain.requests import Offered
from bot.errors import PostError, PostImpossible, PostUnclear
from bot.messages.form import Form
from bot.messages.message import Message
from storage.job import Origin

ALREADY_ANSWERED_CODE: Final = 40_060
"""Discord's code for a second answer: the first one, thought lost, has arrived."""

log = structlog.get_logger(__name__)


def services_of(interaction: discord.Interaction) -> Services:
    """Return the use cases of the bot that got the interaction."""
    client = interaction.client
    if not isinstance(client, KlingBot):
        raise TypeError("the cogs belong to a KlingBot")
    return client.services


def offered_of(given: Mapping[str, object]) -> dict[str, Offered]:
    """Return the attachments among the options, as Discord describes them."""
    return {
        name: Offered(
            name=name,
            filename=attachment.filename,
            url=attachment.url,
            size_bytes=attachment.size,
            content_type=attachment.content_type or "",
            width=attachment.width,
            height=attachment.height,
        )
        for name, attachment in given.items()
        if isinstance(attachment, discord.Attachment)
    }


def origin_of(interaction: discord.Interaction) -> Origin:
    """Return who asked and where, with the bot's permissions there."""
    return Origin(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        user_id=interaction.user.id,
        channel_id=interaction.channel_id or 0,
        guild_id=interaction.guild_id,
        locale=interaction.locale.value,
        can_post=may_post(interaction),
        answer_limit_bytes=interaction.filesize_limit or 0,
        post_limit_bytes=limit_bytes_of(interaction.guild) or SAFE_LIMIT_BYTES,
    )


def managed_server(interaction: discord.Interaction) -> int | None:
    """Return the server that the person manages, if the bot itself is a member of it."""
    manages = is_member(interaction) and interaction.permissions.manage_guild
    return interaction.guild_id if manages else None


def moderated_server(interaction: discord.Interaction) -> int | None:
    """Return the server whose messages the person may delete where the press came from."""
    moderates = is_member(interaction) and interaction.permissions.manage_messages
    return interaction.guild_id if moderates else None


class InteractionAnswer:
    """The one answer to an interaction, sent through the interaction itself."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction

    async def public(self, message: Message) -> int:
        """Send it publicly; returns the message id.

        Raises `PostImpossible` if it surely is not there, `PostUnclear` if it may be.
        """
        return await self._send(message, ephemeral=False)

    async def privately(self, message: Message) -> int:
        """Send it privately; returns and raises as `public` does."""
        return await self._send(message, ephemeral=True)

    async def private(self, text: str) -> int | None:
        """Tell the member privately; if it is too late even for that, nothing can be done."""
        return await whisper(self._interaction, text)

    async def form(self, form: Form) -> None:
        """Open a form; raises `PostImpossible` or `PostUnclear`."""
        with discord_errors(by_interaction=True):
            await self._interaction.response.send_modal(render_form(form))

    async def _send(self, message: Message, *, ephemeral: bool) -> int:
        try:
            with discord_errors(by_interaction=True):
                response = await self._interaction.response.send_message(
                    ephemeral=ephemeral, **render(message)
                )
        except PostImpossible as refusal:
            if refusal.code == ALREADY_ANSWERED_CODE:
                raise PostUnclear("already answered") from refusal
            raise
        if response.message_id is None:
            raise PostUnclear("no message id")
        return response.message_id


async def whisper(interaction: discord.Interaction, text: str) -> int | None:
    """Answer privately and return the message id, or None if no answer is possible."""
    try:
        with discord_errors(by_interaction=True):
            if interaction.response.is_done():
                sent = await interaction.followup.send(text, ephemeral=True, wait=True)
                return sent.id
            response = await interaction.response.send_message(text, ephemeral=True)
            return response.message_id
    except (PostError, discord.InteractionResponded) as failure:
        log.info("answer.not_given", reason=str(failure))
        return None

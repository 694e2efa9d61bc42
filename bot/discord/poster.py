"""Posts, edits and finds messages: the only part of `bot/` that uses discord.py's message API."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import discord
import structlog

from bot.discord.attempts import always
from bot.discord.channels import known_age_restriction
from bot.discord.discord_time import DiscordTime
from bot.discord.failures import discord_errors
from bot.discord.owners import owner_of
from bot.discord.rendering import rendered
from bot.discord.spoiler_edits import hide_files
from bot.discord.views import THREAD_TYPES, Views, said_of
from bot.domain.policy.delivery import SEARCH_MESSAGES_MAX
from bot.errors import PostImpossible
from bot.messages.message import Message

UNKNOWN_CHANNEL_CODE: Final = 10_003
UNKNOWN_MESSAGE_CODE: Final = 10_008
"""Discord's error codes (API documentation, opcodes and status codes)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A file in a message, as Discord describes it."""

    filename: str
    size_bytes: int
    url: str
    """Signed: each reading gives the same host and path with another query."""


class Poster:
    """Every effect on Discord apart from answering an interaction."""

    def __init__(self, client: discord.Client, time: DiscordTime) -> None:
        self._client = client
        self._time = time
        self.views = Views(client)

    async def time(self) -> float | None:
        """Return Discord's time (Unix seconds), whose answers are asked for it if none is recent.

        At most `FRESH_S` too early; None if they don't tell. Raises `PostUnclear` and `PostHeld`.
        """
        if self._time.now() is None:
            with contextlib.suppress(PostImpossible), discord_errors():
                await self._client.application_info()
        return self._time.now()

    def time_at_least(self) -> float | None:
        """Return a time that Discord's has passed (Unix seconds), without asking."""
        return self._time.latest()

    async def post(
        self,
        channel_id: int,
        message: Message,
        *,
        nonce: str,
        reply_to: int | None,
        in_time: Callable[[], bool] = always,
    ) -> int:
        """Post with the bot's token and return the message id.

        The nonce makes a repeat within Discord's deduplication window return the first message
        instead of posting a second one; no try is made once `in_time` says no. A reply may be
        refused for what it replies to (no permission to read the history, an age-restricted
        channel, a kind of message that takes no replies), so a refused one is posted once more
        without it. Raises `PostTooLarge`, `PostImpossible` for this venue, or `PostUnclear`.
        """
        reference: discord.MessageReference | None = None
        if reply_to is not None:
            reference = discord.MessageReference(
                message_id=reply_to, channel_id=channel_id, fail_if_not_exists=False
            )
        channel = self._client.get_partial_messageable(channel_id)
        extra: dict[str, Any] = {} if reference is None else {"reference": reference}
        try:
            with discord_errors(in_time):
                async with rendered(message) as kwargs:
                    sent = await channel.send(nonce=nonce, mention_author=False, **extra, **kwargs)
        except PostImpossible as refusal:
            if reference is None:
                raise
            log.info("post.reply_refused", code=refusal.code)
            return await self.post(channel_id, message, nonce=nonce, reply_to=None, in_time=in_time)
        return sent.id

    async def find(
        self, channel_id: int, mark: str, *, after_id: int, before_id: int | None = None
    ) -> int | None:
        """Return the id of our message that bears `mark`, or None if it is not there.

        Searches at most 1,000 messages between the two ids. Raises `PostImpossible` if the history
        can't be read or there are more: then nothing is proven. Without the permission Discord
        returns an empty history instead of an error, so an empty one alone is no proof either.
        """
        seen = 0
        channel = self._client.get_partial_messageable(channel_id)
        with discord_errors():
            history: AsyncIterator[discord.Message] = channel.history(
                after=discord.Object(after_id),
                before=None if before_id is None else discord.Object(before_id),
                limit=SEARCH_MESSAGES_MAX,
                oldest_first=True,
            )
            async for message in history:
                seen += 1
                if self._is_ours(message) and mark in _marks(message):
                    return message.id
            if seen == 0:
                seen = len([message async for message in channel.history(limit=1)])
        if seen == 0 or seen >= SEARCH_MESSAGES_MAX:
            raise PostImpossible(0)
        return None

    async def bears(self, channel_id: int, message_id: int, mark: str) -> bool:
        """Tell whether this message of ours bears `mark`; a deleted one bears nothing.

        Raises `PostImpossible` if it can't be read, `PostUnclear` if Discord can't be asked.
        """
        channel = self._client.get_partial_messageable(channel_id)
        try:
            with discord_errors():
                message = await channel.fetch_message(message_id)
        except PostImpossible as refusal:
            if refusal.code == UNKNOWN_MESSAGE_CODE:
                return False
            raise
        return mark in _marks(message)

    async def files(self, channel_id: int, message_id: int) -> list[PostedFile]:
        """Return the files of this message.

        Raises `PostImpossible` if it can't be read, `PostUnclear` if Discord can't be asked.
        """
        channel = self._client.get_partial_messageable(channel_id)
        with discord_errors():
            message = await channel.fetch_message(message_id)
        return [PostedFile(file.filename, file.size, file.url) for file in message.attachments]

    async def open_dm(self, user_id: int) -> int:
        """Return the id of the direct channel with a user; `PostImpossible` if there is none."""
        with discord_errors():
            channel = await self._client.create_dm(discord.Object(user_id))
        return channel.id

    async def open_owner_dm(self) -> int:
        """Return the id of the direct channel with the application's owner, or its team's."""
        with discord_errors():
            application = await self._client.application_info()
        return await self.open_dm(owner_of(application))

    async def edit_answer(
        self, application_id: int, token: str, message_id: int, message: Message
    ) -> None:
        """Edit the answer to an interaction by its token: no permissions are needed."""
        with discord_errors(by_interaction=True):
            async with rendered(message, editing=True) as kwargs:
                await self._answers(application_id, token).edit_message(message_id, **kwargs)

    async def edit_post(self, channel_id: int, message_id: int, message: Message) -> None:
        """Edit our message with the bot's token."""
        channel = self._client.get_partial_messageable(channel_id)
        with discord_errors():
            async with rendered(message, editing=True) as kwargs:
                await channel.get_partial_message(message_id).edit(**kwargs)

    async def hide_files(self, channel_id: int, message_id: int) -> None:
        """Have files of our message behind spoilers, links not previewed; it is fine if it is gone.

        Raises `PostImpossible`, `PostUnclear` and `PostHeld`.
        """
        with discord_errors():
            await hide_files(self._client, channel_id, message_id)

    async def delete_post(self, channel_id: int, message_id: int) -> None:
        """Delete our message with the bot's token; it is fine if it, or its channel, is gone."""
        channel = self._client.get_partial_messageable(channel_id)
        with discord_errors(), contextlib.suppress(discord.NotFound):
            await channel.get_partial_message(message_id).delete()

    async def whisper(self, application_id: int, token: str, text: str) -> None:
        """Send a message that only the member of this interaction sees."""
        with discord_errors(by_interaction=True):
            await self._answers(application_id, token).send(
                text, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )

    async def delete_answer(self, application_id: int, token: str, message_id: int) -> None:
        """Delete the answer; it is fine if it is already gone."""
        with discord_errors(by_interaction=True), contextlib.suppress(discord.NotFound):
            await self._answers(application_id, token).delete_message(message_id)

    async def read_answer(self, application_id: int, token: str, mark: str) -> int | None:
        """Return the id of the answer if it is there and bears `mark`.

        Raises `PostImpossible` if it can't be read, with `TOKEN_DEAD_CODE` if that is because the
        token has expired, and `PostUnclear` if Discord can't be asked.
        """
        with discord_errors(by_interaction=True):
            try:
                message = await self._answers(application_id, token).fetch_message(
                    "@original"  # type: ignore[arg-type]  # the API takes this word for the first answer
                )
            except discord.NotFound:
                return None
        return message.id if any(mark in found for found in _marks(message)) else None

    async def parent_id(self, guild_id: int, channel_id: int) -> int | None:
        """Return the channel that a thread belongs to; None for any other channel.

        Discord is asked if this process does not know the server: its shard may run elsewhere.
        Raises `PostUnclear` and `PostHeld` if it can't be asked now.
        """
        guild = self._client.get_guild(guild_id)
        if guild is not None and not guild.unavailable:
            thread = guild.get_thread(channel_id)
            return thread.parent_id if thread else None
        said = await said_of(self._client, channel_id)
        if said.get("type") not in THREAD_TYPES:
            return None
        parent = str(said.get("parent_id"))
        return int(parent) if parent.isdecimal() else None

    async def age_restricted(self, guild_id: int, channel_id: int) -> bool | None:
        """Tell whether a channel is age-restricted; a thread is if its parent is.

        Discord is asked if this process does not know; None if it does not tell the bot. Raises
        `PostUnclear` and `PostHeld` if it can't be asked now.
        """
        guild = self._client.get_guild(guild_id)
        if guild is not None and not guild.unavailable:
            known = known_age_restriction(guild, channel_id)
            if known is not None:
                return known
        said = await said_of(self._client, channel_id)
        if said.get("type") in THREAD_TYPES:
            said = await said_of(self._client, said.get("parent_id"))
        nsfw = said.get("nsfw", False) if said else None
        return nsfw if isinstance(nsfw, bool) else None

    def limit_bytes(self, guild_id: int) -> int | None:
        """Return the upload limit for messages by the bot in a guild, None before it is known."""
        return limit_bytes_of(self._client.get_guild(guild_id))

    def _is_ours(self, message: discord.Message) -> bool:
        return self._client.user is not None and message.author.id == self._client.user.id

    def _answers(self, application_id: int, token: str) -> discord.Webhook:
        # `Interaction.followup` is made of this; discord.py has no public way to it without the
        # interaction object, which does not survive a restart.
        data: Any = {"id": application_id, "type": 3, "token": token}
        return discord.Webhook.from_state(data=data, state=self._client._connection)  # noqa: SLF001


def limit_bytes_of(guild: discord.Guild | None) -> int | None:
    """Return discord.py's value for a guild's upload limit.

    None for no guild, and for a boost tier that is newer than discord.py.
    """
    try:
        return guild.filesize_limit if guild else None
    except KeyError:
        return None


def id_at(moment: float) -> int:
    """Return the id of a message at this time (Unix seconds), or just below it."""
    return discord.utils.time_snowflake(datetime.fromtimestamp(moment, UTC))


def _marks(message: discord.Message) -> list[str]:
    marks = [attachment.filename for attachment in message.attachments]
    for row in message.components:
        children = getattr(row, "children", ())
        marks += [
            custom_id for child in children if (custom_id := getattr(child, "custom_id", None))
        ]
    return marks

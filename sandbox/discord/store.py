"""The state of the local Discord, and a way to wait for a change."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.clock import Clock
from sandbox.discord import refusal
from sandbox.discord.model import Channel, ChannelKind, Guild, Message, User
from sandbox.discord.refusal import Refusal
from sandbox.discord.snowflake import Snowflakes

T = TypeVar("T")


class Store:
    """The state behind every surface; whoever changes it calls `changed`."""

    def __init__(self, clock: Clock, application_name: str) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.bot = User(self.ids.mint(), application_name, bot=True)
        self.owner = User(self.ids.mint(), "owner")
        self.application_id = self.bot.id
        self.users: dict[int, User] = {self.bot.id: self.bot, self.owner.id: self.owner}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.obfuscates = True
        self.commands: list[dict[str, Any]] = []
        self.guild_commands: dict[int, list[dict[str, Any]]] = {}
        self.listeners: list[Callable[[], None]] = []
        self._turn = asyncio.Event()

    def changed(self) -> None:
        """Wake every waiter in `until`."""
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
        for listener in self.listeners:
            listener()

    async def until(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Return the first true value of `predicate`, evaluated again after every change.

        Raises:
            TimeoutError: after `timeout_s` seconds of real time.
        """
        async with asyncio.timeout(timeout_s):
            while not (value := predicate()):
                await self._turn.wait()
            return value

    def channel(self, channel_id: str | int) -> Channel:
        """Return a channel by id.

        Raises:
            Refusal: 10003 when there is none.
        """
        channel = self.channels.get(_number(channel_id))
        if channel is None:
            raise Refusal(*refusal.UNKNOWN_CHANNEL)
        return channel

    def message(self, channel: Channel, message_id: str | int) -> Message:
        """Return a message that is in the channel's history (ephemeral ones are not).

        Raises:
            Refusal: 10008 when there is none.
        """
        message = self.messages.get(_number(message_id))
        if message is None or message.channel is not channel or message.visible_to:
            raise Refusal(*refusal.UNKNOWN_MESSAGE)
        return message

    def guild(self, guild_id: str | int) -> Guild:
        """Return a server the bot is in.

        Raises:
            Refusal: 10004 when there is none.
        """
        guild = self.guilds.get(_number(guild_id))
        if guild is None or self.bot.id not in guild.members:
            raise Refusal(*refusal.UNKNOWN_GUILD)
        return guild

    def user(self, user_id: str | int) -> User:
        """Return a user by id.

        Raises:
            Refusal: 10013 when there is none.
        """
        user = self.users.get(_number(user_id))
        if user is None:
            raise Refusal(*refusal.UNKNOWN_USER)
        return user

    def dm(self, user: User) -> Channel:
        """Return the direct channel between the bot and `user`, opened if need be."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DM and channel.recipient is user:
                return channel
        channel = Channel(self.ids.mint(), user.name, ChannelKind.DM, recipient=user)
        self.channels[channel.id] = channel
        return channel


def _number(text: str | int) -> int:
    """Return the id as a number; an invalid id matches nothing."""
    try:
        return int(text)
    except (TypeError, ValueError):
        return -1

"""What a member sees, as JSON for the page. Messages and commands are in Discord's own shape."""

from typing import Any, Final

from sandbox.discord import Channel, LocalDiscord, LocalRefusal, Message, Permission, Role, User
from sandbox.discord.command_options import chosen_command
from sandbox.playground.scenery import Scene

Json = dict[str, Any]
PAGE_MESSAGES: Final = 50
"""How many messages are sent at once."""


class View:
    """The world through one member's eyes."""

    def __init__(self, discord: LocalDiscord, scene: Scene, member: User) -> None:
        self._discord = discord
        self._scene = scene
        self.member = member

    def everything(self) -> Json:
        """Return everything except older messages."""
        places = self._places()
        return {
            "me": str(self.member.id),
            "server": self._scene.guild.name,
            "bot": str(self._discord.bot.id),
            "members": [_person(person) for person in (*self._scene.members, self._discord.bot)],
            "roles": [_role(role) for role in self._scene.guild.roles.values()],
            "channels": self.channels(),
            "messages": {str(place.id): self.page(place, None) for place in places},
            "commands": self.commands(),
            "presence": self.presence(),
        }

    def channels(self) -> list[Json]:
        """Return the channels that the member sees, direct ones last."""
        return [self._channel(place) for place in self._places()]

    def page(self, channel: Channel, before: int | None) -> Json:
        """Return the newest messages older than message `before` (None: the newest of all)."""
        seen = [
            message
            for message in channel.messages
            if message.seen_by(self.member) and (before is None or message.id < before)
        ]
        return {
            "messages": [self._discord.payload(m) for m in seen[-PAGE_MESSAGES:]],
            "more": len(seen) > PAGE_MESSAGES,
        }

    def commands(self) -> dict[str, list[Json]]:
        """Return the commands offered to the member, by channel."""
        return {
            str(place.id): [c for c in self._registered(place) if self._offered(c, place)]
            for place in self._places()
        }

    def presence(self) -> Json:
        """Return whether the bot is connected."""
        return {"connected": self._discord.gateway.connected}

    def sees(self, message: Message) -> bool:
        """Whether the member sees a message."""
        return message.seen_by(self.member) and self._sees_channel(message.channel)

    def _places(self) -> list[Channel]:
        direct = [place for place in self._discord.store.channels.values() if place.guild is None]
        return [place for place in (*self._scene.channels, *direct) if self._sees_channel(place)]

    def _sees_channel(self, place: Channel) -> bool:
        return Permission.VIEW_CHANNEL in place.permissions(self.member)

    def _registered(self, place: Channel) -> list[Json]:
        own = self._discord.store.guild_commands.get(place.guild.id, []) if place.guild else []
        return [*own, *self._discord.commands]

    def _offered(self, command: Json, place: Channel) -> bool:
        try:
            chosen_command(
                self._discord.store, self.member, place, command["name"], command["type"]
            )
        except LocalRefusal:
            return False
        return True

    def _channel(self, place: Channel) -> Json:
        return {
            "id": str(place.id),
            "name": place.name if place.guild else self._discord.bot.name,
            "kind": place.kind.name.lower(),
            "parent": str(place.parent.id) if place.parent else None,
            "guild": str(place.guild.id) if place.guild else None,
            "upload_limit": self._discord.channel_rules.upload_limit_bytes(
                place.guild, self.member
            ),
            "writable": Permission.SEND_MESSAGES in place.permissions(self.member),
        }


def _person(person: User) -> Json:
    return {"id": str(person.id), "name": person.name, "bot": person.bot}


def _role(role: Role) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "color": role.color,
        "mentionable": role.mentionable,
        "members": [str(member) for member in sorted(role.members)],
    }

"""The bot's permissions in a server and its channels, from roles and overwrites. Pure.

The order of the rules is Discord's (API documentation, "Permission Hierarchy").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from discord import Permissions

NEEDED: Final[Mapping[str, int]] = {
    "View Channels": Permissions(view_channel=True).value,
    "Send Messages": Permissions(send_messages=True).value,
    "Send Messages in Threads": Permissions(send_messages_in_threads=True).value,
    "Attach Files": Permissions(attach_files=True).value,
    "Embed Links": Permissions(embed_links=True).value,
    "Read Message History": Permissions(read_message_history=True).value,
}
"""What the bot needs, by the name in Discord's settings."""
INVITE: Final = "https://discord.com/oauth2/authorize"
SCOPES: Final = "bot applications.commands"
VIEW: Final = NEEDED["View Channels"]
ADMINISTRATOR: Final = Permissions(administrator=True).value
EVERYTHING: Final = Permissions.all().value
FOR_A_ROLE: Final = 0
FOR_A_MEMBER: Final = 1


def invite_url(application_id: str, guild_id: str = "") -> str:
    """Return the URL that invites the bot with the permissions it needs, or adds missing ones."""
    query = {
        "client_id": application_id,
        "scope": SCOPES,
        "permissions": str(sum(NEEDED.values())),
    }
    if guild_id:
        query |= {"guild_id": guild_id, "disable_guild_select": "true"}
    return f"{INVITE}?{urlencode(query)}"


def missing(permissions: int, needed: Iterable[str] = NEEDED) -> list[str]:
    """Return the names of the needed permissions that are missing."""
    return [name for name in needed if not permissions & NEEDED[name]]


@dataclass(frozen=True, slots=True)
class Standing:
    """The bot's place in a server. Ids are Discord's strings."""

    guild_id: str
    user_id: str
    is_owner: bool
    role_ids: frozenset[str]
    """Its roles, including @everyone."""
    base: int
    """What its roles together allow anywhere in the server."""

    @classmethod
    def read(cls, guild: Mapping[str, Any], member: Mapping[str, Any], user_id: str) -> "Standing":
        """Read Discord's guild and member objects."""
        guild_id = str(guild["id"])
        role_ids = frozenset({guild_id, *map(str, member.get("roles", ()))})
        base = 0
        for role in guild.get("roles", ()):
            if str(role["id"]) in role_ids:
                base |= int(role["permissions"])
        is_owner = str(guild.get("owner_id")) == user_id
        return cls(guild_id, user_id, is_owner, role_ids, base)

    @property
    def may_everything(self) -> bool:
        """No overwrite restricts the owner or an administrator."""
        return self.is_owner or bool(self.base & ADMINISTRATOR)

    @property
    def in_server(self) -> int:
        """Its permissions where no channel overrides them."""
        return EVERYTHING if self.may_everything else self.base

    def in_channel(self, overwrites: Sequence[Mapping[str, Any]]) -> int:
        """Its permissions in a channel with these overwrites; without access to it, none."""
        if self.may_everything:
            return EVERYTHING
        everybody = [o for o in overwrites if str(o["id"]) == self.guild_id]
        roles = [
            o
            for o in overwrites
            if int(o["type"]) == FOR_A_ROLE and str(o["id"]) in self.role_ids - {self.guild_id}
        ]
        own = [
            o for o in overwrites if int(o["type"]) == FOR_A_MEMBER and str(o["id"]) == self.user_id
        ]
        allowed = self.base
        for layer in (everybody, roles, own):
            for overwrite in layer:
                allowed &= ~int(overwrite["deny"])
            for overwrite in layer:
                allowed |= int(overwrite["allow"])
        return allowed if allowed & VIEW else 0

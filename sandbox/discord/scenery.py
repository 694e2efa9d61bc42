"""Sets the scene: servers, channels, people, and what happens to them."""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.gateway import GUILDS, Gateway
from sandbox.discord.model import (
    DEFAULT_UPLOAD_BYTES,
    MEMBER_PERMISSIONS,
    POSTING,
    Channel,
    ChannelKind,
    Guild,
    Permission,
    Role,
    User,
)
from sandbox.discord.store import Store

KINDS = {"text": ChannelKind.TEXT, "thread": ChannelKind.THREAD, "forum": ChannelKind.FORUM}


class Scenery:
    """Builds and changes the world; a connected bot receives every change."""

    store: Store
    gateway: Gateway

    def add_user(
        self,
        name: str,
        locale: str = "en-US",
        *,
        installed: bool = False,
        accepts_dms: bool = True,
        upload_limit_bytes: int = DEFAULT_UPLOAD_BYTES,
        permissions: Permission = MEMBER_PERMISSIONS,
    ) -> User:
        """Add a user who is a member of every server, with `permissions` there.

        `installed`: they added the application to their account. `upload_limit_bytes`: the limit of
        their subscription, for their uploads and for answers to them.
        """
        user = User(
            self.store.ids.mint(),
            name,
            locale,
            installed=installed,
            accepts_dms=accepts_dms,
            upload_limit_bytes=upload_limit_bytes,
        )
        self.store.users[user.id] = user
        for guild in self.store.guilds.values():
            guild.members[user.id] = permissions
        self.store.changed()
        return user

    def add_guild(
        self,
        name: str,
        tier: int = 0,
        *,
        bot_member: bool = True,
        bot_permissions: Permission = POSTING,
        locale: str = "en-US",
        shard: tuple[int, int] = (0, 1),
    ) -> Guild:
        """Add a server of boost `tier` 0 to 3 with everyone in it, and the bot on request.

        `shard`: the one it belongs to, and of how many.
        """
        guild_id = self.store.ids.mint_on(*shard)
        guild = Guild(guild_id, name, self.store.owner, tier, locale)
        guild.members = dict.fromkeys(self.store.users, MEMBER_PERMISSIONS)
        del guild.members[self.store.bot.id]
        self.store.guilds[guild.id] = guild
        if bot_member:
            self.add_bot(guild, bot_permissions)
        return guild

    def add_bot(self, guild: Guild, permissions: Permission = POSTING) -> None:
        """Invite the bot; only servers known from the start are called available in the event."""
        guild.members[self.store.bot.id] = permissions
        payload = payloads.guild(guild, self.store)
        del payload["unavailable"]
        self._tell("GUILD_CREATE", payload, guild)

    def remove_bot(self, guild: Guild) -> None:
        """Kick the bot out."""
        guild.members.pop(self.store.bot.id, None)
        self._tell("GUILD_DELETE", {"id": str(guild.id)}, guild)

    def leave(self, user: User, guild: Guild) -> None:
        """Let a member leave a server."""
        guild.members.pop(user.id, None)
        self.store.changed()

    def add_channel(
        self,
        guild: Guild,
        name: str,
        kind: str = "text",
        *,
        nsfw: bool = False,
        parent: Channel | None = None,
    ) -> Channel:
        """Add a channel; `kind` is text, thread (with `parent`) or forum."""
        if (kind == "thread") != (parent is not None):
            raise ValueError("a thread has a parent, and nothing else has")
        channel = Channel(self.store.ids.mint(), name, KINDS[kind], guild, parent, nsfw=nsfw)
        self.store.channels[channel.id] = guild.channels[channel.id] = channel
        self._tell_of(channel, "CREATE")
        return channel

    def add_role(
        self, guild: Guild, name: str, *members: User, color: int = 0, mentionable: bool = False
    ) -> Role:
        """Add a named role for some members; it gives them no permissions."""
        position = 2 + len(guild.roles)  # above those that carry the members' permissions
        ids = {member.id for member in members}
        role = Role(self.store.ids.mint(), name, position, color, mentionable, ids)
        guild.roles[role.id] = role
        data = {"guild_id": str(guild.id), "role": payloads.role(role)}
        self._tell("GUILD_ROLE_CREATE", data, guild)
        return role

    def set_permissions(
        self, channel: Channel, permissions: Permission, user: User | None = None
    ) -> None:
        """Give the bot, or `user`, exactly these permissions in a channel and its threads."""
        seen = channel.visible(self.store.bot)
        channel.overrides[(user or self.store.bot).id] = permissions
        self._tell_of(channel, "UPDATE")
        if channel.visible(self.store.bot) and not seen:
            self._tell("THREAD_LIST_SYNC", self._threads(channel), channel.guild)

    def open_to_everyone(self, channel: Channel) -> None:
        """Let the role of everyone view a channel, which has no permission of its own."""
        if channel.guild is None:
            raise ValueError("a direct channel has no roles")
        channel.overrides[channel.guild.id] = Permission.VIEW_CHANNEL
        self._tell_of(channel, "UPDATE")

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Archive a thread; `locked`: only moderators may revive it."""
        thread.archived, thread.locked = True, locked
        self._tell_of(thread, "UPDATE")

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with its messages and threads."""
        guild = channel.guild
        threads = [c for c in self.store.channels.values() if c.parent is channel]
        for gone in (*threads, channel):
            self.store.channels.pop(gone.id, None)
            if guild is not None:
                guild.channels.pop(gone.id, None)
            for message in gone.messages:
                message.deleted = True
                self.store.messages.pop(message.id, None)
            self._tell_of(gone, "DELETE")

    def dm(self, user: User) -> Channel:
        """Return the direct channel between `user` and the bot."""
        return self.store.dm(user)

    def _threads(self, channel: Channel) -> dict[str, Any]:
        """Return the threads that the bot sees once it sees their channel."""
        below = [c for c in self.store.channels.values() if c.parent is channel and not c.archived]
        guild_id = str(channel.guild.id) if channel.guild else None
        threads = [payloads.channel(thread) for thread in below]
        return {
            "guild_id": guild_id,
            "channel_ids": [str(channel.id)],
            "threads": threads,
            "members": [],
        }

    def _tell_of(self, channel: Channel, what: str) -> None:
        """Tell the bot of a channel; of a thread only if it may see it."""
        if channel.kind is not ChannelKind.THREAD:
            payload = payloads.announced(channel, self.store)
            self._tell(f"CHANNEL_{what}", payload, channel.guild)
        elif channel.visible(self.store.bot):
            self._tell(f"THREAD_{what}", payloads.channel(channel), channel.guild)
        self.store.changed()

    def _tell(self, event: str, data: dict[str, Any], guild: Guild | None) -> None:
        bot_hears = guild is None or self.store.bot.id in guild.members or event == "GUILD_DELETE"
        if bot_hears:
            self.gateway.emit(event, data, guild=guild, intent=GUILDS)
        self.store.changed()

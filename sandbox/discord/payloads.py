"""Discord's JSON for users, servers, channels and messages."""

import copy
from datetime import UTC, datetime
from typing import Any

from sandbox.discord import unused
from sandbox.discord.model import (
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Message,
    Permission,
    Role,
    User,
)
from sandbox.discord.snowflake import created_at
from sandbox.discord.store import Store

Json = dict[str, Any]
ATTACHED = "attachment://"
JOINED = "2026-01-01T00:00:00+00:00"
REPLY = 19
HIDDEN_NAME = "___hidden___"
OBFUSCATED = 1 << 17


def timestamp(unix_s: float) -> str:
    """Return the time as Discord writes it."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat()


def user(person: User) -> Json:
    """A user object."""
    return {
        "id": str(person.id),
        "username": person.name,
        "global_name": None if person.bot else person.name,
        "discriminator": "0",
        "avatar": None,
        "bot": person.bot,
        "public_flags": 0,
    } | unused.USER


def me(bot: User) -> Json:
    """The bot's own user object, which says more than others'."""
    return user(bot) | unused.ME


def member(person: User, guild: Guild, channel: Channel | None = None) -> Json:
    """A member object; with `channel`, as in interactions, with the permissions there."""
    payload: Json = {
        "user": user(person),
        "nick": None,
        "avatar": None,
        "roles": [
            str(_role_id(guild, person)),
            *(str(each.id) for each in guild.roles.values() if person.id in each.members),
        ],
        "joined_at": JOINED,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    } | unused.MEMBER
    if channel is not None:
        payload["permissions"] = str(int(channel.permissions(person)))
    return payload


def guild(server: Guild, store: Store) -> Json:
    """A server as in GUILD_CREATE, with the one member that bots without intents get: itself."""
    bot = store.bot
    threads = [c for c in server.channels.values() if c.kind is ChannelKind.THREAD]
    plain = [c for c in server.channels.values() if c.kind is not ChannelKind.THREAD]
    return {
        "id": str(server.id),
        "name": server.name,
        "icon": None,
        "owner_id": str(server.owner.id),
        "preferred_locale": server.locale,
        "premium_tier": server.tier,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [_role(server, server.id, "@everyone", 0)]
        + [
            _role(server, server.id + key, f"role {key}", int(permissions))
            for key, permissions in server.members.items()
        ]
        + [role(each) for each in server.roles.values()],
        "member_count": len(server.members),
        "members": [member(bot, server)],
        "channels": [announced(c, store) for c in plain],
        "threads": [channel(c) for c in threads if not c.archived and c.visible(bot)],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
    } | unused.GUILD


def role(named: Role) -> Json:
    """A role object."""
    return _role_object(named.id, named.name, 0, named.position) | {
        "color": named.color,
        "colors": {"primary_color": named.color, "secondary_color": None, "tertiary_color": None},
        "mentionable": named.mentionable,
    }


def _role_id(server: Guild, person: User) -> int:
    """Each member has one role of their own, so that permissions are a member's, not a group's."""
    return server.id + person.id


def _role(server: Guild, role_id: int, name: str, permissions: int) -> Json:
    return _role_object(role_id, name, permissions, 0 if role_id == server.id else 1)


def _role_object(role_id: int, name: str, permissions: int, position: int) -> Json:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": position,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def channel(place: Channel, viewer: User | None = None) -> Json:
    """A channel object; with `viewer`, as in interactions, with their permissions."""
    payload: Json = {"id": str(place.id), "type": int(place.kind), "flags": 0}
    payload["last_message_id"] = str(place.messages[-1].id) if place.messages else None
    if place.kind is ChannelKind.DM:
        payload["recipients"] = [user(place.recipient)] if place.recipient else []
        return payload
    server = place.guild
    payload |= {"name": place.name, "guild_id": str(server.id) if server else None, "position": 0}
    payload |= {"parent_id": str(place.parent.id) if place.parent else None}
    if place.kind is ChannelKind.THREAD:
        payload |= {
            "owner_id": str(server.owner.id) if server else None,
            "message_count": len(place.messages),
            "member_count": 1,
            "total_message_sent": len(place.messages),
            "rate_limit_per_user": 0,
            "thread_metadata": {
                "archived": place.archived,
                "locked": place.locked,
                "auto_archive_duration": 1440,
                "archive_timestamp": timestamp(created_at(place.id)),
                "create_timestamp": timestamp(created_at(place.id)),
            },
        }
    else:
        payload |= {"nsfw": place.nsfw, "topic": None, "rate_limit_per_user": 0}
        payload["permission_overwrites"] = _overwrites(place)
    if viewer is not None:
        payload["permissions"] = str(int(place.permissions(viewer)))
    return payload


def announced(place: Channel, store: Store) -> Json:
    """A channel object as the gateway sends it: obfuscated if the bot may not see the channel.

    Discord does so to all bots since 2026-11-16. Id, type and position stay; the one overwrite
    denies everyone the permission to view it.
    """
    payload = channel(place)
    if place.guild is None or place.visible(store.bot) or not store.obfuscates:
        return payload
    denied = str(int(Permission.VIEW_CHANNEL))
    overwrite = {"id": str(place.guild.id), "type": 0, "allow": "0", "deny": denied}
    hidden = {"name": HIDDEN_NAME, "flags": OBFUSCATED, "permission_overwrites": [overwrite]}
    hidden |= {"topic": None, "nsfw": False, "parent_id": None, "last_message_id": None}
    return payload | hidden


def _overwrites(place: Channel) -> list[Json]:
    everyone = place.guild.id if place.guild else 0
    bases = {everyone: Permission(0), **(place.guild.members if place.guild else {})}
    return [
        {
            "id": str(key),
            "type": 0 if key == everyone else 1,
            "allow": str(int(wanted & ~bases.get(key, wanted))),
            "deny": str(int(bases.get(key, wanted) & ~wanted)),
        }
        for key, wanted in place.overrides.items()
    ]


def attachment(file: Attachment) -> Json:
    """An attachment object with a freshly signed link."""
    payload: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": file.size,
        "url": file.url,
        "proxy_url": file.url,
    }
    for key in ("content_type", "description", "width", "height", "flags"):
        if (value := getattr(file, key)) is not None:
            payload[key] = value
    if file.folder.startswith("ephemeral"):
        payload["ephemeral"] = True
    return payload


def message(post: Message, store: Store, *, with_reference: bool = True) -> Json:
    """A message object; files shown by its embeds are not among its attachments."""
    by_name = {file.filename: file for file in post.attachments}
    embeds = _resolved(post.embeds, by_name)
    shown = set(cited(post.embeds))
    payload: Json = {
        "id": str(post.id),
        "channel_id": str(post.channel.id),
        "type": post.kind,
        "author": user(post.author),
        "content": post.content,
        "timestamp": timestamp(post.created_at),
        "edited_timestamp": timestamp(post.edited_at) if post.edited_at else None,
        "tts": False,
        "pinned": False,
        "flags": post.flags,
        "mention_everyone": post.mentions_everyone,
        "mentions": [user(person) for person in post.mentions],
        "mention_roles": [str(named.id) for named in post.mentioned_roles],
        "attachments": [attachment(f) for f in post.attachments if f.filename not in shown],
        "embeds": [{"type": "rich"} | embed for embed in embeds],
        "components": _resolved(post.components, by_name),
    }
    if post.nonce is not None:
        payload["nonce"] = post.nonce
    if post.poll is not None:
        payload["poll"] = post.poll
    if post.interaction is not None:
        payload["interaction_metadata"] = post.interaction
        payload["webhook_id"] = payload["application_id"] = str(store.application_id)
    if post.kind == REPLY and post.reference is not None:
        payload["message_reference"] = {
            "type": 0,
            "message_id": str(post.reference),
            "channel_id": str(post.channel.id),
        }
        source = store.messages.get(post.reference)
        if with_reference:
            gone = source is None or source.deleted
            payload["referenced_message"] = (
                None if gone or source is None else message(source, store, with_reference=False)
            )
    return payload


def cited(node: Any) -> list[str]:
    """Return the file names that `attachment://` links anywhere below `node` name."""
    if isinstance(node, dict):
        return [name for value in node.values() for name in cited(value)]
    if isinstance(node, list):
        return [name for value in node for name in cited(value)]
    if isinstance(node, str) and node.startswith(ATTACHED):
        return [node.removeprefix(ATTACHED)]
    return []


def _resolved(node: Any, files: dict[str, Attachment]) -> Any:
    """Return a copy in which each medium that names an upload carries its link and size."""
    if isinstance(node, list):
        return [_resolved(value, files) for value in node]
    if not isinstance(node, dict):
        return copy.copy(node)
    copied = {key: _resolved(value, files) for key, value in node.items()}
    url = node.get("url")
    named = url.removeprefix(ATTACHED) if isinstance(url, str) and url.startswith(ATTACHED) else ""
    if file := files.get(named):
        about = attachment(file)
        keys = ("url", "proxy_url", "width", "height", "content_type")
        copied |= {key: about[key] for key in keys if key in about}
        copied["attachment_id"] = about["id"]
    return copied

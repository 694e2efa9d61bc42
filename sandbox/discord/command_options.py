"""Fills in a command as a Discord client does: which command, which options, which values."""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.components import (
    CHANNEL_SELECT,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    STRING_SELECT,
    USER_SELECT,
)
from sandbox.discord.files import Files
from sandbox.discord.model import Channel, ChannelKind, Permission, Role, Upload, User
from sandbox.discord.refusal import LocalRefusal
from sandbox.discord.store import Store

SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
TAKES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (User,),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (User, Role),
    NUMBER: (int, float),
    ATTACHMENT: (Upload,),
}
SELECT_TAKES: dict[int, tuple[type, ...]] = {
    STRING_SELECT: (str,),
    USER_SELECT: (User,),
    ROLE_SELECT: (Role,),
    MENTIONABLE_SELECT: (User, Role),
    CHANNEL_SELECT: (Channel,),
}
STRING_MAX = 6000
GUILD_INSTALL, USER_INSTALL = 0, 1

Node = dict[str, Any]


class Resolved:
    """Collects the objects that options or form fields, filled in at `place`, refer to by id."""

    def __init__(self, files: Files, store: Store, place: Channel) -> None:
        self.data: dict[str, dict[str, Any]] = {}
        self._files = files
        self._store = store
        self._place = place

    def reference(self, value: User | Channel | Role | Upload) -> str:
        """Return the id under which the object is now in `data`; uploads go to the network."""
        if isinstance(value, Upload):
            folder = f"ephemeral-attachments/{self._store.application_id}"
            file = self._files.keep(value, folder)
            entries = {"attachments": {str(file.id): payloads.attachment(file)}}
            key = file.id
        else:
            entries, key = resolve(value, self._place), value.id
        for kind, objects in entries.items():
            self.data.setdefault(kind, {}).update(objects)
        return str(key)


def resolve(value: User | Channel | Role, place: Channel | None) -> dict[str, dict[str, Any]]:
    """Return the `resolved` entry of a thing; of a user the member too, where `place` has a server.

    Raises:
        LocalRefusal: for a role of another server.
    """
    key = str(value.id)
    if isinstance(value, Role):
        if place is None or place.guild is None or value.id not in place.guild.roles:
            raise LocalRefusal("no_choice", name=place.name if place else "", value=value.name)
        return {"roles": {key: payloads.role(value)}}
    if isinstance(value, Channel):
        return {"channels": {key: payloads.channel(value) | {"permissions": "0"}}}
    entries = {"users": {key: payloads.user(value)}}
    guild = place.guild if place else None
    if place is not None and guild is not None and value.id in guild.members:
        member = payloads.member(value, guild, place)
        del member["user"]
        entries["members"] = {key: member}
    return entries


def chosen_command(
    store: Store, user: User, channel: Channel, name: str, kind: int
) -> tuple[Node, list[str]]:
    """Return the registered command named `name`, and the subcommands on the way to it.

    Raises:
        LocalRefusal: if it is not offered to the member.
    """
    guild = channel.guild
    own = store.guild_commands.get(guild.id, []) if guild else []
    words = name.split(" ") if kind == 1 else [name]
    for command in (*own, *store.commands):
        if command["name"] == words[0] and command["type"] == kind:
            _check_offered(store, user, channel, command)
            return command, words[1:]
    raise LocalRefusal("no_command", name=name)


def _check_offered(store: Store, user: User, channel: Channel, command: Node) -> None:
    guild = channel.guild
    needed_here = Permission.VIEW_CHANNEL | Permission.USE_APPLICATION_COMMANDS
    if needed_here not in channel.permissions(user) or channel.kind is ChannelKind.FORUM:
        raise LocalRefusal("may_not_command", user=user.name, channel=channel.name)
    bot_is_here = guild is None or store.bot.id in guild.members
    context = 0 if guild else 1
    contexts = command.get("contexts")
    installs = command["integration_types"]
    by_guild = bot_is_here and (GUILD_INSTALL in installs or guild is None)
    by_user = user.installed and USER_INSTALL in installs
    if (contexts is not None and context not in contexts) or not (by_guild or by_user):
        raise LocalRefusal("command_elsewhere", name=command["name"])
    if command["nsfw"] and not channel.nsfw:
        raise LocalRefusal("age_restricted", name=command["name"])
    needed = command["default_member_permissions"]
    if guild and needed is not None:
        has = channel.permissions(user)
        allowed = needed != "0" and Permission(int(needed)) in has
        if not allowed and Permission.ADMINISTRATOR not in has:
            raise LocalRefusal("may_not_use", user=user.name, name=command["name"])


def filled_options(
    command: Node, path: list[str], values: dict[str, Any], resolved: Resolved
) -> list[Node]:
    """Return the `options` of a command interaction.

    Raises:
        LocalRefusal: for unknown, missing or unfit values.
    """
    offered = _leaf(command, path).get("options") or []
    if unknown := values.keys() - {option["name"] for option in offered}:
        raise LocalRefusal("unknown_options", names=", ".join(sorted(unknown)))
    filled = []
    for option in offered:
        if option["name"] in values:
            value = _fit(option, values[option["name"]], resolved)
            filled.append({"name": option["name"], "type": option["type"], "value": value})
        elif option.get("required"):
            raise LocalRefusal("required", name=option["name"])
    return _wrapped(path, filled)


def focused_options(
    command: Node, path: list[str], values: dict[str, Any], focused: str, resolved: Resolved
) -> list[Node]:
    """Return the `options` of an autocomplete interaction: half filled, one of them focused.

    Raises:
        LocalRefusal: where the focused option has no autocomplete.
    """
    typed = []
    for option in _leaf(command, path).get("options") or []:
        entry = {"name": option["name"], "type": option["type"]}
        if option["name"] == focused:
            if not option.get("autocomplete"):
                raise LocalRefusal("no_autocomplete", name=focused)
            typed.append(entry | {"value": str(values.get(focused, "")), "focused": True})
        elif option["name"] in values:
            value = values[option["name"]]
            plain = isinstance(value, str | int | float)
            typed.append(entry | {"value": value if plain else resolved.reference(value)})
    return _wrapped(path, typed)


def _leaf(command: Node, path: list[str]) -> Node:
    node = command
    for word in path:
        below = [option for option in node.get("options") or [] if option["name"] == word]
        if not below:
            raise LocalRefusal("no_subcommand", name=command["name"], word=word)
        node = below[0]
    if any(option["type"] in (SUBCOMMAND, GROUP) for option in node.get("options") or []):
        raise LocalRefusal("needs_subcommand", name=command["name"])
    return node


def _wrapped(path: list[str], options: list[Node]) -> list[Node]:
    """Put the options below the subcommands that lead to them."""
    for depth in range(len(path), 0, -1):
        group = depth < len(path)
        kind = GROUP if group else SUBCOMMAND
        options = [{"name": path[depth - 1], "type": kind, "options": options}]
    return options


def _fit(option: Node, value: Any, resolved: Resolved) -> Any:
    """Return the value as it is sent, or refuse it if the client would not accept it."""
    option = {key: limit for key, limit in option.items() if limit is not None}
    name, kind = option["name"], option["type"]
    wrong_bool = isinstance(value, bool) and kind != BOOLEAN
    if not isinstance(value, TAKES[kind]) or wrong_bool:
        raise LocalRefusal("wrong_kind", name=name, kind=type(value).__name__)
    if isinstance(value, User | Channel | Role | Upload):
        return resolved.reference(value)
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise LocalRefusal("no_choice", name=name, value=value)
    size = len(str(value)) if kind == STRING else value
    low = option.get("min_length", 0) if kind == STRING else option.get("min_value")
    high = option.get("max_length", STRING_MAX) if kind == STRING else option.get("max_value")
    if (low is not None and size < low) or (high is not None and size > high):
        raise LocalRefusal("out_of_range", name=name, low=low, high=high)
    return value

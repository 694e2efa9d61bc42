"""The sub-commands of `/settings`, built from the table of settings."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import AppCommandOptionType, ChannelType, app_commands
from discord.app_commands import Choice, locale_str

from bot.domain.server_settings import (
    COUNT_MAX,
    DEFAULTS,
    SETTINGS_COMMAND,
    UNITS_MAX,
    ServerSetting,
    SubCommand,
    Takes,
)
from storage.standing import Scope

Given = dict[str, Any]
Handle = Callable[[discord.Interaction[Any], Given], Awaitable[None]]
TARGET: Final = {Scope.CHANNEL: "channel", Scope.ROLE: "role"}
"""The option that says for what a value is set."""
_WRITABLE: Final = [ChannelType.text, ChannelType.news]
_WITH_MESSAGES: Final = [
    *_WRITABLE,
    ChannelType.voice,
    ChannelType.stage_voice,
    ChannelType.forum,
    ChannelType.media,
]


class SettingOption(app_commands.Transformer):
    """A value of the table as an option; it arrives as text, a channel or role as its id."""

    def __init__(
        self,
        kind: AppCommandOptionType,
        channels: list[ChannelType] | None = None,
        choices: list[Choice[int | float | str]] | None = None,
    ) -> None:
        self._kind = kind
        self._channels = channels or []
        self._choices = choices

    @property
    def type(self) -> AppCommandOptionType:
        """What Discord lets the manager enter."""
        return self._kind

    @property
    def channel_types(self) -> list[ChannelType]:
        """Which channels are on offer."""
        return self._channels

    @property
    def choices(self) -> list[Choice[int | float | str]] | None:
        """What is on offer."""
        return self._choices

    @property
    def min_value(self) -> float | None:
        """Units are never negative, and a number of members is at least one."""
        return {AppCommandOptionType.number: 0, AppCommandOptionType.integer: 1}.get(self._kind)

    @property
    def max_value(self) -> float | None:
        """More units, or members, than this are a mistake."""
        most = {
            AppCommandOptionType.number: float(UNITS_MAX),
            AppCommandOptionType.integer: COUNT_MAX,
        }
        return most.get(self._kind)

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002 - discord.py passes it
        """Return the value as text."""
        if isinstance(value, bool):
            return str(value).lower()
        return str(getattr(value, "id", value))


@dataclass(frozen=True, slots=True)
class Taken:
    """An option of a sub-command; its words are `parameter.COMMAND_PATH.NAME`."""

    option: SettingOption
    required: bool = False


NAME_OF_DEFAULT: Final = SettingOption(
    AppCommandOptionType.string,
    choices=[
        Choice(name=locale_str(f"server_setting.{setting.name}"), value=setting.name)
        for setting in DEFAULTS
    ],
)
TEXT: Final = SettingOption(AppCommandOptionType.string)
CHANNEL: Final = SettingOption(AppCommandOptionType.channel, _WITH_MESSAGES)
ROLE: Final = SettingOption(AppCommandOptionType.role)


def settings_group() -> app_commands.Group:
    """Return `/settings` with nothing below it."""
    return app_commands.Group(
        name=SETTINGS_COMMAND,
        description=locale_str("command.settings.description"),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
        default_permissions=discord.Permissions(manage_guild=True),
    )


def add_command(
    root: app_commands.Group, path: str, options: Mapping[str, Taken], handle: Handle
) -> app_commands.Command[Any, Any, Any]:
    """Add a sub-command below the root; its path may name a group: `budget server`."""

    async def callback(interaction: discord.Interaction[Any], /, **given: Any) -> None:
        await handle(interaction, given)

    group, _, name = path.rpartition(" ")
    key = f"{root.name}_{path.replace(' ', '_')}"
    own = list(inspect.signature(callback).parameters.values())[:1]
    parameters = [_parameter(name, taken) for name, taken in options.items()]
    signature = inspect.Signature([*own, *parameters])
    callback.__signature__ = signature  # type: ignore[attr-defined] # `inspect` looks for it
    described = {name: locale_str(f"parameter.{key}.{name}") for name in options}
    parent = _group_in(root, group)
    command: app_commands.Command[Any, Any, Any] = app_commands.Command(
        name=name,
        description=locale_str(f"command.{key}.description"),
        callback=app_commands.describe(**described)(callback),
        parent=parent,
    )
    parent.add_command(command)
    return command


def options_of(sub: SubCommand) -> dict[str, Taken]:
    """Return the options of a sub-command that the table needs."""
    target = {}
    if sub.needs_target:
        target = {TARGET[sub.scope]: Taken(ROLE if sub.scope is Scope.ROLE else CHANNEL, True)}
    values = {
        setting.option: Taken(_value(setting), setting.required or setting.takes is Takes.FLAG)
        for setting in sub.settings
    }
    return target | values


def _group_in(root: app_commands.Group, name: str) -> app_commands.Group:
    """Return the group of this name below the root, made if need be; empty: the root."""
    if not name:
        return root
    found = root.get_command(name)
    if isinstance(found, app_commands.Group):
        return found
    key = f"command.{root.name}_{name}.description"
    return app_commands.Group(name=name, description=locale_str(key), parent=root)


def _parameter(name: str, taken: Taken) -> inspect.Parameter:
    default = inspect.Parameter.empty if taken.required else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=taken.option
    )


def _value(setting: ServerSetting) -> SettingOption:
    match setting.takes:
        case Takes.FLAG:
            return SettingOption(AppCommandOptionType.boolean)
        case Takes.UNITS:
            return SettingOption(AppCommandOptionType.number)
        case Takes.COUNT:
            return SettingOption(AppCommandOptionType.integer)
        case Takes.CHANNEL:
            return SettingOption(AppCommandOptionType.channel, _WRITABLE)
        case _:
            return TEXT

"""All settings: read from files and the environment, validated, frozen.

Every problem is reported at once, by its dotted path, and no report repeats a value, because it may
be a secret. Files and environment are passed in; nothing here looks for them.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import SettingsInvalid
from bot.settings.addresses import proxy_secrets
from bot.settings.default_sections import DefaultsSettings
from bot.settings.discord_section import DiscordSettings
from bot.settings.env_file import read_env_file
from bot.settings.money_sections import LimitsSettings, MoneySettings
from bot.settings.sections import (
    AccessSettings,
    GatewaySettings,
    KlingSettings,
    LogSettings,
    MediaSettings,
    PollSettings,
    Section,
    ShutdownSettings,
    StorageSettings,
    WebSettings,
)

ENV_PREFIX: Final = "KLINGBOT_"
ENV_DELIMITER: Final = "__"
_OF_A_SERVICE: Final = re.compile(
    rf"{ENV_PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"
)
_QUOTED: Final = re.compile(r"(?s)(['\"]).*\1")
_OF_A_PORT: Final = re.compile(r"_\d+_(TCP|UDP|SCTP)_PORT$")


class Settings(Section):
    """Everything an operator can set, section by section."""

    discord: DiscordSettings = DiscordSettings()
    kling: KlingSettings = KlingSettings()
    defaults: DefaultsSettings = DefaultsSettings()
    access: AccessSettings = AccessSettings()
    limits: LimitsSettings = LimitsSettings()
    money: MoneySettings = MoneySettings()
    poll: PollSettings = PollSettings()
    storage: StorageSettings = StorageSettings()
    media: MediaSettings = MediaSettings()
    web: WebSettings = WebSettings()
    gateway: GatewaySettings = GatewaySettings()
    shutdown: ShutdownSettings = ShutdownSettings()
    log: LogSettings = LogSettings()

    def require_for_bot(self) -> None:
        """Raise `SettingsInvalid` if the bot can't start with these settings.

        It needs a token, and PostgreSQL if it runs only a part of the shards.
        """
        if not self.discord.token.get_secret_value():
            raise SettingsInvalid(
                "discord.token: is missing; the Bot page of your application shows it "
                f"(set {env_name('discord.token')} in .env)"
            )

        if self.shares_sqlite:
            raise SettingsInvalid(
                "discord.shard_ids: several processes share the shards, and a SQLite database is "
                "for one process; set storage.url to a PostgreSQL database, or empty "
                "discord.shard_ids to run all shards here"
            )

    @property
    def shares_sqlite(self) -> bool:
        """Whether several processes would need the one SQLite database."""
        return self.discord.runs_a_part and self.storage.sqlite_path is not None

    def require_for_worker(self) -> None:
        """Raise `SettingsInvalid` if a worker can't start: a token and PostgreSQL are needed."""
        self.require_for_bot()
        if self.storage.sqlite_path is not None:
            raise SettingsInvalid(
                "storage.url: a worker shares the database with the bot, and a SQLite file belongs "
                "to one process; give both the same postgresql:// URL "
                f"(set {env_name('storage.url')} in .env)"
            )

    def require_for_gateway(self) -> None:
        """Raise `SettingsInvalid` if `bot gateway` can't start: it needs a Kling key."""
        if not self.kling.has_key:
            raise SettingsInvalid(
                "kling.api_key: is missing, and so are kling.access_key and kling.secret_key; "
                f"the gateway needs them to call Kling (set {env_name('kling.api_key')} in .env)"
            )

    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, for the log to redact: keys, tokens, passwords in URLs."""
        held = (
            self.discord.token,
            self.kling.access_key,
            self.kling.secret_key,
            self.kling.api_key,
            self.web.api_token,
            self.gateway.api_token,
        )
        proxies = (self.discord.proxy, self.kling.proxy)
        values = (
            *(secret.get_secret_value() for secret in held),
            *self.storage.address.secrets,
            *(part for proxy in proxies for part in proxy_secrets(proxy.get_secret_value())),
        )
        return tuple(dict.fromkeys(value for value in values if value))


def dotted_keys() -> dict[str, Any]:
    """Return every key as `section.key` with its default, in the order of the sections."""
    return {
        f"{name}.{key}": field.default
        for name, section in _section_models().items()
        for key, field in section.model_fields.items()
    }


def env_name(dotted_key: str) -> str:
    """Return the name of the environment variable of a key."""
    return ENV_PREFIX + dotted_key.replace(".", ENV_DELIMITER).upper()


def load_settings(
    path: Path | None, env: Mapping[str, str], env_file: Path | None = None
) -> Settings:
    """Return the settings of a TOML file, overridden by `.env` and both by the environment.

    None: no such file. `SettingsInvalid` names every problem, one per line: unknown keys, wrong
    types, numbers out of range, impossible combinations.
    """
    values, in_file = _read_both(path, env_file)
    given = {n: _Given(value, f"{n} in {env_file}") for n, value in in_file.items()}
    given |= {name: _Given(value, name) for name, value in env.items()}
    given = {n: it for n, it in given.items() if is_ours(n, it.value)}
    problems = [*_nearly_ours(in_file, env_file)]
    problems += _unquoted(given)
    problems += _apply_environment(values, given)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as invalid:
        problems += [_line(error, given) for error in invalid.errors(include_url=False)]
    if problems:
        raise SettingsInvalid("\n".join(problems))
    return settings


@dataclass(frozen=True, slots=True)
class _Given:
    """The value of a variable."""

    value: str
    source: str
    """The variable, and its file if it is not from the environment."""


def _section_models() -> dict[str, type[BaseModel]]:
    return {
        name: cast("type[BaseModel]", field.annotation)
        for name, field in Settings.model_fields.items()
    }


def _read_both(path: Path | None, env_file: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the contents of both files; raises if either can't be read, about both at once."""
    values, in_file, problems = dict[str, Any](), dict[str, str](), list[str]()
    try:
        values = _read_file(path) if path is not None else {}
    except SettingsInvalid as broken:
        problems.append(str(broken))
    try:
        in_file = read_env_file(env_file) if env_file is not None else {}
    except SettingsInvalid as broken:
        problems.append(str(broken))
    if problems:
        raise SettingsInvalid("\n".join(problems))
    return values, in_file


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as unreadable:
        reason = unreadable.strerror or "cannot be read"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text"
    except tomllib.TOMLDecodeError as broken:
        reason = f"is not TOML: {broken}"
    raise SettingsInvalid(f"{path}: {reason}")


def _nearly_ours(names: Iterable[str], path: Path | None) -> Iterator[str]:
    """Yield a line for each name in `.env` that lacks only its prefix, or capitals."""
    known = {env_name(key) for key in dotted_keys()}
    for name in names:
        meant = {name.upper(), ENV_PREFIX + name.upper()} & known - {name}
        if meant:
            yield f"{name} in {path}: unknown setting; did you mean {meant.pop()}?"


def is_ours(name: str, value: str) -> bool:
    """Tell whether a variable is meant as a setting, and was not put there by Kubernetes.

    For a service `klingbot-…` it sets variables such as `KLINGBOT_PORT=tcp://10.0.0.1:80` in every
    container of the namespace (its documentation, "Environment variables").
    """
    by_kubernetes = _OF_A_SERVICE.fullmatch(name) is not None and ENV_DELIMITER not in name
    if by_kubernetes and name.endswith("_PORT") and not name.endswith("_SERVICE_PORT"):
        by_kubernetes = "://" in value or _OF_A_PORT.search(name) is not None
    return name.startswith(ENV_PREFIX) and not by_kubernetes


def _unquoted(given: dict[str, _Given]) -> Iterator[str]:
    """Yield a line for each variable with quotes around its value, and take them away.

    Shells and `.env` take quotes away themselves; the files of `docker run --env-file` keep them.
    """
    lists = {env_name(key) for key, default in dotted_keys().items() if isinstance(default, tuple)}
    for name, it in sorted(given.items()):
        value = it.value.strip()
        json_text = name in lists and value[1:2] != "["  # its own complaint is the better one
        if _QUOTED.fullmatch(value) and not json_text:
            given[name] = replace(it, value=value[1:-1])
            yield f"{it.source}: has quotes around its value: leave them out, docker keeps them"


def _apply_environment(values: dict[str, Any], given: Mapping[str, _Given]) -> Iterator[str]:
    """Let variables override `values`; yield a line for each name that sets nothing."""
    sections = _section_models()
    lists = {key for key, default in dotted_keys().items() if isinstance(default, tuple)}
    for name in sorted(given):
        section, _, key = name.removeprefix(ENV_PREFIX).lower().partition(ENV_DELIMITER)
        dotted = f"{section}.{key}"
        if section not in sections or key not in sections[section].model_fields:
            yield f"{given[name].source}: unknown setting{_did_you_mean(dotted, env_name)}"
            continue
        value: Any = given[name].value
        if dotted in lists:
            try:
                value = json.loads(value)
            except ValueError:
                yield f"{dotted}: must be a list as JSON, like [] (from {given[name].source})"
                continue
        table = values.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value


def _line(error: ErrorDetails, given: Mapping[str, _Given]) -> str:
    dotted = ".".join(str(part) for part in error["loc"])
    key = ".".join(str(part) for part in error["loc"][:2])
    variable = given.get(env_name(key))
    source = f" (from {variable.source})" if variable is not None else ""
    if error["type"] == "extra_forbidden":
        return f"{dotted}: unknown setting{_did_you_mean(dotted, str)}"
    if error["type"] == "model_type":
        return f"{dotted}: must be a section, [{dotted}]"
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{dotted}: {message.replace('should be', 'must be', 1)}{source}"


def _did_you_mean(dotted: str, spell: Callable[[str], str]) -> str:
    close = difflib.get_close_matches(dotted, dotted_keys(), n=1)
    return f"; did you mean {spell(close[0])}?" if close else ""

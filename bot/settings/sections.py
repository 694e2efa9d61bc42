"""The sections of the settings: every key with its type, its default and its limits.

Frozen. The order of the fields matters: a rule about two keys belongs to the later one, so that it
is checked and reported together with everything else.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bot.settings.addresses import (
    Address,
    check_http_url,
    check_proxy,
    check_server_root,
)
from bot.settings.hosts import check_host
from storage.address import DatabaseAddress, SqliteAddress, parse_address

GATEWAY_BASE_URL: Final = "http://127.0.0.1:8000"
KLING_BASE_URL: Final = "https://api-singapore.klingai.com"
"""Kling's server for everywhere but China (Kling's API documentation, 2026-09)."""
QUOTES: Final = "\"'`"
UNSET: Final = SecretStr("")


def no_boolean(value: Any) -> Any:
    """Refuse true and false; what else the value may be is not asked here."""
    if isinstance(value, bool):  # Python would read it as 1 or 0
        raise ValueError("must not be true or false")  # noqa: TRY004  pydantic collects these
    return value


def _switch(value: Any) -> bool:
    known = {"true": True, "false": False}.get(str(value).strip().lower())
    if known is None:
        raise ValueError("must be true or false")
    return known


Switch = Annotated[bool, BeforeValidator(_switch)]


class Section(BaseModel):
    """Frozen, complete, and never repeating an input value, which may be a secret."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _booleans_where_they_belong(cls, value: Any, info: ValidationInfo) -> Any:
        is_switch = cls.model_fields[info.field_name or ""].annotation is bool
        return value if is_switch else no_boolean(value)


def _bare_token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("must be the token alone, without a prefix and without spaces")
    if text and (text[0] in QUOTES or text[-1] in QUOTES):
        raise ValueError("must not have quotes around it")
    if not text.isascii():
        raise ValueError("has a sign that cannot be in it: copy it again, letters and digits only")
    return SecretStr(text)


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    parse_address(url)
    return SecretStr(url)


def _proxy_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    return SecretStr(check_proxy(url) if url else "")


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def unless_empty(check: Callable[[str], str]) -> AfterValidator:
    """Return the validator that lets an empty text pass."""
    return AfterValidator(lambda text: check(text) if text else text)


def _listen(text: str) -> str:
    return str(Address.parse(text))


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
Host = Annotated[str, AfterValidator(check_host)]
HttpUrl = Annotated[str, AfterValidator(check_http_url)]
Listen = Annotated[str, AfterValidator(_listen)]
GuildId = Annotated[PositiveInt, BeforeValidator(no_boolean)]
ServerRoot = Annotated[str, AfterValidator(check_server_root)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy_url)]
Token = Annotated[SecretStr, AfterValidator(_bare_token)]


def _needed_beyond_loopback(token: SecretStr, info: ValidationInfo) -> SecretStr:
    listen = info.data.get("listen")
    if listen and not token.get_secret_value() and not Address.parse(listen).is_loopback:
        raise ValueError(f"is required, because other machines can reach {listen}")
    return token


class KlingSettings(Section):
    """Kling's URL, its keys, and how much may run at once."""

    dialect: Annotated[Literal["auto", "official", "gateway"], BeforeValidator(_lower)] = "auto"
    base_url: Annotated[str, unless_empty(check_server_root)] = ""
    access_key: Token = UNSET
    secret_key: Token = UNSET
    api_key: Token = UNSET
    video_slots: PositiveInt = 5
    image_slots: PositiveInt = 9
    account_shared: bool = True
    proxy: ProxyUrl = UNSET

    @field_validator("secret_key")
    @classmethod
    def _both_or_neither(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        access_key: SecretStr = info.data.get("access_key", value)
        if bool(access_key.get_secret_value()) != bool(value.get_secret_value()):
            raise ValueError("belongs together with kling.access_key: set both or neither")
        return value

    @field_validator("api_key")
    @classmethod
    def _official_needs_a_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        keyless = not value.get_secret_value() and info.data.get("secret_key") == UNSET
        if keyless and info.data.get("dialect") == "official":
            raise ValueError("or access_key and secret_key must be set for the official dialect")
        return value

    @property
    def has_key(self) -> bool:
        """Whether there are credentials for Kling itself."""
        return bool(self.api_key.get_secret_value() or self.secret_key.get_secret_value())

    @property
    def resolved_dialect(self) -> Literal["official", "gateway"]:
        """The dialect to use: the configured one, or official if a key is set, else gateway."""
        if self.dialect != "auto":
            return self.dialect
        return "official" if self.has_key else "gateway"

    @property
    def resolved_base_url(self) -> str:
        """The server root to use, without an API path and without a trailing slash."""
        if self.base_url:
            return self.base_url
        return KLING_BASE_URL if self.resolved_dialect == "official" else GATEWAY_BASE_URL


class AccessSettings(Section):
    """Who may use the bot, and how much."""

    guilds: tuple[GuildId, ...] = ()
    jobs_per_member_day: NonNegativeInt = 20


class PollSettings(Section):
    """When a task is queried. Seconds, fractions allowed."""

    first_s: PositiveFloat = 5.0
    interval_s: PositiveFloat = 5.0
    late_s: PositiveFloat = 1_200.0
    give_up_s: PositiveFloat = 86_400.0

    @field_validator("give_up_s")
    @classmethod
    def _late_comes_first(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("late_s", value):
            raise ValueError("must not be less than poll.late_s")
        return value


class StorageSettings(Section):
    """Where jobs are stored, and for how long."""

    url: DatabaseUrl = SecretStr("sqlite:///data/kling.db")
    """A secret, because a PostgreSQL URL contains a password; `shown_url` is for people."""
    keep_inputs_days: NonNegativeInt = 7
    keep_days: PositiveInt = 90
    keep_ledger_days: PositiveInt = 400

    @property
    def address(self) -> DatabaseAddress:
        """Where the database is."""
        return parse_address(self.url.get_secret_value())

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None for PostgreSQL. Relative to the working directory."""
        return self.address.path if isinstance(self.address, SqliteAddress) else None

    @property
    def shown_url(self) -> str:
        """The URL without user, password and options, fit for a log."""
        return self.address.shown


class MediaSettings(Section):
    """What may be downloaded."""

    private_hosts: tuple[Host, ...] = ()


class WebSettings(Section):
    """The bot's own pages."""

    listen: Annotated[str, unless_empty(_listen)] = "127.0.0.1:8080"
    public_url: Annotated[str, unless_empty(check_http_url)] = ""
    api_token: Annotated[Token, AfterValidator(_needed_beyond_loopback)] = UNSET
    metrics: Switch = True

    @property
    def address(self) -> Address | None:
        """Where the pages listen, or None if they are switched off."""
        return Address.parse(self.listen) if self.listen else None


class GatewaySettings(Section):
    """`bot gateway`: where it listens, and the Kling server behind it."""

    listen: Listen = "127.0.0.1:8000"
    upstream: ServerRoot = KLING_BASE_URL
    api_token: Annotated[Token, AfterValidator(_needed_beyond_loopback)] = UNSET

    @property
    def address(self) -> Address:
        """Where the gateway listens."""
        return Address.parse(self.listen)


class ShutdownSettings(Section):
    """How long draining may take."""

    grace_s: NonNegativeFloat = 8.0


class LogSettings(Section):
    """What is logged, and in which format."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    format: Annotated[Literal["auto", "pretty", "json"], BeforeValidator(_lower)] = "auto"

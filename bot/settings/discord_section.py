"""The section about Discord: its URLs, our token, and how the servers are split into shards."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    ValidationInfo,
    field_validator,
)

from bot.settings.addresses import check_url
from bot.settings.sections import (
    UNSET,
    HttpUrl,
    ProxyUrl,
    Section,
    Token,
    no_boolean,
    unless_empty,
)

AUTO: Final = "auto"
SHARDS_MAX: Final = 16_384
"""Of 2,500 servers each: more than Discord has for one bot."""


def _channel_id(value: str) -> str:
    if not (value.isascii() and value.isdigit()):
        raise ValueError("must be the id of a channel, a number, or empty")
    return value


def _count_of_shards(value: Any) -> Any:
    text = str(value).strip().lower()
    if text == AUTO:
        return AUTO
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= SHARDS_MAX):
        raise ValueError(f'must be "{AUTO}" or a number from 1 to {SHARDS_MAX}')
    return int(text)


ChannelId = Annotated[str, Field(coerce_numbers_to_str=True), unless_empty(_channel_id)]
ShardCount = Annotated[int | Literal["auto"], BeforeValidator(_count_of_shards)]
ShardId = Annotated[NonNegativeInt, BeforeValidator(no_boolean)]
WebSocketUrl = Annotated[str, AfterValidator(lambda text: check_url(text, "wss", "ws"))]


class DiscordSettings(Section):
    """Discord's URLs, our token, and our shards."""

    token: Token = UNSET
    api_url: HttpUrl = "https://discord.com/api/v10"
    gateway_url: WebSocketUrl = "wss://gateway.discord.gg/"
    operator_channel: ChannelId = ""
    proxy: ProxyUrl = UNSET
    shards: ShardCount = "auto"
    shard_ids: tuple[ShardId, ...] = ()

    @field_validator("shard_ids")
    @classmethod
    def _each_once_and_there(cls, value: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("must name each shard once")
        count = info.data.get("shards", AUTO)
        if count == AUTO and any(shard >= SHARDS_MAX for shard in value):
            raise ValueError(f"must be numbers below {SHARDS_MAX}")
        if count != AUTO and any(shard >= count for shard in value):
            raise ValueError("must be below discord.shards, because shards count from 0")
        return value

    @property
    def shard_count(self) -> int | None:
        """How many shards there are; None: as many as Discord recommends."""
        return None if self.shards == AUTO else int(self.shards)

    @property
    def runs_a_part(self) -> bool:
        """Whether other processes have to run other shards, as far as the settings tell."""
        return bool(self.shard_ids) and len(self.shard_ids) != self.shard_count

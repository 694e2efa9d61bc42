"""Interactions: what was asked, what was answered, and when their tokens expire."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import PATIENCE_S
from sandbox.discord import payloads, refusal
from sandbox.discord.gateway import Gateway
from sandbox.discord.model import (
    MEMBER_PERMISSIONS,
    Channel,
    Guild,
    Message,
    User,
)
from sandbox.discord.refusal import LocalRefusal, Refusal
from sandbox.discord.store import Store

ANSWER_WITHIN_S = 3.0
TOKEN_LIFETIME_S = 15 * 60.0
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
IN_GUILD, IN_BOT_DM = 0, 1


@dataclass(eq=False)
class Interaction:
    """One interaction as the member sees it.

    `message` is the first answer (@original), `followups` what came after; `choices` and `modal`
    are set if that was the answer; `failed` means that Discord gave up after three seconds.
    """

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    payload: dict[str, Any]
    created_at: float
    bot_is_here: bool
    limit_bytes: int
    until: Callable[[Callable[[], bool], float], Any] = field(repr=False)
    source: Message | None = None
    answer: int | None = None
    message: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] | None = None
    modal: dict[str, Any] | None = None
    failed: bool = False
    deferred: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether the first answer is visible only to the member."""
        return self.message is not None and self.message.ephemeral

    async def answered(self, timeout_s: float = PATIENCE_S) -> "Interaction":
        """Return this interaction once the bot has responded in any way.

        Raises:
            LocalRefusal: if three seconds of the server's clock passed without a response.
            TimeoutError: after `timeout_s` seconds of real time.
        """
        await self.until(lambda: self.answer is not None or self.failed, timeout_s)
        if self.failed:
            raise LocalRefusal("no_answer")
        return self

    def metadata(self) -> dict[str, Any]:
        """Return Discord's metadata on messages that answer this interaction."""
        data: dict[str, Any] = {
            "id": str(self.id),
            "type": self.kind,
            "user": payloads.user(self.user),
            "authorizing_integration_owners": self.payload["authorizing_integration_owners"],
        }
        if "name" in self.payload["data"]:
            data["name"] = self.payload["data"]["name"]
        if self.source is not None:
            data["interacted_message_id"] = str(self.source.id)
        if self.kind == MODAL_SUBMIT:
            data["triggering_interaction_metadata"] = data | {"type": COMMAND}
        return data


class Interactions:
    """Builds interactions, delivers them through the gateway, and finds them by token again.

    Switch: `answer_within_s`, after which an interaction without a response has failed.
    """

    def __init__(
        self, store: Store, gateway: Gateway, limit_bytes: Callable[[Guild | None, User], int]
    ) -> None:
        self.answer_within_s = ANSWER_WITHIN_S
        self._store = store
        self._gateway = gateway
        self._limit_bytes = limit_bytes
        self._by_token: dict[str, Interaction] = {}
        self._watches: dict[int, asyncio.Task[None]] = {}

    @property
    def all(self) -> list[Interaction]:
        """Every interaction so far, in order."""
        return list(self._by_token.values())

    def start(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: dict[str, Any],
        source: Message | None = None,
    ) -> Interaction:
        """Deliver a new interaction and start its three seconds.

        Raises:
            LocalRefusal: where the member could not have used the application.
        """
        guild = channel.guild
        here = guild is None or self._store.bot.id in guild.members
        if guild is not None and user.id not in guild.members:
            raise LocalRefusal("not_in_server", user=user.name, server=guild.name)
        if not here and not user.installed:
            raise LocalRefusal("no_application")
        interaction_id = self._store.ids.mint()
        interaction = Interaction(
            id=interaction_id,
            token=secrets.token_urlsafe(32),
            kind=kind,
            user=user,
            channel=channel,
            payload={},
            created_at=self._store.clock.now(),
            bot_is_here=here,
            limit_bytes=self._limit_bytes(guild, user),
            until=self._store.until,
            source=source,
        )
        interaction.payload = self._payload(interaction, data)
        self._by_token[interaction.token] = interaction
        self._watches[interaction_id] = asyncio.create_task(self._watch(interaction))
        self.deliver(interaction)
        return interaction

    def deliver(self, interaction: Interaction) -> None:
        """Send the interaction to the bot; call it again for a replay."""
        self._gateway.emit(
            "INTERACTION_CREATE", interaction.payload, guild=interaction.channel.guild
        )

    def acknowledge(self, interaction: Interaction, answer: int) -> None:
        """Note the first response and stop the three seconds."""
        interaction.answer = answer
        watch = self._watches.pop(interaction.id, None)
        if watch is not None:
            watch.cancel()
        self._store.changed()

    def give_up(self) -> None:
        """Let everything that waits for a response fail, as if its time had passed."""
        for watch in self._watches.values():
            watch.cancel()
        self._watches.clear()
        for interaction in self.all:
            if interaction.answer is None:
                self._fail(interaction)

    def to_answer(self, interaction_id: str, token: str) -> Interaction:
        """Return the interaction that a first response is for.

        Raises:
            Refusal: 10062 for an unknown or expired one, 40060 for one already answered.
        """
        interaction = self._by_token.get(token)
        if interaction is None or str(interaction.id) != interaction_id:
            raise Refusal(*refusal.UNKNOWN_INTERACTION)
        if interaction.answer is not None:
            raise Refusal(*refusal.ALREADY_ACKNOWLEDGED)
        if interaction.failed or self._age_s(interaction) > self.answer_within_s:
            raise Refusal(*refusal.UNKNOWN_INTERACTION)
        return interaction

    def by_token(self, application_id: str, token: str) -> Interaction:
        """Return the answered interaction whose token this is, while it lives.

        Raises:
            Refusal: 10015 for an unknown or unanswered one, 50027 after 15 minutes.
        """
        interaction = self._by_token.get(token)
        if interaction is None or application_id != str(self._store.application_id):
            raise Refusal(*refusal.UNKNOWN_WEBHOOK)
        if self._age_s(interaction) > TOKEN_LIFETIME_S:
            raise Refusal(*refusal.INVALID_WEBHOOK_TOKEN)
        if interaction.answer is None:
            raise Refusal(*refusal.UNKNOWN_WEBHOOK)
        return interaction

    async def close(self) -> None:
        """Stop every timer."""
        watches = list(self._watches.values())
        self._watches.clear()
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)

    def _age_s(self, interaction: Interaction) -> float:
        return self._store.clock.now() - interaction.created_at

    async def _watch(self, interaction: Interaction) -> None:
        await self._store.clock.sleep(self.answer_within_s - self._age_s(interaction))
        self._watches.pop(interaction.id, None)
        self._fail(interaction)

    def _fail(self, interaction: Interaction) -> None:
        interaction.failed = interaction.answer is None
        self._store.changed()

    def _payload(self, interaction: Interaction, data: dict[str, Any]) -> dict[str, Any]:
        store, user, channel = self._store, interaction.user, interaction.channel
        guild = channel.guild
        owners = {"1": str(user.id)} if user.installed else {}
        if interaction.bot_is_here:
            owners["0"] = str(guild.id) if guild else "0"
        permissions = channel.permissions(store.bot) or MEMBER_PERMISSIONS
        payload: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(store.application_id),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "locale": user.locale,
            "context": IN_BOT_DM if guild is None else IN_GUILD,
            "authorizing_integration_owners": owners,
            "app_permissions": str(int(permissions)),
            "attachment_size_limit": interaction.limit_bytes,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "channel_id": str(channel.id),
            "channel": payloads.channel(channel, user),
        }
        if interaction.source is not None:
            payload["message"] = payloads.message(interaction.source, store)
        if guild is None:
            return payload | {"user": payloads.user(user)}
        return payload | {
            "guild_id": str(guild.id),
            "guild_locale": guild.locale,
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "member": payloads.member(user, guild, channel),
        }

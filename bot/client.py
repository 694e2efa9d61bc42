"""The client for Discord: its intents, its shards, its extensions, and nothing else."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.clock import Clock, SystemClock
from bot.controls.presses import Presses
from bot.discord.arrivals import Arrivals
from bot.discord.attempts import RATE_WAIT_MAX_S, trace
from bot.discord.command_sync import command_payload, sync_commands
from bot.discord.discord_time import DiscordTime
from bot.discord.session_starts import IdentifyTurns, TakeTurn
from bot.discord.shards import CONNECTED, ShardConnections, ShardState
from bot.domain.catalogue import Catalogue
from bot.domain.sharding import SeenServers, WantedShards
from bot.jobs.characters import Characters
from bot.jobs.intake import Intake
from bot.jobs.my_data import MyData
from bot.jobs.ordering import Orders
from bot.jobs.retention import Retention
from bot.messages.cards import Cards
from bot.messages.price_lines import PriceLines
from bot.messages.translations import Translations, load_translations
from bot.meter import NO_METER, Meter
from bot.money.usage import Usage
from bot.network import NO_PROXY, Proxy, operators_hosts
from bot.servers.entrance import Entrance
from bot.servers.managing import Managing
from bot.servers.welcome import Welcome
from bot.settings.default_sections import DefaultsSettings
from storage.store import JobStore

EXTENSIONS: Final = (
    "cogs.entrance",
    "cogs.image",
    "cogs.video",
    "cogs.storyboard",
    "cogs.edit",
    "cogs.lipsync",
    "cogs.operations",
    "cogs.character",
    "cogs.jobs",
    "cogs.history",
    "cogs.components",
    "cogs.menus",
    "cogs.mydata",
    "cogs.help",
    "cogs.guilds",
    "cogs.settings",
    "cogs.defaults",
    "cogs.blocks",
    "cogs.usage",
    "cogs.errors",
)
"""Loaded by name: nothing in `bot` imports `cogs`."""
GUILD_READY_TIMEOUT_S: Final = 0.5
"""How long discord.py waits for more servers before it is ready; nothing here waits for that."""

ALL_SHARDS: Final = WantedShards()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases that cogs call."""

    intake: Intake
    orders: Orders
    presses: Presses
    retention: Retention
    cards: Cards
    words: Translations
    defaults: DefaultsSettings
    catalogue: Catalogue
    entrance: Entrance
    managing: Managing
    usage: Usage
    prices: PriceLines
    my_data: MyData
    welcome: Welcome
    characters: Characters


async def _all_may(_interaction: discord.Interaction[Any]) -> bool:
    return True


class Tree(app_commands.CommandTree["KlingBot"]):
    """The commands; each interaction is admitted first."""

    async def interaction_check(self, interaction: discord.Interaction["KlingBot"], /) -> bool:
        """Tell whether the command may go on; if not, it was answered."""
        return await interaction.client.admit(interaction)


class KlingBot(commands.Bot):
    """Takes interactions; needs no privileged intent and caches no members or messages."""

    services: Services
    store: JobStore
    admit: Callable[[discord.Interaction[Any]], Awaitable[bool]] = staticmethod(_all_may)
    """Asked before each command; set by the extension `cogs.entrance`."""

    registers: bool = True
    """Whether this process registers the commands; otherwise it says which it wants."""

    def __init__(
        self,
        clock: Clock,
        proxy: Proxy = NO_PROXY,
        meter: Meter = NO_METER,
        wanted_shards: WantedShards = ALL_SHARDS,
        take_turn: TakeTurn | None = None,
        call_turn: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.discord_time = DiscordTime(clock)
        self._meter = meter
        self.wanted_shards = wanted_shards
        self.identify_turns = IdentifyTurns(clock, take_turn)
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=GUILD_READY_TIMEOUT_S,
            http_trace=trace(self.discord_time, meter, call_turn),
            max_ratelimit_timeout=RATE_WAIT_MAX_S,
            connector=operators_hosts(limit=0),
            **proxy.arguments,
        )
        self._equipped = False
        self._arrivals = Arrivals(self)
        self._arrivals.guard()
        self.connections = ShardConnections(self, self._shards, self.identify_turns, clock)

    def _get_state(self, **options: Any) -> ShardState:
        self._shards = ShardState(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )
        return self._shards

    async def setup_hook(self) -> None:
        """Load the cogs and register the commands, before the first event arrives.

        Raises `StorageUnavailable` if the database belongs to another application.
        """
        if self.application_id is None:
            raise RuntimeError("the hook runs after logging in")
        await self.store.belong_to(self.application_id)
        if not self._equipped:  # it is at a second login, after Discord was unreachable
            await equip(self)
            self._equipped = True
        words = self.services.words
        await sync_commands(self, self.tree, words, self.store, registers=self.registers)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Announce an event; an interaction is complete by then."""
        if event == "interaction":
            self._arrivals.complete(args[0])
            if args[0].type is not discord.InteractionType.autocomplete:
                self._meter.arrived(args[0].id, asyncio.get_running_loop().time())
        elif event in CONNECTED:
            self.connections.note(event, args[0])
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - discord.py passes it
        """Note that an IDENTIFY is sent now; it has waited for its turn."""
        await self.identify_turns.identifying(shard_id or 0)

    def here(self) -> SeenServers | None:
        """Return the servers the bot is in; None until a shard has listed its own."""
        return self._shards.seen()

    @property
    def gateway_connected(self) -> bool:
        """Whether Discord's events reach us now: `is_ready` stays true when they no longer do."""
        return not self.is_closed() and all(self.connections.connected.values())

    async def close(self) -> None:
        """Close the connections to Discord, and then everything else."""
        await self.connections.close()
        await super().close()

    async def on_ready(self) -> None:
        """Log that Discord is ready."""
        log.info("discord.ready", guilds=len(self.guilds), shards=len(self.connections.connected))


async def equip(client: KlingBot) -> None:
    """Give a client its commands, listeners and handlers.

    Not by `load_extension`, which runs each module again for each client.
    """
    for name in EXTENSIONS:
        await importlib.import_module(name).setup(client)


async def commands_of_this_version() -> list[dict[str, Any]]:
    """Return the commands as they would be registered, without a connection to Discord."""
    async with KlingBot(SystemClock()) as client:
        await equip(client)
        return command_payload(client.tree, load_translations())

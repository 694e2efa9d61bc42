"""Keeps one connection to Discord for each shard of this process, each on its own.

discord.py 2.7.1 has this too (`AutoShardedClient`), and its parsing of events is used here. But it
connects and reconnects its shards one after the other: one that hangs or waits holds up every other
one, for a minute or more, and until all have begun none is reconnected.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.state import AutoShardedConnectionState

from bot.clock import Clock
from bot.discord.error_places import place_of
from bot.discord.session_starts import IdentifyTurns
from bot.domain.policy.backoff import ODD_TOLD_AT, reconnect_s
from bot.domain.sharding import ONE_SHARD, SeenServers, Shards

CONNECTS_WITHIN_S: Final = 60.0
"""From the first byte to IDENTIFY or RESUME; discord.py's own value."""
HEARD_WITHIN_S: Final = 180.0
"""From there to READY or RESUMED. Large bots wait for a while."""
RESUMED_WITHIN_S: Final = 300.0
"""After that long Discord has forgotten the session: identify again, at the usual URL."""
STEADY_S: Final = 300.0
"""A connection that was heard for so long counts as good, however it ends."""
CLOSED_NORMALLY: Final = 1000
LOST: Final = 4000
"""Our close code for a connection whose session is to be resumed: 1000 would end it."""

CONNECTED: Final = {"shard_connect": True, "shard_resumed": True, "shard_disconnect": False}
"""discord.py's events, each with the number of the shard."""

log = structlog.get_logger(__name__)


class ShardState(AutoShardedConnectionState[Any]):
    """What discord.py knows of all shards, and which of them have listed their servers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listed: set[int] = set()

    def begin(self, shards: Shards) -> None:
        """Run these shards from now on; none of them has listed its servers."""
        self._listed.clear()
        self.shard_count, self.shard_ids = shards.count, list(shards.ids)

    def end(self) -> None:
        """Announce nothing more of the shards that were run."""
        for task in (*self._ready_tasks.values(), self._ready_task):
            if task is not None:
                task.cancel()
        self._ready_task, self._ready_tasks, self._ready_states = None, {}, {}

    def seen(self) -> SeenServers | None:
        """Return the servers of all shards that have listed theirs; None if none has."""
        if not self._listed:
            return None
        listed = Shards.some(self.shard_count or 1, self._listed)
        here = (guild.id for guild in self.guilds)
        return SeenServers(frozenset(id_ for id_ in here if listed.hear_of(id_)), listed)

    def parse_ready(self, data: Any) -> None:
        """Take the list of servers of a shard: any other that was known on it was left.

        discord.py 2.7.1 keeps those of a sharded bot for ever.
        """
        if len(self.shard_ids) == 1:  # other servers than Discord's need not repeat it
            data.setdefault("shard", [self.shard_ids[0], self.shard_count])
        shard = Shards(self.shard_count or 1, (data["shard"][0],))
        listed = {int(guild["id"]) for guild in data["guilds"]}
        for guild in list(self.guilds):
            if shard.hear_of(guild.id) and guild.id not in listed:
                self._remove_guild(guild)
        self._listed.update(shard.ids)
        super().parse_ready(data)

    async def _delay_ready(self) -> None:
        # As discord.py's, but if this is cancelled because a shard begins anew, the others are not:
        # they would never announce a server again.
        await asyncio.wait(self._ready_tasks.values())
        self._ready_task, self._ready_tasks = None, {}
        self.call_handlers("ready")
        self.dispatch("ready")


class _Session(NamedTuple):
    """What a RESUME names."""

    id: str
    sequence: int | None
    url: yarl.URL


class _Socket(DiscordWebSocket):
    """A connection that closes at a frame that it can't read: discord.py leaves it open."""

    async def received_message(self, msg: Any, /) -> None:
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, aiohttp.ClientError, OSError):
            raise
        except Exception:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await self.close(code=CLOSED_NORMALLY)
            raise


class ShardConnections:
    """The connections of a client; each is made, lost and resumed for itself."""

    def __init__(
        self, client: discord.Client, state: ShardState, turns: IdentifyTurns, clock: Clock
    ) -> None:
        self.shards = ONE_SHARD
        self.on_odd_ends: Callable[[], None] = _ignore
        """Called as long as each connection of a shard ends at an unforeseen error."""
        self._client = client
        self._state = state
        self._turns = turns
        self._clock = clock
        self._each: dict[int, _Connection] = {}
        self._running: list[asyncio.Task[None]] = []
        self._closed = False

    @property
    def connected(self) -> dict[int, bool]:
        """Tell of each shard whether its events reach us now."""
        known = self._each
        return {shard: shard in known and known[shard].heard for shard in self.shards.ids}

    def note(self, event: str, shard: int) -> None:
        """Take in one of the events in `CONNECTED`."""
        if shard in self._each:
            self._each[shard].heard = CONNECTED[event]

    async def run(self, shards: Shards) -> None:
        """Keep these shards connected until `close`.

        Raises `discord.ConnectionClosed` if Discord refuses one of them for good, once all others
        are closed as well.
        """
        if self._closed:
            return
        self.shards = shards
        self._state.begin(shards)
        self._each = {
            shard: _Connection(shard, self._client, self._turns, self._clock, self._odd_ends)
            for shard in shards.ids
        }
        self._running = [
            asyncio.create_task(one.run(), name=f"shard {one.shard}") for one in self._each.values()
        ]
        try:
            ended, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            if not self._closed:
                for task in ended:
                    task.result()
        finally:
            await self._stop()

    async def close(self) -> None:
        """Close every connection; Discord forgets the sessions."""
        self._closed = True
        await self._stop()

    def _odd_ends(self) -> None:
        self.on_odd_ends()

    async def _stop(self) -> None:
        running, self._running = self._running, []
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
            self._state.end()
            await asyncio.gather(*(one.close() for one in self._each.values()))


class _Connection:
    """The connection of one shard."""

    def __init__(
        self,
        shard: int,
        client: discord.Client,
        turns: IdentifyTurns,
        clock: Clock,
        on_odd_ends: Callable[[], None],
    ) -> None:
        self.shard = shard
        self.heard = False
        """Whether Discord's events reach us: it has said READY or RESUMED, and no more was lost."""
        self._client = client
        self._turns = turns
        self._clock = clock
        self._on_odd_ends = on_odd_ends
        self._socket: DiscordWebSocket | None = None
        self._session: _Session | None = None
        self._lost_at = 0.0

    async def run(self) -> None:
        """Stay connected; raises `discord.ConnectionClosed` if Discord refuses the shard.

        Nothing else ends it. After an unforeseen error, which is an unreadable frame or a bug of
        ours, the session is dropped, because a RESUME might replay what it came from.
        """
        failures = odd_ends = 0
        while True:
            began, foreseen = self._clock.now(), True
            try:
                self._socket = socket = await self._open()
                await self._read(socket)
            except ReconnectWebSocket as asked:
                reason = asked.op.lower()
            except discord.ConnectionClosed as closed:
                if closed.code != CLOSED_NORMALLY:
                    raise
                reason = "closed"
            except (aiohttp.ClientError, OSError, TimeoutError) as lost:
                reason = type(lost).__name__
            except Exception as odd:  # noqa: BLE001 - whatever came from outside, the bot goes on
                foreseen, reason = False, f"unforeseen, {type(odd).__name__} in {place_of(odd)}"
                log.warning("discord.connection_broke", reason=reason, shard=self.shard)
            good = self.heard and (foreseen or self._clock.now() - began >= STEADY_S)
            failures = 0 if good else failures + 1
            odd_ends = 0 if good else odd_ends + (not foreseen)
            await self._lose()
            if not foreseen:
                self._session = None
            if odd_ends >= ODD_TOLD_AT:
                self._on_odd_ends()
            if failures:
                wait_s = reconnect_s(failures, odd_ends)
                log.warning(
                    "discord.unreachable", reason=f"gateway: {reason}", shard=self.shard,
                    again_in_s=wait_s,
                )  # fmt: skip
                await self._clock.sleep(wait_s)

    async def close(self) -> None:
        """Say goodbye, if there is a connection."""
        if self._socket is not None:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await self._socket.close(code=CLOSED_NORMALLY)

    async def _open(self) -> DiscordWebSocket:
        if self._clock.now() - self._lost_at > RESUMED_WITHIN_S:
            self._session = None
        kept = self._session
        if kept is not None:
            async with asyncio.timeout(CONNECTS_WITHIN_S):
                return await _Socket.from_client(
                    self._client,
                    shard_id=self.shard,
                    gateway=kept.url,
                    session=kept.id,
                    sequence=kept.sequence,
                    resume=True,
                )
        async with self._turns.turn(self.shard), asyncio.timeout(CONNECTS_WITHIN_S):
            return await _Socket.from_client(self._client, shard_id=self.shard)

    async def _read(self, socket: DiscordWebSocket) -> None:
        async with asyncio.timeout(HEARD_WITHIN_S):
            while not self.heard:
                await socket.poll_event()
        log.info("discord.shard_connected", shard=self.shard)
        while True:
            await socket.poll_event()

    async def _lose(self) -> None:
        """Note what a RESUME needs, and announce that nothing is heard any more."""
        if self.heard:
            self._lost_at = self._clock.now()
            self._client.dispatch("disconnect")
            self._client.dispatch("shard_disconnect", self.shard)
            log.info("discord.shard_lost", shard=self.shard)
        self.heard = False
        socket, self._socket = self._socket, None
        if socket is None:
            return
        known = socket.session_id
        self._session = _Session(known, socket.sequence, socket.gateway) if known else None
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await socket.close(code=LOST)


def _ignore() -> None:
    """What is done about unforeseen errors until someone else is to know."""

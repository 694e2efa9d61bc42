"""The Discord gateway: sessions, heartbeats, sequence numbers, replay, and every way to lose it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal

from aiohttp import WSMsgType, web

from sandbox.clock import Clock
from sandbox.discord import payloads
from sandbox.discord.model import Guild
from sandbox.discord.session_starts import SessionStarts
from sandbox.discord.sessions import DISPATCH, Connection, Retouch, Session
from sandbox.discord.store import Store

HEARTBEAT_INTERVAL_MS = 41_250
HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 1, 2, 3, 4, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12
MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | MESSAGE_CONTENT
CLOSED_NORMALLY = (1000, 1001)
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
BOT_PREFIX = "Bot "  # Discord takes the token with it, as in the HTTP header
INVALID_SHARD, SHARDING_REQUIRED, DISALLOWED_INTENTS = 4010, 4011, 4014

EventListener = Callable[[str, dict[str, Any]], None]
FrameListener = Callable[[Literal["send", "receive"], dict[str, Any]], None]


class Gateway:
    """Serves websockets and sends each session the events of its intents.

    Switches: `allowed_intents`, `stall_acks` (heartbeats are not acknowledged),
    `heartbeat_interval_ms`. `retouches` changes the data of an event before it is sent, by event
    name: to drop a field, or to use a kind that no client knows yet. `starts` says when a shard may
    identify; shards in `cut_off` lose their connection when they identify or resume, those in
    `silent` get no answer. `identifies` and `resumes` count what clients did; `events` holds what
    was sent.
    """

    def __init__(self, store: Store, clock: Clock, token: str) -> None:
        self.url = ""
        self.starts = SessionStarts(clock)
        self.cut_off: set[int] = set()
        self.silent: set[int] = set()
        self.allowed_intents = ~0
        self.stall_acks = False
        self.heartbeat_interval_ms = HEARTBEAT_INTERVAL_MS
        self.retouches: dict[str, Retouch] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.identifies = 0
        self.resumes = 0
        self.listeners: list[EventListener] = []
        self.frame_listeners: list[FrameListener] = []
        self._store = store
        self._token = token
        self._sessions: dict[str, Session] = {}
        self._online = asyncio.Event()
        self._online.set()
        self._holding = False
        self._connections: dict[Connection, asyncio.BaseTransport | None] = {}

    @property
    def connected(self) -> bool:
        """Whether some session has a live connection."""
        return any(session.connection for session in self._sessions.values())

    @property
    def connected_shards(self) -> set[tuple[int, int]]:
        """The shards with a live connection, each with the number of all."""
        return {session.shard for session in self._sessions.values() if session.connection}

    def emit(
        self, event: str, data: dict[str, Any], *, guild: Guild | None = None, intent: int = 0
    ) -> None:
        """Send an event to the shard of `guild` (None: shard 0), if it has all of `intent`."""
        self.events.append((event, data))
        for listener in self.listeners:
            listener(event, data)
        for session in self._sessions.values():
            shard, count = session.shard
            ours = (guild.id >> 22) % count == shard if guild else shard == 0
            if ours and session.intents & intent == intent:
                session.dispatch(event, self._visible(event, data, session, guild))

    def _visible(self, event: str, data: Any, session: Session, guild: Guild | None) -> Any:
        """Clear a message's content if the message content intent is needed and missing."""
        if not event.startswith("MESSAGE_") or "author" not in data or guild is None:
            return data
        me = str(self._store.bot.id)
        addressed = data["author"]["id"] == me or any(u["id"] == me for u in data["mentions"])
        if addressed or session.intents & MESSAGE_CONTENT:
            return data
        return data | {"content": "", "embeds": [], "attachments": [], "components": []}

    def reconnect(self) -> None:
        """Ask every client to reconnect (op 7)."""
        for connection in self._connections:
            connection.send(RECONNECT, None)

    def garble(self, frame: str) -> None:
        """Send every client this text as a frame, whatever it is."""
        for connection in self._connections:
            connection.send_text(frame)

    def invalidate(self, *, resumable: bool) -> None:
        """Tell every client that its session is invalid (op 9)."""
        for connection in self._connections:
            connection.send(INVALID_SESSION, resumable)
            if not resumable and connection.session is not None:
                self._sessions.pop(connection.session.id, None)

    def drop(self, shard: int | None = None) -> None:
        """Cut a shard's connections (None: all) without a close frame; they can be resumed."""
        for connection in self._of(shard):
            self._cut(connection)

    def begin_outage(self, *, hold: bool = False) -> None:
        """Cut every connection; until `end_outage`, refuse new ones or `hold` them unanswered."""
        self._online.clear()
        self._holding = hold
        self.drop()

    def end_outage(self, *, forget_sessions: bool = False) -> None:
        """Accept connections again; after long outages Discord has forgotten the sessions."""
        self._online.set()
        if forget_sessions:
            self._sessions.clear()

    async def close(self, code: int = 1001, shard: int | None = None) -> None:
        """Release held connections and close each (or each of a shard) with `code`."""
        self._online.set()
        for connection in self._of(shard):
            await connection.close(code)

    def _of(self, shard: int | None) -> list[Connection]:
        return [
            connection
            for connection in self._connections
            if shard is None or (connection.session and connection.session.shard[0] == shard)
        ]

    def _cut(self, connection: Connection) -> None:
        self._detach(connection)
        connection.drop(self._connections.get(connection))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it disconnects."""
        if self._holding:
            await self._online.wait()
        if not self._online.is_set():
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=0, timeout=1.0)
        await socket.prepare(request)
        compressed = request.query.get("compress") == "zlib-stream"
        connection = Connection(
            socket, lambda frame: self._watched("receive", frame), compressed=compressed
        )
        self._connections[connection] = request.transport
        connection.send(HELLO, {"heartbeat_interval": self.heartbeat_interval_ms, "_trace": []})
        try:
            async for frame in socket:
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    code = self._read(connection, frame.data)
                    if code is not None:
                        await connection.close(code)
        finally:
            session = self._detach(connection)
            if session is not None and socket.close_code in CLOSED_NORMALLY:
                self._sessions.pop(session.id, None)
            connection.drop(None)
            self._connections.pop(connection, None)
            self._store.changed()
        return socket

    def _read(self, connection: Connection, data: str | bytes) -> int | None:
        """Process what a client sent: JSON as text, or as bytes like hikari's."""
        try:
            frame = json.loads(data)
        except ValueError:
            return DECODE_ERROR
        return self._receive(connection, frame) if isinstance(frame, dict) else DECODE_ERROR

    def _receive(self, connection: Connection, frame: dict[str, Any]) -> int | None:
        """Process a client's frame; return a close code if the connection must end."""
        self._watched("send", frame)
        op, data = frame.get("op"), frame.get("d")
        if op == HEARTBEAT:
            if not self.stall_acks:
                connection.send(HEARTBEAT_ACK, None)
            return None
        if op in (PRESENCE, VOICE):
            return None if connection.session else NOT_AUTHENTICATED
        if op not in (IDENTIFY, RESUME) or not isinstance(data, dict):
            return UNKNOWN_OPCODE
        if str(data.get("token")).removeprefix(BOT_PREFIX) != self._token:
            return AUTHENTICATION_FAILED
        return (
            self._identify(connection, data) if op == IDENTIFY else self._resume(connection, data)
        )

    def _identify(self, connection: Connection, data: dict[str, Any]) -> int | None:
        self.identifies += 1
        intents = int(data.get("intents", 0))
        if intents & PRIVILEGED & ~self.allowed_intents:
            return DISALLOWED_INTENTS
        shard, count = data.get("shard", (0, 1))
        if not 0 <= shard < count:
            return INVALID_SHARD
        if not self.starts.take(shard, count):
            connection.send(INVALID_SESSION, False)
            return None
        if self._keeps_away(connection, shard):
            return None
        store = self._store
        guilds = [
            guild
            for guild in store.guilds.values()
            if store.bot.id in guild.members and (guild.id >> 22) % count == shard
        ]
        if len(guilds) > self.starts.guilds_per_shard_max:
            return SHARDING_REQUIRED
        for old in [s for s in self._sessions.values() if s.shard == (shard, count)]:
            if old.connection is None:
                del self._sessions[old.id]
        session = Session(intents, (shard, count), self.retouches)
        self._attach(connection, session)
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": payloads.me(store.bot),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [shard, count],
                "application": {"id": str(store.application_id), "flags": 0},
            },
        )
        if intents & GUILDS:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", payloads.guild(guild, store))
        return None

    def _resume(self, connection: Connection, data: dict[str, Any]) -> int | None:
        session = self._sessions.get(str(data.get("session_id")))
        seen = int(data.get("seq") or 0)
        if session is None or (session.replay and seen < session.replay[0][0] - 1):
            connection.send(INVALID_SESSION, False)
            return None
        if self._keeps_away(connection, session.shard[0]):
            return None
        self.resumes += 1
        missed = [kept for kept in session.replay if kept[0] > seen]
        self._attach(connection, session)
        for seq, event, payload in missed:
            connection.send(DISPATCH, payload, event=event, seq=seq)
        session.dispatch("RESUMED", {"_trace": []})
        return None

    def _keeps_away(self, connection: Connection, shard: int) -> bool:
        """Cut the connection of a shard that is cut off; tell whether it gets no answer."""
        if shard in self.cut_off:
            self._cut(connection)
        return shard in self.cut_off | self.silent

    def _watched(self, way: Literal["send", "receive"], frame: dict[str, Any]) -> None:
        for listener in self.frame_listeners:
            listener(way, frame)

    def _attach(self, connection: Connection, session: Session) -> None:
        connection.session = session
        session.connection = connection
        self._sessions[session.id] = session
        self._store.changed()

    def _detach(self, connection: Connection) -> Session | None:
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
        return session

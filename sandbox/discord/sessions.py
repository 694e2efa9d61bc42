"""A gateway client's state: a websocket, and the session that outlives it."""

import asyncio
import contextlib
import copy
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

REPLAY_EVENTS_MAX = 10_000
DISPATCH = 0

Told = Callable[[dict[str, Any]], None]
Retouch = Callable[[dict[str, Any]], None]
"""Changes the data of an event, in place."""


class Connection:
    """One websocket: frames are sent in order, compressed as the client asked.

    It supports zlib-stream and plain text; a client that asks for zstd-stream gets plain text,
    which discord.py understands as well.
    """

    def __init__(self, socket: web.WebSocketResponse, told: Told, *, compressed: bool) -> None:
        self.socket = socket
        self._told = told
        self.session: Session | None = None
        self._zlib = zlib.compressobj() if compressed else None
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, op: int, data: Any, *, event: str | None = None, seq: int | None = None) -> None:
        """Queue one frame."""
        frame = {"op": op, "d": data, "t": event, "s": seq}
        self._told(frame)
        self.send_text(json.dumps(frame))

    def send_text(self, text: str) -> None:
        """Queue one frame as it is, which need not be one of the protocol."""
        self._outgoing.put_nowait(text)

    async def close(self, code: int) -> None:
        """Send what is queued, then close with `code`."""
        self._outgoing.put_nowait(None)
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer
        await self.socket.close(code=code)

    def drop(self, request_transport: asyncio.BaseTransport | None) -> None:
        """Cut the connection without a close frame."""
        self._writer.cancel()
        if isinstance(request_transport, asyncio.Transport):
            request_transport.abort()

    async def _write(self) -> None:
        while (frame := await self._outgoing.get()) is not None:
            with contextlib.suppress(ConnectionError):
                if self._zlib is None:
                    await self.socket.send_str(frame)
                else:
                    packed = self._zlib.compress(frame.encode())
                    packed += self._zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)


class Session:
    """What outlives a connection: the sequence, and the events that a RESUME may request."""

    def __init__(
        self, intents: int, shard: tuple[int, int], retouches: Mapping[str, Retouch]
    ) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.seq = 0
        self.replay: deque[tuple[int, str, Any]] = deque(maxlen=REPLAY_EVENTS_MAX)
        self.connection: Connection | None = None
        self._retouches = retouches

    def dispatch(self, event: str, data: Any) -> None:
        """Number the event, keep it for a replay, and send it if a client is connected."""
        retouch = self._retouches.get(event)
        if retouch is not None:
            data = copy.deepcopy(data)
            retouch(data)
        self.seq += 1
        self.replay.append((self.seq, event, data))
        if self.connection is not None:
            self.connection.send(DISPATCH, data, event=event, seq=self.seq)

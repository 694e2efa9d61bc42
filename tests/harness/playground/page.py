"""A page without a browser: asks over the websocket and keeps what it is told."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from sandbox.clock import PATIENCE_S


class RefusedByGroundError(Exception):
    """The answer was a refusal."""


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0
        self.told: list[dict[str, Any]] = []

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """The answer to a request; what arrives before it is kept in `told`."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "do": do, **fields})
        while True:
            frame: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE_S)
            if frame["type"] != "answer":
                self.told.append(frame)
            elif "refused" in frame:
                raise RefusedByGroundError(frame["refused"])
            else:
                assert frame["id"] == self._asked
                answer: dict[str, Any] = frame["ok"]
                return answer

    async def heard(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The first frame of a kind with these fields, of what came or comes."""
        at = 0
        while True:
            for frame in self.told[at:]:
                if frame["type"] == kind and wanted.items() <= frame.items():
                    return frame
            at = len(self.told)
            self.told.append(await self._socket.receive_json(timeout=PATIENCE_S))


OpenPage = Callable[[], Awaitable[Page]]

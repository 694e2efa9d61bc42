"""Scripted faults: which request meets which fault, how often, before or after it was stored."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.clock import PATIENCE_S
from sandbox.discord.model import Upload
from sandbox.holding import Holding


@dataclass(eq=False, slots=True)
class Recorded:
    """One request that arrived; `status` and `reply` are None until it is answered.

    `route` is the template in Discord's OpenAPI description, or None if nothing matches.
    """

    method: str
    route: str | None
    path: str
    params: dict[str, str]
    query: dict[str, str]
    json: Any
    files: dict[int, Upload]
    surface: Literal["rest", "cdn"]
    received_at: float
    content_type: str = ""
    status: int | None = None
    reply: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this status; `stored`: only after the request was carried out."""

    status: int
    code: int = 0
    message: str = "Scripted fault"
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with exactly these bytes, as a proxy may, or a server that is not quite Discord."""

    body: bytes = b""
    content_type: str = "application/json"
    status: int = 200
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection; `stored`: only after the request was carried out."""

    stored: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait for `Fault.release`; `stored`: hold back the response instead of the request."""

    stored: bool = False


@dataclass(frozen=True, slots=True)
class Slow:
    """Let this much time of the server's clock pass first."""

    seconds: float
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Throttle:
    """Answer 429; without `via` it looks like Cloudflare's ban."""

    retry_after_s: float
    scope: Literal["user", "global", "shared"] = "user"
    via: bool = True
    stored: bool = False


Effect = Answer | Reply | Reset | Hold | Slow | Throttle


@dataclass(eq=False, slots=True)
class Fault(Holding):
    """One line of the script, and the handle by which a test follows it."""

    method: str
    route: str
    effect: Effect
    times: int | None
    when: Callable[[Recorded], bool] | None
    hits: list[Recorded] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrived(self, timeout_s: float = PATIENCE_S) -> Recorded:
        """Return the first request that met this fault.

        Raises:
            TimeoutError: when none did within `timeout_s` seconds of real time.
        """
        async with asyncio.timeout(timeout_s):
            await self._arrived.wait()
        return self.hits[0]

    def meets(self, request: Recorded) -> bool:
        """Whether this fault applies to the request; counts it if so."""
        spent = self.times is not None and len(self.hits) >= self.times
        if spent or (self.method, self.route) != (request.method, request.route):
            return False
        if self.when is not None and not self.when(request):
            return False
        self.hits.append(request)
        self._arrived.set()
        return True


class Faults:
    """The script. A request meets the first fault that matches and is not used up."""

    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(
        self,
        method: str,
        route: str,
        effect: Effect,
        *,
        times: int | None = 1,
        when: Callable[[Recorded], bool] | None = None,
    ) -> Fault:
        """Append a fault for `times` requests (None: for all) that satisfy `when`."""
        fault = Fault(method, route, effect, times, when)
        self._script.append(fault)
        return fault

    def withdraw(self, fault: Fault) -> None:
        """Take one fault off the script and release what it holds."""
        fault.release()
        self._script.remove(fault)

    def clear(self) -> None:
        """Forget the script and release what it holds."""
        for fault in self._script:
            fault.release()
        self._script.clear()

    def find(self, request: Recorded) -> Fault | None:
        """Return the fault this request meets, counted."""
        return next((fault for fault in self._script if fault.meets(request)), None)

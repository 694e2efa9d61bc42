"""A query or a create, and the payload of its response: transport, token and retries in one.

The client uses it in either dialect; the gateway uses it to call Kling.
"""

import random
from typing import Any, Self

import aiohttp
import structlog

from bot.clock import Clock
from bot.errors import KlingError
from bot.kling.auth import Credentials
from bot.kling.bodies import Body
from bot.kling.decode import read_payload
from bot.kling.dialects import OUR_SERVER, Dialect, route_of
from bot.kling.error_codes import word_for
from bot.kling.retries import QUESTION_TRIES, Retries
from bot.kling.transport import Timeouts, Transport
from bot.meter import NO_METER, Meter, Traffic
from bot.network import NO_PROXY, Proxy

log = structlog.get_logger(__name__)


class Exchange:
    """Sends queries and creates, and raises a KlingError for any response that is not a success.

    To be used as an async context manager. Credentials of a Kling account are refused for the
    gateway dialect with a ValueError: they are for Kling only.
    """

    def __init__(
        self,
        base_url: str,
        *,
        dialect: Dialect,
        auth: Credentials,
        clock: Clock,
        rng: random.Random,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        proxy: Proxy = NO_PROXY,
        question_tries: int = QUESTION_TRIES,
        meter: Meter = NO_METER,
    ) -> None:
        if dialect is Dialect.GATEWAY and auth.for_kling:
            raise ValueError("keys of a Kling account are never sent to a gateway")
        self.base_url = base_url
        self.dialect = dialect
        self.is_ours = False
        """Whether the last readable response came from our own gateway (by its `Server` header)."""
        self._auth = auth
        self._meter = meter
        self._retries = Retries(clock, rng, question_tries)
        self._transport = Transport(base_url, session=session, timeouts=timeouts, proxy=proxy)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.__aexit__(None, None, None)

    async def ask(self, path: str) -> Any:
        """Return the payload of a GET; repeated where `Retries` allows it."""
        return await self._sent("GET", path, None, question=True)

    async def look(self, path: str, body: bytes) -> Any:
        """Return the payload of a POST that only asks; repeated like a GET."""
        return await self._sent("POST", path, body, question=True)

    async def order(self, path: str, body: bytes | Body) -> Any:
        """Return the payload of a POST of this JSON; sent once, or twice with a fresh token."""
        return await self._sent("POST", path, body, question=False)

    async def _sent(
        self, method: str, path: str, body: bytes | Body | None, *, question: bool
    ) -> Any:
        return await self._retries.call(
            lambda: self._once(method, path, body, question=question),
            repeatable=question,
            fresh_token=self._auth.forget,
        )

    async def _once(
        self, method: str, path: str, body: bytes | Body | None, *, question: bool
    ) -> Any:
        token = self._auth.bearer()
        self._meter.moved(Traffic.TO_KLING, len(body or b""))
        try:
            reply = await self._transport.send(method, path, token=token, body=body)
            self._meter.moved(Traffic.FROM_KLING, len(reply.body))
            ours = reply.server.startswith(OUR_SERVER)
            if ours:
                self.is_ours = True
            payload = read_payload(self.dialect, reply, question=question, secret=token)
            self.is_ours = ours
        except KlingError as error:
            self._meter.kling_called(route_of(path), word_for(error))
            log.debug("kling.not_yes", method=method, error=type(error).__name__, why=str(error))
            raise
        self._meter.kling_called(route_of(path), "ok")
        return payload

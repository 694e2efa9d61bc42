"""Callbacks: the bare task object, posted on each change of state, optionally signed."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.clock import Clock
from sandbox.kling.switches import Switches
from sandbox.kling.tasks import Task

TIMEOUT_S = 10.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix that marks such secrets


def sign(secret: str, webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the `webhook-signature` of a callback, as Standard Webhooks defines it."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join((webhook_id.encode(), str(timestamp_s).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


@dataclass(frozen=True)
class SentCallback:
    """One callback that was sent, and the response; `status` 0 means no connection."""

    url: str
    body: dict[str, Any]
    status: int


async def _moved(task: Task) -> object:
    return await task.changed.wait()


class Callbacks:
    """Follows each task that has a callback URL until it ends."""

    def __init__(
        self,
        clock: Clock,
        switches: Switches,
        session: ClientSession,
        secret: str | None,
        describe: Callable[[Task], dict[str, Any]],
        on_sent: Callable[[SentCallback], None],
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._session = session
        self._secret = secret
        self._describe = describe
        self._on_sent = on_sent
        self._running: set[asyncio.Task[None]] = set()

    def follow(self, task: Task, url: str) -> None:
        """Send `url` a callback now and on each later change of the task's status."""
        running = asyncio.create_task(self._follow(task, url))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Stop following; no callback is sent afterwards."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _follow(self, task: Task, url: str) -> None:
        told = "" if self._switches.callback_for_submitted else "submitted"
        while True:
            now_s = self._clock.now()
            task.changed.clear()
            status = task.status(now_s)
            if status != told:
                told = status
                await self._send(task, url)
            if task.ended(now_s):
                return
            await self._changed(task)

    async def _changed(self, task: Task) -> None:
        """Return when the task's status may have changed."""
        now_s = self._clock.now()
        due_s = task.next_change_s(now_s)
        waits: list[asyncio.Task[object]] = [asyncio.create_task(_moved(task))]
        if not math.isinf(due_s):
            waits.append(asyncio.create_task(self._clock_reaches(due_s - now_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _clock_reaches(self, seconds: float) -> object:
        await self._clock.sleep(seconds)
        return None

    async def _send(self, task: Task, url: str) -> None:
        described = self._describe(task)
        body = json.dumps(described, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        if self._secret is not None and self._switches.callbacks_signed:
            at_s = int(self._clock.now())
            headers["webhook-id"] = task.id
            headers["webhook-timestamp"] = str(at_s)
            headers["webhook-signature"] = sign(self._secret, task.id, at_s, body)
        status = 0
        for _ in range(self._switches.callback_attempts):
            with contextlib.suppress(ClientError, TimeoutError):
                timeout = ClientTimeout(total=TIMEOUT_S)
                async with self._session.post(
                    url, data=body, headers=headers, timeout=timeout
                ) as reply:
                    status = reply.status
            self._on_sent(SentCallback(url, described, status))
            if status == 200:  # noqa: PLR2004 - HTTP's own number
                return

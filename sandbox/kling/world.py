"""The local Kling: one server that answers, refuses, fails and bills like the real one."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, hdrs, web

from sandbox.clock import PATIENCE_S, Clock, SystemClock
from sandbox.kling.auth import Keys, authenticate, kind_of
from sandbox.kling.billing import ACCOUNT, BillingRoutes
from sandbox.kling.callbacks import Callbacks, SentCallback
from sandbox.kling.errors import Refusal, refused
from sandbox.kling.faces import FacesFor, faces_in_columns
from sandbox.kling.faults import Fault, Faults
from sandbox.kling.intake import MIB, Intake
from sandbox.kling.links import Links
from sandbox.kling.newer import NewerRoutes, is_newer
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.results import Draw, MediaFor, Results, draw_result
from sandbox.kling.routes import Parts, Routes
from sandbox.kling.scripts import Script, Scripts
from sandbox.kling.switches import Latencies, Switches
from sandbox.kling.tasks import Account, Task
from sandbox.kling.views import Views

BODY_MAX_BYTES, SHUTDOWN_S = 160 * MIB, 1.0  # ten pictures of 10 MiB as base64
DEMO_KEYS = Keys("local-access-key", "local-secret-key-0123456789abcdef", "local-api-key")
DEMO_PACKS = {"video": Decimal(10_000), "image": Decimal(100_000), "try-on": Decimal(1_000)}


@dataclass
class Request:
    """One request, and the status of its response (0: none yet, or never)."""

    method: str
    path: str
    query: Mapping[str, str]
    body: dict[str, Any] | None
    auth: str
    """`none`, `jwt`, `api_key` or `other`."""
    headers: frozenset[str]
    """Names only, in lower case."""
    status: int = 0


class LocalKling:
    """A whole Kling account on a loopback port, driven by the given clock.

    All is inspected and controlled from outside: `tasks`, `creates`, `requests`, `script`, `fault`,
    `finish`, `fail`. An async context manager. `media_for` supplies results that are not drawn.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        access_key: str = DEMO_KEYS.access_key,
        secret_key: str = DEMO_KEYS.secret_key,
        api_key: str = DEMO_KEYS.api_key,
        switches: Switches | None = None,
        latencies: Latencies | None = None,
        video_slots: int = 5,
        image_slots: int = 9,
        packs: Mapping[str, Decimal] | None = None,
        webhook_secret: str | None = None,
        faces_for: FacesFor = faces_in_columns,
        media_for: MediaFor | None = None,
        draw: Draw = draw_result,
        seed: int = 0,
    ) -> None:
        self.clock = clock or SystemClock()
        self.keys = Keys(access_key, secret_key, api_key)
        self.switches = switches or Switches()
        self.requests: list[Request] = []
        self.callbacks: list[SentCallback] = []
        self._webhook_secret = webhook_secret
        self._faces_for = faces_for
        self._results = Results(media_for, draw)
        self._links = Links(self.clock, secret_key, self.switches.link_life_s)
        self._views = Views(self._links, self.switches)
        self._scripts = Scripts(latencies or Latencies())
        self._faults = Faults(self.clock, seed)
        slots = {"video": video_slots, "image": image_slots, "try-on": video_slots}
        self._account = Account(self.clock, self.switches, slots, DEMO_PACKS | dict(packs or {}))
        self.deleted_elements = self._account.deleted_elements
        self._listeners: list[Callable[[], None]] = []
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._parts: Parts | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one, `base_url` says which."""
        self._session = ClientSession()
        follow = Callbacks(
            self.clock,
            self.switches,
            self._session,
            self._webhook_secret,
            self.describe,
            self._sent,
        )
        self._parts = Parts(
            clock=self.clock,
            switches=self.switches,
            account=self._account,
            scripts=self._scripts,
            intake=Intake(self._session),
            callbacks=follow,
            links=self._links,
            views=self._views,
            results=self._results,
            faces_for=self._faces_for,
            describe=self.describe,
        )
        app = web.Application(client_max_size=BODY_MAX_BYTES, middlewares=[self._gate])
        (routes := Routes(self._parts)).add_to(app.router)
        NewerRoutes(self._parts, routes).add_to(app.router)
        BillingRoutes(self._parts).add_to(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._links.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Release whatever hangs and stop listening."""
        self._faults.clear()
        if self._parts is not None:
            await self._parts.callbacks.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def base_url(self) -> str:
        """The server root, without a trailing slash and without `/v1`."""
        return self._links.base_url

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task by its id."""
        return self._account.tasks

    @property
    def creates(self) -> list[Task]:
        """Every accepted create in order; each of them was, or will be, paid for."""
        return list(self._account.tasks.values())

    def charged(self, pack: str = "video") -> Decimal:
        """Return the units spent so far from pack `video` or `image`."""
        return self._account.charged(pack)

    def describe(self, task: Task) -> dict[str, Any]:
        """Return the task object as a query would return it now."""
        show = self._views.newer if task.product.newer else self._views.full
        return show(task, self.clock.now(), self._account.deduction(task))

    def script(self, script: Script) -> None:
        """Let `script` decide how the next task it matches goes."""
        self._scripts.add(script)

    def fault(self, fault: Fault) -> Fault:
        """Declare a fault and return it, to wait on `arrived` or to `release`."""
        return self._faults.add(fault)

    def withdraw(self, fault: Fault) -> None:
        """Remove one fault and release whatever hangs in it."""
        self._faults.withdraw(fault)

    def clear_faults(self) -> None:
        """Remove all faults and release whatever hangs."""
        self._faults.clear()

    def finish(self, task: Task) -> None:
        """End a running task now with its result."""
        self._end(task, None)

    def fail(self, task: Task, message: str) -> None:
        """End a running task now as failed, with `message` as its `task_status_msg`."""
        self._end(task, message)

    def delay(self, task: Task, seconds: float) -> None:
        """End a task later, or sooner if `seconds` is negative; an ended task stays as it is."""
        task.end_later(seconds, self.clock.now())
        self._happened()

    def slow_down(self, seconds: float) -> None:
        """Let every task, running or future, take this much longer than usual; 0 undoes it."""
        more_s, self._scripts.slower_s = seconds - self._scripts.slower_s, seconds
        for task in self.creates:
            self.delay(task, more_s)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each request, create, callback and move of a task's end."""
        self._listeners.append(listener)

    def set_pack(self, pack: str, units: Decimal) -> None:
        """Set the units bought of `video` or `image`, spent units included."""
        self._account.packs[pack] = units

    async def until(self, predicate: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Return as soon as `predicate` holds, evaluated after each request, create and callback.

        Raises TimeoutError after `timeout_s` of real time.
        """
        if predicate():
            return
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, held))
        async with asyncio.timeout(timeout_s):
            await held

    def _end(self, task: Task, problem: str | None) -> None:
        now_s = self.clock.now()
        if task.ended(now_s):
            raise ValueError("the task has ended")
        task.starts_s = min(task.starts_s, now_s)
        task.ends_s = now_s
        task.problem = problem
        task.changed.set()
        self._happened()

    def _sent(self, callback: SentCallback) -> None:
        self.callbacks.append(callback)
        self._happened()

    def _happened(self) -> None:
        for listener in self._listeners:
            listener()
        for predicate, held in self._waiting:
            if not held.done() and predicate():
                held.set_result(None)
        self._waiting = [(ask, held) for ask, held in self._waiting if not held.done()]

    @web.middleware
    async def _gate(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        """Record the request, then let a declared fault strike, then authenticate."""
        record = await self._record(request)
        fault = self._faults.take(record.method, record.path, record.body)

        async def serve(asked: web.Request) -> web.StreamResponse:
            try:
                newer = is_newer(record.path)
                if newer or record.path.startswith(("/v1/", ACCOUNT)):
                    given = asked.headers.get(hdrs.AUTHORIZATION)
                    authenticate(given, self.keys, self.clock.now(), self.switches, newer=newer)
                response: web.StreamResponse = await handler(asked)
            except Refusal as refusal:
                response = refused(refusal, request_id())
            except web.HTTPMethodNotAllowed:
                response = refused(Refusal(1202, "The requested method is invalid"), request_id())
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.text)
            self._happened()
            return response

        if fault is None:
            response = await serve(request)
        else:
            response = await self._faults.strike(fault, request, serve, request_id())
        record.status = response.status
        self._happened()
        return response

    async def _record(self, request: web.Request) -> Request:
        raw = await request.read() if request.can_read_body else b""
        try:
            body = await asyncio.to_thread(json_object, raw) if raw else None
        except Refusal:
            body = None
        record = Request(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=body,
            auth=kind_of(request.headers.get(hdrs.AUTHORIZATION), self.keys),
            headers=frozenset(name.lower() for name in request.headers),
        )
        self.requests.append(record)
        self._happened()
        return record

"""A pool of processes that open untrusted media, so that a bad file costs a worker, not the bot.

Results cross the pipe as JSON and raw bytes and are checked against the return type of the task:
a worker that a hostile file has taken over can hand back wrong data, but never code.
"""

import asyncio
import pickle
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar, get_type_hints

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.background import cancelled
from bot.clock import Clock
from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.worker import MediaWorker, WorkerLost
from bot.turns import Turns

DEFAULT_SIZE = 1
DEFAULT_MEMORY_BYTES = 1024 * 1024 * 1024  # on top of what the idle worker maps
DEFAULT_DEADLINE_S = 30.0
IDLE_S = 30.0
"""A worker that has nothing to do for so long exits: it takes 60 MB, and 0.5 s to start again."""
CPUS_PER_TASK = 2  # encoders are limited to this many threads
REFUSALS = frozenset(
    {
        "picture_unreadable",
        "picture_format",
        "picture_bomb",
        "picture_too_small",
        "picture_ratio",
        "sound_unreadable",
        "sound_too_short",
        "clip_unreadable",
    }
)
"""All problems that a task may report about a file; the catalogue has texts for exactly these."""

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


class MediaPool:
    """`size` warm processes with limits; each runs one task at a time.

    Tasks that wait for a process are served in rounds, one of each member.

    Workers start when they are first needed, or a little ahead of that by `expect` and `warm`; with
    a clock, they exit once nothing was asked of any for `IDLE_S`. They ignore SIGINT and SIGTERM,
    so that what is under way can end while the bot drains, and exit when the bot's end of their
    pipe closes, however the bot ended.
    """

    def __init__(
        self,
        size: int = DEFAULT_SIZE,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._size = size
        self._memory_bytes = memory_bytes
        self._clock = clock
        self._used = 0
        self._expecting: asyncio.Task[None] | None = None
        self._resting: asyncio.Task[None] | None = None
        self._turns = Turns(size)
        self._idle: list[MediaWorker] = []
        self._busy: set[MediaWorker] = set()
        self._adapters: dict[Callable[..., Any], TypeAdapter[Any]] = {}
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def warm(self, count: int | None = None) -> None:
        """Have `count` workers running, all by default; raises MediaWorkerFailed when one fails."""
        async with self._alone():
            while len(self._idle) < (self._size if count is None else count):
                self._rest(await self._start())

    def expect(self) -> None:
        """Have a worker started now, because a task comes soon; returns at once."""
        self._used += 1
        starting = self._expecting is not None and not self._expecting.done()
        if not (starting or self._idle or self._busy or self._closed):
            self._expecting = asyncio.create_task(self._warmed(), name="media-worker")

    async def _warmed(self) -> None:
        with suppress(MediaWorkerFailed):  # it is logged, and tried again by the task
            await self.warm(1)

    async def run(
        self,
        fn: Callable[..., Result],
        *args: object,
        member: Hashable = None,
        deadline_s: float = DEFAULT_DEADLINE_S,
    ) -> Result:
        """What `fn(*args)` returns in a worker; waits for a free one first, in the member's turn.

        `fn` is a module-level function with an annotated return type: None, bytes, str, a number, a
        path, or a dataclass of these whose bytes, if any, are in one field `data`. The deadline
        counts from the moment a worker has the task, and limits its CPU time as well.

        Raises MediaRefused as the task raised it, and MediaWorkerFailed if the worker crashed, ran
        too long or ran out of memory; that worker is replaced, and the others are not affected.
        """
        call = pickle.dumps((fn, args))
        returns = await self._returns(fn)
        async with self._turns.turn(member):
            self._used += 1
            worker = self._idle.pop() if self._idle else await self._start()
            self._busy.add(worker)
            try:
                async with asyncio.timeout(deadline_s):
                    head, blob = await worker.call(call, deadline_s * CPUS_PER_TASK)
                result = _understand(returns, head, blob)
            except MediaRefused:
                self._rest(worker)
                raise
            except (TimeoutError, WorkerLost) as error:
                await worker.kill()
                lost = error if isinstance(error, WorkerLost) else WorkerLost("deadline")
            except BaseException:
                await worker.kill()
                raise
            else:
                self._rest(worker)
                return result
            finally:
                self._busy.discard(worker)
        log.warning(
            "media_worker_lost",
            task=getattr(fn, "__qualname__", "?"),
            reason=lost.reason,
            detail=lost.detail,
        )
        raise MediaWorkerFailed(lost.reason)

    async def close(self) -> None:
        """End every worker and wait until all are gone; running tasks fail as `crashed`."""
        self._closed = True
        for worker in self._busy:
            worker.end()
        async with self._alone():
            if self._resting is not None:
                await cancelled(self._resting)
            await self._end_idle()

    def _rest(self, worker: MediaWorker) -> None:
        """Keep the worker for the next task, for a while."""
        self._idle.append(worker)
        if self._clock is not None and (self._resting is None or self._resting.done()):
            self._resting = asyncio.create_task(self._leave(self._clock), name="media-idle")

    async def _leave(self, clock: Clock) -> None:
        """End the workers once nothing was asked of them for `IDLE_S`, at most twice that."""
        used = -1
        while used != self._used or self._busy:
            used = self._used
            await clock.sleep(IDLE_S)
        ending = asyncio.ensure_future(self._end_idle())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending  # no process is left behind
            raise

    async def _end_idle(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.stop() for worker in idle))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Have every place, once the tasks under way have ended."""
        async with self._turns.turn(self, self._size):
            yield

    async def _returns(self, fn: Callable[..., Result]) -> TypeAdapter[Result]:
        """The validator for the result of `fn`; building one reads files, so it is built early."""
        adapter = self._adapters.get(fn)
        if adapter is None:
            adapter = self._adapters[fn] = await asyncio.to_thread(_adapter, fn)
        return adapter

    async def _start(self) -> MediaWorker:
        try:
            worker = await MediaWorker.start(self._memory_bytes)
        except (WorkerLost, OSError) as error:
            detail = error.detail if isinstance(error, WorkerLost) else type(error).__name__
            log.warning("media_worker_start_failed", detail=detail)
        else:
            if not self._closed:
                return worker
            await worker.stop()
        raise MediaWorkerFailed("crashed")


def _understand(returns: TypeAdapter[Result], head: dict[str, Any], blob: bytes) -> Result:
    """The result in a reply, if it has the promised type, or the error that the reply reports."""
    if "refused" in head:
        code, facts = head["refused"], head.get("facts")
        if not isinstance(code, str) or code not in REFUSALS or not isinstance(facts, dict):
            raise WorkerLost("crashed", "refusal of no known kind")
        raise MediaRefused(code, **{name: _fact(value) for name, value in facts.items()})
    if "lost" in head:
        reason = "memory" if head["lost"] == "memory" else "crashed"
        raise WorkerLost(reason, str(head.get("detail", "")))
    value = head.get("result")
    if head.get("blob") == "data" and isinstance(value, dict):
        value = {**value, "data": blob}
    elif head.get("blob") == "result":
        value = blob
    try:
        return returns.validate_python(value)
    except ValidationError:
        raise WorkerLost("crashed", "reply of another type") from None


def _adapter(fn: Callable[..., Result]) -> TypeAdapter[Result]:
    try:
        hints = get_type_hints(fn)
    except TypeError:  # a built-in has none
        hints = {}
    return TypeAdapter(hints.get("return", Any))


def _fact(value: object) -> str | int | float:
    return value if isinstance(value, str | int | float) else str(value)

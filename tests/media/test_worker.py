"""Laws of the pool that opens untrusted media."""

import asyncio
import operator
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from pydantic import TypeAdapter

from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.pool import MediaPool, _understand
from bot.media.products import FilePart
from bot.media.tasks import prepare_picture, prepare_sound
from bot.media.worker import WorkerLost
from tests.harness.loop_guard import guarding_the_loop
from tests.harness.media.workers import is_alive, until_busy

GIB = 1024**3


@pytest.fixture
async def workers() -> AsyncIterator[MediaPool]:
    async with MediaPool(size=1) as pool:
        yield pool


async def test_a_task_runs_in_another_process(workers: MediaPool) -> None:
    """What a task does, it does not do in the bot's process."""
    assert await workers.run(os.getpid) != os.getpid()


async def test_a_worker_is_used_again(workers: MediaPool) -> None:
    """A worker that did its task serves the next one."""
    assert await workers.run(os.getpid) == await workers.run(os.getpid)


async def test_warm_starts_every_worker() -> None:
    """After `warm`, tasks at the same time find a worker each."""
    async with MediaPool(size=2) as pool:
        await pool.warm()
        warmed = {worker._process.pid for worker in pool._idle}
        used = set(await asyncio.gather(pool.run(os.getpid), pool.run(os.getpid)))
        assert len(warmed) == 2
        assert used <= warmed


async def test_a_crash_costs_one_worker(workers: MediaPool) -> None:
    """A native crash is an exception in the bot, and the next task is served by a new worker."""
    before = await workers.run(os.getpid)
    with pytest.raises(MediaWorkerFailed) as failure:
        await workers.run(os.abort)
    assert failure.value.reason == "crashed"
    assert await workers.run(os.getpid) != before
    assert not is_alive(before)


async def test_a_crash_leaves_the_others_alone() -> None:
    """While one worker crashes, another worker's task runs to its end."""
    async with MediaPool(size=2) as pool:
        await pool.warm()
        other = asyncio.create_task(pool.run(operator.mul, b"x", 5_000_000))
        with pytest.raises(MediaWorkerFailed):
            await pool.run(os.abort)
        assert await other == b"x" * 5_000_000


async def test_the_deadline_ends_a_task(workers: MediaPool) -> None:
    """A task that runs too long is ended with its worker."""
    before = await workers.run(os.getpid)
    with pytest.raises(MediaWorkerFailed) as failure:
        await workers.run(signal.pause, deadline_s=0.05)
    assert failure.value.reason == "deadline"
    assert not is_alive(before)
    assert await workers.run(os.getpid) != before


async def test_cpu_time_is_bounded_by_the_kernel(workers: MediaPool) -> None:
    """SIGXCPU, which the kernel sends past the CPU limit, reads as a deadline."""
    pid = await workers.run(os.getpid)
    with pytest.raises(MediaWorkerFailed) as failure:
        await workers.run(os.kill, pid, signal.SIGXCPU)
    assert failure.value.reason == "deadline"


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS works on Linux alone")
async def test_memory_is_bounded() -> None:
    """A task that asks for too much memory fails as such, and the next one is served."""
    async with MediaPool(size=1, memory_bytes=GIB // 4) as pool:
        with pytest.raises(MediaWorkerFailed) as failure:
            await pool.run(operator.mul, b"x", GIB // 2)
        assert failure.value.reason == "memory"
        assert await pool.run(operator.mul, b"x", 10) == b"x" * 10


async def test_the_kernel_killing_for_memory_is_memory(workers: MediaPool) -> None:
    """A SIGKILL that is not ours is what the kernel does when memory runs out."""
    pid = await workers.run(os.getpid)
    with pytest.raises(MediaWorkerFailed) as failure:
        await workers.run(os.kill, pid, signal.SIGKILL)
    assert failure.value.reason == "memory"


async def test_a_refusal_crosses_with_its_facts(workers: MediaPool, tmp_path: Path) -> None:
    """MediaRefused arrives with its code, and costs no worker."""
    before = await workers.run(os.getpid)
    neither = tmp_path / "file"
    neither.write_bytes(b"neither of them")
    for task, code in (
        (prepare_picture, "picture_unreadable"),
        (prepare_sound, "sound_unreadable"),
    ):
        with pytest.raises(MediaRefused) as refusal:
            await workers.run(task, FilePart(neither))
        assert refusal.value.code == code
    assert await workers.run(os.getpid) == before


async def test_any_other_exception_is_a_crash(workers: MediaPool) -> None:
    """An exception that a task should not raise is never raised in the bot."""
    with pytest.raises(MediaWorkerFailed) as failure:
        await workers.run(int, "not a number")
    assert failure.value.reason == "crashed"
    assert failure.value.__cause__ is None


@pytest.mark.parametrize(
    "head",
    [{"result": "text"}, {}, {"result": None}, {"blob": "result"}, {"lost": "?"}],
)
def test_a_reply_of_another_type_is_not_believed(head: dict[str, str | None]) -> None:
    """What a worker sends is used only where it has the type that the task promised."""
    with pytest.raises(WorkerLost):
        _understand(TypeAdapter(int), head, b"blob")


async def test_signals_to_the_group_do_not_end_a_worker(workers: MediaPool) -> None:
    """SIGINT and SIGTERM are for the bot; what a worker is doing may end while the bot drains."""
    pid = await workers.run(os.getpid)
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    assert await workers.run(os.getpid) == pid


async def test_a_cancelled_task_ends_its_worker(workers: MediaPool) -> None:
    """The result of a cancelled task is not needed, so its computation ends."""
    pid = await workers.run(os.getpid)
    task = asyncio.create_task(workers.run(signal.pause))
    await until_busy(workers)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(pid)


async def test_close_ends_idle_and_busy_workers() -> None:
    """After `close` no process is left; a task under way fails and later ones are refused."""
    pool = MediaPool(size=2)
    await pool.warm()
    pids = [worker._process.pid for worker in pool._idle]
    task = asyncio.create_task(pool.run(signal.pause))
    await until_busy(pool)
    await pool.close()
    with pytest.raises(MediaWorkerFailed):
        await task
    with pytest.raises(MediaWorkerFailed):
        await pool.run(os.getpid)
    assert not any(is_alive(pid) for pid in pids)


PARENT = """
import asyncio, os, signal
from bot.media.pool import MediaPool

async def main():
    pool = MediaPool(size=2)
    await pool.warm()
    pids = [worker._process.pid for worker in pool._idle]
    task = asyncio.create_task(pool.run(signal.pause))
    while not pool._busy:
        await asyncio.sleep(0)
    print(*pids, flush=True)
    await task

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a stranger needs pidfd")
async def test_workers_die_with_the_bot() -> None:
    """After `kill -9` of the bot, idle and busy workers exit."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pids = [int(word) for word in (await parent.stdout.readline()).split()]
    ends = [os.pidfd_open(pid) for pid in pids]
    parent.kill()
    await parent.wait()
    try:
        for end in ends:
            readable, _, _ = await asyncio.to_thread(select.select, [end], [], [], 10.0)
            assert readable == [end]
    finally:
        for end in ends:
            os.close(end)


async def test_the_loop_is_not_blocked() -> None:
    """Starting, using and ending workers does no blocking call on the event loop."""
    with blockbuster_ctx(), guarding_the_loop() as guard:
        async with MediaPool(size=1) as pool:
            await pool.warm()
            await pool.run(operator.mul, b"x", 1_000_000)
    assert guard.seen == []


async def test_a_worker_knows_no_secrets(
    workers: MediaPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot's settings in the environment do not reach the process that opens hostile files."""
    monkeypatch.setenv("KLINGBOT_DISCORD__TOKEN", "secret")
    assert await workers.run(os.getenv, "KLINGBOT_DISCORD__TOKEN") is None
    assert await workers.run(os.getenv, "PATH") == os.environ["PATH"]


def _limits() -> str:
    names = ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE")
    pairs = [resource.getrlimit(getattr(resource, name)) for name in names]
    return " ".join(
        "hard" if soft == hard else name for name, (soft, hard) in zip(names, pairs, strict=True)
    )


def _status(field: str) -> str:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{field}:"))


def _child() -> int:
    return subprocess.Popen(["sleep", "600"]).pid  # noqa: S607 - as the shell finds it


@pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")
async def test_a_worker_cannot_raise_its_limits(workers: MediaPool) -> None:
    """Its limits are hard, and no program that it starts gains rights."""
    assert await workers.run(_limits) == "hard hard hard hard"
    assert await workers.run(_status, "NoNewPrivs") == "1"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a stranger needs pidfd")
async def test_what_a_worker_started_ends_with_it(workers: MediaPool) -> None:
    """A worker that is ended leaves no process behind."""
    child = await workers.run(_child)
    assert is_alive(child)
    end = os.pidfd_open(child)
    with pytest.raises(MediaWorkerFailed):
        await workers.run(signal.pause, deadline_s=0.05)
    readable, _, _ = await asyncio.to_thread(select.select, [end], [], [], 10.0)
    os.close(end)
    assert readable

"""The cost of a process: its memory and its CPU time, as the kernel counts them (Linux)."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SAMPLE_EVERY_S: Final = 0.02
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
KIB: Final = 1024
FORGET_PEAK: Final = "5"
"""Written to `clear_refs`, it sets the peak back to what is used now (proc(5))."""


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_bytes(pid: int, name: str = "VmRSS") -> int:
    """Return what a process holds in memory now (`VmRSS`) or held at most (`VmHWM`)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * KIB
    return 0


def owned_bytes(pid: int) -> int:
    """Return what no other process shares: what ending this one gives back."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * KIB for line in lines if line.startswith("Private_"))


def children(pid: int) -> list[int]:
    """Return the running child processes of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


@dataclass
class Memory:
    """The memory of a bot and its media workers: before, at the peak, and after."""

    before_bytes: int
    peak_bytes: int = 0
    after_bytes: int = 0
    workers_before_bytes: int = 0
    workers_peak_bytes: int = 0
    series: list[int] = field(default_factory=list)

    @property
    def more_bytes(self) -> int:
        """How much more the bot's own process used at the peak than before."""
        return self.peak_bytes - self.before_bytes


@contextlib.asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Memory]:
    """Watch a process and its children for the block; the peak is the kernel's own count."""
    _forget_peak(pid)
    memory = Memory(memory_bytes(pid), workers_before_bytes=_together(children(pid)))
    sampling = asyncio.create_task(_sample(pid, memory))
    try:
        yield memory
    finally:
        sampling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sampling
        memory.peak_bytes = memory_bytes(pid, "VmHWM")
        memory.after_bytes = memory_bytes(pid)


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text(FORGET_PEAK)


async def _sample(pid: int, memory: Memory) -> None:
    while True:
        memory.series.append(memory_bytes(pid))
        workers = _together(children(pid))
        memory.workers_peak_bytes = max(memory.workers_peak_bytes, workers)
        await asyncio.sleep(SAMPLE_EVERY_S)


def _together(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += memory_bytes(pid)
    return total

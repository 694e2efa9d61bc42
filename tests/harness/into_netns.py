"""Lends ports of this machine to other network namespaces, such as those of containers."""

import asyncio
import contextlib
import ctypes
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

CLONE_NEWNET: Final = 0x4000_0000
"""linux/sched.h: the kind of namespace that `setns` is to enter."""
BACKLOG: Final = 64


async def lent(
    pids: Callable[[], Awaitable[Collection[int]]], ports: Collection[int], every_s: float
) -> None:
    """Let the network namespaces of these processes reach 127.0.0.1 at these ports, for ever.

    It looks for new processes again and again. One that ends takes its ports with it.
    """
    known: set[int] = set()
    async with contextlib.AsyncExitStack() as open_:
        while True:
            for pid in set(await pids()) - known - {0}:
                with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                    for port in ports:
                        inside = await asyncio.to_thread(_listening_in, pid, port)
                        await open_.enter_async_context(await _relay(inside, port))
                    known.add(pid)
            await asyncio.sleep(every_s)


def _listening_in(pid: int, port: int) -> socket.socket:
    """Return a socket that listens in the namespace of the process."""
    made: list[socket.socket | OSError] = []

    def enter() -> None:
        try:
            made.append(_entered(pid, port))
        except OSError as failed:
            made.append(failed)

    # In a thread of its own, which ends there: only what it made stays.
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _entered(pid: int, port: int) -> socket.socket:
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(Path(f"/proc/{pid}/ns/net"), os.O_RDONLY)
    try:
        if libc.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    finally:
        os.close(handle)


async def _relay(inside: socket.socket, port: int) -> asyncio.Server:
    async def carry(here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pour(here, out), _pour(there, back))

    return await asyncio.start_server(carry, sock=inside)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(ConnectionError):
        sink.close()
        await sink.wait_closed()

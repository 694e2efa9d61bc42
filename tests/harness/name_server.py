"""A name server on loopback: it knows some names, and keeps silent about all others."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Final, cast

HEADER: Final = struct.Struct("!6H")  # id, flags, questions, answers, authorities, additional
ANSWERED: Final = 0x8180
"""Flags of an answer without an error to a question that wanted recursion (RFC 1035, 4.1.1)."""
A, IN = 1, 1


class NameServer(asyncio.DatagramProtocol):
    """Answers questions about IPv4 addresses; `asked` has every name it was asked for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._telling: asyncio.Future[None] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self.asked: list[str] = []
        self.more = asyncio.Condition()
        """Notified whenever a name was asked for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of this kind by its methods; its class is not derived from it in every version of Python.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        number = HEADER.unpack_from(data)[0]
        name, end = _name(data, HEADER.size)
        self.asked.append(name)
        self._telling = asyncio.ensure_future(self._tell())
        if name not in self._known:
            return
        kind = struct.unpack_from("!H", data, end)[0]
        question = data[HEADER.size : end + 4]
        answers = b""
        if kind == A:
            record = struct.pack("!HHHIH", 0xC00C, A, IN, 0, 4)  # 0xC00C: the name asked for
            answers = record + socket.inet_aton(self._known[name])
        head = HEADER.pack(number, ANSWERED, 1, 1 if answers else 0, 0, 0)
        assert self._transport is not None
        self._transport.sendto(head + question + answers, addr)

    async def _tell(self) -> None:
        async with self.more:
            self.more.notify_all()


def _name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


@contextlib.asynccontextmanager
async def name_server(**known: str) -> AsyncIterator[tuple[NameServer, str]]:
    """Run one that knows these names (with `__` for a dot); give it with its address."""
    loop = asyncio.get_running_loop()
    names = {name.replace("__", "."): address for name, address in known.items()}
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(names), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()

"""Laws of looking up names that outsiders give us, against a real name server on loopback."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from bot.media.names import OutsideNames
from sandbox.clock import PATIENCE_S
from tests.harness.name_server import NameServer, name_server

SILENT = 200


async def asked(server: NameServer, count: int) -> None:
    """Wait until the server has been asked for this many names."""
    async with asyncio.timeout(PATIENCE_S):
        async with server.more:
            await server.more.wait_for(lambda: len(set(server.asked)) >= count)


@contextlib.asynccontextmanager
async def looking_up(
    names: OutsideNames, *hosts: str
) -> AsyncIterator[Sequence[asyncio.Future[Any]]]:
    """Have these look-ups under way for the block, and close `names` after it."""
    waiting = [asyncio.ensure_future(names.resolve(host, 443)) for host in hosts]
    try:
        yield waiting
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)
        await names.close()


async def test_names_that_nobody_answers_hold_no_other_name() -> None:
    """While 200 look-ups wait for a silent server, another one is answered."""
    async with name_server(good__example="93.184.216.34") as (server, address):
        names = OutsideNames([address])
        async with looking_up(names, *(f"n{n}.example" for n in range(SILENT))) as waiting:
            await asked(server, SILENT)
            found = await names.resolve("good.example", 443)
            assert [(one["host"], one["port"]) for one in found] == [("93.184.216.34", 443)]
            assert not any(one.done() for one in waiting)


async def test_look_ups_take_no_threads() -> None:
    """However many wait, the process has no more threads than with one."""
    async with name_server() as (server, address):
        names = OutsideNames([address])
        async with looking_up(names, "first.example"):
            await asked(server, 1)
            threads = threading.active_count()
            async with looking_up(names, *(f"n{n}.example" for n in range(50))):
                await asked(server, 51)
                assert threading.active_count() == threads


async def test_a_surplus_is_refused_at_once() -> None:
    """With as many look-ups under way as allowed, one more is told to come again."""
    async with name_server(good__example="93.184.216.34") as (server, address):
        names = OutsideNames([address], at_once_max=3)
        async with looking_up(names, "n1.example", "n2.example", "n3.example") as waiting:
            await asked(server, 3)
            with pytest.raises(socket.gaierror) as refusal:
                await names.resolve("good.example")
            assert refusal.value.errno == socket.EAI_AGAIN
            waiting[0].cancel()
            await asyncio.wait(waiting[:1])
            assert await names.resolve("good.example")


@pytest.mark.parametrize("name", ["nowhere.invalid", "a..b", "x" * 64 + ".example", "ü.invalid"])
async def test_a_name_that_cannot_be_is_no_name(name: str) -> None:
    """Names that lead nowhere or break the rules of names are told apart from trouble."""
    names = OutsideNames()
    with pytest.raises(socket.gaierror) as refusal:
        await names.resolve(name, 80)
    assert refusal.value.errno == socket.EAI_NONAME
    await names.close()


async def test_the_hosts_file_is_read() -> None:
    """`localhost` has the addresses that the system's own list gives it."""
    names = OutsideNames()
    found = await names.resolve("localhost", 8080, socket.AF_UNSPEC)
    assert {one["host"] for one in found} <= {"127.0.0.1", "::1"}
    assert {one["port"] for one in found} == {8080}
    await names.close()


async def test_a_silent_server_is_trouble_and_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that runs out of its time says that another try may succeed."""
    monkeypatch.setattr("bot.media.names.LOOKUP_S", 0.0)
    async with name_server() as (_, address):
        names = OutsideNames([address])
        with pytest.raises(socket.gaierror) as trouble:
            await names.resolve("slow.example")
        assert trouble.value.errno == socket.EAI_AGAIN
        await names.close()

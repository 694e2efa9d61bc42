"""`bot demo --kling` and `--gateway`: what a web developer starts, and what is printed there."""

import contextlib
import re
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.harness.shell import bot, start

ORDER = {"model_name": "kling-v2-5-turbo", "prompt": "a fox in the snow", "duration": "5"}
NOISE = {"KLINGBOT_NO_SUCH_KEY": "x", "KLINGBOT_KLING__API_KEY": "the-owners-own"}
"""The owner's settings: nothing of them reaches what is local."""


@contextlib.asynccontextmanager
async def running(*flags: str, cwd: Path) -> AsyncIterator[str]:
    """What it says once it listens; in the end it stops when asked, with nothing to complain of."""
    process = await start("demo", *flags, "--port", "0", cwd=cwd, env=NOISE)
    assert process.stdout is not None
    try:
        said = await process.stdout.readuntil(b"Ctrl-C")  # its last line is how to end it
        yield said.decode()
    finally:
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


async def test_the_local_kling_takes_orders_for_its_key(tmp_path: Path) -> None:
    """With the address and the key that were printed a task is accepted, without them none."""
    async with running("--kling", cwd=tmp_path) as said, aiohttp.ClientSession() as session:
        url = found(r"The local Kling: (http://127\.0\.0\.1:\d+)\n", said)
        key = found(r"API key: +(\S+)\n", said)
        for header, status in ((f"Bearer {key}", 200), ("Bearer x", 401)):
            headers = {"Authorization": header}
            async with session.post(
                f"{url}/v1/videos/text2video", json=ORDER, headers=headers
            ) as answer:
                assert answer.status == status, await answer.text()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    "flags", [pytest.param(["--gateway"], marks=pytest.mark.sweep), ["--gateway", "--kling"]]
)
async def test_the_gateway_stands_in_front_of_it(tmp_path: Path, flags: list[str]) -> None:
    """What is ordered at the printed address, without any key, is a task at the local Kling."""
    async with running(*flags, cwd=tmp_path) as said, aiohttp.ClientSession() as session:
        gateway = found(r"The gateway: (http://127\.0\.0\.1:\d+) ", said)
        kling = found(r"The local Kling: (http://127\.0\.0\.1:\d+)\n", said)
        key = found(r"API key: +(\S+)\n", said)
        async with session.post(f"{gateway}/api/v1/videos/text2video", json=ORDER) as answer:
            task_id = (await answer.json())["task_id"]
        headers = {"Authorization": f"Bearer {key}"}
        async with session.get(
            f"{kling}/v1/videos/text2video/{task_id}", headers=headers
        ) as answer:
            assert (await answer.json())["data"]["task_id"] == task_id
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("flag", ["--kling", "--gateway"])
async def test_a_port_in_use_is_told_with_another(tmp_path: Path, flag: str) -> None:
    """Words about the port and what to type, exit code 1, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        over = await bot("demo", flag, "--port", str(port), cwd=tmp_path)
    assert over.code == 1
    assert f"Port {port} is already in use" in over.err
    assert "--port" in over.err
    assert "make" not in over.err
    assert "Traceback" not in over.err

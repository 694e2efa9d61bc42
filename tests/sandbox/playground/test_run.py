"""The command as a whole: its port, and how it begins and ends."""

import asyncio
import io
import os
import stat
from pathlib import Path

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.playground.run import CANNOT_SERVE, serve


class Stopping(io.StringIO):
    """Asks to stop as soon as something is told."""

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self._stop = stop

    def write(self, text: str) -> int:
        self._stop.set()
        return super().write(text)


async def test_a_taken_port_is_told() -> None:
    """With its port taken, the command says what to type instead, and ends with 1."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as taken:
        port = taken.sockets[0].getsockname()[1]
        out, err = io.StringIO(), io.StringIO()
        async with asyncio.timeout(PATIENCE_S):
            assert await serve(port, asyncio.Event(), out, err) == CANNOT_SERVE
    assert out.getvalue() == ""
    assert f"Port {port} is already in use" in err.getvalue()
    other = port + 1 if port < 65535 else 8420
    assert f"--port {other}" in err.getvalue()
    assert f"PORT={other}" in err.getvalue()
    assert "Traceback" not in err.getvalue()


async def test_it_can_be_stopped_while_the_bot_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped right after its address was told it ends with 0; no browser opens, nothing failed."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\ntouch {opened}\n", encoding="utf-8")
    browser.chmod(stat.S_IRWXU)
    monkeypatch.setenv("DISPLAY", os.devnull)
    monkeypatch.setenv("BROWSER", str(browser))
    stop, err = asyncio.Event(), io.StringIO()
    async with asyncio.timeout(PATIENCE_S):
        assert await serve(0, stop, Stopping(stop), err) == 0
    assert err.getvalue() == ""
    assert not opened.exists()

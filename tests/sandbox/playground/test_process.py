"""The bot's process in the local world: what it is given, and what it is kept from."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.playground.ground import Ground
from tests.harness.playground.drawer import asked
from tests.harness.playground.grounds import patient_ground
from tests.harness.playground.page import Page
from tests.harness.shell import ROOT

OWNERS = """
[access]
guilds = [1]
[kling]
api_key = "the-owner-pays-for-this"
"""


async def test_the_settings_of_the_real_bot_stay_out(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config.toml where the playground is started neither stops its bot nor lends it a key."""
    (tmp_path / "config.toml").write_text(OWNERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    await ground.bot.start_bot()
    await asked(ground)
    kling = ground.bot.kling
    await kling.until(lambda: bool(kling.creates), PATIENCE_S)


@pytest.mark.parametrize("turns", range(16))
async def test_no_bot_outlives_the_playground(
    tmp_path: Path, http: aiohttp.ClientSession, turns: int
) -> None:
    """A page asks for the bot just before everything ends: in no moment is one left running."""
    async with patient_ground(tmp_path) as ground:
        origin = ground.url.rstrip("/")
        socket = await http.ws_connect(f"{ground.url}playground/socket", origin=origin)
        await Page(socket).ask("view", member=None, locale="en-US")
        await socket.send_json({"id": 2, "do": "bot", "order": "start"})
        for _ in range(turns):
            await asyncio.sleep(0)
    await socket.close()
    assert not ground.bot.running

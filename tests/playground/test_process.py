"""The bot's process in the local world: what it is given, and what it is kept from."""

from pathlib import Path

import pytest

from bot.sandbox.playground.ground import Ground
from tests.cli.shell import ROOT
from tests.playground.drawer import BOUND_S, asked

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
    await kling.until(lambda: bool(kling.creates), BOUND_S)

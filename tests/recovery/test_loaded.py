"""What the bot's own process loads: libraries of which it has no use cost every operator memory."""

import asyncio
import sys
from pathlib import Path

from tests.harness.opening import open_town
from tests.harness.recovery.process import RealBot
from tests.harness.recovery.scene import DONE, Scene
from tests.harness.town import png

ONLY_IN_WORKERS = ("/av/", "/av.libs/", "/PIL/", "pillow_heif", "/pillow.libs/")
ONLY_WITH_POSTGRESQL = ("/asyncpg/",)
ONLY_FOR_SOME = {
    "PIL",
    "aiohttp.web",
    "asyncpg",
    "av",
    "bot.web.gateway",
    "pillow_heif",
    "prometheus_client",
    "sandbox",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
}
EVERYTHING = """
import importlib, sys
import bot.cli, bot.app
from bot.client import EXTENSIONS
for name in EXTENSIONS:
    importlib.import_module(name)
print(*sys.modules, sep="\\n")
"""


async def test_what_opens_files_and_postgresql_is_not_mapped(tmp_path: Path) -> None:
    """With SQLite, a bot that finished a job with a picture maps no library of those."""
    async with open_town(tmp_path) as town:
        bot = RealBot(town, tmp_path, within=("env",))
        try:
            await bot.connect()
            scene = Scene(town, bot)
            await scene.ask("image", prompt="a fox", image=png())
            await scene.card_says(DONE, 0)
            assert isinstance(bot._process, asyncio.subprocess.Process)
            maps = await asyncio.to_thread(Path(f"/proc/{bot._process.pid}/maps").read_text)
        finally:
            await bot.close()
    assert "libpython" in maps or "python3" in maps
    assert [part for part in (*ONLY_IN_WORKERS, *ONLY_WITH_POSTGRESQL) if part in maps] == []


async def test_what_only_some_need_is_not_imported() -> None:
    """Importing all of the bot imports nothing that only a setting or another command asks for."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", EVERYTHING, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    loaded = set(said.decode().split())
    assert {"bot.wiring", "cogs.video", "sqlalchemy", "discord"} <= loaded
    assert loaded & ONLY_FOR_SOME == set()

"""The health check of a container, asked in a process-like way: settings in, exit code out."""

import asyncio
import io
from pathlib import Path

import pytest

from bot.web.probe import probe
from tests.web.test_pages import TOKEN
from tests.web.test_watch_pages import ALL_WELL, serving


async def asked(folder: Path, env: dict[str, str]) -> tuple[int, str]:
    out = io.StringIO()
    return await asyncio.to_thread(probe, folder, env, out), out.getvalue()


@pytest.mark.parametrize(("parts", "code"), [(ALL_WELL, 0), ({**ALL_WELL, "database": False}, 1)])
async def test_the_probe_says_what_readyz_says(
    tmp_path: Path, parts: dict[str, bool], code: int
) -> None:
    """Exit 0 for a bot that is ready, else 1 and the parts that are not; it sends the token."""
    async with serving(parts, token=TOKEN) as (_, address):
        env = {
            "KLINGBOT_WEB__LISTEN": f"0.0.0.0:{address.port}",
            "KLINGBOT_WEB__API_TOKEN": TOKEN,
        }
        told, said = await asked(tmp_path, env)
    assert told == code
    assert ("database" in said) == (code == 1)


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "", "nonsense"])
async def test_a_bot_that_cannot_be_asked_is_not_ready(tmp_path: Path, listen: str) -> None:
    """Nobody listens, nobody may listen, or the settings are wrong: exit 1 and a reason."""
    code, said = await asked(tmp_path, {"KLINGBOT_WEB__LISTEN": listen})
    assert code == 1
    assert said

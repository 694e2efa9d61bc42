"""A database belongs to one Discord application."""

import asyncio
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.doctor.findings import DATABASE
from bot.doctor.owner import examine_owner
from bot.settings.load import load_settings
from sandbox.discord import LocalDiscord
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.store import JobStore
from tests.harness.shell import bot
from tests.harness.storage.version_0_1_0 import APPLICATION, VERSION_0_1_0, insert


async def test_the_first_application_keeps_it(store: JobStore, other: JobStore) -> None:
    """The first application to start owns the database for good; any other is refused by name."""
    await store.belong_to(1)
    await other.belong_to(1)
    with pytest.raises(StorageUnavailable) as refusal:
        await other.belong_to(2)
    assert refusal.value.reason == "other_application"
    assert "application 1, not to 2" in refusal.value.detail


async def test_of_two_that_start_together_one_wins(store: JobStore, other: JobStore) -> None:
    """At the first start of two applications at once one is refused."""
    ended = await asyncio.gather(store.belong_to(1), other.belong_to(2), return_exceptions=True)
    assert [type(one) for one in ended].count(StorageUnavailable) == 1


async def test_an_upgrade_knows_whose_jobs_there_are(url: str) -> None:
    """A database of 0.1.0 with jobs belongs to the application that they were asked of."""
    async with open_database(url, owner="bot", migrations=VERSION_0_1_0) as database:
        await database.jobs._connections.write(lambda here: insert(here, 1))
    async with open_database(url, owner="bot") as database:
        await database.jobs.belong_to(APPLICATION)
        with pytest.raises(StorageUnavailable):
            await database.jobs.belong_to(APPLICATION + 1)


async def test_another_application_is_exit_4(url: str, tmp_path: Path) -> None:
    """The bot ends with 4 before it registers a command, and the doctor says the same."""
    async with open_database(url, owner="bot") as database:
        await database.jobs.belong_to(1)
    async with LocalDiscord(SystemClock(), application_public=False) as discord:
        env = {
            "KLINGBOT_DISCORD__TOKEN": discord.token,
            "KLINGBOT_DISCORD__API_URL": discord.api_url,
            "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
            "KLINGBOT_STORAGE__URL": url,
            "KLINGBOT_WEB__LISTEN": "",
        }
        ended = await bot("run", cwd=tmp_path, env=env)
        [finding] = await examine_owner(load_settings(None, env))
        assert [r.method for r in discord.requests if "/commands" in (r.route or "")] == []
    assert ended.code == 4
    assert "belongs to the Discord application 1" in ended.err
    assert "Traceback" not in ended.err
    assert finding.exit_code == DATABASE
    assert "belongs to the Discord application 1" in finding.what

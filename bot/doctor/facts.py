"""Reads what the bot noted in its database, beside a running bot and without a trace."""

import asyncio

from bot.doctor.database import OWNER
from bot.settings.load import Settings
from storage import sqlite_file
from storage.engine import open_database


async def fact_of(settings: Settings, key: str) -> str | None:
    """Return a fact, None if there is none; raises `StorageUnavailable`."""
    path = settings.storage.sqlite_path
    if path is not None:
        return await asyncio.to_thread(sqlite_file.fact_in, path, key)
    url = settings.storage.url.get_secret_value()
    async with open_database(url, owner=OWNER, beside=True) as database:
        return await database.jobs.fact(key)

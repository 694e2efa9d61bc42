"""Who registers the commands where several processes run: the housekeeper, what others want too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.discord.command_sync import (
    HASH_FACT,
    WANTED_FACT,
    learn_commands,
    register_wanted,
    sync_commands,
)
from bot.messages.translations import load_translations
from sandbox.discord import LocalDiscord
from storage.store import JobStore
from tests.harness.opening import open_town
from tests.harness.town import Town

PUT = "PUT"


def registrations(discord: LocalDiscord) -> int:
    return sum(request.method == PUT for request in discord.requests)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path) as town, town.bot():
        yield town


async def _forget(store: JobStore, application_id: int) -> None:
    await store.set_fact(HASH_FACT.format(application_id=application_id), "of another version")


async def test_another_process_registers_what_this_one_wants(town: Town) -> None:
    """One that is not the housekeeper says so and goes on; the housekeeper does it, once."""
    assert town.app is not None
    client, store, words = town.app.client, town.store, load_translations()
    application_id = client.application_id
    assert application_id is not None
    before = registrations(town.discord)
    await _forget(store, application_id)
    assert not await sync_commands(client, client.tree, words, store, registers=False)
    assert registrations(town.discord) == before
    assert await register_wanted(client, words, store)
    assert not await register_wanted(client, words, store)
    assert registrations(town.discord) == before + 1
    # Neither of them has anything left to do.
    assert not await sync_commands(client, client.tree, words, store, registers=False)
    assert not await sync_commands(client, client.tree, words, store)
    assert registrations(town.discord) == before + 1


async def test_what_is_registered_itself_is_wanted_no_longer(town: Town) -> None:
    """A wish of an older program does not come after a newer one's registration."""
    assert town.app is not None
    client, store, words = town.app.client, town.store, load_translations()
    application_id = client.application_id
    assert application_id is not None
    await store.set_fact(WANTED_FACT.format(application_id=application_id), '[{"name": "old"}]')
    await _forget(store, application_id)
    assert await sync_commands(client, client.tree, words, store)
    assert not await register_wanted(client, words, store)


async def test_a_process_without_commands_knows_how_to_mention_them(town: Town) -> None:
    """A worker learns the ids from the database, so that its texts can be clicked."""
    assert town.app is not None
    words, application_id = load_translations(), town.app.client.application_id
    assert application_id is not None
    assert f"{words.commands:video}" == "`/video`"
    await learn_commands(application_id, words, town.store)
    assert f"{words.commands:video}".startswith("</video:")

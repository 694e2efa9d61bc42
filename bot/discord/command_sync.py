"""Registers the slash commands with Discord, only if they have changed, in all our languages."""

import hashlib
import json
from typing import Any, Final

import discord
import structlog
from discord import app_commands

from bot.clock import Clock
from bot.discord.command_refusals import refused_commands, shortened
from bot.messages.translations import FALLBACK, LANGUAGES, Translations, language_of
from storage.errors import StorageUnavailable
from storage.store import JobStore

HASH_FACT: Final = "commands:{application_id}"
IDS_FACT: Final = "command_ids:{application_id}"
"""What was registered last, and Discord's ids for it: a JSON object by name."""
WANTED_FACT: Final = "commands_wanted:{application_id}"
"""What a process that does not register itself wants to have registered: the commands as JSON."""
REFUSED_FACT: Final = "commands_refused:{application_id}"
"""What Discord refused at the last start: a JSON object of reasons by name, `""` for all."""
REGISTER_EVERY_S: Final = 20.0
ALL: Final = ""
TOO_MANY_STATUS: Final = 429
SERVER_ERROR_STATUS: Final = 500
KEY: Final = "key"
"""In a command's extras: the key of its name in the catalogue, where the name itself is none."""
LOCALIZED: Final = ("name", "description")
"""What Discord takes in several languages."""
LOCALES: Final = {
    locale: language
    for locale in discord.Locale
    if (language := language_of(locale.value)) in LANGUAGES and language != FALLBACK
}

log = structlog.get_logger(__name__)


def command_payload(
    tree: app_commands.CommandTree[Any], words: Translations
) -> list[dict[str, Any]]:
    """Return the commands as Discord accepts them, every key replaced by its text.

    discord.py's own translation asks for each text in each of Discord's thirty languages, which
    takes longer than the rest of a start.
    """
    commands = sorted(tree.get_commands(), key=lambda command: command.name)
    keys = words.keys(FALLBACK)
    return [_payload_of(command, tree, words, keys) for command in commands]


def _payload_of(
    command: app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu,
    tree: app_commands.CommandTree[Any],
    words: Translations,
    keys: frozenset[str],
) -> dict[str, Any]:
    payload: dict[str, Any] = _in_words(command.to_dict(tree), words, keys)
    if KEY in command.extras:
        payload["name_localizations"] = _translated(str(command.extras[KEY]), words)
    return payload


async def sync_commands(
    client: discord.Client,
    tree: app_commands.CommandTree[Any],
    words: Translations,
    store: JobStore,
    *,
    registers: bool = True,
) -> bool:
    """Register the commands if they differ from the last registration; tell whether they did.

    Where another process registers, they are left to it (`register_wanted`). Either way the texts
    know the commands' ids from then on.

    Discord limits how often commands are created, and replacing all of them is one call. It refuses
    all for the sake of one: those that it names are left out, logged one by one, and kept for
    `doctor`. If it names none, the bot runs with those Discord has. Either way the next start tries
    again; a temporary failure is raised as `discord.HTTPException`.
    """
    payload = command_payload(tree, words)
    application_id = client.application_id
    if application_id is None:
        raise RuntimeError("commands are registered after logging in")
    known = await learn_commands(application_id, words, store)
    if await _is_registered(application_id, payload, store) and known:
        return False
    wanted = WANTED_FACT.format(application_id=application_id)
    if not registers:
        await store.set_fact(wanted, json.dumps(payload))
        return False
    if await store.fact(wanted):
        await store.set_fact(wanted, "")
    return await _registered(client, application_id, payload, words, store)


async def register_wanted(client: discord.Client, words: Translations, store: JobStore) -> bool:
    """Register what another process wants to have registered; tell whether that was done.

    A temporary failure is raised as `discord.HTTPException`.
    """
    application_id = client.application_id
    if application_id is None:
        raise RuntimeError("commands are registered after logging in")
    wanted = WANTED_FACT.format(application_id=application_id)
    payload = _read_list(await store.fact(wanted))
    if not payload:
        return False
    done = False
    if not await _is_registered(application_id, payload, store):
        done = await _registered(client, application_id, payload, words, store)
    await store.set_fact(wanted, "")
    return done


async def keep_registered(
    client: discord.Client, clock: Clock, words: Translations, store: JobStore
) -> None:
    """Register what other processes want, whenever there is something, until cancelled."""
    while True:
        try:
            await register_wanted(client, words, store)
        except (discord.HTTPException, OSError, StorageUnavailable) as failed:
            log.warning("commands.not_registered", reason=type(failed).__name__)
        await clock.sleep(REGISTER_EVERY_S)


async def learn_commands(
    application_id: int, words: Translations, store: JobStore
) -> dict[str, Any]:
    """Let the texts know the ids that were registered last, and return them."""
    known = _read_object(await store.fact(IDS_FACT.format(application_id=application_id)))
    words.commands.learn(known)
    return known


async def _is_registered(
    application_id: int, payload: list[dict[str, Any]], store: JobStore
) -> bool:
    return await store.fact(HASH_FACT.format(application_id=application_id)) == _digest(payload)


def _digest(payload: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


async def _registered(
    client: discord.Client,
    application_id: int,
    payload: list[dict[str, Any]],
    words: Translations,
    store: JobStore,
) -> bool:
    registered, refused = await _register(client, application_id, payload)
    await store.set_fact(REFUSED_FACT.format(application_id=application_id), json.dumps(refused))
    if registered is None:
        return False
    words.commands.learn(registered)
    await store.set_fact(IDS_FACT.format(application_id=application_id), json.dumps(registered))
    digest = "" if refused else _digest(payload)
    await store.set_fact(HASH_FACT.format(application_id=application_id), digest)
    log.info("commands.synced", count=len(registered))
    return True


async def _register(
    client: discord.Client, application_id: int, payload: list[dict[str, Any]]
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return the ids of what Discord took (None: nothing), and why it refused the rest."""
    left = payload
    listed: Any = []
    refused: dict[str, str] = {}
    while left:
        try:
            listed = await client.http.bulk_upsert_global_commands(application_id, payload=left)
        except discord.HTTPException as failed:
            if not refused_for_good(failed):
                raise
            reasons = refused_commands(left, failed)
            if not reasons:
                reason = shortened(failed.text)
                log.warning(
                    "commands.refused", status=failed.status, code=failed.code, reason=reason
                )
                return None, {**refused, ALL: f"HTTP {failed.status} {reason}"}
            for name, reason in reasons.items():
                log.warning("command.refused", name=name, reason=reason)
            refused |= reasons
            left = [command for command in left if command["name"] not in reasons]
        except ValueError:
            listed = None
            break
        else:
            break
    if not (isinstance(listed, list) and all(isinstance(one, dict) for one in listed)):
        log.warning("commands.unreadable")  # taken, but which ids they have is unknown
        return None, refused
    return {str(one.get("name")): one.get("id") for one in listed}, refused


def read_refused(fact: str | None) -> dict[str, str]:
    """Return the reasons in the fact `REFUSED_FACT`; none for what can't be read."""
    return {str(name): str(reason) for name, reason in _read_object(fact).items()}


def refused_for_good(failed: discord.HTTPException) -> bool:
    """Tell whether Discord would refuse again: not a rate limit, nor an error of its own."""
    return failed.status < SERVER_ERROR_STATUS and failed.status != TOO_MANY_STATUS


def _read_object(fact: str | None) -> dict[str, Any]:
    try:
        ids = json.loads(fact or "{}")
    except ValueError:
        return {}
    return ids if isinstance(ids, dict) else {}


def _read_list(fact: str | None) -> list[dict[str, Any]]:
    try:
        listed = json.loads(fact or "[]")
    except ValueError:
        return []
    return listed if isinstance(listed, list) else []


def _in_words(value: Any, words: Translations, keys: frozenset[str]) -> Any:
    """Return a part of a command in English, each text with what it is in our other languages."""
    if isinstance(value, list):
        return [_in_words(item, words, keys) for item in value]
    if isinstance(value, dict):
        said = {key: _in_words(item, words, keys) for key, item in value.items()}
        return said | {
            f"{name}_localizations": _translated(value[name], words)
            for name in LOCALIZED
            if value.get(name) in keys
        }
    return words.say(value, FALLBACK) if isinstance(value, str) and value in keys else value


def _translated(key: str, words: Translations) -> dict[str, str]:
    said = {language: words.say(key, language) for language in set(LOCALES.values())}
    return {locale.value: said[language] for locale, language in LOCALES.items()}

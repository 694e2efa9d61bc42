"""What Discord refuses in messages and commands; most of it is in no machine-readable schema."""

import json
import re
from collections import Counter
from functools import lru_cache
from typing import Any

from sandbox.discord import payloads, refusal
from sandbox.discord.components import check_components
from sandbox.discord.model import COMPONENTS_V2
from sandbox.discord.refusal import FieldErrors, Refusal

CONTENT_MAX = 2000
NONCE_MAX = 25
EMBEDS_MAX = 10
EMBED_TEXT_TOTAL_MAX = 6000
EMBED_LENGTHS_MAX = {"title": 256, "description": 4096, "fields": 25}
FIELD_LENGTHS_MAX = {"name": 256, "value": 1024}
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
COMMANDS_MAX = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
COMMAND_TEXT_MAX = 8000
OPTIONS_MAX = 25
NESTED_OPTIONS = (1, 2)
LISTS_KEPT = 8
"""Lists of commands whose check need not be repeated: a bot sends its own at every start."""
NAME = re.compile(r"[-_'\w]{1,32}")

Body = dict[str, Any]


def check_message(body: Body, filenames: set[str]) -> None:
    """Refuse a message that Discord would not store; `filenames` are the files it will have.

    Raises:
        Refusal: 50035 with every bad field, or 50006 for an empty message.
    """
    errors = FieldErrors()
    content, embeds = body.get("content"), body.get("embeds") or []
    components = body.get("components") or []
    v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    errors.length(("content",), content, 0, CONTENT_MAX)
    if isinstance(body.get("nonce"), str):
        errors.length(("nonce",), body["nonce"], 0, NONCE_MAX)
    _check_embeds(embeds, errors)
    _check_allowed_mentions(body.get("allowed_mentions") or {}, errors)
    if v2:
        for key in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(key):
                text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                errors.add((key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    check_components(components, errors, v2=v2)
    for key, node in (("embeds", embeds), ("components", components)):
        for name in payloads.cited(node):
            if name not in filenames:
                text = f"The file {name} is not attached"
                errors.add((key,), "REFERENCED_ATTACHMENT_NOT_FOUND", text)
    errors.raise_if_any()
    parts = (content and content.strip(), embeds, filenames, body.get("poll"), v2 and components)
    if not any((*parts, body.get("sticker_ids"))):
        raise Refusal(*refusal.EMPTY_MESSAGE)


def _check_embeds(embeds: list[Body], errors: FieldErrors) -> None:
    errors.length(("embeds",), embeds, 0, EMBEDS_MAX)
    total = 0
    for number, embed in enumerate(embeds):
        path = ("embeds", number)
        footer = (embed.get("footer") or {}).get("text")
        author = (embed.get("author") or {}).get("name")
        for key, high in EMBED_LENGTHS_MAX.items():
            errors.length((*path, key), embed.get(key), 0, high)
        errors.length((*path, "footer", "text"), footer, 0, 2048)
        errors.length((*path, "author", "name"), author, 0, 256)
        texts = [embed.get("title"), embed.get("description"), footer, author]
        for row, field in enumerate(embed.get("fields") or []):
            for key, high in FIELD_LENGTHS_MAX.items():
                errors.length((*path, "fields", row, key), field.get(key) or "", 1, high)
                texts.append(field.get(key))
        total += sum(len(text or "") for text in texts)
    if total > EMBED_TEXT_TOTAL_MAX:
        text = f"Embed size exceeds maximum size of {EMBED_TEXT_TOTAL_MAX}"
        errors.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", text)


def _check_allowed_mentions(allowed: Body, errors: FieldErrors) -> None:
    for kind in ("users", "roles"):
        if kind in (allowed.get("parse") or ()) and allowed.get(kind):
            text = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive"
            path = ("allowed_mentions",)
            errors.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def check_commands(commands: list[Body]) -> None:
    """Refuse a list of commands that Discord would not register.

    Raises:
        Refusal: 50035 with every bad field.
    """
    _check_written(json.dumps(commands))


@lru_cache(maxsize=LISTS_KEPT)
def _check_written(written: str) -> None:
    """Check a list as `check_commands`; one that was good once is good again."""
    commands: list[Body] = json.loads(written)
    errors = FieldErrors()
    kinds = Counter(command.get("type", CHAT_INPUT) for command in commands)
    names = Counter((c.get("type", CHAT_INPUT), c.get("name")) for c in commands)
    for kind, high in COMMANDS_MAX.items():
        if kinds[kind] > high:
            text = f"Maximum number of application commands reached ({high})"
            errors.add((), "APPLICATION_COMMANDS_MAX", text)
    for number, command in enumerate(commands):
        path = (str(number),)
        kind = command.get("type", CHAT_INPUT)
        if names[kind, command.get("name")] > 1:
            text = "Application command names must be unique"
            errors.add((*path, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        if kind == CHAT_INPUT:
            _check_option(path, command, errors)
            if (size := _command_text(command)) > COMMAND_TEXT_MAX:
                text = f"Command exceeds maximum size ({size} > {COMMAND_TEXT_MAX})"
                errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", text)
        else:
            errors.length((*path, "name"), command.get("name") or "", 1, 32)
            if command.get("description"):
                text = "Context menu commands cannot have a description"
                code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED"
                errors.add((*path, "description"), code, text)
    errors.raise_if_any()


def _check_option(path: tuple[str | int, ...], node: Body, errors: FieldErrors) -> None:
    """Record what is wrong with a command or option, and with everything below it."""
    name = node.get("name") or ""
    if not NAME.fullmatch(name) or name != name.lower():
        text = "Command name is invalid"
        errors.add((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", text)
    if node.get("description"):
        errors.length((*path, "description"), node["description"], 1, 100)
    else:
        errors.add((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")
    choices, options = node.get("choices") or [], node.get("options") or []
    errors.length((*path, "choices"), choices, 0, OPTIONS_MAX)
    errors.length((*path, "options"), options, 0, OPTIONS_MAX)
    if choices and node.get("autocomplete"):
        text = "Choices and autocomplete cannot be combined"
        errors.add((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", text)
    seen_optional = False
    names = Counter(option.get("name") for option in options)
    for number, option in enumerate(options):
        where = (*path, "options", number)
        if option.get("required") and seen_optional:
            text = "Required options must be placed before non-required options"
            errors.add(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        if names[option.get("name")] > 1:
            text = "Option name already exists"
            errors.add((*where, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text)
        seen_optional |= not option.get("required") and option.get("type") not in NESTED_OPTIONS
        _check_option(where, option, errors)


def _command_text(node: Body) -> int:
    """Return the length of names, descriptions and values, counting the longest translation."""
    total = 0
    for key in ("name", "description"):
        translations = (node.get(f"{key}_localizations") or {}).values()
        total += max(len(text) for text in (node.get(key) or "", *translations))
    for choice in node.get("choices") or []:
        total += _command_text(choice) + len(str(choice.get("value", "")))
    return total + sum(_command_text(option) for option in node.get("options") or [])

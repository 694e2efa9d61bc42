"""Whether every recorded request is one that Discord's OpenAPI description allows.

The description is not part of this project. It is looked for beside the checkout, in
`../shared/discord-openapi.json`, or where KLINGBOT_TEST_DISCORD_SPEC says.
"""

import functools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]  # as above
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from sandbox.discord import LocalDiscord, Recorded

SPEC_VARIABLE = "KLINGBOT_TEST_DISCORD_SPEC"
SPEC_DEFAULT = Path(__file__).parents[3] / "shared" / "discord-openapi.json"
URN = "urn:discord"
FILES_MAX = 10
MEDIA = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".mov", ".mp3", ".wav", ".ogg")
"""What people who can't see or hear it need words for: the bot's law in every test of a town."""
PARAMETER = re.compile(r"\{\w+\}")
SCHEMA_REF = re.compile(r"#/components/schemas/(\w+)")

# Discord documents "snowflake or number"; the description says string only.
SNOWFLAKE = {
    "anyOf": [{"type": "string", "pattern": "^[0-9]+$"}, {"type": "integer", "minimum": 0}]
}
GUILD_MEDIA = 16  # documented as a kind of channel, and missing in the description
# What discord.py sends and Discord takes although the description does not name it.
EXTRA_PROPERTIES = {
    "ApplicationCommandUpdateRequest": ("nsfw",),
    "ApplicationCommandCreateRequest": ("nsfw",),
    "BaseCreateMessageCreateRequest": ("tts",),
    "CreateForumThreadRequest": ("type",),
    "IncomingWebhookUpdateRequestPartial": ("tts",),
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": ("tts",),
    "MessageEditRequestPartial": ("tts",),
    "RichEmbed": ("flags",),
    "MessageAttachmentRequest": ("size", "url", "proxy_url", "content_type", "spoiler"),
}


def spec_path() -> Path | None:
    """Return where Discord's description lies, or None where it is absent."""
    path = Path(os.environ.get(SPEC_VARIABLE) or SPEC_DEFAULT)
    return path if path.is_file() else None


@dataclass
class Violations:
    """What was wrong with the requests of one world, in order; `checked` had a body."""

    found: list[str] = field(default_factory=list)
    checked: int = 0

    def assert_none(self) -> None:
        """Fail the test with every violation."""
        if self.found:
            pytest.fail("\n".join(self.found))


def attach(world: LocalDiscord) -> Violations:
    """Check every request to the world from now on; skip the test where the file is absent."""
    path = spec_path()
    if path is None:
        pytest.skip(f"Discord's OpenAPI description is not at {SPEC_DEFAULT.name}")
    specification = load(path)
    violations = Violations()

    def check(request: Recorded) -> None:
        if request.surface == "rest" and request.route is not None:
            violations.checked += request.json is not None
            violations.found += specification.problems(request)

    world.on_request(check)
    return violations


def watch_descriptions(world: LocalDiscord, violations: Violations) -> None:
    """Check from now on that each image, video and sound that is sent has alternative text."""

    def check(request: Recorded) -> None:
        if request.surface == "rest" and request.files and isinstance(request.json, dict):
            violations.found += _undescribed(request)

    world.on_request(check)


class Specification:
    """Discord's description, closed against unknown keys, ready to check requests."""

    def __init__(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        schemas["SnowflakeType"] = SNOWFLAKE
        if "ChannelTypes" in schemas:
            schemas["ChannelTypes"]["oneOf"].append({"title": "GUILD_MEDIA", "const": GUILD_MEDIA})
        for name, extras in EXTRA_PROPERTIES.items():
            schemas[name]["properties"].update({key: {} for key in extras})
        for name in _reachable(document):
            _close(schemas[name])
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(URN, resource)
        self._paths = {PARAMETER.sub("{}", path): path for path in document["paths"]}
        self._document = document
        self._validators: dict[str, Draft202012Validator] = {}
        self._quick_registry = jsonschema_rs.Registry([(URN, document)])
        self._quick: dict[str, jsonschema_rs.Draft202012Validator] = {}
        """Nearly every body is good, and these say so a thousand times as fast."""

    def problems(self, request: Recorded) -> list[str]:
        """Return what is wrong with a request; nothing for a good one."""
        where = f"{request.method} {request.route}"
        operation = self.operation(request.method, request.route or "")
        if operation is None:
            return [f"{where}: not in Discord's description"]
        body = operation.get("requestBody")
        if request.json is None:
            required = bool(body and body.get("required"))
            return [f"{where}: the body is missing"] if required else []
        if body is None:
            return [f"{where}: takes no body"]
        return [f"{where}: {text}" for text in (*self._schema(request), *_files(request))]

    def operation(self, method: str, route: str) -> dict[str, Any] | None:
        """Return the description of one operation, whatever its parameters are called."""
        path = self._paths.get(PARAMETER.sub("{}", route))
        operations = self._document["paths"].get(path, {})
        found: dict[str, Any] | None = operations.get(method.lower())
        return found

    def reply_problems(self, request: Recorded) -> list[str]:
        """Return what is wrong with the local Discord's own reply; nothing for a good one."""
        where = f"{request.method} {request.route} {request.status}"
        errors = self._validator(request, f"responses/{request.status}").iter_errors(request.reply)
        return [f"{where}: {text}" for error in errors for text in _explained(error)]

    def _schema(self, request: Recorded) -> list[str]:
        ref = self._ref(request, "requestBody")
        quick = self._quick.get(ref)
        if quick is None:
            quick = jsonschema_rs.Draft202012Validator({"$ref": ref}, registry=self._quick_registry)
            self._quick[ref] = quick
        if quick.is_valid(request.json):
            return []
        errors = list(self._validator(request, "requestBody").iter_errors(request.json))
        assert errors, "two readers of one description disagree"
        return [text for error in errors for text in _explained(error)]

    def _ref(self, request: Recorded, part: str) -> str:
        path = self._paths[PARAMETER.sub("{}", request.route or "")]
        escaped = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        ref = f"{URN}#/paths/{escaped}/{request.method.lower()}/{part}/content"
        return f"{ref}/application~1json/schema"

    def _validator(self, request: Recorded, part: str) -> Draft202012Validator:
        ref = self._ref(request, part)
        validator = self._validators.get(ref)
        if validator is None:
            validator = Draft202012Validator({"$ref": ref}, registry=self._registry)
            self._validators[ref] = validator
        return validator


def _explained(error: ValidationError) -> Iterator[str]:
    """Yield the errors of the one branch of a union that was meant, not those of all."""
    branches: dict[int, list[ValidationError]] = {}
    for below in error.context or ():
        branches.setdefault(below.schema_path[0], []).append(below)
    meant = [errors for errors in branches.values() if not any(map(_is_other_type, errors))]
    if not meant:
        yield f"{error.json_path}: {error.message[:300]}"
        return
    for below in min(meant, key=len):
        yield from _explained(below)


def _is_other_type(error: ValidationError) -> bool:
    """Whether the error only says that another branch of a union was meant."""
    by_type = error.validator in ("const", "enum") and str(error.json_path).endswith(".type")
    return by_type or bool(error.validator == "type" and error.validator_value == "null")


def _files(request: Recorded) -> Iterator[str]:
    """Yield what is wrong with the files, which the description does not connect to the JSON."""
    if len(request.files) > FILES_MAX:
        yield f"{len(request.files)} files"
    if not isinstance(request.json, dict):
        return
    data = request.json.get("data") or request.json.get("message") or request.json
    listed = {int(entry["id"]) for entry in data.get("attachments") or []}
    for number in request.files.keys() - listed:
        yield f"files[{number}] is not among the attachments"


def _undescribed(request: Recorded) -> Iterator[str]:
    """Yield each new file that people who can't see or hear it are told nothing about."""
    data = request.json.get("data") or request.json.get("message") or request.json
    for entry in data.get("attachments") or []:
        media = str(entry.get("filename") or "").lower().endswith(MEDIA)
        described = any(map(str.isalpha, entry.get("description") or ""))
        if int(entry["id"]) in request.files and media and not described:
            yield f"{entry['filename']} has no alternative text"


def _reachable(document: dict[str, Any]) -> set[str]:
    """Return the names of all schemas that request bodies use."""
    found: set[str] = set()
    bodies = [
        operation["requestBody"]["content"].get("application/json", {})
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "requestBody" in operation
    ]
    todo = set(SCHEMA_REF.findall(json.dumps(bodies)))
    while todo:
        name = todo.pop()
        found.add(name)
        below = SCHEMA_REF.findall(json.dumps(document["components"]["schemas"][name]))
        todo |= set(below) - found
    return found


def _close(schema: dict[str, Any]) -> None:
    """Refuse keys that an object's schema does not name, unless it says what others may be."""
    if "properties" in schema and "additionalProperties" not in schema:
        schema["unevaluatedProperties"] = False


@functools.cache
def load(path: Path) -> Specification:
    """Return the description at `path`, read once per test process."""
    return Specification(json.loads(path.read_bytes()))

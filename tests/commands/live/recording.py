"""Records what passes between the client and Kling, with nothing that opens or names anything.

What is kept is chosen, not what is dropped: a value stays only where its key is listed below, all
others become their kind (`<text>`, `<number>`, `<url>`). Ids become numbered placeholders, so that
a replay can tell which is which. A recording in which a secret is left all the same is not made.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote

from bot.domain.routes import Route
from bot.kling.bodies import Body
from bot.kling.transport import Reply, Transport

Json = dict[str, Any]

ASKED: Final = frozenset(
    {"model_name", "prompt", "mode", "duration", "aspect_ratio", "n", "cfg_scale"}
    | {"sound_start_time", "sound_end_time", "sound_insert_time"}
    | {"type", "text", "resolution", "result_type", "key", "values"}
    | {"refer_type", "keep_original_sound", "audio", "reference_type"}
)
ANSWERED: Final = frozenset(
    {"code", "message", "task_status", "task_status_msg", "result_type", "index"}
    | {"final_unit_deduction", "status", "type", "charge_type", "amount", "package_type"}
)
NOT_JSON: Final = "<not JSON>"
FILES: Final = {
    **dict.fromkeys(("image", "image_url", "frontal_image"), "<picture>"),
    "sound_file": "<sound>",
}
NUMBER_ID: Final = "number id"
LINKS: Final = frozenset({"url", "video_url"})
"""Of a body: where a clip is, or in the newer generation a picture itself."""
TEXT_MAX_CHARACTERS: Final = 300
ITEMS_KEPT: Final = 3
"""Of a list in an answer: an account may have many tasks, and their shape is the same."""
ID_MIN_CHARACTERS: Final = 6
"""Shorter ids (faces are "0", "1") are placeholders where they stand alone, not within texts."""
SLASHES_OF_ONE_TASK: Final = 4
ROUTES: Final = frozenset(Route)
"""Their paths, of which some are as long as that of one task of another."""
ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
LONG_TOKEN: Final = re.compile(r"(?=[\w+/=.-]*\d)[\w+/=.-]{20,}|\d{8,}")
"""Signatures, keys, unknown ids: a long word with a digit in it. Models are shorter."""
PLAIN_KEY: Final = re.compile(r"[a-z_]{1,40}")


class SecretLeft(Exception):
    """The recording would hold a secret, so it is withheld; the secret is not repeated here."""


class Redactor:
    """Turns what passes in one run into what may be shown; the same id has the same name."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.secrets = {secret for secret in secrets if secret}
        self._ids: dict[str, str] = {}

    def path(self, path: str) -> str:
        """Return the path; what stands for a task is a placeholder."""
        bare, mark, query = path.partition("?")
        parts = bare.split("/")
        if len(parts) > SLASHES_OF_ONE_TASK and bare.removeprefix("/v1/") not in ROUTES:
            parts[-1] = self._id(unquote(parts[-1]), "our id")
        return "/".join(self.text(part) for part in parts) + mark + self.text(query)

    def body(self, value: Any, kept: frozenset[str], key: str = "") -> Any:
        """Return the same structure, with values only where `kept` has their key."""
        match value:
            case dict():
                return {self._key(k): self.body(v, kept, str(k)) for k, v in value.items()}
            case list():
                most = len(value) if kept is ASKED else ITEMS_KEPT
                return [self.body(item, kept, key) for item in value[:most]]
            case str():
                return self._string(value, kept, key)
            case bool() | None:
                return value
            case int() if key.endswith("_id"):  # of an element
                return self._id(str(value), NUMBER_ID)
        return value if key in kept else "<number>"

    def text(self, text: str) -> str:
        """Return words without secrets, ids, addresses, and anything like a token."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "<secret>")
        for known in sorted(self._ids, key=len, reverse=True):
            if len(known) >= ID_MIN_CHARACTERS:
                text = text.replace(known, self._ids[known])
        return LONG_TOKEN.sub("<token>", ADDRESS.sub("<url>", text))[:TEXT_MAX_CHARACTERS]

    def checked(self, recording: Json) -> str:
        """Return the recording as a file's text; raises `SecretLeft`."""
        text = json.dumps(recording, indent=1, ensure_ascii=False) + "\n"
        for secret in self.secrets:
            if secret in text or json.dumps(secret, ensure_ascii=False)[1:-1] in text:
                raise SecretLeft
        return text

    def _key(self, key: str) -> str:
        return self.text(key) if PLAIN_KEY.fullmatch(key) else "<key>"

    def _string(self, value: str, kept: frozenset[str], key: str) -> str:
        if kept is ASKED and key in FILES:
            return FILES[key]
        if kept is ASKED and key in LINKS:
            return "<clip>" if ADDRESS.match(value) else "<picture>"
        if value and key != "request_id" and (key == "id" or key.endswith("_id")):
            return self._id(value, "our id" if key == "external_task_id" else "id")
        if key in kept:
            return self.text(value)
        return "<url>" if ADDRESS.match(value) else "<text>"

    def _id(self, value: str, kind: str) -> str:
        return self._ids.setdefault(value, f"<{kind}:{len(self._ids) + 1}>")


class Recorder(Transport):
    """The client's own transport, listened to; it learns every token before it is used."""

    def __init__(self, base_url: str, redactor: Redactor) -> None:
        super().__init__(base_url)
        self.redactor = redactor
        self._exchanges: list[Json] = []

    async def send(
        self, method: str, path: str, *, token: str | None, body: bytes | Body | None = None
    ) -> Reply:
        """Send and keep both sides; a poll that is answered like the one before only once."""
        if token:
            self.redactor.secrets.add(token)
        reply = await super().send(method, path, token=token, body=body)
        if isinstance(body, Body):
            body = b"".join([piece async for piece in body.sending()])
        asked = self.redactor.body(json.loads(body), ASKED) if body else None
        request = {"method": method, "path": self.redactor.path(path), "body": asked}
        try:
            answered = self.redactor.body(json.loads(reply.body), ANSWERED)
        except (ValueError, RecursionError):
            answered = NOT_JSON
        entry = {"request": request, "answer": {"status": reply.status, "body": answered}}
        if self._exchanges[-1:] != [entry]:
            self._exchanges.append(entry)
        return reply

    def take(self, step: str, day: str) -> str:
        """Return the recording of the step that ends here, and reset; raises `SecretLeft`."""
        exchanges, self._exchanges = self._exchanges, []
        return self.redactor.checked({"step": step, "taken": day, "exchanges": exchanges})

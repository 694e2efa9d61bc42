"""The latest calls between the bot and Discord, without secrets, as JSON."""

import itertools
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sandbox.discord import LocalDiscord, Recorded
from sandbox.playground.refused import Refused

Json = dict[str, Any]

KEPT: Final = 500
HIDDEN: Final = "…"
GIST_CHARACTERS: Final = 100
TOKEN_IN_PATH: Final = re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/]+")
DISPATCH: Final = 0
OPCODES: Final = {
    2: "IDENTIFY",
    3: "PRESENCE_UPDATE",
    4: "VOICE_STATE_UPDATE",
    6: "RESUME",
    7: "RECONNECT",
    9: "INVALID_SESSION",
    10: "HELLO",
}
"""Heartbeats and their acknowledgements are left out: they carry no information."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its response, or a gateway frame."""

    number: int
    summary: Json
    """What a list shows."""
    payload: str
    """The whole call as JSON: one text that later changes cannot reach and that is searched."""

    def has(self, text: str) -> bool:
        """Tell whether the text is somewhere in it, in any case."""
        return (
            text in self.payload.casefold()
            or text in json.dumps(self.summary, ensure_ascii=False).casefold()
        )


class Calls:
    """Keeps the latest calls and announces each new one."""

    def __init__(self, discord: LocalDiscord) -> None:
        self.listeners: list[Callable[[Call], None]] = []
        self._clock = discord.clock
        self._kept: deque[Call] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        discord.on_request(self._on_request)
        discord.on_frame(self._on_frame)

    def with_text(self, text: str) -> list[Json]:
        """Return the summaries of all calls that contain `text`, oldest first."""
        return [call.summary for call in self._kept if call.has(text)]

    def payload(self, number: int) -> Json:
        """Return everything about one call.

        Raises:
            Refused: if it is no longer kept.
        """
        for call in self._kept:
            if call.number == number:
                payload: Json = json.loads(call.payload)
                return payload
        raise Refused("call_gone")

    def _on_request(self, request: Recorded) -> None:
        path = TOKEN_IN_PATH.sub(rf"\1{HIDDEN}", request.path)
        reply = request.reply if isinstance(request.reply, dict) else {}
        refused = request.status is None or not 200 <= request.status < 300  # noqa: PLR2004
        files = [
            {"name": f.filename, "type": f.content_type, "bytes": len(f.data)}
            for f in request.files.values()
        ]
        self._keep(
            {
                "kind": "request",
                "method": request.method,
                "name": request.route or path,
                "status": request.status,
                "code": reply.get("code") if refused else None,
                "problem": reply.get("message") if refused else None,
                "gist": _gist(request.json),
            },
            {
                "request": f"{request.method} {path}",
                "query": request.query,
                "json": request.json,
                "files": files,
                "status": request.status,
                "reply": request.reply,
            },
        )

    def _on_frame(self, way: Literal["send", "receive"], frame: Json) -> None:
        op = frame.get("op")
        name = frame.get("t") if op == DISPATCH else OPCODES.get(op if isinstance(op, int) else -1)
        if name is not None:
            self._keep({"kind": way, "name": name, "gist": _gist(frame.get("d"))}, frame)

    def _keep(self, summary: Json, payload: Json) -> None:
        number = next(self._numbers)
        head = {"id": number, "at": self._clock.now()}
        text = json.dumps(redacted(payload), ensure_ascii=False, default=str)
        call = Call(number, head | redacted(summary), text)
        self._kept.append(call)
        for listener in self.listeners:
            listener(call)


def redacted(value: Any) -> Any:
    """Return a copy in which every token, of the bot or of an interaction, is hidden."""
    if isinstance(value, dict):
        return {
            key: HIDDEN if key == "token" and isinstance(inner, str) else redacted(inner)
            for key, inner in value.items()
        }
    return [redacted(inner) for inner in value] if isinstance(value, list) else value


def _gist(payload: Any) -> str:
    """Return the few words that distinguish one message or interaction from another."""
    if not isinstance(payload, dict):
        return ""
    inner = payload.get("data")
    data = inner if isinstance(inner, dict) else payload
    embeds = data.get("embeds")
    first = embeds[0] if isinstance(embeds, list) and embeds else {}
    embed = first if isinstance(first, dict) else {}
    said = (
        data.get("content"),
        embed.get("title"),
        embed.get("description"),
        data.get("custom_id"),
    )
    words = next((word for word in (*said, data.get("name")) if isinstance(word, str) and word), "")
    return " ".join(words.split())[:GIST_CHARACTERS]

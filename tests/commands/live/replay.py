"""Plays recordings of the real Kling against the local one, and tells where they differ.

What an open fact turns out to be is found by turning its switch: where that makes a step's
differences fewer, or more, the recording has settled it.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any, Final

import aiohttp

from sandbox.kling import LocalKling, Switches
from sandbox.kling.samples import portrait, speech
from tests.commands.live.recording import NOT_JSON, NUMBER_ID, Json
from tests.commands.live.stage import PICTURE_SIDES_PX, SOUND_MS
from tests.commands.live.steps import STEPS
from tests.commands.live.tries import EDITED
from tests.harness.manual_clock import ManualClock
from tests.harness.plain_results import PlainResults

WAIT_S: Final = {"processing": 1.5, "succeed": 100.0, "succeeded": 100.0, "failed": 100.0}
"""How far the local clock goes before an answer with this status is expected."""
ID: Final = re.compile(r"<(?:our )?id:\d+>")
PLACEHOLDER: Final = re.compile(r"<[a-z ]+(?::\d+)?>")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the local Kling does otherwise."""

    step: str
    what: str


@dataclass
class Ids:
    """Which id of the local Kling stands for which placeholder of the recording."""

    known: dict[str, str] = field(default_factory=dict)
    clip_url: str = ""
    """Where the local Kling has the clip that is edited."""

    def agree(self, placeholder: str, value: str) -> bool:
        """Take a pair of ids for the same thing; False when either belongs to another already."""
        if placeholder not in self.known and value not in self.known.values():
            self.known[placeholder] = value
        return self.known.get(placeholder) == value

    def fill(self, value: Any) -> Any:
        """Put ids, images and audio back; raises KeyError for an unknown id.

        Numbers that were not kept are left out, such as the stretch of time of a list.
        """
        match value:
            case dict():
                kept = {key: item for key, item in value.items() if item != "<number>"}
                return {key: self.fill(item) for key, item in kept.items()}
            case list():
                return [self.fill(item) for item in value]
            case "<clip>" | "<picture>" | "<sound>":
                return self._file(value)
            case str() if value.startswith(f"<{NUMBER_ID}:"):
                return int(self._given(value))
            case str():
                return ID.sub(lambda found: self._given(found[0]), value)
        return value

    def pattern(self, text: str) -> str:
        """Return the expression for a text: known ids as they are, other placeholders anything."""
        plain = PLACEHOLDER.split(text)
        marks = [self.known.get(mark) for mark in PLACEHOLDER.findall(text)]
        parts = ["(?s:.*)" if mark is None else re.escape(mark) for mark in marks] + [""]
        return "".join(re.escape(a) + b for a, b in zip(plain, parts, strict=True))

    def _file(self, kind: str) -> str:
        if kind == "<clip>":
            return self.clip_url
        sound = kind == "<sound>"
        data = speech(SOUND_MS / 1000, "mp3") if sound else portrait("live", PICTURE_SIDES_PX)
        return base64.b64encode(data).decode()

    def _given(self, placeholder: str) -> str:
        if placeholder.startswith("<our"):
            self.known.setdefault(placeholder, f"ours-{len(self.known)}")
        return self.known[placeholder]


async def replay(recordings: Sequence[Json], switches: Switches) -> list[Difference]:
    """Return all differences between the recordings, in their order, and the local Kling."""
    clock, ids, found = ManualClock(), Ids(), list[Difference]()
    async with (
        LocalKling(clock, switches=switches, media_for=PlainResults()) as local,
        aiohttp.ClientSession() as session,
    ):
        for recording in recordings:
            for exchange in recording["exchanges"]:
                request, expected = exchange["request"], exchange["answer"]
                clock.advance(WAIT_S.get(_status(expected["body"]), 0.0))
                try:
                    path, body = ids.fill(request["path"]), ids.fill(request["body"])
                except KeyError:
                    differences = iter(["cannot be asked: the local Kling gave no such id"])
                else:
                    async with session.request(
                        request["method"],
                        local.base_url + path,
                        json=body,
                        headers={"Authorization": f"Bearer {local.keys.api_key}"},
                    ) as reply:
                        answer = _read(await reply.read())
                    if recording["step"] == EDITED:
                        ids.clip_url = next(_urls(answer), ids.clip_url)
                    differences = compare(expected, {"status": reply.status, "body": answer}, ids)
                    if path.startswith("/tasks?"):
                        differences = chain(differences, _shown(expected["body"], answer))
                name = f"{request['method']} {request['path']}"
                found += [Difference(recording["step"], f"{name}: {what}") for what in differences]
    return found


def _shown(expected: Any, answer: Any) -> Iterator[str]:
    """Yield a difference where only one of them shows the task that was asked for by its id."""
    if bool(expected.get("data")) != bool(answer.get("data")):
        yield "the task is shown by only one of them"


def _urls(answer: Any) -> Iterator[str]:
    """Yield the URLs of clips in an answer."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    for one in answer if isinstance(answer, list) else ():
        if isinstance(one, str) and ".mp4?" in one:
            yield one
        else:
            yield from _urls(one)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return NOT_JSON


def _status(body: Any) -> str:
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, list) and data and isinstance(data[0], dict):
        data = data[0]  # the newer API answers a question for one task with a list
    if not isinstance(data, dict):
        return ""
    return str(data.get("task_status") or data.get("status") or "")


def compare(expected: Any, answer: Any, ids: Ids, at: str = "answer") -> Iterator[str]:
    """Yield what differs: a status, a key, a type, a literal, an id that should be another."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        for key in sorted(expected.keys() ^ answer.keys()):
            yield f"{at}.{key} is only {'in the recording' if key in expected else 'here'}"
        for key in [key for key in expected if key in answer]:
            yield from compare(expected[key], answer[key], ids, f"{at}.{key}")
    elif isinstance(expected, list) and isinstance(answer, list):
        for place, pair in enumerate(zip(expected, answer, strict=False)):
            yield from compare(*pair, ids, f"{at}[{place}]")
    elif not _same(expected, answer, ids):
        yield f"{at} is {answer!r} here, {expected!r} in the recording"


def _same(expected: Any, answer: Any, ids: Ids) -> bool:
    if isinstance(answer, int) and str(expected).startswith(f"<{NUMBER_ID}:"):
        return ids.agree(expected, str(answer))
    if expected == "<number>":
        return isinstance(answer, int | float) and not isinstance(answer, bool)
    if not isinstance(expected, str) or not isinstance(answer, str):
        return type(expected) is type(answer) and bool(expected == answer)
    if ID.fullmatch(expected):
        return ids.agree(expected, answer)
    return re.fullmatch(ids.pattern(expected), answer) is not None


def _with(switches: Switches, name: str, *, value: bool) -> Switches:
    changed: dict[str, Any] = {name: value}
    return replace(switches, **changed)


async def verdicts(recordings: Sequence[Json]) -> list[str]:
    """Return what the recordings say about each open fact, and what remains unexplained."""
    usual, right, lines = Switches(), Switches(), list[str]()
    recorded = [recording["step"] for recording in recordings]
    settled = [(step.name, switch) for step in STEPS for switch in step.settles]
    for step, switch in settled:
        believed = getattr(usual, switch)
        until = recordings[: recorded.index(step) + 1] if step in recorded else ()
        before, after = [
            sum(d.step == step for d in await replay(until, switches))
            for switches in (right, _with(right, switch, value=not believed))
        ]
        if not until or before == after:
            lines.append(f"switch {switch}: stays open")
            continue
        if after < before:
            right = _with(right, switch, value=not believed)
        lines.append(f"switch {switch}: is {getattr(right, switch)}, believed {believed}")
    others = {f.name for f in fields(Switches)} - {switch for _, switch in settled}
    lines.append(f"not asked by this suite: {', '.join(sorted(others))}")
    rest = await replay(recordings, right)
    return lines + [f"differs: {difference.step}, {difference.what}" for difference in rest]

"""From a response to plain values: required fields are checked here and nowhere else.

Pure. Any bytes become a value or a KlingError; nothing else is ever raised.
"""

import codecs
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin

import structlog
from pydantic_core import from_json

from bot.errors import KlingRefusedRequest, KlingUnclear
from bot.kling.dialects import Dialect
from bot.kling.error_codes import No, by_status, clean_message, to_error
from bot.kling.tasks import Cash, Face, Faces, Media, Speech, Task, TaskStatus
from bot.kling.transport import Reply
from bot.kling.wire import FacesData, GatewayTask, Result, TaskData

_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
KEYS_LOGGED: Final = 20
KEY_CHARACTERS_MAX: Final = 40
CODE_MAX_DIGITS: Final = 9
CODE_UNREADABLE: Final = -1
PROBLEMS_TOLD: Final = 10
CUT_OUT: Final = "…".encode()
SECRET_CHARACTERS_MIN: Final = 16
log = structlog.get_logger(__name__)

_HTTP_OK: Final = range(200, 300)
_HTTP_REDIRECTS: Final = range(300, 400)
_MARKS: Final[Mapping[bytes, str]] = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
STATUSES: Final[Mapping[str, TaskStatus]] = {status.value: status for status in TaskStatus} | {
    # Kling's newer API says `succeeded`, and gateways have words of their own.
    **dict.fromkeys(
        ("succeeded", "success", "successful", "complete", "completed", "done", "finished"),
        TaskStatus.SUCCEED,
    ),
    **dict.fromkeys(
        ("fail", "failure", "error", "errored", "cancelled", "canceled"), TaskStatus.FAILED
    ),
    **dict.fromkeys(
        ("created", "pending", "queued", "in_queue", "waiting", "not_start"), TaskStatus.SUBMITTED
    ),
    **dict.fromkeys(
        ("running", "in_progress", "in-progress", "generating", "started"), TaskStatus.PROCESSING
    ),
}
_ALSO_THE_ANSWER: Final = frozenset({"success", "successful", "done", "error"})
"""Where a gateway puts the status, its word for "your request was fine" (or not) may stand too."""


def read_payload(
    dialect: Dialect, reply: Reply, *, question: bool, secret: str | None = None
) -> Any:
    """Return the payload: Kling's `data`, or the whole body of a gateway's response.

    `question` tells a query from a create; `secret` is removed wherever the response echoes it.
    Raises the KlingError that the response means; KlingUnclear if it can't be parsed.
    """
    body = _object(_without(secret, _without_mark(reply.body)))
    if body is None or reply.status in _HTTP_REDIRECTS:
        raise by_status(
            No(reply.status, 0, _phrase(reply.status), host=reply.host, target=reply.target)
        )
    official = dialect is Dialect.OFFICIAL
    code = _code(body.get("code"))
    if reply.status in _HTTP_OK and not (official and code):
        return body.get("data") if official else body
    no = No(
        http_status=reply.status,
        code=code,
        message=clean_message(_message(body), secret=secret),
        request_id=clean_message(str(body.get("request_id") or ""), secret=secret),
        host=reply.host,
    )
    raise to_error(no, question=question)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        read = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _without_mark(body: bytes) -> bytes:
    """Return the body as UTF-8 without the mark of byte order that some servers begin with."""
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return body.removeprefix(mark).decode(encoding, errors="replace").encode()
    return body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"


def _without(secret: str | None, body: bytes) -> bytes:
    """Remove the secret, in its JSON spellings too.

    A short secret is removed only from messages: it might be part of the id of a task that was
    paid.
    """
    if secret and len(secret) >= SECRET_CHARACTERS_MIN:
        for spelled in {secret, secret.replace("/", "\\/")}:
            body = body.replace(spelled.encode(), CUT_OUT)
    return body


def read_task(dialect: Dialect, payload: object, *, base: str = "") -> Task:
    """Return the task of a payload; raise KlingUnclear if it has no readable task id.

    URLs without a scheme or a host are relative to the server at `base`. Without a base they are
    left out, like those of other schemes than http and https.
    """
    if not isinstance(payload, dict):
        raise KlingUnclear("no_task")
    if dialect is Dialect.OFFICIAL:
        return _task(payload, base=base)
    wrapped = GatewayTask.model_validate(payload)
    raw = wrapped.raw_data
    if "task_id" not in raw and isinstance(raw.get("data"), dict):
        raw = raw["data"]  # some gateways forward Kling's whole envelope
    return _task(raw, task_id=wrapped.task_id, status_word=wrapped.message, base=base)


def read_tasks(payload: object, *, base: str = "") -> tuple[list[Task], int]:
    """Return the readable tasks of a page (official), and how many entries the page has.

    Raises KlingUnclear if it is not a page.
    """
    if not isinstance(payload, list):
        raise KlingUnclear("no_page")
    tasks = []
    for entry in payload:
        try:
            tasks.append(read_task(Dialect.OFFICIAL, entry, base=base))
        except KlingUnclear:
            continue
    return tasks, len(payload)


def read_faces(payload: object, *, base: str = "") -> Faces:
    """Return the faces of an identify-face response; both dialects carry the same object.

    Raises KlingUnclear if it has no readable session.
    """
    data = FacesData.model_validate(payload if isinstance(payload, dict) else {})
    if data.session_id is None:
        raise KlingUnclear("no_session")
    faces = tuple(
        Face(
            face_id=face.face_id,
            image_url=resolved(face.face_image, base) or "",
            start_ms=int(face.start_time or 0),
            end_ms=int(face.end_time or 0),
        )
        for face in data.face_data
        if face.face_id is not None
    )
    return Faces(session_id=data.session_id, faces=faces, units=data.final_unit_deduction)


def read_speech(dialect: Dialect, payload: object, *, base: str = "") -> Speech:
    """Return the sound of a text-to-speech response, which is a task that has ended.

    Raises KlingRefusedRequest where it failed, KlingUnclear if it has no readable sound.
    """
    task = read_task(dialect, payload, base=base)
    if task.status is TaskStatus.FAILED:
        raise KlingRefusedRequest(task.message)
    raw: object = payload
    if dialect is Dialect.GATEWAY and isinstance(payload, dict):
        raw = payload.get("raw_data")
    data = TaskData.model_validate(raw if isinstance(raw, dict) else {})
    for sound in data.task_result.audios:  # its URL is not needed
        found = sound.as_result
        if found.id is not None and found.duration is not None:
            return Speech(found.id, found.duration, task.units)
    raise KlingUnclear("no_sound")


def _task(
    raw: Mapping[str, Any], *, task_id: str | None = None, status_word: str = "", base: str = ""
) -> Task:
    data = TaskData.model_validate(raw)
    task_id = data.task_id or task_id
    if task_id is None:
        raise KlingUnclear("no_task_id")
    status = data.task_status or status_word
    result = data.task_result
    word = status.strip().casefold()
    known_status = STATUSES.get(word, TaskStatus.UNKNOWN)
    media = (
        *_media("video", result.videos, base),
        *_media("image", result.images or result.series_images, base),
        # Beside a video, it is what is heard in it.
        *_media("audio", () if result.videos else tuple(s.as_result for s in result.audios), base),
    )
    if not data.task_status and word in _ALSO_THE_ANSWER:
        known_status = TaskStatus.SUCCEED if media or result.elements else TaskStatus.UNKNOWN
    element_id = next((one.element_id for one in result.elements if one.element_id), None)
    if known_status is TaskStatus.SUCCEED and not media and element_id is None:
        log.warning("task.unreadable_result", keys=keys_of(raw.get("task_result")))
    return Task(
        task_id=task_id,
        status=known_status,
        message=data.task_status_msg,
        external_id=data.task_info.external_task_id,
        created_at=data.created_at,
        media=media,
        units=data.final_unit_deduction,
        paid=_paid(data.final_balance_deduction.quota),
        unknown_word=status if known_status is TaskStatus.UNKNOWN else "",
        element_id=element_id,
    )


def _paid(quota: str | None) -> tuple[Cash, ...]:
    """Return the money of a legacy task, if it was charged any."""
    return (Cash(quota),) if quota is not None and float(quota) > 0 else ()


def keys_of(value: object) -> list[str]:
    """The names in an object of Kling's, for the log; never what they hold."""
    if not isinstance(value, dict):
        return []
    return [clean_message(str(key))[:KEY_CHARACTERS_MAX] for key in list(value)[:KEYS_LOGGED]]


def _media(kind: Any, results: tuple[Result, ...], base: str) -> list[Media]:
    return [
        Media(
            kind=kind,
            url=url,
            id=result.id,
            duration_s=result.duration,
            index=place if result.index is None else int(result.index),
        )
        for place, result in enumerate(results)
        if (url := resolved(result.url, base)) is not None
    ]


def resolved(url: str | None, base: str) -> str | None:
    """Return the URL as it is fetched; whole ones stay as they are, to the letter."""
    if url is None or _SCHEME.match(url):
        keep = url is None or base or url.lower().startswith(("http://", "https://"))
        return url if keep else None
    try:
        return urljoin(f"{base}/", url) if base else None
    except ValueError:
        return None


def _code(value: object) -> int:
    """Kling's business code; 0 means success or absent, and a non-number never means success."""
    if value is None:
        return 0
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:CODE_MAX_DIGITS])
    return value if isinstance(value, int) and not isinstance(value, bool) else CODE_UNREADABLE


def _message(body: Mapping[str, Any]) -> str:
    """The text of a refusal: Kling's `message`, a gateway's `detail`, or its list of problems."""
    for key in ("message", "detail", "error"):
        words = body.get(key)
        if isinstance(words, str) and words:
            return words
    problems = body.get("detail")
    if not isinstance(problems, list):
        return ""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem.get('msg', '')}"
        for problem in problems[:PROBLEMS_TOLD]
        if isinstance(problem, dict) and isinstance(problem.get("loc"), list)
    )

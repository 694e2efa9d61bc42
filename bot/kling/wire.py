"""The shapes of Kling's responses, parsed tolerantly; `encode` writes requests.

Unknown fields are ignored, `""` means absent (Kling's samples write it so), and so does a field of
a wrong type; the reader decides which fields are required. Sizes are bounded. Names and types:
Kling's API documentation, 2026-09.
"""

import re
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.kling.error_codes import clean_message

ID_MAX_CHARACTERS: Final = 128
URL_MAX_CHARACTERS: Final = 8192
LIST_MAX_ITEMS: Final = 100
NUMBER_MAX: Final = 10**15
MILLISECONDS_FROM: Final = 10**11
"""A time above this is in milliseconds (as documented), below it in seconds."""

_ID: Final = re.compile(rf"[\x21-\x7e]{{1,{ID_MAX_CHARACTERS}}}")
_SCHEME_AND_HOST: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*")
_NOT_IN_A_URL: Final = re.compile(r"[^\x21-\x7e]")
_LINE_ENDS: Final = str.maketrans("", "", "\t\r\n")


def _id(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**30:
        value = str(value)
    if not isinstance(value, str) or not _ID.fullmatch(value) or value in {".", ".."}:
        return None
    return value


def _url(value: object) -> str | None:
    """A URL as browsers read it: without line ends, and with %XX for what cannot stand in one.

    Signatures cover path and query, so everything else stays as it is. Whether it may be fetched is
    decided where it is fetched.
    """
    if not isinstance(value, str):
        return None
    text = value.strip().translate(_LINE_ENDS)
    host = found[0] if (found := _SCHEME_AND_HOST.match(text)) else ""  # any script: a name
    rest = _NOT_IN_A_URL.sub(lambda odd: quote(odd[0], errors="replace"), text[len(host) :])
    return host + rest if 0 < len(host + rest) <= URL_MAX_CHARACTERS else None


def _words(value: object) -> str:
    return clean_message(value) if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    """A JSON number, or a number as text (`"5.041"`)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    # This excludes infinity and NaN.
    return number if 0 <= number <= NUMBER_MAX else None


def _moment(value: object) -> float | None:
    number = _number(value)
    return number / 1000 if number is not None and number > MILLISECONDS_FROM else number


def _units(value: object) -> str | None:
    return None if _number(value) is None else str(value)[:ID_MAX_CHARACTERS]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    items = value[:LIST_MAX_ITEMS] if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


Id = Annotated[str | None, BeforeValidator(_id)]
Url = Annotated[str | None, BeforeValidator(_url)]
Words = Annotated[str, BeforeValidator(_words)]
Number = Annotated[float | None, BeforeValidator(_number)]
Moment = Annotated[float | None, BeforeValidator(_moment)]
Units = Annotated[str | None, BeforeValidator(_units)]


class In(BaseModel):
    """A response: parsing a mapping never fails, whatever its content."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TaskInfo(In):
    """What we sent when we created the task."""

    external_task_id: Id = None


class Result(In):
    """One finished image or video."""

    id: Id = None
    index: Number = None
    url: Url = None
    duration: Number = None


class Sound(In):
    """A finished sound: in one form, or in two, of which the smaller is taken."""

    id: Id = None
    url: Url = None
    url_mp3: Url = None
    url_wav: Url = None
    duration: Number = None
    duration_mp3: Number = None

    @property
    def as_result(self) -> Result:
        """Return it as results are read."""
        return Result.model_construct(
            id=self.id,
            index=None,
            url=self.url_mp3 or self.url or self.url_wav,
            duration=self.duration_mp3 if self.duration is None else self.duration,
        )


class MadeElement(In):
    """A finished element."""

    element_id: Id = None


class TaskResult(In):
    """The results of a task."""

    images: Annotated[tuple[Result, ...], BeforeValidator(_mappings)] = ()
    videos: Annotated[tuple[Result, ...], BeforeValidator(_mappings)] = ()
    audios: Annotated[tuple[Sound, ...], BeforeValidator(_mappings)] = ()
    elements: Annotated[tuple[MadeElement, ...], BeforeValidator(_mappings)] = ()
    series_images: Annotated[tuple[Result, ...], BeforeValidator(_mappings)] = ()


class BalanceDeduction(In):
    """What a legacy task was charged in money; the currency is not said."""

    quota: Units = None


class TaskData(In):
    """A task in Kling's JSON."""

    task_id: Id = None
    task_status: Words = ""
    task_status_msg: Words = ""
    task_info: Annotated[TaskInfo, BeforeValidator(_mapping)] = TaskInfo()
    task_result: Annotated[TaskResult, BeforeValidator(_mapping)] = TaskResult()
    final_unit_deduction: Units = None
    final_balance_deduction: Annotated[BalanceDeduction, BeforeValidator(_mapping)] = (
        BalanceDeduction()
    )
    created_at: Moment = None


class Output(In):
    """One result of a task of the newer generation."""

    type: Words = ""
    id: Id = None
    url: Url = None
    duration: Number = None


class Billed(In):
    """What was deducted for a task of the newer generation: units of a pack, or cash."""

    charge_type: Words = ""
    amount: Units = None
    currency: Words = ""


class NewerTask(In):
    """A task as Kling's newer API shows it, of any product."""

    id: Id = None
    status: Words = ""
    message: Words = ""
    external_id: Id = None
    create_time: Moment = None
    outputs: Annotated[tuple[Output, ...], BeforeValidator(_mappings)] = ()
    billing: Annotated[tuple[Billed, ...], BeforeValidator(_mappings)] = ()


class GatewayTask(In):
    """A gateway's wrapper around a task; `message` is the status in responses to a query."""

    task_id: Id = None
    message: Words = ""
    raw_data: Annotated[dict[str, Any], BeforeValidator(_mapping)] = {}


class FaceData(In):
    """A face of identify-face."""

    face_id: Id = None
    face_image: Url = None
    start_time: Number = None
    end_time: Number = None


class FacesData(In):
    """The response of identify-face."""

    session_id: Id = None
    face_data: Annotated[tuple[FaceData, ...], BeforeValidator(_mappings)] = ()
    final_unit_deduction: Units = None

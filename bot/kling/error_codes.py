"""Every refusal of Kling, and the one error that each becomes.

    HTTP  code                          error                   source
    ----  ----------------------------  ----------------------  ---------------------------------
    401   1000 1001 1002 1003 1004      KlingRefusedAccount     Kling's API documentation, 2026-09
    429   1100 1101 1102 1304           KlingRefusedAccount
    403   1103                          KlingRefusedAccount
    400   1200 1201 1300 1301           KlingRefusedRequest
    400   1201 "task not found …"       KlingNotFound           seen live; only for a query
    400   1201 "… already exists"       KlingTaken              seen live
    404   1202 1203                     KlingRefusedRequest     1203 to a query: KlingNotFound
    429   1302 1303                     KlingBusy
    5xx   5000 5001 5002                KlingFault              a KlingUnclear: the task may exist

A gateway may forward only the message; then the HTTP status and the wording decide. A response
that is not JSON at all comes from something in between, or from a server that is not Kling's: then
the status alone decides, where it leaves no doubt that nothing was carried out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import (
    KlingBusy,
    KlingError,
    KlingNotFound,
    KlingRedirected,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
    KlingToldNo,
    KlingUnclear,
)

MESSAGE_MAX_CHARACTERS: Final = 500

_BY_CODE: Final[Mapping[int, type[KlingToldNo]]] = {
    1302: KlingBusy,
    1303: KlingBusy,
    1304: KlingRefusedAccount,
}
_BY_FAMILY: Final[Mapping[int, type[KlingToldNo]]] = {
    10: KlingRefusedAccount,
    11: KlingRefusedAccount,
    12: KlingRefusedRequest,
    13: KlingRefusedRequest,
}
_BY_STATUS: Final[Mapping[int, type[KlingToldNo]]] = {
    401: KlingRefusedAccount,
    403: KlingRefusedAccount,
    405: KlingRefusedAccount,
    407: KlingRefusedAccount,
    429: KlingBusy,
}
"""Used without a code; every other 4xx concerns the request."""
_BY_STATUS_ALONE: Final[Mapping[int, type[KlingToldNo]]] = {
    **dict.fromkeys((400, 401, 404, 405, 406, 407, 410, 421, 426), KlingRefusedAccount),
    **dict.fromkeys((413, 414), KlingRefusedRequest),
    429: KlingBusy,
}
"""Of a response that is not JSON. Not 403: what stands in front of Kling may say it at any time."""
_CODE_FAULTS: Final = 50
_CODE_BAD_VALUE: Final = 1201
_CODE_NO_RESOURCE: Final = 1203
_HTTP_REDIRECTS: Final = range(300, 400)
_HTTP_REFUSALS: Final = range(400, 500)
_HTTP_FAULTS: Final = frozenset({408, *range(500, 600)})
_HTTP_NOT_FOUND: Final = 404
_HTTP_TOO_MANY: Final = 429
_NO_SUCH_ROUTE: Final = re.compile(
    r"|(404 )?(page |route )?not found|cannot (get|post) \S*|no (such )?route.*", re.IGNORECASE
)
"""What web frameworks say of a path that they do not have."""

_TASK_NOT_FOUND: Final = re.compile(r"\btask not found\b", re.IGNORECASE)
_ID_TAKEN: Final = re.compile(r"external.?task.?id.*\balready exists?\b", re.IGNORECASE | re.DOTALL)
_ABOUT_MONEY_OR_ACCESS: Final = re.compile(
    r"balance|arrear|deplet|expired|used up|exhaust|insufficient|not enough|abnormal"
    r"|account exception|whitelist",
    re.IGNORECASE,
)
"""What distinguishes 1100, 1101, 1102 and 1304 from 1302 and 1303 if only HTTP 429 is left."""
_TOKEN: Final = re.compile(r"\bbearer\s+[^\s,;\"']+|\beyJ[\w-]+\.[\w.-]*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(https?://)(?:[^/\s@]*@)?([^/\s?#]*)\S*", re.IGNORECASE)


class KlingFault(KlingUnclear):
    """A server error: the task may exist all the same."""

    def __init__(self, message: str, *, code: int, http_status: int, request_id: str) -> None:
        super().__init__("fault", http_status)
        self.message = message
        self.code = code
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class No:
    """A response that is not a success. `code` is 0 if none was sent."""

    http_status: int
    code: int
    message: str
    request_id: str = ""
    host: str = ""
    """The server that was asked."""
    target: str = ""
    """Where a redirect leads."""


def to_error(no: No, *, question: bool) -> KlingError:
    """Return the one error that this response means; `question`: a query rather than a create."""
    if no.http_status in _HTTP_REDIRECTS:
        return KlingRedirected(no.http_status, host=no.host, target=no.target)
    if not _is_refusal(no):
        return KlingFault(
            no.message, code=no.code, http_status=no.http_status, request_id=no.request_id
        )
    return _told(_kind(no, question=question), no)


def by_status(no: No) -> KlingError:
    """Return the error that a response means of which only the HTTP status can be read."""
    if no.http_status in _HTTP_REDIRECTS:
        return KlingRedirected(no.http_status, host=no.host, target=no.target)
    kind = _BY_STATUS_ALONE.get(no.http_status)
    return KlingUnclear("unreadable", no.http_status) if kind is None else _told(kind, no)


def _told(kind: type[KlingToldNo], no: No) -> KlingToldNo:
    return kind(
        no.message,
        code=no.code,
        http_status=no.http_status,
        request_id=no.request_id,
        host=no.host,
    )


def _is_refusal(no: No) -> bool:
    family = no.code // 100
    if no.http_status in _HTTP_FAULTS or family == _CODE_FAULTS:
        return False
    return no.http_status in _HTTP_REFUSALS or family in _BY_FAMILY


def _kind(no: No, *, question: bool) -> type[KlingToldNo]:
    by_words = no.code in {0, _CODE_BAD_VALUE}
    if by_words and _ID_TAKEN.search(no.message):
        return KlingTaken
    not_found = no.code == _CODE_NO_RESOURCE or (by_words and _TASK_NOT_FOUND.search(no.message))
    if question and not_found:
        return KlingNotFound
    by_family = _BY_FAMILY.get(no.code // 100)
    return _BY_CODE.get(no.code) or by_family or _kind_without_code(no)


def _kind_without_code(no: No) -> type[KlingToldNo]:
    if no.http_status == _HTTP_TOO_MANY and _ABOUT_MONEY_OR_ACCESS.search(no.message):
        return KlingRefusedAccount
    if no.http_status == _HTTP_NOT_FOUND and _NO_SUCH_ROUTE.fullmatch(no.message):
        return KlingRefusedAccount  # a bare web framework: the base URL is wrong
    return _BY_STATUS.get(no.http_status, KlingRefusedRequest)


def clean_message(message: str, *, secret: str | None = None) -> str:
    """Return the message without what must not be passed on: tokens, paths of URLs, control codes.

    At most MESSAGE_MAX_CHARACTERS.
    """
    if secret:
        message = message.replace(secret, "…")
    message = _ADDRESS.sub(r"\1\2/…", message[: 4 * MESSAGE_MAX_CHARACTERS])
    message = _TOKEN.sub("…", message)
    message = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    return message[:MESSAGE_MAX_CHARACTERS]


_DOCUMENTED: Final = frozenset(
    {
        *range(1000, 1005),
        *range(1100, 1104),
        *range(1200, 1204),
        *range(1300, 1305),
        *range(5000, 5003),
    }
)


def word_for(error: KlingError) -> str:
    """Return one of few words for an error: Kling's code where it is one of the table above."""
    if isinstance(error, KlingToldNo | KlingFault):
        return str(error.code) if error.code in _DOCUMENTED else "other"
    return error.reason if isinstance(error, KlingUnclear) else "unreachable"

"""Every way of being told no, row by row, in both dialects, for a question and for an order."""

import contextlib

import pytest

from bot.domain.requests import Route, VideoRequest
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingNotFound,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
    KlingToldNo,
    KlingUnclear,
)
from bot.kling.decode import read_payload
from bot.kling.dialects import Dialect
from bot.kling.error_codes import clean_message
from bot.kling.transport import Reply
from tests.harness.kling.stub import Stub, no, says
from tests.kling.conftest import MakeKling

WORDS = VideoRequest(prompt="a boat", model="kling-v3")
ACCOUNT, BUSY, REQUEST = KlingRefusedAccount, KlingBusy, KlingRefusedRequest
UNCLEAR = KlingUnclear

BY_CODE = [
    (401, 1000, "Authentication failed", ACCOUNT),
    (401, 1001, "Authorization is empty", ACCOUNT),
    (401, 1002, "Authorization is invalid", ACCOUNT),
    (401, 1003, "Authorization is not yet valid", ACCOUNT),
    (401, 1004, "Authorization has expired", ACCOUNT),
    (429, 1100, "Account exception", ACCOUNT),
    (429, 1101, "Account in arrears", ACCOUNT),
    (429, 1102, "Account balance not enough", ACCOUNT),
    (403, 1103, "Unauthorized access", ACCOUNT),
    (400, 1200, "Invalid request parameters", REQUEST),
    (400, 1201, "mode value 'std' is invalid", REQUEST),
    (400, 1201, "model is not supported", REQUEST),
    (400, 1201, "External_task_id abc already exists", KlingTaken),
    (404, 1202, "The requested method is invalid", REQUEST),
    (404, 1203, "The requested resource does not exist", REQUEST),
    (400, 1300, "Trigger strategy of the platform", REQUEST),
    (400, 1301, "Trigger the content security policy", REQUEST),
    (429, 1302, "Too fast", BUSY),
    (429, 1303, "parallel task over resource pack limit", BUSY),
    (429, 1304, "IP whitelist", ACCOUNT),
    (500, 5000, "Internal error", UNCLEAR),
    (503, 5001, "Server temporarily unavailable", UNCLEAR),
    (504, 5002, "Server internal timeout", UNCLEAR),
    (200, 1303, "parallel task over resource pack limit", BUSY),
    (200, 1301, "Trigger the content security policy", REQUEST),
    (200, 5000, "Internal error", UNCLEAR),
    (200, 9999, "Something of next year", UNCLEAR),
    (200, -1, "Something odd", UNCLEAR),
    (400, 9999, "Something of next year", REQUEST),
    (400, 5002, "Timeout", UNCLEAR),
    (502, 1303, "parallel task over resource pack limit", UNCLEAR),
    (500, 1201, "External_task_id abc already exists", UNCLEAR),
]
BY_WORDS = [
    (400, "External_task_id abc already exists", KlingTaken),
    (400, "mode value 'std' is invalid", REQUEST),
    (401, "Authorization is invalid", ACCOUNT),
    (403, "Unauthorized access", ACCOUNT),
    (404, "Not Found", ACCOUNT),
    (404, "The requested resource does not exist", REQUEST),
    (405, "Method Not Allowed", ACCOUNT),
    (408, "Timeout", UNCLEAR),
    (413, "Request Entity Too Large", REQUEST),
    (422, [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}], REQUEST),
    (429, "Account balance not enough", ACCOUNT),
    (429, "Account in arrears (postpaid scenario)", ACCOUNT),
    (429, "Resource pack depleted or expired", ACCOUNT),
    (429, "Request triggered the IP whitelisting policy", ACCOUNT),
    (429, "parallel task over resource pack limit", BUSY),
    (429, "The API request is too fast, exceeding the rate limit", BUSY),
    (429, "", BUSY),
    (500, "", UNCLEAR),
    (502, "bad gateway", UNCLEAR),
    (504, "timeout", UNCLEAR),
]


ROWS = [(Dialect.OFFICIAL, *row) for row in BY_CODE]
# A gateway never says no under HTTP 200.
ROWS += [(Dialect.GATEWAY, *row) for row in BY_CODE if row[0] != 200]


@pytest.mark.parametrize(("dialect", "status", "code", "message", "kind"), ROWS)
async def test_a_code_decides(
    make_kling: MakeKling,
    dialect: Dialect,
    status: int,
    code: int,
    message: str,
    kind: type[KlingError],
) -> None:
    """With a code along, from Kling or from our gateway, an order gets exactly this class."""
    answer = no(status, code, message)
    if dialect is Dialect.GATEWAY:
        answer = says({"detail": message, "code": code, "request_id": "r-1"}, status)
    async with Stub(answer) as stub:
        kling = await make_kling(stub.base_url, dialect)
        with pytest.raises(kind) as caught:
            await kling.create(WORDS, external_id="abc", inputs={})
    assert type(caught.value) in {kind, *UNCLEAR.__subclasses__()}
    assert len(stub.asked) == 1
    if isinstance(caught.value, KlingToldNo):
        told = caught.value
        assert (told.code, told.message, told.http_status) == (code, message, status)
        assert told.request_id == "r-1"


@pytest.mark.parametrize(("status", "detail", "kind"), BY_WORDS)
async def test_words_decide_where_a_gateway_lost_the_code(
    make_kling: MakeKling, status: int, detail: object, kind: type[KlingError]
) -> None:
    """Without a code, HTTP status and wording tell an order's classes apart."""
    async with Stub(says({"detail": detail}, status)) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        with pytest.raises(kind) as caught:
            await kling.create(WORDS, external_id="abc", inputs={})
    assert type(caught.value) in {kind, *UNCLEAR.__subclasses__()}
    assert len(stub.asked) == 1


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("with_code", [True, False])
async def test_no_such_task_is_an_answer_to_a_question_only(
    make_kling: MakeKling, dialect: Dialect, *, with_code: bool
) -> None:
    """The same words make KlingNotFound for a query and KlingRefusedRequest for an order."""
    words = "Task not found by id/external id: abc"
    body: dict[str, object] = {"detail": words, "message": words}
    async with Stub(says(body | ({"code": 1201} if with_code else {}), 400)) as stub:
        kling = await make_kling(stub.base_url, dialect)
        with pytest.raises(KlingNotFound):
            await kling.query(Route.TEXT2VIDEO, "abc")
        with pytest.raises(KlingRefusedRequest):
            await kling.create(WORDS, external_id="abc", inputs={})


async def test_a_bare_404_never_proves_that_a_task_is_absent(make_kling: MakeKling) -> None:
    """A wrong base URL says 404 to everything; believing it would pay for tasks twice."""
    async with Stub(says({"detail": "Not Found"}, 404)) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        with pytest.raises(KlingRefusedAccount):
            await kling.find(Route.TEXT2VIDEO, "abc")


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("element already be deleted", True),
        ("Element has already been deleted", True),
        ("Element not found", True),
        ("The element does not exist", True),
        ("element cannot be deleted: it is in use", False),
        ("deleted elements are restored", False),
    ],
)
async def test_a_deletion_ends_with_what_is_gone(
    make_kling: MakeKling,
    words: str,
    gone: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """A refusal that says so ends it; that an element can't be deleted is an error."""
    async with Stub(no(400, 1201, words)) as stub:
        kling = await make_kling(stub.base_url, Dialect.OFFICIAL)
        with contextlib.nullcontext() if gone else pytest.raises(KlingRefusedRequest):
            await kling.delete_element("1")


def test_a_validation_problem_is_told_by_field() -> None:
    """What a gateway lists is put into words, without what was sent."""
    body = b'{"detail":[{"loc":["body","n"],"msg":"not a number","input":"AAAA"}]}'
    with pytest.raises(KlingRefusedRequest) as caught:
        read_payload(Dialect.GATEWAY, Reply(422, body), question=False)
    assert caught.value.message == "body.n: not a number"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("fetch https://cdn.example/a/b.png?sig=1 failed", "fetch https://cdn.example/… failed"),
        ("http://me:pw@host.example/x", "http://host.example/…"),
        ("line\x1b[31m\nnext\x00", "line [31m next"),
        ("token tok-1 is bad", "token … is bad"),
        ("Bearer abc.def was refused", "… was refused"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln, sorry", "got …, sorry"),
        ("x" * 5000, "x" * 500),
    ],
)
def test_a_message_is_cleaned_before_it_travels(raw: str, clean: str) -> None:
    """No signed address, no secret, no control code and no endless text gets into an error."""
    assert clean_message(raw, secret="tok-1") == clean

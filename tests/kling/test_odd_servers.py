"""A server that is not Kling's, or speaks a little differently: read by status, or in its words."""

import codecs
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.requests import Route, VideoRequest
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingRedirected,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingUnclear,
    SettingsInvalid,
)
from bot.kling.decode import read_faces, read_payload, read_task
from bot.kling.dialects import Dialect
from bot.kling.tasks import TaskStatus
from bot.kling.transport import Reply
from bot.settings.load import load_settings
from tests.harness.kling.stub import Stub, says, writes, yes
from tests.kling.conftest import MakeKling

WORDS = VideoRequest(prompt="a boat", model="kling-v3")
PAGE = b"<!doctype html><title>Welcome</title>"
BASE = "https://gateway.example/kling"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("body", [b"", PAGE, b'{"code": 0}'])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://other.example:8443/v1/x?key=secret", "https://other.example:8443"),
        ("https://me:pw@other.example/", "https://other.example"),
        ("//other.example/", "http://other.example"),
        ("", "http://127.0.0.1"),
    ],
)
async def test_a_redirect_is_named_by_its_target(
    make_kling: MakeKling, status: int, body: bytes, location: str, target: str
) -> None:
    """Whatever the body is: not followed, asked once, and without what could be secret."""
    async with Stub(writes(body, status, {"Location": location})) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingRedirected) as caught:
            await kling.create(WORDS, external_id="abc", inputs={})
    assert caught.value.target.startswith(target)
    assert stub.base_url.endswith(caught.value.host)
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, KlingRefusedAccount),
        (401, KlingRefusedAccount),
        (404, KlingRefusedAccount),
        (405, KlingRefusedAccount),
        (407, KlingRefusedAccount),
        (413, KlingRefusedRequest),
        (429, KlingBusy),
        (200, KlingUnclear),
        (403, KlingUnclear),
        (408, KlingUnclear),
        (502, KlingUnclear),
    ],
)
@pytest.mark.parametrize("body", [PAGE, b"", b"[]"])
async def test_a_page_in_place_of_json_is_judged_by_its_status(
    make_kling: MakeKling, status: int, kind: type[KlingError], body: bytes
) -> None:
    """Where the status leaves no doubt, nothing is looked up; else the order may have gone in."""
    async with Stub(writes(body, status)) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(kind) as caught:
            await kling.create(WORDS, external_id="abc", inputs={})
    assert type(caught.value) is kind
    if isinstance(caught.value, KlingRefusedAccount):
        assert stub.base_url.endswith(caught.value.host)


@pytest.mark.parametrize(
    "words", ["", "Not Found", "404 page not found", "Cannot POST /v1/videos/text2video"]
)
async def test_a_framework_without_the_route_is_not_kling(
    make_kling: MakeKling, words: str
) -> None:
    """In JSON too: the operator has to change something, not the member."""
    async with Stub(says({"error": words}, 404)) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        with pytest.raises(KlingRefusedAccount):
            await kling.create(WORDS, external_id="abc", inputs={})


@pytest.mark.parametrize("root", ["/v1", "/v1/", "/api/v1", "/v1/videos", "/kling/V1/x"])
def test_a_root_with_the_path_of_the_api_is_refused(root: str) -> None:
    """Wherever it stands: every request would have it twice."""
    for key in ("KLING__BASE_URL", "GATEWAY__UPSTREAM"):
        with pytest.raises(SettingsInvalid, match="must be the server's root"):
            load_settings(None, {f"KLINGBOT_{key}": f"https://gateway.example{root}"})
    load_settings(None, {"KLINGBOT_KLING__BASE_URL": "https://gateway.example/v1kling"})


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_mark_of_byte_order_is_not_part_of_the_answer(mark: bytes, encoding: str) -> None:
    """A task that was paid for is read behind it, and the token is cut out as ever."""
    token = "a-token-of-some-length"
    answer = {"code": 0, "data": {"task_id": "1", "task_status_msg": f"ß {token}"}}
    body = mark + json.dumps(answer, ensure_ascii=False).encode(encoding)
    payload = read_payload(Dialect.OFFICIAL, Reply(200, body), question=False, secret=token)
    task = read_task(Dialect.OFFICIAL, payload)
    assert (task.task_id, task.message) == ("1", "ß …")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Completed", TaskStatus.SUCCEED),
        ("success", TaskStatus.SUCCEED),
        ("succeeded", TaskStatus.SUCCEED),
        ("FAILURE", TaskStatus.FAILED),
        ("cancelled", TaskStatus.FAILED),
        ("queued", TaskStatus.SUBMITTED),
        ("in_progress", TaskStatus.PROCESSING),
        ("simmering", TaskStatus.UNKNOWN),
    ],
)
@pytest.mark.parametrize("dialect", Dialect)
def test_the_words_of_gateways_are_understood(
    dialect: Dialect, word: str, status: TaskStatus
) -> None:
    """In any case of letters, in both dialects."""
    data = {"task_id": "1", "task_status": word}
    payload = data if dialect is Dialect.OFFICIAL else {"task_id": "1", "raw_data": data}
    assert read_task(dialect, payload).status is status


def test_the_word_for_a_good_request_is_not_that_of_a_finished_task() -> None:
    """`success` where our own gateway says it of a create ends no task without a result."""
    answer: dict[str, Any] = {"task_id": "1", "message": "success", "raw_data": {"task_id": "1"}}
    assert read_task(Dialect.GATEWAY, answer).status is TaskStatus.UNKNOWN
    answer["raw_data"]["task_result"] = {"images": [{"url": "https://cdn.example/1.png"}]}
    assert read_task(Dialect.GATEWAY, answer).status is TaskStatus.SUCCEED


async def test_an_unknown_word_is_logged_once(make_kling: MakeKling) -> None:
    """However often it is asked, the operator reads it once."""
    async with Stub(yes(task_id="1", task_status="simmering")) as stub:
        kling = await make_kling(stub.base_url)
        with capture_logs() as lines:
            for _ in range(3):
                await kling.query(Route.TEXT2VIDEO, "1")
    assert [line["word"] for line in lines if line["event"] == "task.unknown_status"] == [
        "simmering"
    ]
    assert len(stub.asked) == 3


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("https://cdn.example/a/b.mp4?sig=%2F+&x=", "https://cdn.example/a/b.mp4?sig=%2F+&x="),
        (" https://cdn.example/a.mp4\n", "https://cdn.example/a.mp4"),
        ("https://cdn.example/a b.mp4", "https://cdn.example/a%20b.mp4"),
        ("https://cdn.example/\n a.mp4", "https://cdn.example/%20a.mp4"),
        ("https://cdn.example/猫.mp4?名=é", "https://cdn.example/%E7%8C%AB.mp4?%E5%90%8D=%C3%A9"),
        ("https://例え.example/a?b=c d", "https://例え.example/a?b=c%20d"),
        ("https://cdn.example?x=1 2", "https://cdn.example?x=1%202"),
        ("//cdn.example/a.mp4", "https://cdn.example/a.mp4"),
        ("/files/a.mp4", "https://gateway.example/files/a.mp4"),
        ("files/猫.mp4", "https://gateway.example/kling/files/%E7%8C%AB.mp4"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("data:video/mp4;base64,AAAA", "data:video/mp4;base64,AAAA"),
        ("HTTPS://cdn.example/a.mp4", "HTTPS://cdn.example/a.mp4"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(said: str, read: str) -> None:
    """What was whole stays to the letter; the guard decides later what may be fetched."""
    data = {
        "task_id": "1",
        "task_status": "succeed",
        "task_result": {"videos": [{"url": said}]},
    }
    [media] = read_task(Dialect.OFFICIAL, data, base=BASE).media
    assert media.url == read
    faces = {"session_id": "s", "face_data": [{"face_id": "f", "face_image": said}]}
    assert read_faces(faces, base=BASE).faces[0].image_url == read

"""Reading answers: everything that is not a task is an error of ours, and nothing else happens."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import KlingError, KlingUnclear
from bot.kling.decode import read_faces, read_payload, read_task, read_tasks
from bot.kling.decode_newer import read_batch
from bot.kling.dialects import Dialect
from bot.kling.tasks import Face, Faces, Media, Task, TaskStatus
from bot.kling.transport import Reply

NAMES = [
    "code",
    "message",
    "request_id",
    "data",
    "detail",
    "raw_data",
    "task_id",
    "task_status",
    "task_status_msg",
    "task_info",
    "external_task_id",
    "task_result",
    "images",
    "videos",
    "series_images",
    "url",
    "index",
    "id",
    "duration",
    "created_at",
    "final_unit_deduction",
    "session_id",
    "face_data",
    "face_id",
    "face_image",
    "start_time",
    "loc",
    "msg",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**17, max_value=10**40)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["1", "submitted", "succeed", "https://cdn.example/a", "5.041", "..", "1e999"]
    )
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)
BODIES = ANYTHING.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


@given(
    body=BODIES,
    status=st.sampled_from([200, 201, 301, 400, 401, 404, 422, 429, 500, 503]),
    dialect=st.sampled_from(Dialect),
    question=st.booleans(),
)
def test_any_answer_is_a_task_or_an_error_of_ours(
    body: bytes, status: int, dialect: Dialect, *, question: bool
) -> None:
    """No bytes under any status make the reader raise anything else."""
    try:
        payload = read_payload(dialect, Reply(status, body), question=question, secret="s")
        task = read_task(dialect, payload)
    except KlingError:
        return
    assert isinstance(task, Task)
    assert task.task_id
    assert all(media.url.startswith("http") for media in task.media)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("secret", ["a/key+of/the=account", "eyJh.eyJi.signature"])
def test_an_answer_never_echoes_the_token(dialect: Dialect, secret: str) -> None:
    """Wherever the other side repeats it, in an answer of any meaning, it is cut out."""
    echo = {"task_id": "1", "task_status": "failed", "task_status_msg": f"{secret} failed"}
    whole = {"code": 0, "data": echo, "task_id": "1", "message": secret, "raw_data": echo}
    for written in (json.dumps(whole), json.dumps(whole).replace("/", "\\/")):
        reply = Reply(200, written.encode())
        payload = read_payload(dialect, reply, question=True, secret=secret)
        assert secret not in str(payload)
        assert read_task(dialect, payload).task_id == "1"


def test_a_short_token_does_not_cut_an_id() -> None:
    """A token that happens to be part of a task's id must not lose a task that was paid."""
    reply = Reply(200, b'{"code": 0, "data": {"task_id": "845014248110960707"}}')
    payload = read_payload(Dialect.OFFICIAL, reply, question=False, secret="1424")
    assert read_task(Dialect.OFFICIAL, payload).task_id == "845014248110960707"


@given(payload=ANYTHING)
def test_any_payload_is_faces_or_an_error_of_ours(payload: object) -> None:
    """The same for identify-face and for a page of tasks."""
    for read in (read_faces, read_tasks):
        try:
            read(payload)
        except KlingUnclear:
            continue


FULL: dict[str, Any] = {
    "task_id": "845014248110960707",
    "task_status": "succeed",
    "task_status_msg": "",
    "task_info": {"external_task_id": "abc", "parent_video": {"id": "9"}},
    "task_result": {
        "videos": [{"id": "77", "url": "https://cdn.example/v.mp4?sig=s", "duration": "5.041"}]
    },
    "watermark_info": {"enabled": False},
    "final_unit_deduction": "3.5",
    "created_at": 1_767_000_000_123,
    "updated_at": 1_767_000_060_000,
}


def test_every_field_of_a_task_is_read() -> None:
    """Ids, status, seconds, units and media come out as plain values."""
    assert read_task(Dialect.OFFICIAL, FULL) == Task(
        task_id="845014248110960707",
        status=TaskStatus.SUCCEED,
        message="",
        external_id="abc",
        created_at=1_767_000_000.123,
        media=(Media("video", "https://cdn.example/v.mp4?sig=s", "77", 5.041, 0),),
        units="3.5",
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        {"task_id": FULL["task_id"], "message": "succeed", "raw_data": FULL},
        {"task_id": FULL["task_id"], "message": "succeed", "raw_data": {"code": 0, "data": FULL}},
    ],
    ids=["bare", "enveloped"],
)
def test_a_gateway_says_the_same_in_other_words(wrapped: object) -> None:
    """Whether `raw_data` is Kling's data or its whole envelope, the task is the same."""
    assert read_task(Dialect.GATEWAY, wrapped) == read_task(Dialect.OFFICIAL, FULL)


def test_the_example_of_the_api_document_is_read() -> None:
    """There `raw_data` holds the result alone; id and status stand beside it."""
    example = {
        "task_id": "845014248110960707",
        "message": "succeed",
        "raw_data": {"task_result": {"videos": [{"url": "https://cdn.example/…".rstrip("…")}]}},
    }
    task = read_task(Dialect.GATEWAY, example)
    assert (task.task_id, task.status) == ("845014248110960707", TaskStatus.SUCCEED)
    assert [media.kind for media in task.media] == ["video"]


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"task_id": 845014248110960707}, "task_id", "845014248110960707"),
        ({"task_status": "succeeded"}, "status", TaskStatus.SUCCEED),
        ({"task_status": "SUBMITTED"}, "status", TaskStatus.SUBMITTED),
        ({"task_status": "paused"}, "status", TaskStatus.UNKNOWN),
        ({"task_status": 5}, "status", TaskStatus.UNKNOWN),
        ({"task_status_msg": None}, "message", ""),
        ({"task_status_msg": ["x"]}, "message", ""),
        ({"task_status_msg": "see https://a.example/b?c=d"}, "message", "see https://a.example/…"),
        ({"task_info": ""}, "external_id", None),
        ({"task_info": {"external_task_id": ""}}, "external_id", None),
        ({"created_at": 1_767_000_000}, "created_at", 1_767_000_000.0),
        ({"created_at": "yesterday"}, "created_at", None),
        ({"created_at": -1}, "created_at", None),
        ({"created_at": True}, "created_at", None),
        ({"final_unit_deduction": 3.5}, "units", "3.5"),
        ({"final_unit_deduction": "a lot"}, "units", None),
        ({"task_result": None}, "media", ()),
        ({"task_result": {"videos": "none"}}, "media", ()),
        ({"task_result": {"videos": [None, {}, {"url": "file:///etc/passwd"}]}}, "media", ()),
    ],
)
def test_an_odd_field_is_an_absent_field(change: Any, field: str, value: object) -> None:
    """A wrong type or an empty text loses that field and nothing else."""
    assert getattr(read_task(Dialect.OFFICIAL, FULL | change), field) == value


def test_pictures_keep_their_place() -> None:
    """The index is Kling's, or the place in the list; a result without an address is left out."""
    images = [
        {"index": 1, "url": "https://cdn.example/1"},
        {"index": "x", "url": "https://cdn.example/2"},
        {"index": 0},
    ]
    media = read_task(Dialect.OFFICIAL, FULL | {"task_result": {"images": images}}).media
    assert [(item.kind, item.index) for item in media] == [("image", 1), ("image", 1)]


def test_faces_are_read_with_and_without_their_pictures() -> None:
    """The documented answer has pictures, the gateway's example has none; both are faces."""
    payload = {
        "session_id": 845014248110960707,
        "face_data": [
            {
                "face_id": "0",
                "face_image": "https://f.example/0",
                "start_time": 0,
                "end_time": 5200,
            },
            {"face_id": 1, "start_time": 100},
            {"face_image": "https://f.example/2"},
            "no face",
        ],
        "final_unit_deduction": "0.05",
    }
    assert read_faces(payload) == Faces(
        "845014248110960707",
        (Face("0", "https://f.example/0", 0, 5200), Face("1", "", 100, 0)),
        "0.05",
    )
    assert read_faces({"session_id": "s", "face_data": []}).faces == ()


def test_a_page_counts_what_it_could_not_read() -> None:
    """An unreadable entry is skipped but still belongs to the page, so that the next is asked."""
    tasks, entries = read_tasks([FULL, {}, "x"])
    assert ([task.task_id for task in tasks], entries) == ([FULL["task_id"]], 3)


def test_addresses_of_results_stay_out_of_sight() -> None:
    """A signed address shows in no `repr`, so that it can reach no log by accident."""
    face = Face("0", "https://f.example/0?sig=s", 0, 1)
    assert "sig" not in repr(read_task(Dialect.OFFICIAL, FULL)) + repr(face)


def test_what_is_there_instead_of_a_result_is_logged_by_name() -> None:
    """Of either generation: the operator can see what Kling has renamed, and no address."""
    url = {"link": "https://cdn.example/secret"}
    with capture_logs() as lines:
        read_task(
            Dialect.OFFICIAL,
            {"task_id": "1", "task_status": "succeed", "task_result": {"clips": [url]}},
        )
        read_batch([{"id": "2", "status": "succeeded", "outputs": [url]}])
    assert [line["event"] for line in lines] == ["task.unreadable_result"] * 2
    assert lines[0]["keys"] == ["clips"]
    assert (lines[1]["keys"], lines[1]["output"]) == (["id", "status", "outputs"], ["link"])
    assert "secret" not in repr(lines)

"""No secret survives in a recording, wherever in an exchange it turns up."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commands.live.recording import ANSWERED, ASKED, Recorder, Redactor, SecretLeft
from tests.harness.kling.stub import Stub, says

SECRET = "ak-7f3QzP0sV9cTn2Lw"
KEYS = st.sampled_from(sorted(ASKED | ANSWERED | {"id", "task_id", "request_id", "url", "new"}))
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def holding(secret: str) -> st.SearchStrategy[Any]:
    """JSON of any shape with the secret as a value, within a value, or as a key."""
    within = st.tuples(st.text(max_size=5), st.just(secret), st.text(max_size=5)).map("".join)
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10), within)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.one_of(KEYS, within), inner, max_size=4)
        ),
        max_leaves=12,
    )


@given(data=st.data(), secret=SECRETS, kept=st.sampled_from([ASKED, ANSWERED]))
def test_no_secret_is_in_what_is_kept(data: st.DataObject, secret: str, kept: Any) -> None:
    """Any secret, even one letter, anywhere: it is not in the file, or there is no file."""
    redactor = Redactor([secret])
    recording = {"exchanges": redactor.body(data.draw(holding(secret)), kept)}
    try:
        text = redactor.checked(recording)
    except SecretLeft:
        return
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text


@given(data=st.data())
def test_a_key_costs_no_recording(data: st.DataObject) -> None:
    """A secret of the usual length is cut out, and the recording is made."""
    redactor = Redactor([SECRET])
    text = redactor.checked(redactor.body(data.draw(st.dictionaries(KEYS, holding(SECRET))), ASKED))
    assert SECRET not in text


@pytest.mark.parametrize("secret", ["text", "exchanges", '"', 'a"b\\'])
def test_a_recording_with_a_secret_in_it_is_not_made(secret: str) -> None:
    """Even where the secret is a word of the format itself: then there is no file."""
    with pytest.raises(SecretLeft):
        Redactor([secret]).checked({"exchanges": ["<text>", 'a"b\\']})


@pytest.mark.parametrize(
    "told",
    [
        "https://p1.a.example/x.png?Expires=9&Signature=abc",
        "see HTTP://a.example/x and ftp://b.example",
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlMQ",
        "no such account 845014248110960707",
        "key 0123456789abcdef0123456789abcdef is unknown",
    ],
)
def test_what_nobody_told_us_of_is_no_secret_either(told: str) -> None:
    """URLs, tokens and ids in a message are removed even if they are not known secrets."""
    kept = Redactor([]).body({"message": told}, ANSWERED)["message"]
    assert not [word for word in ("example", "eyJ", "8450142", "0123456789") if word in kept]


def test_only_listed_fields_are_kept() -> None:
    """A field that Kling adds tomorrow is recorded by its kind alone."""
    body = {"code": 1201, "owner": "somebody", "phone": 15551234, "Authorization": "x", "ok": True}
    assert Redactor([]).body(body, ANSWERED) == {
        "code": 1201,
        "owner": "<text>",
        "phone": "<number>",
        "<key>": "<text>",
        "ok": True,
    }


def test_an_id_has_one_name_wherever_it_is() -> None:
    """In a path, a field and a message the same id is the same placeholder; others are others."""
    redactor = Redactor([])
    path = redactor.path("/v1/videos/text2video/job%2F12345")
    said = redactor.body(
        {"message": "Task job/12345 is not 8450142", "task_id": "8450142"}, ANSWERED
    )
    later = redactor.body({"message": "8450142"}, ANSWERED)
    assert path == "/v1/videos/text2video/<our id:1>"
    assert (said["task_id"], later["message"]) == ("<id:2>", "<id:2>")
    assert said["message"].startswith("Task <our id:1> is not")


async def test_a_token_is_a_secret_from_its_first_use() -> None:
    """What the client sends as its token is not in the recording, though the answer repeats it."""
    answer = says({"code": 0, "message": "you are tok-en", "tok-en": ["tok-en"]})
    async with Stub(answer) as stub, Recorder(stub.base_url, Redactor([])) as recorder:
        await recorder.send("GET", "/v1/x", token="tok-en")
        assert "tok-en" not in recorder.take("step", "2026-11-22")


async def test_pictures_and_polls_are_not_repeated() -> None:
    """A picture is a placeholder, and equal answers to equal questions are one exchange."""
    answer = says({"code": 0, "data": {"updated_at": 1}})
    body = json.dumps({"image": "aGk=", "image_list": [{"image": "aGk="}]}).encode()
    async with Stub(answer) as stub, Recorder(stub.base_url, Redactor([])) as recorder:
        for _ in range(3):
            await recorder.send("POST", "/v1/videos/image2video", token=None, body=body)
        recording = json.loads(recorder.take("step", "2026-11-22"))
    (exchange,) = recording["exchanges"]
    assert exchange["request"]["body"] == {
        "image": "<picture>",
        "image_list": [{"image": "<picture>"}],
    }

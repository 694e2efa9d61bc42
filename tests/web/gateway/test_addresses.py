"""Addresses that a caller has Kling fetch or call: judged as they are written."""

import json
from typing import Any

import pytest

from bot.media.guard import is_outside
from bot.web import gateway_schemas as bodies

FACE = {"face_id": "1", "sound_start_time": 0, "sound_end_time": 2_000, "sound_insert_time": 0}
Place = tuple[type[bodies.Body], Any]


def places(url: str) -> list[Place]:
    """Return every body with every place in which an address may stand."""
    return [
        (bodies.TextToVideo, {"prompt": "a", "callback_url": url}),
        (bodies.Generations, {"prompt": "a", "image": url}),
        (bodies.Generations, {"prompt": "a", "callback_url": url}),
        (bodies.OmniImage, {"prompt": "a", "image_list": [url]}),
        (bodies.OmniImage, {"prompt": "a", "image_list": [{"image": url}]}),
        (bodies.ImageToVideo, {"image": url}),
        (bodies.ImageToVideo, {"image_tail": url}),
        (bodies.ImageToVideo, {"image": "aGk=", "static_mask": url}),
        (bodies.ImageToVideo, {"image": "aGk=", "dynamic_masks": [{"mask": url}]}),
        (bodies.IdentifyFace, {"video_url": url}),
        (bodies.LipSync, {"session_id": "1", "face_choose": [FACE | {"sound_file": url}]}),
        (bodies.LipSync, {"session_id": "1", "face_choose": [FACE], "callback_url": url}),
    ]


def refusal(place: Place, *, public_only: bool) -> str:
    """Return why a body was refused, or nothing."""
    kind, body = place
    try:
        bodies.translate(kind, json.dumps(body).encode(), public_only=public_only)
    except bodies.BodyRefused as refused:
        [problem] = refused.problems
        return str(problem["msg"])
    return ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1/", "private network"),
        ("http://10.0.0.1:8080/a.png", "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://[::ffff:192.168.0.1]:9/", "private network"),
        ("https://localhost/", "private network"),
        ("https://a.localhost:1/", "private network"),
        ("http://intranet/a.mp4", "private network"),
        ("http://2130706433/", "no valid host name"),
        ("http://0x7f.1/", "no valid host name"),
        ("http://evil.example\\@10.0.0.1/", "no valid host name"),
        ("http://a.example/\n", "no valid host name"),
        ("http://user:word@a.example/", "user name or a password"),
        ("file:///etc/passwd", "https:// or http://"),
        ("gopher://a.example/", "https:// or http://"),
        ("javascript:alert(1)", "https:// or http://"),
    ],
)
def test_kling_is_not_sent_into_a_private_network(url: str, words: str) -> None:
    """In every place of every body, a forbidden URL is refused with a message."""
    for place in places(url):
        assert words in refusal(place, public_only=True), place


@pytest.mark.parametrize("url", ["https://a.example/b.png?c=d", "http://93.184.216.34:8080/"])
def test_public_addresses_pass(url: str) -> None:
    """Any port will do: it is not we who go there."""
    assert [refusal(place, public_only=True) for place in places(url)] == [""] * len(places(url))


def test_an_upstream_of_ones_own_may_have_a_network_of_its_own() -> None:
    """In front of a Kling in a private network, addresses there are right; nonsense never is."""
    for place in places("http://127.0.0.1:9000/a.png"):
        assert refusal(place, public_only=False) == ""
    for place in places("http://127.1/"):
        assert "no valid host name" in refusal(place, public_only=False)


@pytest.mark.parametrize(
    ("url", "outside"),
    [
        ("https://api-singapore.klingai.com", True),
        ("http://93.184.216.34:8000", True),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("http://localhost:8000", False),
        ("http://kling:8000", False),
        ("http://192.168.0.2", False),
    ],
)
def test_where_an_upstream_is(url: str, *, outside: bool) -> None:
    """A public number, or a name with a dot, is out on the internet."""
    assert is_outside(url) is outside

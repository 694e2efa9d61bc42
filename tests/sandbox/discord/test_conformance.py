"""The check against Discord's own description: it bites, and every route is in it."""

from typing import Any

import pytest

from sandbox.discord import LocalDiscord, Recorded, Upload
from tests.harness.discord_conformance import Specification, load, spec_path
from tests.harness.manual_clock import ManualClock

POST = ("POST", "/channels/{channel_id}/messages")


@pytest.fixture(scope="module")
def specification() -> Specification:
    path = spec_path()
    if path is None:
        pytest.skip("Discord's OpenAPI description is not beside the checkout")
    return load(path)


def request(method: str, route: str, json: Any, **files: Upload) -> Recorded:
    numbered = dict(enumerate(files.values()))
    return Recorded(method, route, route, {}, {}, json, numbered, "rest", 0.0)


def test_every_route_is_described(specification: Specification) -> None:
    """The local Discord serves nothing that Discord does not describe."""
    served = LocalDiscord(ManualClock()).rest.templates
    unknown = [(m, r) for m, r in served if specification.operation(m, r) is None]
    assert len(served) > 30
    assert unknown == []


BAD: dict[str, Recorded] = {
    "unknown key": request(*POST, {"content": "x", "contents": "y"}),
    "wrong type": request(*POST, {"content": 5}),
    "eleven embeds": request(*POST, {"embeds": [{"title": "x"}] * 11}),
    "no body": request(*POST, None),
    "body where none belongs": request("POST", "/channels/{channel_id}/typing", {"a": 1}),
    "unknown route": request("POST", "/channels/{channel_id}/nonsense", {}),
    "unlisted file": request(*POST, {"content": "x"}, a=Upload(b"x", "a")),
    "bad callback": request(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        {"type": 4, "data": {"embeds": "none"}},
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_violations_are_found(specification: Specification, case: str) -> None:
    """Each bad request is told apart."""
    assert specification.problems(BAD[case])


def test_good_requests_pass(specification: Specification) -> None:
    """Numbers are fine as ids, and a listed file belongs."""
    body: dict[str, Any] = {"content": "x", "attachments": [{"id": 0, "filename": "a"}]}
    body["message_reference"] = {"message_id": 1, "channel_id": 2}
    assert specification.problems(request(*POST, body, a=Upload(b"x", "a"))) == []

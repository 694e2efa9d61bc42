"""Kling examined: key, gateway, clock; and it costs nothing."""

import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.doctor.findings import Finding, Mark, worst
from bot.doctor.kling import examine_kling
from bot.invocation import AS_MODULE, Invocation
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.settings.sections import GATEWAY_BASE_URL
from bot.web.server import listen
from sandbox.kling import LocalKling
from tests.harness.kling.stub import Stub, says
from tests.harness.refusing import refusing_port

Make = Callable[..., Settings]


class Shifted(SystemClock):
    """A clock on the wall that is wrong by some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> float:
        return super().now() + self._seconds


def amiss(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.mark is not Mark.OK]


@asynccontextmanager
async def answering(status: int, body: bytes = b"{}") -> AsyncIterator[str]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with listen(app, Address("127.0.0.1", 0), key="test") as address:
        yield f"http://{address}"


async def test_an_api_key_lets_us_in_for_nothing(kling: LocalKling, settings: Make) -> None:
    """The probe asks for a task that cannot exist: nothing is created, nothing is charged."""
    assert amiss(await examine_kling(settings(), SystemClock(), AS_MODULE)) == []
    assert kling.creates == []


async def test_a_pair_of_keys_lets_us_in(kling: LocalKling, settings: Make) -> None:
    """Access key and secret key sign what Kling accepts."""
    keys = {
        "kling__api_key": "",
        "kling__access_key": kling.keys.access_key,
        "kling__secret_key": kling.keys.secret_key,
    }
    assert amiss(await examine_kling(settings(**keys), SystemClock(), AS_MODULE)) == []


async def test_a_wrong_key_is_named_with_its_setting(settings: Make) -> None:
    """Kling's own words, and which settings to look at; the key stays unsaid."""
    findings = await examine_kling(settings(kling__api_key="wrong-key"), SystemClock(), AS_MODULE)
    (found,) = amiss(findings)
    assert "rejects us" in found.what
    assert "kling.api_key" in found.fix
    assert "wrong-key" not in found.what + found.fix
    assert worst(findings) == 1


@pytest.mark.parametrize(
    ("seconds", "mark", "way"),
    [
        (3, Mark.OK, "agrees"),
        (30, Mark.WARN, "ahead of"),
        (-30, Mark.WARN, "behind"),
        (600, Mark.BAD, "ahead of"),
        (-600, Mark.BAD, "behind"),
    ],
)
async def test_a_clock_that_is_wrong_is_told(
    settings: Make, seconds: float, mark: Mark, way: str
) -> None:
    """Signed tokens depend on it: by how much, and which way."""
    findings = await examine_kling(settings(), Shifted(seconds), AS_MODULE)
    (clock,) = [finding for finding in findings if finding.what.startswith("clock")]
    assert clock.mark is mark
    assert way in clock.what
    told_s = re.search(r"(\d+) s", clock.what)
    assert told_s is None or abs(int(told_s[1]) - abs(seconds)) <= 2


@pytest.mark.parametrize(
    ("started", "command"),
    [
        (Invocation.of_module(), "make gateway"),
        (Invocation.of_script(), "kling-discord gateway"),
        (AS_MODULE, "python -m bot gateway"),
    ],
)
async def test_a_gateway_that_is_not_there_is_told_with_the_command(
    settings: Make, started: Invocation, command: str
) -> None:
    """Without a key the bot wants a gateway; how to start ours is said."""
    with refusing_port() as port:
        gone = f"http://127.0.0.1:{port}"
        findings = await examine_kling(
            settings(kling__api_key="", kling__base_url=gone), SystemClock(), started
        )
    (found,) = amiss(findings)
    assert found.what == f"gateway at {gone}: nothing answers there"
    assert f"({command})" in found.fix


async def test_nothing_set_is_said_in_words(settings: Make) -> None:
    """Neither a key nor a gateway, and none at the usual address: said so, with both ways out."""
    usual = urlsplit(GATEWAY_BASE_URL)
    with socket.socket() as trying:
        if trying.connect_ex((usual.hostname, usual.port)) == 0:
            pytest.skip("something listens at the gateway's usual address")
    env = {"kling__api_key": "", "kling__base_url": ""}
    (found,) = amiss(await examine_kling(settings(**env), SystemClock(), AS_MODULE))
    assert found.what.startswith("neither a Kling key nor a gateway is set")
    assert "KLINGBOT_KLING__API_KEY" in found.fix
    assert "kling.base_url" in found.fix


async def test_a_gateway_that_wants_a_token_is_told_with_the_setting(settings: Make) -> None:
    """A 401 of a gateway is about its token, not about Kling's keys."""
    async with answering(401, b'{"detail": "no"}') as url:
        findings = await examine_kling(
            settings(kling__api_key="", kling__base_url=url), SystemClock(), AS_MODULE
        )
    (found,) = amiss(findings)
    assert "gateway.api_token" in found.fix


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"{}"), (200, b"<html>"), (404, b""), (502, b"")]
)
async def test_whatever_answers_is_one_finding(settings: Make, status: int, body: bytes) -> None:
    """Something that is no Kling is recognised, not believed."""
    async with answering(status, body) as url:
        findings = await examine_kling(settings(kling__base_url=url), SystemClock(), AS_MODULE)
    assert [finding.mark for finding in amiss(findings)] == [Mark.BAD]


async def test_sending_keys_unencrypted_is_warned_of(settings: Make) -> None:
    """http:// beyond this machine shows the key to everybody on the way."""
    findings = await examine_kling(
        settings(kling__base_url="http://kling.invalid"), SystemClock(), AS_MODULE
    )
    assert [finding.mark for finding in findings] == [Mark.WARN, Mark.BAD]
    assert "not encrypted" in findings[0].what


@pytest.mark.parametrize(
    ("model", "server", "warned"),
    [
        ("kling-v2-5-turbo", "uvicorn", True),
        ("kling-v1-6", "uvicorn", False),
        ("kling-v2-5-turbo", "kling-discord", False),
    ],
)
async def test_a_gateway_that_may_add_a_field_is_named(
    settings: Make, model: str, server: str, *, warned: bool
) -> None:
    """Others send `cfg_scale` with every video, and the default model does not take it."""
    nobody = {"detail": "Task not found by id/external id: x"}
    async with Stub(says(nobody, 400, {"Server": server})) as stub:
        made = settings(
            kling__dialect="gateway", kling__base_url=stub.base_url, defaults__video_model=model
        )
        found = await examine_kling(made, SystemClock(), AS_MODULE)
    assert any("cfg_scale" in finding.what for finding in found) is warned

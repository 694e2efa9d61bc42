"""Gateways that are not ours: how they write addresses and words, and where they send us."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from storage.job import State
from tests.harness.kling.stub import Stub, says, writes
from tests.harness.opening import open_town
from tests.harness.recovery.waiting import noticed
from tests.harness.town import Town, picture

TASK = "t-1"
PICTURE = picture()


def gateway(address: str, word: str = "completed") -> Stub:
    """A gateway whose one task is finished at once, with a picture at this address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            made = {"task_id": TASK, "task_status": "pending"}
            return web.json_response({"task_id": TASK, "message": "success", "raw_data": made})
        if request.path.startswith("/api/v1/tasks/"):
            data = {
                "task_id": TASK,
                "task_status": word,
                "task_result": {"images": [{"index": 0, "url": address.format(host=request.host)}]},
            }
            return web.json_response({"task_id": TASK, "message": word, "raw_data": data})
        return web.Response(body=PICTURE, content_type="image/png")

    return Stub(answer)


@contextlib.asynccontextmanager
async def before(stub: Stub, tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose bot is told of this gateway."""
    async with stub, open_town(tmp_path, dialect="gateway") as town:
        hosts = [urlsplit(town.discord.cdn_url).netloc, urlsplit(stub.base_url).netloc]
        town.env |= {
            "KLINGBOT_KLING__BASE_URL": stub.base_url,
            "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{hosts[0]}", "{hosts[1]}"]',
        }
        async with town.bot():
            yield town


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("http://{host}/files/猫 1.png", "/files/%E7%8C%AB%201.png"),
        ("http://{host}/files/1.png\n", "/files/1.png"),
        ("/files/1.png?sig=%2F", "/files/1.png?sig=%2F"),
        ("//{host}/files/1.png", "/files/1.png"),
    ],
)
async def test_a_result_at_an_odd_address_is_posted(
    tmp_path: Path, address: str, asked: str
) -> None:
    """Signs that cannot stand in a URL, a line end, and what is relative to the gateway."""
    stub = gateway(address)
    async with before(stub, tmp_path) as town:
        card = await town.ask("image", prompt="a fox")
        [post] = await town.posted()
        await town.card_says(card, "✅")
    assert len(post.attachments) == 1
    assert asked in [request.path for request in stub.asked]


@pytest.mark.sweep
@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://{host}/1.png", "data:,x"])
async def test_a_result_that_cannot_be_fetched_is_told(tmp_path: Path, address: str) -> None:
    """At once, to the member and to the operator, and without a link that nobody can open."""
    async with before(gateway(address), tmp_path) as town:
        await town.ask("image", prompt="a fox")
        [post] = await town.posted()
        assert "can't be opened" in post.content
        assert "://" not in post.content
        assert "scheme" in await noticed(town, 1)
        job = await town.job_is(State.DONE)
    assert job.outcome is not None


@pytest.mark.sweep
@pytest.mark.parametrize("word", ["success", "Completed", "succeeded"])
async def test_a_task_is_finished_in_any_gateways_word(tmp_path: Path, word: str) -> None:
    """Not queried until it is given up."""
    async with before(gateway("/1.png", word), tmp_path) as town:
        await town.ask("image", prompt="a fox")
        [post] = await town.posted()
    assert post.attachments


@pytest.mark.parametrize("status", [301, 308])
async def test_a_redirect_is_told_at_the_first_job(tmp_path: Path, status: int) -> None:
    """The operator reads where it leads; the key does not go there."""
    moved = writes(b"<html>", status, {"Location": "https://api.example.com/api/v1/x?key=secret"})
    stub = Stub(moved)
    async with before(stub, tmp_path) as town:
        await town.ask("image", prompt="a fox")
        said = await noticed(town, 1)
        assert "`https://api.example.com`" in said
        assert "kling.base_url" in said
        assert "secret" not in said


@pytest.mark.sweep
async def test_a_server_that_is_not_kling_is_told_at_the_first_job(tmp_path: Path) -> None:
    """A page instead of JSON: the card says that the owner was told, and so it is."""
    stub = Stub(writes(b"<html>Not here</html>", 404))
    async with before(stub, tmp_path) as town:
        await town.ask("image", prompt="a fox")
        [post] = await town.posted()
        said = await noticed(town, 1)
    assert "They have been notified" in post.content
    assert urlsplit(stub.base_url).netloc in said
    assert "kling.base_url" in said


@pytest.mark.sweep
@pytest.mark.parametrize("code", [1003, 1004])
async def test_a_clock_that_is_wrong_is_named(tmp_path: Path, code: int) -> None:
    """1003 and 1004 are about time, not about the key."""
    early = says({"code": code, "detail": "Authorization is not valid now"}, 401)
    async with before(Stub(early), tmp_path) as town:
        await town.ask("image", prompt="a fox")
        assert "clock of this machine" in await noticed(town, 1)

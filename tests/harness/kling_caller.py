"""One caller of a local Kling: its account's client, a bare downloader, and a file server."""

import base64
import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from PIL import Image

from sandbox.kling import LocalKling
from tests.harness.manual_clock import ManualClock

Json = dict[str, Any]
LONG_S = 100.0
PRODUCTS = (
    "videos/text2video",
    "videos/image2video",
    "images/generations",
    "images/omni-image",
    "videos/advanced-lip-sync",
)


@functools.cache
def picture(
    size: tuple[int, int] = (320, 320), colour: str = "#2266cc", kind: str = "PNG"
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def raw64(content: bytes) -> str:
    return base64.b64encode(content).decode()


PICTURE = raw64(picture())


@dataclass
class Answer:
    status: int
    body: Json

    @property
    def code(self) -> int:
        return int(self.body["code"])

    @property
    def message(self) -> str:
        return str(self.body["message"])

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def refusal(self) -> tuple[int, int, str]:
        return self.status, self.code, self.message


@dataclass
class Caller:
    world: LocalKling
    clock: ManualClock
    session: ClientSession
    headers: Mapping[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Json | None = None) -> Answer:
        root = "" if path.startswith("/") else "/v1/"
        url = f"{self.world.base_url}{root}{path}"
        content = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = {"Content-Type": "application/json", **self.headers}
        async with self.session.request(method, url, data=content, headers=headers) as reply:
            return Answer(reply.status, await reply.json())

    async def post(self, path: str, /, **body: Any) -> Answer:
        return await self.ask("POST", path, body)

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def created(self, path: str, /, **body: Any) -> str:
        answer = await self.post(path, **body)
        assert answer.status == 200, answer.body
        return str(answer.data["task_id"])

    async def done(self, path: str, /, **body: Any) -> Json:
        task_id = await self.created(path, **body)
        self.clock.advance(LONG_S)
        data: Json = (await self.get(f"{path}/{task_id}")).data
        return data

    async def fetch(self, url: str, **headers: str) -> tuple[int, bytes]:
        async with self.session.get(url, headers=headers) as reply:
            return reply.status, await reply.read()

    async def drawn(self, path: str, /, **body: Any) -> list[bytes]:
        result = (await self.done(path, **body))["task_result"]
        files = result.get("series_images") or result.get("images") or result["videos"]
        return [(await self.fetch(item["url"]))[1] for item in files]


@dataclass
class Files:
    """A loopback file server; `stored` maps a name to its content."""

    base_url: str = ""
    stored: dict[str, bytes] = field(default_factory=dict)
    posted: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses for the next posts; 200 when empty."""

    def put(self, name: str, content: bytes) -> str:
        self.stored[name] = content
        return f"{self.base_url}/{name}"

    async def give(self, request: web.Request) -> web.Response:
        content = self.stored.get(request.match_info["name"])
        return web.Response(body=content) if content is not None else web.Response(status=404)

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append((dict(request.headers), await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

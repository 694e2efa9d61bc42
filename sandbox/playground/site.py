"""What the browser requests: the page's files, its uploads, and its websocket."""

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import web

from sandbox.playground.forms import Forms
from sandbox.playground.guard import from_page
from sandbox.playground.samples import Samples
from sandbox.playground.scenery import Scene
from sandbox.playground.session import Session
from sandbox.playground.uploads import Uploads
from sandbox.playground.workbench import Workbench
from sandbox.process import BotProcess

PAGE: Final = Path(__file__).with_name("page")
MODULES_HERE: Final = "<!-- modules -->"
FRAME_BYTES_MAX: Final = 1024 * 1024


class Site:
    """The page's routes below the local Discord's own."""

    def __init__(self, scene: Scene, bot: BotProcess) -> None:
        self._scene = scene
        self._workbench = Workbench(bot)
        self._uploads = Uploads()
        self._samples = Samples()
        self._forms = Forms()
        self._sessions: dict[web.WebSocketResponse, asyncio.Task[None]] = {}

    def add_to(self, app: web.Application) -> None:
        """Add the routes; the application must not have started."""
        app.router.add_get("/", self._index)
        app.router.add_static("/page/", PAGE)
        app.router.add_post("/playground/uploads", self._upload)
        app.router.add_get("/playground/samples/{name}", self._sample)
        app.router.add_get("/playground/socket", self._socket)

    async def close(self) -> None:
        """Close every page's websocket, and cancel the pages' requests."""
        sessions = dict(self._sessions)
        for socket in sessions:
            await socket.close(code=1001)
        await asyncio.gather(*sessions.values(), return_exceptions=True)

    async def _index(self, _: web.Request) -> web.StreamResponse:
        """Serve the page; it lists all modules, so that none waits for the one that imports it."""
        html = (PAGE / "index.html").read_text(encoding="utf-8")
        modules = sorted(file.relative_to(PAGE).as_posix() for file in PAGE.rglob("*.js"))
        links = "".join(f'<link rel="modulepreload" href="page/{name}">' for name in modules)
        html = html.replace(MODULES_HERE, links)
        return web.Response(text=html, content_type="text/html")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        from_page(request)
        name, kind = request.query.get("name", ""), request.content_type
        return web.json_response({"upload": self._uploads.keep(name, kind, await request.read())})

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        try:
            kind, data = await self._samples.file(request.match_info["name"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.Response(body=data, content_type=kind)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        from_page(request)
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MAX, heartbeat=30.0)
        await socket.prepare(request)
        session = Session(socket, self._scene, self._workbench, self._uploads, self._forms)
        self._sessions[socket] = asyncio.create_task(session.run())
        try:
            await self._sessions[socket]
        finally:
            del self._sessions[socket]
        return socket

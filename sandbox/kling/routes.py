"""The paths of the local Kling: the response of each if nothing goes wrong on the way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import hdrs, web

from sandbox.clock import Clock
from sandbox.kling import (
    avatars,
    effects,
    elements,
    expanding,
    extending,
    fields,
    models,
    motions,
    noises,
    rules_image,
    rules_multi,
    rules_omni_legacy,
    rules_video,
    soundtracks,
)
from sandbox.kling.callbacks import Callbacks
from sandbox.kling.element_routes import ElementRoutes
from sandbox.kling.errors import Refusal, bad_value, granted, invalid, not_found
from sandbox.kling.faces import FacesFor, Session, lip_sync, opened
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Clip, Intake, OwnClip, open_clip, probe
from sandbox.kling.links import RETENTION_S, Links
from sandbox.kling.orders import Made, Order, Parent, Product
from sandbox.kling.paging import page_asked
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.results import CONTENT_TYPES, Results
from sandbox.kling.scripts import REFUSED_MESSAGE, REFUSED_WORD, Scripts, has_word
from sandbox.kling.switches import Switches
from sandbox.kling.tasks import Account, Task
from sandbox.kling.views import Views, deduction
from sandbox.kling.voices import VoiceRoutes

EXTERNAL_ID_MAX_CHARS = 512

Rule = Callable[[JsonObject, Intake, Switches], Awaitable[Order]]
RULES: dict[Product, Rule] = {
    Product.TEXT2VIDEO: rules_video.text2video,
    Product.IMAGE2VIDEO: rules_video.image2video,
    Product.GENERATIONS: rules_image.generations,
    Product.OMNI_IMAGE: rules_image.omni_image,
    Product.LEGACY_OMNI_VIDEO: rules_omni_legacy.omni_video,
    Product.MOTION: motions.motion_control,
    Product.AVATAR: avatars.avatar,
    Product.EFFECTS: effects.effects,
    Product.EXPAND: expanding.expand,
    Product.TEXT_TO_AUDIO: noises.text_to_audio,
    Product.MULTI_IMAGE_TO_VIDEO: rules_multi.multi_image_to_video,
    Product.MULTI_IMAGE_TO_IMAGE: rules_multi.multi_image_to_image,
    Product.TRY_ON: rules_multi.try_on,
    Product.VIDEO_TO_AUDIO: soundtracks.video_to_audio,
    Product.VIDEO_EXTEND: extending.video_extend,
    Product.ELEMENTS: elements.custom_element,
}
OfOwnClip = Callable[[JsonObject, Intake, Switches, OwnClip | None], Awaitable[Order]]
OF_OWN_CLIPS: dict[Product, OfOwnClip] = {
    Product.VIDEO_TO_AUDIO: soundtracks.video_to_audio,
    Product.VIDEO_EXTEND: extending.video_extend,
}
"""Those that may name a clip of this Kling by its id."""


@dataclass
class Parts:
    """What the routes work with; the facade builds it and keeps hold of it."""

    clock: Clock
    switches: Switches
    account: Account
    scripts: Scripts
    intake: Intake
    callbacks: Callbacks
    links: Links
    views: Views
    results: Results
    faces_for: FacesFor
    describe: Callable[[Task], JsonObject]
    sessions: dict[str, Session] = field(default_factory=dict)


class Routes:
    """The handlers. Authorisation, recording and faults are done before they are called."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        parts.intake.element_of = parts.account.element

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount every path."""
        router.add_post("/v1/videos/identify-face", self._identify)
        parts = self._parts
        VoiceRoutes(parts.account, parts.intake.voices, self._fresh).add_to(router)
        ElementRoutes(parts.account).add_to(router)
        router.add_get("/results/voices/{voice}.mp3", self._voice)
        for product in (product for product in Product if not product.newer):
            router.add_post(f"/v1/{product.value}", self._create(product))
            router.add_get(f"/v1/{product.value}", self._list(product))
            router.add_get(f"/v1/{product.value}/{{name}}", self._query(product))
        router.add_get("/results/faces/{session}/{face}.png", self._face_picture)
        router.add_get("/results/watermark/{task}/{index}.{kind}", self._media)
        router.add_get("/results/{task}/{index}.{kind}", self._media)

    def _create(self, product: Product) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def create(request: web.Request) -> web.Response:
            body = fields.given(json_object(await request.read()))
            task = self.accept(body, await self._order(product, body), body)
            view = self._parts.views.created(task, self._parts.clock.now())
            return granted(view, request_id())

        return create

    async def _order(self, product: Product, body: JsonObject) -> Order:
        parts = self._parts
        if product in OF_OWN_CLIPS:
            own = await self._own(fields.text(body, "video_id"))
            return await OF_OWN_CLIPS[product](body, parts.intake, parts.switches, own)
        if product is not Product.LIP_SYNC:
            return await RULES[product](body, parts.intake, parts.switches)
        name = fields.text(body, "session_id")
        now_s = parts.clock.now()
        session = opened(parts.sessions.get(name), name, now_s, parts.switches)
        return await lip_sync(body, session, parts.intake, parts.switches)

    def accept(self, body: JsonObject, order: Order, options: JsonObject) -> Task:
        """Create the task; nothing is awaited here, so that no other create comes in between.

        `options` is where the generation has its ids and callbacks.
        """
        parts = self._parts
        external_id = fields.text(options, "external_task_id", max_chars=EXTERNAL_ID_MAX_CHARS)
        callback_url = fields.text(options, "callback_url")
        if has_word(order.prompt, REFUSED_WORD):
            raise Refusal(1301, REFUSED_MESSAGE)
        parts.account.admit(order, external_id or None)
        now_s = parts.clock.now()
        course = parts.scripts.course(order, body, now_s)
        task = Task(
            id=parts.account.new_id(),
            order=order,
            body=body,
            external_id=external_id or None,
            created_s=now_s,
            starts_s=course.starts_s,
            ends_s=course.ends_s,
            problem=course.problem,
        )
        parts.account.add(task)
        if callback_url:
            parts.callbacks.follow(task, callback_url)
        return task

    def _query(self, product: Product) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def query(request: web.Request) -> web.Response:
            name = request.match_info["name"]
            task = self._parts.account.find(product, name)
            if task is None:
                raise not_found(name)
            return granted(self._parts.describe(task), request_id())

        return query

    def _list(self, product: Product) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def page(request: web.Request) -> web.Response:
            tasks = self._parts.account.page(product, *page_asked(request))
            return granted([self._parts.describe(task) for task in tasks], request_id())

        return page

    async def _identify(self, request: web.Request) -> web.Response:
        parts = self._parts
        body = fields.given(json_object(await request.read()))
        video_id, video_url = fields.text(body, "video_id"), fields.text(body, "video_url")
        if bool(video_id) == bool(video_url):
            raise bad_value("Exactly one of video_id and video_url is required")
        clip = await (parts.intake.clip(video_url) if video_url else self._own_clip(video_id))
        if video_id:
            video_url = self._address(video_id)
        parts.account.pay_call(models.FACE_UNITS)
        session = Session(
            id=parts.account.new_id(),
            clip=clip,
            faces=tuple(parts.faces_for(video_url, clip)),
            opened_s=parts.clock.now(),
            parent_id=video_id or parts.account.new_id(),
            parent_url=video_url,
        )
        parts.sessions[session.id] = session
        faces = [
            {
                "face_id": str(index),
                "face_image": parts.links.to(f"faces/{session.id}/{index}.png", session.opened_s),
                "start_time": face.start_ms,
                "end_time": face.end_ms,
            }
            for index, face in enumerate(session.faces)
        ]
        data = {"session_id": session.id, "face_data": faces} | deduction(models.FACE_UNITS)
        return granted(data, request_id())

    async def _own_clip(self, video_id: str) -> Clip:
        return await self._parts.results.clip(self._own_task(video_id), probe)

    def _own_task(self, video_id: str) -> Task:
        task = self._parts.account.clip(video_id)
        if task is None or self._parts.clock.now() >= task.ends_s + RETENTION_S:
            raise invalid("video_id", video_id)
        return task

    async def _own(self, video_id: str) -> OwnClip | None:
        """Return the clip of this id, and what made it; None without an id."""
        if not video_id:
            return None
        task = self._own_task(video_id)
        clip = await self._parts.results.clip(task, open_clip)
        parent = Parent(video_id, self._address(video_id), clip.ms)
        made = task.order.drawing
        kept = made.mode if isinstance(made, Made) else ""
        mode = kept or str(task.body.get("mode", "std"))
        return OwnClip(clip, parent, task.product, task.order.model, mode)

    def _address(self, video_id: str) -> str:
        task = self._parts.account.clip(video_id)
        return str(self._parts.views.urls(task, 0)["url"]) if task is not None else ""

    async def _media(self, request: web.Request) -> web.Response:
        self._check_link(request)
        task = self._parts.account.tasks.get(request.match_info["task"])
        if task is None:
            raise web.HTTPNotFound
        content = await self._parts.results.media(task, int(request.match_info["index"]))
        return web.Response(body=content, content_type=CONTENT_TYPES[request.match_info["kind"]])

    def _fresh(self, path: str) -> str:
        return self._parts.links.to(path, self._parts.clock.now())

    async def _voice(self, request: web.Request) -> web.Response:
        self._check_link(request)
        voice = self._parts.intake.voices[request.match_info["voice"]]
        return web.Response(body=voice.content, content_type=CONTENT_TYPES["mp3"])

    async def _face_picture(self, request: web.Request) -> web.Response:
        self._check_link(request)
        session = self._parts.sessions[request.match_info["session"]]
        face = session.faces[int(request.match_info["face"])]
        content = await self._parts.results.face(session, face)
        return web.Response(body=content, content_type="image/png")

    def _check_link(self, request: web.Request) -> None:
        if hdrs.AUTHORIZATION in request.headers:  # an object store knows one authorisation
            raise web.HTTPBadRequest(text="Only one auth mechanism allowed")
        path = request.path.removeprefix("/results/")
        expires, signature = request.query.get("Expires", ""), request.query.get("Signature", "")
        if not expires.isdigit() or not self._parts.links.open(path, expires, signature):
            raise web.HTTPForbidden(text="AccessDenied")

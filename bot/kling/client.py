"""Kling as the rest of the bot sees it: create, query, find, identify faces.

Callers don't know which dialect is in use. Every method raises errors of `bot.errors` only.
"""

import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, Self

import aiohttp
import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.requests import Request, Route
from bot.errors import KlingError, KlingNotFound, KlingRefusedRequest, KlingTakesNoId, KlingUnclear
from bot.kling.auth import Credentials
from bot.kling.bodies import Body, File, body_of
from bot.kling.calls import delete_element, identify_face, speak
from bot.kling.decode import read_task
from bot.kling.decode_newer import only, read_batch, read_newer_task
from bot.kling.dialects import (
    Dialect,
    batch_path,
    create_path,
    own_id_path,
    query_path,
)
from bot.kling.exchange import Exchange
from bot.kling.image_paths import ImagePaths
from bot.kling.known_ids import KnownIds
from bot.kling.listing import Listed, find_in_list, made_between, newest
from bot.kling.orders import order_of
from bot.kling.tasks import Faces, LipSyncChoice, Lookup, Speech, Task
from bot.kling.transport import Timeouts
from bot.meter import NO_METER, Meter
from bot.network import NO_PROXY, Proxy

UNKNOWN_WORDS_MAX: Final = 20
WORD_CHARACTERS_MAX: Final = 40
PROBE_ID: Final = "kling-discord-probe"

log = structlog.get_logger(__name__)


class Kling:
    """One Kling account, reached directly or through a gateway.

    To be used as an async context manager; pass `session` to use an existing one. `kept_routes` are
    the routes that are known to keep our ids, because a response once echoed one (for a lip-sync:
    because one was found); `on_learnt` is called with each new one, so that the caller can store it
    for this base URL.
    """

    def __init__(
        self,
        base_url: str,
        *,
        dialect: Dialect,
        auth: Credentials,
        clock: Clock,
        rng: random.Random | None = None,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        proxy: Proxy = NO_PROXY,
        catalogue: Catalogue | None = None,
        kept_routes: Iterable[Route] = (),
        models_without_ids: Iterable[str] = (),
        on_learnt: Callable[[Route], None] | None = None,
        on_no_ids: Callable[[str], Awaitable[None]] | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        self._dialect = dialect
        self.signs = auth.signs
        """Whether requests are signed with a pair of keys, which the newer API refuses."""
        self._catalogue = catalogue
        self._words: set[str] = set()
        self._exchange = Exchange(
            base_url,
            dialect=dialect,
            auth=auth,
            clock=clock,
            rng=rng or random.SystemRandom(),
            session=session,
            timeouts=timeouts,
            proxy=proxy,
            meter=meter,
        )
        self._image_paths = ImagePaths(self._exchange, dialect)
        self._ids = KnownIds(
            dialect,
            catalogue,
            lambda: self._exchange.is_ours,
            kept=kept_routes,
            without=models_without_ids,
            on_kept=on_learnt,
            on_without=on_no_ids,
        )

    async def __aenter__(self) -> Self:
        await self._exchange.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exchange.close()

    async def create(
        self,
        request: Request,
        *,
        external_id: str,
        inputs: Mapping[str, File],
        choice: LipSyncChoice | None = None,
        callback_url: str | None = None,
    ) -> Task:
        """Create a task and return it: `written` and `send` in one."""
        data = self.written(
            request,
            external_id=external_id,
            inputs=inputs,
            choice=choice,
            callback_url=callback_url,
        )
        return await self.send(request.route, data, external_id=external_id, model=request.model)

    def written(
        self,
        request: Request,
        *,
        external_id: str,
        inputs: Mapping[str, File],
        choice: LipSyncChoice | None = None,
        callback_url: str | None = None,
    ) -> Body:
        """Return the body of a create; sends nothing, and reads nothing of its files.

        Raises ValueError or LookupError if there can be none.
        """

        def write(files: Mapping[str, str]) -> bytes:
            return order_of(
                request,
                self._dialect,
                self._catalogue,
                external_id=external_id,
                with_id=self._ids.sent_with(request.model),
                inputs=files,
                choice=choice,
                callback_url=callback_url,
            )

        return body_of(write, inputs)

    async def send(self, route: Route, written: Body, *, external_id: str, model: str = "") -> Task:
        """Send a create and return its task; this costs money and is never repeated blindly.

        After KlingUnclear the task may exist: `find` it before creating it again. After KlingTaken
        it exists. After any other error it does not; after KlingTakesNoId it may be written and
        sent once more.
        """
        try:
            payload = await self._order(route, model, written)
        except KlingRefusedRequest as no:
            if await self._ids.refused(route, model, no.message, written):
                raise KlingTakesNoId(no.message, code=no.code) from no
            raise
        read = read_newer_task if route.newer else read_task
        task = read(self._dialect, payload, base=self._exchange.base_url)
        if task.external_id == external_id:
            self._ids.learn_from_echo(route, model)
        return task

    async def _order(self, route: Route, model: str, written: Body) -> object:
        if route is Route.NEWER_IMAGE:
            return await self._image_paths.order(model, written)
        return await self._exchange.order(create_path(self._dialect, route, model), written)

    async def query(self, route: Route, task_id: str) -> Task:
        """Return the task as it is now; KlingNotFound if there is none. Free of charge."""
        task = await self._by_id(route, task_id)
        if task_id not in {task.task_id, task.external_id}:
            raise KlingUnclear("another_task")
        self.heard(route, task)
        return task

    async def query_many(self, task_ids: Sequence[str]) -> list[Task]:
        """Return those of these tasks (20 at most) that the other side shows, of any route. Free.

        What is left out may exist all the same: `query` finds out.
        """
        found = await self._exchange.ask(batch_path(self._dialect, task_ids))
        return read_batch(found, base=self._exchange.base_url)

    async def newest(self, route: Route) -> list[Task]:
        """Return the account's newest tasks of a route, one page of them (official). Free."""
        return await newest(self._exchange, route)

    async def made_between(self, product_type: str, start_s: float, end_s: float) -> Listed:
        """Return the tasks made between two moments (Unix seconds), of any route. Free.

        `product_type` is `video` or `image`; only Kling's newer API and gateways of it have this.
        """
        return await made_between(self._exchange, product_type, start_s, end_s)

    def heard(self, route: Route, task: Task) -> None:
        """Learn what a task tells about its route."""
        self._note_word(task.unknown_word)
        if task.external_id is not None:
            self._ids.learn_from_echo(route)

    async def find(self, route: Route, external_id: str, model: str = "") -> Task | None:
        """Return the task that was created with our id, or None; `lookup` says what None means.

        Free of charge. If the look-up itself fails, its error is raised; that is not the same as
        None.
        """
        task = await self._find_by_path(route, external_id)
        if task is not None:
            if task.external_id not in {None, external_id}:
                return None
            if task.external_id is not None:
                self._ids.learn_from_echo(route, model)
            self._ids.learn(route)
            return task
        if route is Route.LIP_SYNC and self._dialect is Dialect.OFFICIAL:
            return await find_in_list(self._exchange, route, external_id)
        return None

    def lookup(self, route: Route, model: str = "") -> Lookup:
        """Tell what `find` can prove on this route, given what is known about the other side."""
        return self._ids.lookup(route, model)

    async def identify_face(
        self, *, video_url: str | None = None, video_id: str | None = None
    ) -> Faces:
        """Return the faces of a video; see `bot.kling.calls`."""
        return await identify_face(self._exchange, video_url=video_url, video_id=video_id)

    async def speak(
        self, text: str, *, voice_id: str, language: str, speed: float | None = None
    ) -> Speech:
        """Return words as they were spoken; see `bot.kling.calls`."""
        return await speak(self._exchange, text, voice_id=voice_id, language=language, speed=speed)

    async def delete_element(self, element_id: str) -> None:
        """Have an element deleted; see `bot.kling.calls`."""
        await delete_element(self._exchange, element_id)

    async def probe(self) -> None:
        """Return if the account is accepted, by querying a task that cannot exist. Free.

        Otherwise raises the reason: KlingRefusedAccount, KlingUnreachable, KlingUnclear.
        """
        try:
            await self._by_id(Route.TEXT2VIDEO, PROBE_ID)
        except KlingNotFound:
            return

    async def greet(self) -> bool:
        """Tell whether the other side is our own gateway, so that `lookup` knows in advance.

        Never raises: if the request fails, it is treated as another gateway. Kling itself is not
        asked.
        """
        if self._dialect is Dialect.GATEWAY:
            with contextlib.suppress(KlingError):
                await self._exchange.ask("/")
        return self._exchange.is_ours

    async def _by_id(self, route: Route, task_id: str) -> Task:
        if route.newer:
            task = only(await self.query_many([task_id]))
        else:
            payload = await self._exchange.ask(query_path(self._dialect, route.value, task_id))
            task = read_task(self._dialect, payload, base=self._exchange.base_url)
        self._note_word(task.unknown_word)
        return task

    def _note_word(self, word: str) -> None:
        """Log a status that is not known, each word once: its tasks are queried all the same."""
        if word and word not in self._words and len(self._words) < UNKNOWN_WORDS_MAX:
            self._words.add(word)
            log.warning("task.unknown_status", word=word[:WORD_CHARACTERS_MAX])

    async def _find_by_path(self, route: Route, external_id: str) -> Task | None:
        try:
            if route.newer:
                found = await self._exchange.ask(own_id_path(self._dialect, external_id))
                return only(read_batch(found, base=self._exchange.base_url))
            return await self._by_id(route, external_id)
        except KlingNotFound:
            return None
        except KlingRefusedRequest:
            if route is not Route.LIP_SYNC:
                raise
            return None  # this route may refuse anything but Kling's own ids

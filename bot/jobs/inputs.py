"""Fetches the attachments of a command, checks their bytes and converts them for Kling."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.domain.requests import DURATION_FACT, LipSyncRequest, Offered, Request
from bot.errors import (
    BotError,
    DownloadFailed,
    MediaWorkerFailed,
    MemberMustChange,
    Problem,
    RequestRefused,
)
from bot.media.download import Downloader
from bot.media.images import PICTURE_MAX_BYTES, prepare_picture
from bot.media.pool import MediaPool
from bot.media.sound import prepare_sound
from storage.job import StoredInput

SOUND: Final = "audio"
CLIP: Final = "video"
CLIP_SIZE_FACT: Final = "clip_bytes"
"""The name under which a job keeps the declared size of an attached video."""
SOUND_TYPE: Final = "audio/mpeg"
MIB: Final = 2**20
FETCH_MAX_BYTES: Final = 50 * MIB
"""Largest file that is fetched; larger ones are refused by the size that Discord declares."""
INPUTS_MAX_BYTES: Final = 40 * MIB
"""All inputs of a job together, because they are stored beside it. If they are more, each image
above an even share is scaled down to it."""
FETCH_AT_ONCE: Final = 3
"""Files in memory at once, over all commands: raw ones may be large."""
FETCH_TIMEOUT_S: Final = 60.0
PREPARE_TIMEOUT_S: Final = 30.0

_Step = Coroutine[Any, Any, StoredInput | None]


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that Kling is to fetch, and its option."""

    option: str
    url: str = field(repr=False)


def link_of(request: Request, url: str) -> Link | None:
    """Return the URL of the video that Kling is to fetch for the request, or None."""
    if not isinstance(request, LipSyncRequest) or not url:
        return None
    return Link(CLIP if request.video_attached else "video_url", url)


def no_opinion(_stored: StoredInput) -> tuple[Problem, ...]:
    """Accept every file."""
    return ()


class Inputs:
    """Turns attachments into stored inputs."""

    def __init__(self, downloader: Downloader, pool: MediaPool) -> None:
        self._downloader = downloader
        self._pool = pool
        self._at_once = asyncio.Semaphore(FETCH_AT_ONCE)

    async def fetch(
        self,
        offered: Iterable[Offered],
        link: Link | None = None,
        judge: Callable[[StoredInput], Iterable[Problem]] = no_opinion,
    ) -> tuple[StoredInput, ...]:
        """Return every attachment except the video, checked and normalised, in the given order.

        `link` is a URL that Kling is to fetch: it must pass our own rules for URLs. `judge` finds
        further problems of a file once it can be read. Raises `RequestRefused` with every problem
        of every file and of the link at once, or `DownloadFailed` if one could not be fetched and
        another try may succeed.
        """
        wanted = [one for one in offered if one.name != CLIP]
        share_bytes = INPUTS_MAX_BYTES // max(1, len(wanted))
        left_bytes = INPUTS_MAX_BYTES

        async def fit(offered: Offered) -> StoredInput:
            nonlocal left_bytes
            async with self._at_once:
                stored = await self._prepared(offered)
                problems = tuple(judge(stored))
                if problems:
                    raise RequestRefused(problems)
                left_bytes -= len(stored.data)
                return stored if left_bytes >= 0 else await self._within(stored, share_bytes)

        names = [one.name for one in wanted]
        steps: list[_Step] = [fit(each) for each in wanted]
        if link is not None:
            names.append(link.option)
            steps.append(self._downloader.check_url(link.url))
        stored = _all_of(names, await _gather(steps))
        if left_bytes >= 0:
            return stored
        # Those fetched before it was known are still as large as they were.
        return _all_of(names, await _gather(self._within(each, share_bytes) for each in stored))

    async def _prepared(self, offered: Offered) -> StoredInput:
        data = await self._downloader.fetch_bytes(
            offered.url, max_bytes=FETCH_MAX_BYTES, timeout_s=FETCH_TIMEOUT_S
        )
        if offered.name != SOUND:
            return await self._picture(offered.name, data, PICTURE_MAX_BYTES)
        sound = await self._pool.run(prepare_sound, data, deadline_s=PREPARE_TIMEOUT_S)
        facts = {DURATION_FACT: sound.duration_s, "changed": list(sound.changed)}
        return StoredInput(SOUND, SOUND_TYPE, sound.data, facts)

    async def _within(self, stored: StoredInput, max_bytes: int) -> StoredInput:
        if len(stored.data) <= max_bytes or stored.name == SOUND:
            return stored
        smaller = await self._picture(stored.name, stored.data, max_bytes)
        changed = [*stored.facts["changed"], *smaller.facts["changed"]]
        return replace(smaller, facts={**smaller.facts, "changed": changed})

    async def _picture(self, name: str, data: bytes, max_bytes: int) -> StoredInput:
        picture = await self._pool.run(
            prepare_picture, data, max_bytes, deadline_s=PREPARE_TIMEOUT_S
        )
        facts = {
            "width": picture.width,
            "height": picture.height,
            "changed": list(picture.changed),
        }
        return StoredInput(name, picture.media_type, picture.data, facts)


def notes(stored: Iterable[StoredInput]) -> list[str]:
    """Return what was done to the inputs and the member should know, each once, in order."""
    told = ("first_frame", "flattened", "shrunk", "converted", "trimmed")
    changed = {change for one in stored for change in one.facts.get("changed", ())}
    return [change for change in told if change in changed]


def offered_again(name: str, url: str) -> Offered:
    """Return an attachment of which only the URL was kept."""
    return Offered(name=name, filename="", url=url, size_bytes=0)


def as_problems(error: BotError, option: str = "") -> tuple[Problem, ...]:
    """Return what the member reads if an input could not be used."""
    if isinstance(error, MemberMustChange):
        return error.problems
    facts = {"option": option} if option else {}
    if isinstance(error, DownloadFailed | MediaWorkerFailed):
        return (Problem("download_failed", facts),)
    return (Problem("internal_error"),)


def _all_of(
    names: list[str], results: list[StoredInput | BaseException | None]
) -> tuple[StoredInput, ...]:
    """Return the inputs, or raise what `fetch` raises."""
    problems = [
        Problem(p.code, {**p.facts, "option": name})
        for name, result in zip(names, results, strict=False)
        if isinstance(result, MemberMustChange)
        for p in result.problems
    ]
    if problems:
        raise RequestRefused(problems)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return tuple(r for r in results if isinstance(r, StoredInput))


async def _gather(steps: Iterable[_Step]) -> list[StoredInput | BaseException | None]:
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        return await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()

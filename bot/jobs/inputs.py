"""Fetches the attachments of a command, checks their bytes and converts them for Kling."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.edits import ClipFacts
from bot.domain.limits import MEGAPIXEL, PICTURES_MAX_MEGAPIXELS
from bot.domain.requests import DURATION_FACT, AvatarRequest, ClipTaker, Offered, Request
from bot.errors import (
    BotError,
    DownloadFailed,
    MediaWorkerFailed,
    MemberMustChange,
    Problem,
    RequestRefused,
)
from bot.jobs.files_under_way import FETCH_MAX_BYTES, MIB, FilesUnderWay, open_files
from bot.media.clip_probe import probe_clip
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from bot.media.products import PICTURE_MAX_BYTES, SOUND_MAX_S, FilePart
from bot.media.tasks import prepare_picture, prepare_sound
from bot.turns import Turns
from storage.contents import InFile
from storage.job import StoredInput
from storage.scratch import Scratch

SOUND: Final = "audio"
CLIP: Final = "video"
CLIP_SIZE_FACT: Final = "clip_bytes"
"""Under which name a job keeps the size that Discord declared of an attached clip."""
SIZES_FACT: Final = "input_bytes"
"""Under which name a job keeps the sizes that Discord declared of the files it is to fetch."""
SOUND_TYPE: Final = "audio/mpeg"
INPUTS_MAX_BYTES: Final = 40 * MIB
"""All inputs of a job together: they are stored beside it. Where they are more, each picture above
an even share is made to fit that."""
UNDER_WAY_OF_MEMBER_BYTES: Final = INPUTS_MAX_BYTES + 2 * FETCH_MAX_BYTES
"""What a member's files under way may take on disk, by what Discord declares of them: as much as
one command may need."""
UNDER_WAY_MAX_BYTES: Final = 2 * UNDER_WAY_OF_MEMBER_BYTES
"""The same over all commands."""
PICTURES_MAX_PIXELS: Final = PICTURES_MAX_MEGAPIXELS * MEGAPIXEL
FETCH_ALL_TIMEOUT_S: Final = 180.0
"""All files of a command together, from the moment it has its turn."""
PREPARE_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that Kling is to fetch, and its option."""

    option: str
    url: str = field(repr=False)


def link_of(request: Request, url: str) -> Link | None:
    """Return the URL of the video that Kling is to fetch for the request, or None."""
    if not isinstance(request, ClipTaker) or not url:
        return None
    return Link(CLIP if request.video_attached else "video_url", url)


def longest_sound_s(request: Request) -> float:
    """Return how long a sound may be for this request, in seconds."""
    return request.longest_s if isinstance(request, AvatarRequest) else SOUND_MAX_S


def no_opinion(_stored: StoredInput) -> tuple[Problem, ...]:
    """Accept every file."""
    return ()


class Inputs:
    """Turns attachments into stored inputs."""

    def __init__(self, downloader: Downloader, pool: MediaPool, scratch: Scratch) -> None:
        self._downloader = downloader
        self._pool = pool
        self._scratch = scratch
        self._turns = Turns(UNDER_WAY_MAX_BYTES, each=UNDER_WAY_OF_MEMBER_BYTES)

    async def fetch(
        self,
        offered: Iterable[Offered],
        link: Link | None = None,
        judge: Callable[[StoredInput], Iterable[Problem]] = no_opinion,
        *,
        member: int,
        sound_max_s: float = SOUND_MAX_S,
    ) -> tuple[StoredInput, ...]:
        """Return every attachment except the video, checked and normalised, in the given order.

        `link` is an address that Kling is to fetch: nobody should be sent where we would not go.
        `judge` says what else is wrong with a file once it can be read. Members take turns at the
        room that files under way may take, and the files of a command are opened one at a time.

        Raises `RequestRefused` with every problem of every file and of the link at once, or
        `DownloadFailed` when one could not be fetched and another try may succeed.
        """
        wanted = [one for one in offered if one.name != CLIP]
        if link is None and not wanted:
            return ()
        names = [one.name for one in wanted]
        checking = asyncio.ensure_future(self._checked(link))
        try:
            results, pixels = (
                await self._opened(wanted, judge, member, sound_max_s) if wanted else ([], 0)
            )
            problems = _problems(names, results)
            if link is not None:
                problems += _problems([link.option], [await checking])
            found = [*results, await checking]
        finally:
            checking.cancel()
        if pixels > PICTURES_MAX_PIXELS:
            problems.append(_too_many_pixels(pixels))
        if problems:
            raise RequestRefused(problems)
        failure = next((result for result in found if isinstance(result, BotError)), None)
        if failure is not None:
            raise failure
        return tuple(result for result in results if isinstance(result, StoredInput))

    async def clip(self, url: str) -> ClipFacts:
        """Return what the header of a video says; raises `UrlRefused` or `DownloadFailed`."""
        return await probe_clip(self._downloader, url)

    async def _checked(self, link: Link | None) -> BotError | None:
        """Return why Kling should not be sent to fetch the link, if there is a reason."""
        try:
            if link is not None:
                await self._downloader.check_url(link.url)
        except BotError as failure:
            return failure
        return None

    async def _opened(
        self,
        wanted: Sequence[Offered],
        judge: Callable[[StoredInput], Iterable[Problem]],
        member: int,
        sound_max_s: float,
    ) -> tuple[list[StoredInput | BotError], int]:
        """Return each file or what is wrong with it, and how many pixels they had together.

        Where these are too many the rest is not opened: it would only keep others waiting.
        """
        share_bytes, left_bytes, pixels = INPUTS_MAX_BYTES // len(wanted), INPUTS_MAX_BYTES, 0
        results: list[StoredInput | BotError] = []
        self._pool.expect()  # it starts while the first file is on its way
        try:
            async with (
                self._turns.turn(member, _bytes_under_way(wanted)),
                asyncio.timeout(FETCH_ALL_TIMEOUT_S),
                open_files(self._downloader, self._scratch) as files,
                contextlib.aclosing(files.downloads(wanted)) as downloads,
            ):
                async for one, file in downloads:
                    result = await self._prepared(files, one, file, judge, member, sound_max_s)
                    if isinstance(result, StoredInput):
                        left_bytes -= result.size_bytes
                        pixels += result.facts.get("pixels", 0)
                        if left_bytes < 0:
                            result = await self._within(files, result, share_bytes, member)
                    results.append(result)
                    if pixels > PICTURES_MAX_PIXELS:
                        break
                if left_bytes < 0:
                    # Those that came before it was known are still as large as they were.
                    results = [
                        await self._within(files, each, share_bytes, member) for each in results
                    ]
        except TimeoutError:
            results.append(DownloadFailed("attachments", "timeout"))
        except DownloadFailed as failure:
            results.append(failure)
        return results, pixels

    async def _prepared(
        self,
        files: FilesUnderWay,
        offered: Offered,
        file: FilePart | BotError,
        judge: Callable[[StoredInput], Iterable[Problem]],
        member: int,
        sound_max_s: float,
    ) -> StoredInput | BotError:
        if isinstance(file, BotError):
            return file
        try:
            if offered.name == SOUND:
                stored = await self._sound(files, file, member, sound_max_s)
            else:
                stored = await self._picture(files, offered.name, file, PICTURE_MAX_BYTES, member)
        except BotError as failure:
            return failure
        problems = tuple(judge(stored))
        return RequestRefused(problems) if problems else stored

    async def _sound(
        self, files: FilesUnderWay, file: FilePart, member: int, max_s: float
    ) -> StoredInput:
        sound = await self._pool.run(
            prepare_sound, file, max_s, member=member, deadline_s=PREPARE_TIMEOUT_S
        )
        facts = {DURATION_FACT: sound.duration_s, "changed": list(sound.changed)}
        return StoredInput(SOUND, SOUND_TYPE, await files.keep(sound.data), facts)

    async def _within(
        self, files: FilesUnderWay, result: StoredInput | BotError, max_bytes: int, member: int
    ) -> StoredInput | BotError:
        if isinstance(result, BotError) or not isinstance(result.data, InFile):
            return result
        if result.size_bytes <= max_bytes or result.name == SOUND:
            return result
        file = FilePart(result.data.spool.path, result.data.start, result.size_bytes)
        try:
            smaller = await self._picture(files, result.name, file, max_bytes, member)
        except BotError as failure:
            return failure
        changed = [*result.facts["changed"], *smaller.facts["changed"]]
        return replace(smaller, facts={**smaller.facts, "changed": changed})

    async def _picture(
        self, files: FilesUnderWay, name: str, file: FilePart, max_bytes: int, member: int
    ) -> StoredInput:
        picture = await self._pool.run(
            prepare_picture, file, max_bytes, member=member, deadline_s=PREPARE_TIMEOUT_S
        )
        facts = {
            "width": picture.width,
            "height": picture.height,
            "pixels": picture.source_pixels,
            "changed": list(picture.changed),
        }
        return StoredInput(name, picture.media_type, await files.keep(picture.data), facts)


def notes(stored: Iterable[StoredInput]) -> list[str]:
    """Return what was done to the inputs and the member should know, each once, in order."""
    told = ("first_frame", "later_frame", "flattened", "shrunk", "converted", "trimmed")
    changed = {change for one in stored for change in one.facts.get("changed", ())}
    return [change for change in told if change in changed]


def offered_again(name: str, url: str, size_bytes: int = 0) -> Offered:
    """Return an attachment of which the address was kept, and its size where that was known."""
    return Offered(name=name, filename="", url=url, size_bytes=size_bytes)


def as_problems(error: BotError, option: str = "") -> tuple[Problem, ...]:
    """Return what the member reads if an input could not be used."""
    if isinstance(error, MemberMustChange):
        return error.problems
    facts = {"option": option} if option else {}
    if isinstance(error, DownloadFailed | MediaWorkerFailed):
        return (Problem("download_failed", facts),)
    return (Problem("internal_error"),)


def _bytes_under_way(wanted: Sequence[Offered]) -> int:
    """Return what the files of a command take at most: those kept, and two as they came."""
    sizes = [one.size_bytes or FETCH_MAX_BYTES for one in wanted]
    return min(INPUTS_MAX_BYTES, sum(sizes)) + 2 * min(FETCH_MAX_BYTES, max(sizes))


def _too_many_pixels(pixels: int) -> Problem:
    megapixels = math.ceil(pixels / MEGAPIXEL)
    facts = {"megapixels": megapixels, "max": PICTURES_MAX_MEGAPIXELS}
    return Problem("pictures_too_many_pixels", facts)


def _problems(
    names: Sequence[str], results: Sequence[StoredInput | BotError | None]
) -> list[Problem]:
    """Return what is wrong with the files and the link, each by its option."""
    return [
        Problem(p.code, {**p.facts, "option": name})
        for name, result in zip(names, results, strict=False)
        if isinstance(result, MemberMustChange)
        for p in result.problems
    ]

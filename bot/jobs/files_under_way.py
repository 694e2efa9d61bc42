"""The files of one command while they are opened: on disk, one of them at a time in memory."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Final

from bot.background import cancelled, made
from bot.domain.requests import Offered
from bot.errors import BotError, DownloadFailed
from bot.media.download import Downloader
from bot.media.products import FilePart
from storage.contents import AT_HAND_MAX_BYTES, Content, InFile, Spool
from storage.own_thread import in_own_thread
from storage.scratch import Scratch

MIB: Final = 2**20
FETCH_MAX_BYTES: Final = 50 * MIB
"""Largest file that is fetched; larger ones are refused by the size that Discord declares."""
FETCH_TIMEOUT_S: Final = 60.0
FOLDER_PREFIX: Final = "inputs-"


class FilesUnderWay:
    """A command's files as they came and, until they are stored, as they will be."""

    def __init__(self, downloader: Downloader, folder: Path) -> None:
        self._downloader = downloader
        self._folder = folder
        self._spool: Spool | None = None

    async def downloads(
        self, wanted: Sequence[Offered]
    ) -> AsyncGenerator[tuple[Offered, FilePart | BotError], None]:
        """Give each file as it was downloaded, or why it was not; the next one is on its way.

        It is deleted when the next one is asked for.
        """
        ahead = asyncio.ensure_future(self._downloaded(wanted[0]))
        try:
            for one, following in zip_longest(wanted, wanted[1:]):
                file = await ahead
                if following is not None:
                    ahead = asyncio.ensure_future(self._downloaded(following))
                yield one, file
                if isinstance(file, FilePart):
                    await in_own_thread(partial(file.path.unlink, missing_ok=True))
        finally:
            await cancelled(ahead)

    async def keep(self, data: bytes) -> Content:
        """Return the bytes as they are held until they are stored; large ones not in memory."""
        if len(data) <= AT_HAND_MAX_BYTES:
            return data
        try:
            return await in_own_thread(partial(self._keep, data))
        except OSError:
            raise _disk() from None

    def _keep(self, data: bytes) -> InFile:
        if self._spool is None:
            self._spool = Spool(self._folder)
        return self._spool.keep(data)

    async def _downloaded(self, offered: Offered) -> FilePart | BotError:
        try:
            return FilePart(
                await self._downloader.fetch_to(
                    offered.url, self._folder, max_bytes=FETCH_MAX_BYTES, timeout_s=FETCH_TIMEOUT_S
                )
            )
        except BotError as failure:
            return failure


@contextlib.asynccontextmanager
async def open_files(downloader: Downloader, scratch: Scratch) -> AsyncIterator[FilesUnderWay]:
    """Yield a place for the files of a command; what was kept outlives it.

    Raises `DownloadFailed` where there is no such place.
    """
    try:
        folder = await made(in_own_thread(partial(scratch.make_folder, FOLDER_PREFIX)), _deleted)
    except OSError:
        raise _disk() from None
    try:
        yield FilesUnderWay(downloader, folder)
    finally:
        await _deleted(folder)


async def _deleted(folder: Path) -> None:
    await in_own_thread(partial(shutil.rmtree, folder, ignore_errors=True))


def _disk() -> DownloadFailed:
    return DownloadFailed("attachments", "disk")

"""Downloads media from URLs that outsiders supply: guarded, limited in bytes and time, anonymous.

No URL ever appears in an exception or a log line, because result URLs are signed.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, ParamSpec, Self, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.background import made
from bot.errors import DownloadFailed
from bot.media.guard import GuardedResolver, check_name, check_url, parse_url
from bot.media.names import OutsideNames
from bot.media.parts import OK, Part, check_status, part_of
from bot.network import NO_PROXY, Proxy, operators_hosts

REDIRECTS_MAX = 3
CONNECT_TIMEOUT_S = 10.0
PROGRESS_WINDOW_S = 15.0
PROGRESS_BYTES = 64 * 1024  # at least this much in every window
READ_BYTES = 256 * 1024
CONNECTIONS_MAX = 96  # the steps of two lanes that may wait for a server, and commands
HEADERS = {"User-Agent": "kling-discord", "Accept": "*/*", "Accept-Encoding": "identity"}

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Sink = Callable[[bytes], Awaitable[None]]
Receive = Callable[[str, aiohttp.ClientResponse, asyncio.Timeout], Awaitable[None]]
"""Takes a response of this host; the window ends a drip."""
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Downloader:
    """Fetches media; use as an async context manager, or `close` it.

    `private_hosts` (setting `media.private_hosts`) are fetched from although they are not public;
    `names` resolves host names, by default as `OutsideNames` does; the downloader closes it. Where
    there is a `proxy`, it resolves the name once more: so each name is first resolved and checked
    here, and one that cannot be is not asked of the proxy. `on_bytes` is told how many bytes came.
    """

    def __init__(
        self,
        private_hosts: frozenset[str] = frozenset(),
        *,
        names: AbstractResolver | None = None,
        proxy: Proxy = NO_PROXY,
        progress_window_s: float = PROGRESS_WINDOW_S,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        self._private_hosts = private_hosts
        self._names = names or OutsideNames()
        self._proxy = proxy
        self._progress_window_s = progress_window_s
        self._on_bytes = on_bytes
        self._open_session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        session, self._open_session = self._open_session, None
        if session is not None:
            await session.close()
        await self._names.close()

    async def check_url(self, url: str) -> None:
        """Check a URL that Kling is to fetch; raises `UrlRefused` as a download would."""
        await check_url(url, self._names, self._private_hosts)

    async def fetch_bytes(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        """The complete file at `url`, within `max_bytes` and `timeout_s`.

        Raises UrlRefused for a URL that must not be downloaded, also behind a redirect or a host
        name; DownloadGone for 403, 404 and 410; DownloadFailed with reason `timeout` (also too
        slow), `truncated`, `too_large`, `connection`, `redirects`, `encoded`, `empty`, `disk` or
        `HTTP` and the status.
        """
        whole = bytearray()

        async def keep(chunk: bytes) -> None:
            whole.extend(chunk)

        await self._fetch_whole(url, max_bytes, timeout_s, keep)
        return bytes(whole)

    async def fetch_part(self, url: str, first: int, most: int, timeout_s: float) -> Part:
        """At most `most` bytes of the file at `url`, from the byte `first` on; fewer at its end.

        Raises as `fetch_bytes` does, and `DownloadFailed` with the reason `ranges` where the server
        sends no parts and another than the beginning was asked for.
        """
        found: list[Part] = []

        async def receive(host: str, response: aiohttp.ClientResponse, _: asyncio.Timeout) -> None:
            part = await part_of(host, response, first, most)
            if self._on_bytes is not None:
                self._on_bytes(len(part.data))
            found.append(part)

        wanted = {"Range": f"bytes={first}-{first + most - 1}"}
        await self._fetch(url, timeout_s, receive, wanted)
        return found[0]

    async def fetch_to(self, url: str, path_dir: Path, max_bytes: int, timeout_s: float) -> Path:
        """A new file in `path_dir` with the contents of `url`; at most a chunk is in memory.

        Raises as `fetch_bytes` does, and then leaves no file.
        """
        host = parse_url(url, self._private_hosts).raw_host or ""
        file, path = await made(
            _on_disk(host, _create, path_dir), lambda new: asyncio.to_thread(_discard, *new)
        )

        async def write(chunk: bytes) -> None:
            await _on_disk(host, file.write, chunk)

        try:
            await self._fetch_whole(url, max_bytes, timeout_s, write)
            await _on_disk(host, file.close)
        except BaseException:
            await asyncio.to_thread(_discard, file, path)
            raise
        return path

    async def _fetch_whole(self, url: str, max_bytes: int, timeout_s: float, sink: Sink) -> None:
        async def receive(
            host: str, response: aiohttp.ClientResponse, window: asyncio.Timeout
        ) -> None:
            _check_head(host, response, max_bytes)
            await self._read(host, response, max_bytes, sink, window)

        await self._fetch(url, timeout_s, receive, {})

    async def _fetch(
        self, url: str, timeout_s: float, receive: Receive, headers: Mapping[str, str]
    ) -> None:
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        target = parse_url(url, self._private_hosts)
        for _ in range(REDIRECTS_MAX + 1):
            location = await self._hop(target, deadline_s, receive, headers)
            if location is None:
                return
            target = parse_url(location, self._private_hosts)
        raise DownloadFailed(target.raw_host or "", "redirects")

    async def _hop(
        self, url: URL, deadline_s: float, receive: Receive, headers: Mapping[str, str]
    ) -> str | None:
        """One request: None if `receive` took the response, otherwise the URL of the redirect."""
        host = url.raw_host or ""
        session = self._session()
        try:
            if self._proxy.is_set:
                async with asyncio.timeout_at(deadline_s):
                    await check_name(url, self._names, self._private_hosts)
            # The window opens with the request: a server that accepts and then sends nothing is as
            # slow as one that drips.
            async with (
                asyncio.timeout_at(deadline_s),
                asyncio.timeout(self._progress_window_s) as window,
                session.get(
                    url, allow_redirects=False, headers=headers, **self._proxy.arguments
                ) as response,
            ):
                if response.status in _REDIRECTS:
                    return _location(url, response.headers.get("Location", ""))
                await receive(host, response, window)
                return None
        except TimeoutError:
            reason = "timeout"
        except aiohttp.ClientPayloadError:
            reason = "truncated"
        except (aiohttp.ClientError, OSError):
            reason = "connection"
        # Raised here and not above: aiohttp's exceptions contain the URL, and would be chained.
        raise DownloadFailed(host, reason)

    async def _read(
        self,
        host: str,
        response: aiohttp.ClientResponse,
        max_bytes: int,
        sink: Sink,
        window: asyncio.Timeout,
    ) -> None:
        """Count the bytes that arrive, whatever the header promised; `window` ends a drip."""
        loop = asyncio.get_running_loop()
        total = in_window = 0
        async for chunk in response.content.iter_chunked(READ_BYTES):
            total += len(chunk)
            in_window += len(chunk)
            if self._on_bytes is not None:
                self._on_bytes(len(chunk))
            if total > max_bytes:
                raise DownloadFailed(host, "too_large")
            if in_window >= PROGRESS_BYTES:
                in_window = 0
                window.reschedule(loop.time() + self._progress_window_s)
            await sink(chunk)
        if response.content_length is not None and total != response.content_length:
            raise DownloadFailed(host, "truncated")
        if total == 0:
            raise DownloadFailed(host, "empty")

    def _session(self) -> aiohttp.ClientSession:
        """The session: no cookies, no credentials from files, no DNS cache."""
        if self._open_session is None:
            self._open_session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=HEADERS,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
                auto_decompress=False,  # the bytes that arrive are counted
                trust_env=False,
                read_bufsize=READ_BYTES,
            )
        return self._open_session

    def _connector(self) -> aiohttp.TCPConnector:
        if self._proxy.is_set:  # the only name that is resolved is that of the operator's proxy
            return operators_hosts(limit=CONNECTIONS_MAX)
        return aiohttp.TCPConnector(
            resolver=GuardedResolver(self._names, self._private_hosts),
            use_dns_cache=False,
            limit=CONNECTIONS_MAX,
        )


def _location(url: URL, location: str) -> str:
    """Return the target of a redirect of `url`; raises DownloadFailed if it has none."""
    with suppress(ValueError, IndexError):  # its message would contain the URL
        if location:
            return str(url.join(URL(location, encoded=True)))
    raise DownloadFailed(url.raw_host or "", "redirects")


def _check_head(host: str, response: aiohttp.ClientResponse, max_bytes: int) -> None:
    check_status(host, response, OK)
    if (response.content_length or 0) > max_bytes:
        raise DownloadFailed(host, "too_large")


async def _on_disk(
    host: str, step: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run `step` in a thread; a full or broken disk is a failed download."""
    with suppress(OSError):
        return await asyncio.to_thread(step, *args, **kwargs)
    raise DownloadFailed(host, "disk")


def _create(folder: Path) -> tuple[BinaryIO, Path]:
    handle, name = tempfile.mkstemp(prefix="download-", dir=folder)
    return os.fdopen(handle, "wb"), Path(name)


def _discard(file: BinaryIO, path: Path) -> None:
    with suppress(OSError):
        file.close()
    path.unlink(missing_ok=True)

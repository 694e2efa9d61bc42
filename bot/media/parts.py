"""Responses of servers that files are downloaded from, and parts of a file (HTTP ranges, RFC 9110).

A server may ignore what part was asked for and send the file from its beginning; of that no more is
read than was wanted.
"""

import re
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.errors import DownloadFailed, DownloadGone

OK: Final = 200
PARTIAL: Final = 206
PAST_END: Final = 416
READ_BYTES: Final = 64 * 1024
_GONE: Final = frozenset({403, 404, 410})
_UNPACKED: Final = frozenset({"", "identity"})
_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from somewhere in a file, and how many the file has, where the server says so."""

    data: bytes
    size_bytes: int | None = None


def check_status(host: str, response: aiohttp.ClientResponse, *good: int) -> None:
    """Raise `DownloadGone` or `DownloadFailed` for a response without the bytes of the file."""
    if response.status in _GONE:
        raise DownloadGone(host, response.status)
    if response.status not in good:
        raise DownloadFailed(host, f"HTTP {response.status}")
    if response.headers.get("Content-Encoding", "").lower() not in _UNPACKED:
        raise DownloadFailed(host, "encoded")


async def part_of(host: str, response: aiohttp.ClientResponse, first: int, most: int) -> Part:
    """Return at most `most` bytes of a response to a request for those from `first` on."""
    if response.status == PAST_END:
        return Part(b"")
    check_status(host, response, OK, PARTIAL)
    begins: int | None = 0
    size_bytes = response.content_length
    if response.status == PARTIAL:
        begins, size_bytes = said_range(response.headers.get("Content-Range", ""))
    if begins != first:
        raise DownloadFailed(host, "ranges")
    data = bytearray()
    async for chunk in response.content.iter_chunked(READ_BYTES):
        data += chunk
        if len(data) >= most:
            break
    return Part(bytes(data[:most]), size_bytes)


def said_range(header: str) -> tuple[int | None, int | None]:
    """Return the first byte and the size of the file that `Content-Range` names; None: none."""
    said = _RANGE.fullmatch(header)
    if said is None:
        return None, None
    return int(said[1]), None if said[2] == "*" else int(said[2])

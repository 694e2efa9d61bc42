"""The body of a create: JSON in which files stand as base64, encoded piece by piece while it goes.

Raw base64: Kling refuses a `data:` prefix (Kling's API documentation, 2026-09).
Files stay where they are kept until then. However large an order is and however slowly it is taken,
sending it holds one piece of one file, so that many can go at the same time.
"""

import base64
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Final, Protocol

from bot.errors import OrderCutShort

PIECE_BYTES: Final = 3 * 64 * 1024
"""Read at a time of a file. Base64 makes four characters of three bytes, so pieces join up."""
_MARK_BYTES: Final = 16


class KeptFile(Protocol):
    """A file that is read where it is kept."""

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        ...

    async def read(self, start: int, most: int) -> bytes:
        """Return what is there from `start` on, `most` bytes or fewer; nothing if it is gone."""
        ...


File = bytes | KeptFile


class Body:
    """What is sent, as often as it has to be; `in` looks at the JSON, not into the files."""

    def __init__(self, parts: tuple[File, ...], written: bytes) -> None:
        self._parts = parts
        """JSON and files in turn, beginning and ending with JSON."""
        self._written = written
        files = sum(_base64_characters(_size(one)) for one in parts[1::2])
        self._size_bytes = files + sum(_size(one) for one in parts[::2])

    def __len__(self) -> int:
        """Return how many bytes are sent."""
        return self._size_bytes

    def __contains__(self, text: bytes) -> bool:
        """Tell whether the JSON, without its files, has these bytes in it."""
        return text in self._written

    def sending(self) -> "Sending":
        """Return it as it is sent once."""
        return Sending(self._parts)


class Sending(AsyncIterator[bytes]):
    """One way of a body over the line. What it raises is kept, because a client wraps it."""

    def __init__(self, parts: tuple[File, ...]) -> None:
        self._pieces = _pieces(parts)
        self.failure: Exception | None = None

    async def __anext__(self) -> bytes:
        """Return the next piece; raises `OrderCutShort` and what a file's `read` raises."""
        piece = next(self._pieces, None)
        if piece is None:
            raise StopAsyncIteration
        if isinstance(piece, bytes):
            return piece
        try:
            return base64.b64encode(await _read(*piece))
        except Exception as failure:
            self.failure = failure
            raise


def body_of(write: Callable[[Mapping[str, str]], bytes], files: Mapping[str, File]) -> Body:
    """Return the body that `write` makes; it is given what to put in for each file, by its name.

    `write` may leave files out or put one in more than once.
    """
    # Random, because a member's words stand in the same JSON.
    nonce = secrets.token_hex(_MARK_BYTES)
    marks = {f"{nonce}-{number:04}": file for number, file in enumerate(files.values())}
    written = write(dict(zip(files, marks, strict=True)))
    first, *rest = written.split(nonce.encode())
    parts: list[File] = [first]
    for text in rest:
        number, after = text[: len("-0000")], text[len("-0000") :]
        parts += [marks[f"{nonce}{number.decode()}"], after]
    return Body(tuple(parts), written)


def _pieces(parts: tuple[File, ...]) -> Iterator[bytes | tuple[File, int, int]]:
    for index, part in enumerate(parts):
        if index % 2 == 0:
            if isinstance(part, bytes) and part:
                yield part
            continue
        size_bytes = _size(part)
        for start in range(0, size_bytes, PIECE_BYTES):
            yield part, start, min(PIECE_BYTES, size_bytes - start)


async def _read(file: File, start: int, size_bytes: int) -> bytes:
    if isinstance(file, bytes):
        return file[start : start + size_bytes]
    piece = await file.read(start, size_bytes)
    if len(piece) != size_bytes:
        raise OrderCutShort("file_gone")
    return piece


def _size(part: File) -> int:
    return len(part) if isinstance(part, bytes) else part.size_bytes


def _base64_characters(size_bytes: int) -> int:
    return (size_bytes + 2) // 3 * 4

"""Files that lie: chunks swapped and spliced, sizes claimed, and a worker that was taken over."""

import ast
import asyncio
import json
import os
import random
import re
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import bot.media
from bot.delivery.results import size_of
from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.framing import FRAME
from bot.media.image_encoding import SIDE_MAX_PX
from bot.media.images import prepare_picture
from bot.media.kinds import kind_of
from bot.media.pool import REFUSALS, MediaPool, _understand
from bot.media.products import PICTURE_MAX_BYTES, Picture, Sound
from bot.media.sound import SOUND_MAX_BYTES, prepare_sound
from bot.media.video import poster, probe
from bot.media.worker import WorkerLost
from tests.harness.media.pictures import heic, opened
from tests.harness.media.samples import clip, picture, saved, sound
from tests.media.conftest import InWorker

EACH = 16
"""Mutations of each kind of file; a few hundred together."""
SPLICED_PARTS_MAX = 5
REPLIES_FD = 4
"""Where a worker has its end of the reply pipe: its own copies of stdin and stdout come first."""


PICTURES = ("AVIF", "GIF", "HEIC", "JPEG", "PNG", "TIFF", "WEBP")
CODECS = {
    "flac": "flac",
    "ipod": "aac",
    "mp3": "libmp3lame",
    "ogg": "libopus",
    "wav": "pcm_s16le",
}


@cache
def pictures() -> dict[str, bytes]:
    small = picture(320, 304)
    return {kind: heic(small) if kind == "HEIC" else saved(small, kind) for kind in PICTURES}


@cache
def sounds() -> dict[str, bytes]:
    return {kind: sound(kind, codec, 2.2) for kind, codec in CODECS.items()}


def chunks(data: bytes, dice: random.Random) -> list[bytes]:
    """Return the file in pieces, cut where something begins: at a name of four letters."""
    names = [at for at in range(8, len(data) - 4) if data[at : at + 4].isalpha()]
    cuts = sorted(dice.sample(names or range(1, len(data)), k=min(6, len(names) or 6)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def swapped(data: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return the file with its pieces moved, doubled, lost or taken from another kind of file."""
    first, *rest = chunks(data, dice)
    foreign = chunks(other, dice)
    for _ in range(dice.randint(1, SPLICED_PARTS_MAX)):
        at = dice.randrange(len(rest) + 1)
        match dice.randrange(4):
            case 0:
                dice.shuffle(rest)
            case 1:
                rest.insert(at, dice.choice(rest or [first]))
            case 2:
                rest = rest[:at]
            case _:
                rest.insert(at, dice.choice(foreign))
    return first + b"".join(rest)


def enlarged(data: bytes, dice: random.Random) -> bytes:
    """Return the file with a number in its head made as large as it can be written."""
    lied = bytearray(data)
    at, width = dice.randrange(4, min(len(data), 400)), dice.choice((2, 3, 4))
    lied[at : at + width] = dice.choice((b"\xff", b"\x7f", b"\x00")) * width
    return bytes(lied)


def damaged(data: bytes, other: bytes, dice: random.Random) -> bytes:
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: swapped(data, other, dice),
        lambda: enlarged(data, dice),
        lambda: enlarged(swapped(data, other, dice), dice),
        lambda: data[: dice.randrange(1, len(data))] + other,
    )
    return dice.choice(ways)()


@pytest.mark.parametrize("kind", PICTURES)
def test_a_spliced_picture_is_used_or_refused(kind: str, in_worker: InWorker) -> None:
    """However its pieces are put together, what comes out is within Kling's limits, or nothing."""
    every, dice = pictures(), random.Random(kind)  # noqa: S311 - the same files each time
    others = [data for name, data in every.items() if name != kind]
    for _ in range(EACH):
        data = damaged(every[kind], dice.choice(others), dice)
        with suppress(MediaRefused, MediaWorkerFailed):
            prepared = in_worker(prepare_picture, data)
            opened(prepared)
            assert max(prepared.width, prepared.height) <= SIDE_MAX_PX
            assert len(prepared.data) <= PICTURE_MAX_BYTES
    assert in_worker(prepare_picture, every["PNG"]).width == 320


def claiming(kind: str) -> bytes:
    """Return a small picture whose head claims the largest size that can be written there."""
    if kind == "BMP":
        data = bytearray(saved(picture(320, 304), "BMP"))
        struct.pack_into("<ii", data, 18, 60_000, 60_000)
        return bytes(data)
    data = bytearray(pictures()[kind])
    match kind:
        case "GIF":
            struct.pack_into("<HH", data, 6, 65_535, 65_535)
        case "JPEG":
            struct.pack_into("!HH", data, data.index(b"\xff\xc0") + 5, 65_500, 65_500)
        case "WEBP":
            struct.pack_into("<HH", data, 26, 0x3FFF, 0x3FFF)
        case "PNG":
            struct.pack_into("!II", data, 16, 2**31 - 1, 2**31 - 1)
            struct.pack_into("!I", data, 29, zlib.crc32(data[12:29]))
        case "TIFF":
            for tag in (256, 257):
                struct.pack_into("<I", data, data.index(struct.pack("<HHI", tag, 4, 1)) + 8, 60_000)
        case _:
            for found in re.finditer(b"ispe", bytes(data)):
                struct.pack_into("!II", data, found.end() + 4, 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize("kind", [*PICTURES, "BMP"])
def test_a_picture_that_claims_to_be_huge_is_refused(kind: str, in_worker: InWorker) -> None:
    """No kind of picture is believed about its size: nothing so large is even begun."""
    with pytest.raises(MediaRefused) as refusal:
        in_worker(prepare_picture, claiming(kind))
    assert refusal.value.code in {"picture_bomb", "picture_unreadable"}


@pytest.mark.parametrize("kind", CODECS)
def test_a_spliced_sound_is_used_or_refused(kind: str, in_worker: InWorker) -> None:
    """The same for sounds, with pieces of other sounds in them."""
    every, dice = sounds(), random.Random(kind)  # noqa: S311 - the same files each time
    others = [data for name, data in every.items() if name != kind]
    for _ in range(EACH // 2):
        data = damaged(every[kind], dice.choice(others), dice)
        with suppress(MediaRefused, MediaWorkerFailed):
            prepared = in_worker(prepare_sound, data)
            assert 2.0 <= prepared.duration_s <= 60.0
            assert len(prepared.data) <= SOUND_MAX_BYTES


def test_a_spliced_clip_is_used_or_refused(tmp_path: Path, in_worker: InWorker) -> None:
    """And for results: they come from a server that may have been taken over."""
    source = clip(tmp_path / "source.mp4", seconds=0.3, size=(160, 120)).read_bytes()
    other, dice = pictures()["AVIF"], random.Random("clip")  # noqa: S311 - the same each time
    path = tmp_path / "spliced.mp4"
    for _ in range(EACH):
        path.write_bytes(damaged(source, other, dice))
        with suppress(MediaRefused, MediaWorkerFailed):
            assert in_worker(probe, path).width > 0
            assert kind_of(in_worker(poster, path)) is not None


REPLIES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["result", "blob", "refused", "facts", "lost", "detail", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
        | st.sampled_from(["data", "result", "picture_unreadable", "internal_error", "memory"]),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "width", "height", "changed"]), inner),
        max_leaves=6,
    ),
)  # fmt: skip


PROMISED: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Picture, Sound, bytes, int, Path)
}


@given(REPLIES, st.binary(max_size=8), st.sampled_from(list(PROMISED)))
def test_any_reply_is_what_was_promised_or_a_lost_worker(
    head: dict[str, Any], blob: bytes, promised: type
) -> None:
    """A worker that was taken over gives data of the right type, a known refusal, or fails."""
    try:
        value = _understand(PROMISED[promised], head, blob)
    except MediaRefused as refusal:
        assert {refusal.code} <= REFUSALS  # noqa: PT017 - one of two ways to end
    except WorkerLost:
        return
    else:
        assert isinstance(value, promised)


def test_there_are_words_for_all_that_a_task_may_say() -> None:
    """The allowed refusals are those that the tasks' code can raise."""
    raised: set[str] = set()
    for path in Path(next(iter(bot.media.__path__))).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                words = [a.value for a in node.args if isinstance(a, ast.Constant)]
                if node.func.id in {"MediaRefused", "open_container"}:
                    raised |= {word for word in words if isinstance(word, str)}
    assert raised == REFUSALS


TAKEN_OVER = (
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b"\xff\xfe",
    b"",
    json.dumps({"refused": "internal_error", "facts": {}}).encode(),
    json.dumps({"refused": "picture_unreadable", "facts": 7}).encode(),
)


async def test_a_worker_that_was_taken_over_says_nothing_to_the_bot() -> None:
    """Whatever it writes into its pipe ends the worker, as one error; the next one serves."""
    async with MediaPool(size=1) as workers:
        for reply in TAKEN_OVER:
            before = await workers.run(os.getpid)
            with pytest.raises(MediaWorkerFailed):
                await workers.run(os.write, REPLIES_FD, FRAME.pack(len(reply), 0) + reply)
            assert await workers.run(os.getpid) != before


async def test_a_worker_names_no_file_but_its_own(tmp_path: Path) -> None:
    """What is posted as a result lies in the folder of the job and is a file, not a way out."""
    secret, folder = tmp_path / "kling.db", tmp_path / "job"
    folder.mkdir()
    secret.write_bytes(b"everything")
    (folder / "fitted.mp4").write_bytes(b"clip")
    (folder / "way-out.mp4").symlink_to(secret)
    (folder / "folder.mp4").mkdir()
    for path, size in (
        (folder / "fitted.mp4", 4),
        (secret, None),
        (folder / ".." / "kling.db", None),
        (folder / "way-out.mp4", None),
        (folder / "folder.mp4", None),
        (folder / "missing.mp4", None),
        (folder / "\x00.mp4", None),
    ):
        assert await asyncio.to_thread(size_of, path, folder) == size

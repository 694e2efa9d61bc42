"""Inputs as Kling takes them: base64 or a URL that is really fetched, judged by their bytes."""

import asyncio
import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import dataclass

import av
import av.error
from aiohttp import ClientError, ClientSession, ClientTimeout
from PIL import Image, UnidentifiedImageError

from sandbox.kling.errors import Refusal, bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.orders import ElementMade, Parent, Product

MIB = 1024 * 1024
IMAGE_MAX_BYTES = 10 * MIB
IMAGE_MIN_SIDE_PX = 300
IMAGE_MAX_RATIO = 2.5
IMAGE_FORMATS = ("JPEG", "PNG")
SOUND_MAX_BYTES = 5 * MIB
SOUND_MS = (2_000, 60_000)
CLIP_MAX_BYTES = 100 * MIB
CLIP_MS = (2_000, 60_000)
CLIP_SIDE_PX = (512, 2160)
SLACK_MS = 100  # a container may round its length up by a frame or two
FETCH_TIMEOUT_S = 30.0
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Clip:
    """A clip that passed: its bytes, length, size, and how many faces its maker says it has."""

    content: bytes
    ms: int
    size: tuple[int, int]
    comment: str = ""


@dataclass(frozen=True)
class OwnClip:
    """A clip that this Kling made, and what made it."""

    clip: Clip
    parent: Parent
    product: Product
    model: str
    mode: str


@dataclass(frozen=True)
class Voice:
    """Words as they were spoken: a sound, its length, and the words."""

    content: bytes
    ms: int
    text: str


class Intake:
    """Fetches and judges inputs; what it returns has been opened and fits Kling's limits."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self.element_of: Callable[[str], ElementMade | None] = _no_element
        """Finds an element of the account by its id."""
        self.voices: dict[str, Voice] = {}
        """What was spoken, by its id."""

    async def image(self, value: object) -> bytes:
        """Return the bytes of an image given as URL or raw base64."""
        content = await self._content(value, IMAGE_MAX_BYTES, "Image")
        await asyncio.to_thread(_check_image, content)
        return content

    async def voice_or_sound(
        self, body: JsonObject, *, m4a_refused: bool, lengths_ms: tuple[int, int] = SOUND_MS
    ) -> tuple[bytes, int]:
        """Return the bytes and the length in ms of `audio_id` or `sound_file`, one of the two."""
        if ("audio_id" in body) == ("sound_file" in body):
            raise bad_value("Exactly one of audio_id and sound_file is required")
        if "audio_id" not in body:
            return await self.sound(
                body["sound_file"], m4a_refused=m4a_refused, lengths_ms=lengths_ms
            )
        voice = self.voices.get(str(body["audio_id"]))
        if voice is None:
            raise invalid("audio_id", body["audio_id"])
        if not lengths_ms[0] <= voice.ms <= lengths_ms[1]:
            raise bad_value("Audio duration is invalid")
        return voice.content, voice.ms

    async def sound(
        self, value: object, *, m4a_refused: bool, lengths_ms: tuple[int, int] = SOUND_MS
    ) -> tuple[bytes, int]:
        """Return the bytes and the length in ms of a sound given as URL or raw base64."""
        content = await self._content(value, SOUND_MAX_BYTES, "Audio")
        ms = await asyncio.to_thread(_sound_ms, content, m4a_refused=m4a_refused)
        if not lengths_ms[0] <= ms <= lengths_ms[1] + SLACK_MS:
            raise bad_value("Audio duration is invalid")
        return content, ms

    async def clip(self, url: str) -> Clip:
        """Return the clip behind a URL."""
        if not _is_url(url):
            raise bad_value("video_url is invalid")
        content = await self._fetch(url, CLIP_MAX_BYTES, "Video")
        return await asyncio.to_thread(probe, content)

    async def any_clip(self, url: str, max_bytes: int) -> Clip:
        """Return the clip behind a URL, whatever its length and size."""
        if not _is_url(url):
            raise bad_value("video_url is invalid")
        content = await self._fetch(url, max_bytes, "Video")
        return await asyncio.to_thread(open_clip, content)

    async def _content(self, value: object, max_bytes: int, what: str) -> bytes:
        if not isinstance(value, str):
            raise bad_value("File is not in a valid base64 format")
        if _is_url(value):
            return await self._fetch(value, max_bytes, what)
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise bad_value("File is not in a valid base64 format") from None
        if len(content) > max_bytes:
            raise bad_value(f"{what} size is invalid")
        return content

    async def _fetch(self, url: str, max_bytes: int, what: str) -> bytes:
        parts: list[bytes] = []
        timeout = ClientTimeout(total=FETCH_TIMEOUT_S)
        try:
            async with self._session.get(url, timeout=timeout) as reply:
                if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
                    raise bad_value(f"{what} download failed")
                size = 0
                async for chunk in reply.content.iter_chunked(CHUNK_BYTES):
                    size += len(chunk)
                    if size > max_bytes:
                        raise bad_value(f"{what} size is invalid")
                    parts.append(chunk)
        except (ClientError, TimeoutError, ValueError):
            raise bad_value(f"{what} download failed") from None
        return b"".join(parts)


def _no_element(_element_id: str) -> None:
    return None


def _is_url(value: str) -> bool:
    return value.startswith(("http://", "https://"))


def _check_image(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=IMAGE_FORMATS) as image:
            width, height = image.size
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise bad_value("Image pixel is invalid") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise bad_value("Image format is invalid") from None
    short, long = sorted((width, height))
    if short < IMAGE_MIN_SIDE_PX or long > IMAGE_MAX_RATIO * short:
        raise bad_value("Image pixel is invalid")


def _sound_ms(content: bytes, *, m4a_refused: bool) -> int:
    refusal = bad_value("Audio format is invalid")
    try:
        with av.open(io.BytesIO(content), "r") as container:
            names = set(container.format.name.split(","))
            if not names & {"mp3", "wav", "mp4", "aac"} or not container.streams.audio:
                raise refusal
            if m4a_refused and names & {"mp4", "aac"}:
                raise refusal
            rate = container.streams.audio[0].rate
            samples = sum(frame.samples for frame in container.decode(audio=0))
    except (av.error.FFmpegError, ValueError):
        raise refusal from None
    return round(samples * 1000 / rate)


def size_of(content: bytes) -> tuple[int, int]:
    """Return width and height of a picture that passed."""
    with Image.open(io.BytesIO(content)) as image:
        return image.size


def probe(content: bytes) -> Clip:
    """Return what a clip is; raise Refusal when identify-face would not take it."""
    clip = open_clip(content)
    _check_clip(clip.ms, clip.size)
    return clip


def open_clip(content: bytes) -> Clip:
    """Return what a clip is, whatever its length and size."""
    refusal = bad_value("Video format is invalid")
    try:
        with av.open(io.BytesIO(content), "r") as container:
            names = container.format.name.split(",")
            if "mp4" not in names or not container.streams.video or container.duration is None:
                raise refusal
            stream = container.streams.video[0]
            size = (stream.width, stream.height)
            ms = container.duration * 1000 // av.time_base
            comment = str(container.metadata.get("comment", ""))
    except (av.error.FFmpegError, ValueError):
        raise refusal from None
    return Clip(content, ms, size, comment)


def _check_clip(ms: int, size: tuple[int, int]) -> None:
    wrong: Refusal | None = None
    if not CLIP_MS[0] <= ms <= CLIP_MS[1] + SLACK_MS:
        wrong = bad_value("Video duration is invalid")
    elif min(size) < CLIP_SIDE_PX[0] or max(size) > CLIP_SIDE_PX[1]:
        wrong = bad_value("Video pixel is invalid")
    if wrong is not None:
        raise wrong

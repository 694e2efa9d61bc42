"""Files on the content network: their descriptions, expiring links, and range requests."""

import hashlib
import hmac
import io
import mimetypes
import re
import secrets
import warnings

import av
from aiohttp import web
from PIL import Image

from sandbox.clock import Clock
from sandbox.discord.model import Attachment, Upload
from sandbox.discord.snowflake import Snowflakes

LINK_LIFETIME_S = 24 * 3600
BINARY = "application/octet-stream"
UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")
TYPES_THE_PLATFORM_MAY_NOT_KNOW = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".jfif": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mov": "video/quicktime",
    ".ogg": "audio/ogg",
    ".webm": "video/webm",
    ".webp": "image/webp",
}


class Files:
    """Stores uploads and serves them under signed links, like cdn.discordapp.com.

    Files above `keep_bytes_up_to` are kept only as size and SHA-256.
    """

    def __init__(self, clock: Clock, ids: Snowflakes, keep_bytes_up_to: int | None) -> None:
        self.base_url = ""
        self._clock = clock
        self._ids = ids
        self._keep_bytes_up_to = keep_bytes_up_to
        self._key = secrets.token_bytes(32)
        self._files: dict[int, Attachment] = {}

    def keep(self, upload: Upload, folder: str) -> Attachment:
        """Store an upload; `folder` is the path below the content network's root.

        The type is the declared one or follows from the name, as on Discord; width and height
        are read from pictures and clips and stay None where nothing can be read.
        """
        filename = safe_name(upload.filename)
        content_type = upload.content_type or type_by_name(filename)
        width, height = measure(upload.data, content_type)
        keep = self._keep_bytes_up_to is None or len(upload.data) <= self._keep_bytes_up_to
        attachment = Attachment(
            id=self._ids.mint(),
            filename=filename,
            size=len(upload.data),
            sha256=hashlib.sha256(upload.data).hexdigest(),
            content_type=content_type,
            data=upload.data if keep else None,
            folder=folder,
            sign=self._sign,
            width=width,
            height=height,
        )
        self._files[attachment.id] = attachment
        return attachment

    def forget(self, attachment: Attachment) -> None:
        """Remove a file, as when its message is deleted; its links answer 404 from then on."""
        self._files.pop(attachment.id, None)

    def answer(self, request: web.Request) -> web.Response:
        """Serve one file: 200 or 206 with its bytes, 404 when gone, expired or wrongly signed."""
        folder, attachment_id, filename = request.path.strip("/").rsplit("/", 2)
        file = self._files.get(int(attachment_id) if attachment_id.isdigit() else -1)
        query = request.query
        signed = f"{folder}/{attachment_id}/{filename}?{query.get('ex')}&{query.get('is')}"
        valid = hmac.compare_digest(self._seal(signed), query.get("hm", ""))
        if not valid or file is None or int(query["ex"], 16) < self._clock.now():
            return web.Response(status=404, text="This content is no longer available.")
        if file.data is None:
            return web.Response(status=410, text="Only the size and hash of this file were kept.")
        headers = {"Accept-Ranges": "bytes", "Content-Type": file.content_type or BINARY}
        wanted = request.http_range
        if wanted.start is None and wanted.stop is None:
            return web.Response(body=file.data, headers=headers)
        start, stop, _ = wanted.indices(file.size)
        if start >= stop:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
        return web.Response(status=206, body=file.data[start:stop], headers=headers)

    def _sign(self, attachment: Attachment) -> str:
        issued = int(self._clock.now())
        path = f"{attachment.folder}/{attachment.id}/{attachment.filename}"
        ex, is_ = f"{issued + LINK_LIFETIME_S:x}", f"{issued:x}"
        seal = self._seal(f"{path}?{ex}&{is_}")
        return f"{self.base_url}/{path}?ex={ex}&is={is_}&hm={seal}"

    def _seal(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def safe_name(filename: str) -> str:
    """Return the name as Discord stores it: spaces become underscores, unusual characters go."""
    return UNUSUAL.sub("", filename.replace(" ", "_")) or "unknown"


def type_by_name(filename: str) -> str | None:
    """Return the media type that a file's ending stands for, or None."""
    ending = "." + filename.rpartition(".")[2].lower()
    return TYPES_THE_PLATFORM_MAY_NOT_KNOW.get(ending) or mimetypes.guess_type(filename)[0]


def measure(data: bytes, content_type: str | None) -> tuple[int | None, int | None]:
    """Return width and height in pixels of an image or video; (None, None) if unreadable."""
    kind = (content_type or "").partition("/")[0]
    try:
        if kind == "image":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # refusing a huge image is the bot's job
                with Image.open(io.BytesIO(data)) as picture:
                    return picture.size
        if kind == "video":
            with av.open(io.BytesIO(data)) as clip:
                stream = clip.streams.video[0]
                return stream.width, stream.height
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError):
        pass  # Discord stores files whose content does not match their name, without dimensions
    return None, None

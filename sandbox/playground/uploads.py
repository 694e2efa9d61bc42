"""Files that the page has sent and that are waiting for their command or form."""

import secrets
from typing import Final

from sandbox.discord import Upload
from sandbox.playground.shelf import Shelf

WAITING_BYTES_MAX: Final = 512 * 1024**2


class Uploads(Shelf[Upload]):
    """Keeps the newest files."""

    def __init__(self) -> None:
        super().__init__(
            WAITING_BYTES_MAX,
            lambda upload: len(upload.data),
            "upload_gone",
        )

    def keep(self, filename: str, content_type: str, data: bytes) -> str:
        """Keep a file and return the key that stands for it in a request."""
        upload = Upload(data, filename or "unknown", content_type or None)
        return self.put(secrets.token_urlsafe(12), upload)

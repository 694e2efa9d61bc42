"""Files that the page has sent and that wait for the command or form they belong to."""

import secrets
from collections import OrderedDict
from typing import Final

from bot.sandbox.discord import Upload
from bot.sandbox.playground.refused import Refused

WAITING_BYTES_MAX: Final = 512 * 1024**2


class Uploads:
    """Keeps the newest uploads; the oldest go when there is no more room."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Upload] = OrderedDict()

    def keep(self, filename: str, content_type: str, data: bytes) -> str:
        """Keep a file and return the key that stands for it in a request."""
        key = secrets.token_urlsafe(12)
        self._waiting[key] = Upload(data, filename or "unknown", content_type or None)
        while sum(len(upload.data) for upload in self._waiting.values()) > WAITING_BYTES_MAX:
            self._waiting.popitem(last=False)
        return key

    def find(self, key: str) -> Upload:
        """Return the file; a command that was refused may name it again.

        Raises:
            Refused: when there is none.
        """
        upload = self._waiting.get(key)
        if upload is None:
            raise Refused("The file is no longer there; attach it again")
        return upload

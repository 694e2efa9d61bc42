"""Where images of the newer generation are created.

No source shows the path in Kling's own API. After the pattern of the videos there are two: one for
every body with `contents`, as `/omni-video` is, or one for words and one for images. The first is
tried first; a service that does not have it says so, which costs nothing, and is asked by the
other from then on. `docs/kling.md` says what would settle it.
"""

import enum
from typing import Any, Final

import structlog
from pydantic_core import to_json

from bot.domain.routes import Route
from bot.errors import KlingToldNo
from bot.kling.bodies import Body
from bot.kling.dialects import Dialect, create_path, newer_path
from bot.kling.encode_newer import REFERENCE
from bot.kling.exchange import Exchange

_HAS_IMAGES: Final = to_json({"type": REFERENCE})[1:-1]
"""In a body; inside a text, its quotes would be escaped."""

log = structlog.get_logger(__name__)


class _Pattern(enum.Enum):
    ALL_IN_ONE = enum.auto()
    BY_INPUT = enum.auto()


class ImagePaths:
    """Sends creates of images to the path that the other side has."""

    def __init__(self, exchange: Exchange, dialect: Dialect) -> None:
        self._exchange = exchange
        self._dialect = dialect
        self._pattern = _Pattern.ALL_IN_ONE

    async def order(self, model: str, body: bytes | Body) -> Any:
        """Return the payload of the create; raises as `Exchange.order` does.

        Where neither path exists, the error is that of the path that was asked first.
        """
        first = self._pattern
        try:
            return await self._exchange.order(self._path(first, model, body), body)
        except KlingToldNo as no:
            if not no.no_such_path:
                raise
            [other] = [pattern for pattern in _Pattern if pattern is not first]
            try:
                payload = await self._exchange.order(self._path(other, model, body), body)
            except KlingToldNo as neither:
                if not neither.no_such_path:
                    self._settle(other)
                    raise
                raise no from None
        self._settle(other)
        return payload

    def _settle(self, pattern: _Pattern) -> None:
        if pattern is not self._pattern:
            log.info("kling.image_path", pattern=pattern.name.lower())
            self._pattern = pattern

    def _path(self, pattern: _Pattern, model: str, body: bytes | Body) -> str:
        if pattern is _Pattern.ALL_IN_ONE:
            return create_path(self._dialect, Route.NEWER_IMAGE, model)
        root = "image-to-image" if _HAS_IMAGES in body else "text-to-image"
        return newer_path(self._dialect, root, model)

"""How long a generation usually takes, before this installation has measured its own times.

Observed by users of Kling's API in 2025 and 2026: on average 319 s for a video from a prompt and
164 s from an image, 100 to 250 s for 5 s of kling-v3 in pro; 24 (kling-v3) to 32 s for an image;
455 s for a lip-sync. How the time grows with mode and length was never published: the two factors
are estimates.
"""

from collections.abc import Mapping
from typing import Final

from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.requests import Route

_ROUTE_S: Final[Mapping[Route, float]] = {
    Route.TEXT2VIDEO: 319.0,
    Route.IMAGE2VIDEO: 164.0,
    Route.GENERATIONS: 32.0,
    Route.OMNI_IMAGE: 32.0,
    Route.LIP_SYNC: 455.0,
}
_MODEL_S: Final[Mapping[tuple[Route, str], float]] = {
    (Route.TEXT2VIDEO, "kling-v3"): 130.0,
    (Route.IMAGE2VIDEO, "kling-v3"): 130.0,
    (Route.GENERATIONS, "kling-v3"): 24.0,
}
_MODE_FACTOR: Final[Mapping[str, float]] = {"std": 1.0, "pro": 1.35, "4k": 2.0}
_FIXED_SHARE: Final = 0.5
"""The part of the time that does not grow with the length of the video."""
_CLIP_ROUTES: Final = frozenset({Route.TEXT2VIDEO, Route.IMAGE2VIDEO})


def expected_s(
    route: Route, model: str, mode: str | None = None, duration_s: int | None = None
) -> float:
    """Return the seconds from create to result that members are told to expect."""
    seconds = _MODEL_S.get((route, model), _ROUTE_S[route])
    if route not in _CLIP_ROUTES:
        return seconds
    length = DEFAULT_DURATION_S if duration_s is None else duration_s
    growing = (1 - _FIXED_SHARE) * length / DEFAULT_DURATION_S
    return seconds * _MODE_FACTOR.get(mode or DEFAULT_MODE, 1.0) * (_FIXED_SHARE + growing)

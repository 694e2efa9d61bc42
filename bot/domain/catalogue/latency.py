"""How long a generation usually takes, as the catalogue states it."""

from typing import Final

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.requests import Route

_CLIP_ROUTES: Final = frozenset(
    {
        Route.TEXT2VIDEO,
        Route.IMAGE2VIDEO,
        Route.TEXT_TO_VIDEO,
        Route.IMAGE_TO_VIDEO,
        Route.OMNI_VIDEO,
        Route.LEGACY_OMNI_VIDEO,
    }
)


def expected_s(
    catalogue: Catalogue,
    route: Route,
    model: str,
    mode: str | None = None,
    duration_s: int | None = None,
) -> float:
    """Return the seconds from create to result that members are told to expect."""
    usual = catalogue.seconds
    seconds = usual.models.get(model, {}).get(route.value, usual.routes[route.value])
    if route not in _CLIP_ROUTES:
        return seconds
    length = DEFAULT_DURATION_S if duration_s is None else duration_s
    growing = (1 - usual.fixed_share) * length / DEFAULT_DURATION_S
    return seconds * usual.modes.get(mode or DEFAULT_MODE, 1.0) * (usual.fixed_share + growing)

"""`POST /api/v1/price`: what a create would cost, without sending anything."""

import re
from decimal import Decimal
from typing import Any, Final

from pydantic import ConfigDict

from bot.domain.catalogue import Catalogue, price
from bot.domain.limits import NEWER_RESOLUTIONS
from bot.domain.operations.table import OPERATION_OF, OPERATIONS
from bot.domain.requests import (
    IMAGE_OPTIONS,
    REFERENCE_OPTIONS,
    EditRequest,
    ImageRequest,
    LipSyncRequest,
    OperationRequest,
    Request,
    Route,
    VideoRequest,
)
from bot.domain.routes import Passed
from bot.kling.dialects import Dialect, create_path
from bot.kling.encode_newer import REFERENCE
from bot.web.gateway_passed import passed_cost
from bot.web.gateway_price_edit import (
    DEFAULT_LEGACY_MODE,
    DEFAULT_LEGACY_MODEL,
    edit_use,
    legacy_edit,
    newer_edit,
)
from bot.web.gateway_schemas import Body, BodyRefused

API: Final = "/api/v1/"
PASSED: Final = frozenset(one.value for one in Passed)
FACES: Final = "lipsync/identify-face"
TTS: Final = "audio/tts"
DEFAULT_VIDEO_MODEL: Final = "kling-v1"
DEFAULT_IMAGE_MODEL: Final = "kling-v1"
DEFAULT_OMNI_MODEL: Final = "kling-image-o1"
"""What Kling takes where no model is named (its API documentation, 2026-02)."""
SERIES_USUAL: Final = 4
"""Images of a series whose length is not said (same source); counted where Kling decides, too."""
AUTO: Final = "auto"
WHOLE: Final = re.compile(r"[0-9]{1,6}")
CENT: Final = Decimal("0.01")
_MODES: Final = {resolution: mode for mode, resolution in NEWER_RESOLUTIONS.items()}
_LEGACY: Final = {
    create_path(Dialect.GATEWAY, route).removeprefix(API): route
    for route in Route
    if not route.newer
}


_LEGACY_OPERATIONS: Final = {
    create_path(Dialect.GATEWAY, route).removeprefix(API): OPERATIONS[kind]
    for route, kind in OPERATION_OF.items()
    if not route.newer
}


class PriceAsked(Body):
    """The body of a create, with its path below `/api/v1/` as `route`."""

    model_config = ConfigDict(extra="allow")

    route: str


def priced(
    catalogue: Catalogue, asked: PriceAsked, usd_per_unit: dict[str, Decimal]
) -> dict[str, Any]:
    """Return units, pack and dollars; null where the price table does not state a price.

    `at_most` is there, and true, where the length that is charged is known only at the end: then
    it is the price of the longest.
    Raises `BodyRefused` for a route that creates nothing, or a length that is no number.
    """
    said = asked.model_extra or {}
    if call := {FACES: catalogue.calls.identify_face, TTS: catalogue.calls.tts}.get(asked.route):
        return _answer(call, "video", usd_per_unit)
    if asked.route in PASSED:
        return _passed(catalogue, Passed(asked.route), said, usd_per_unit)
    request = _request(asked.route, said)
    found = price(catalogue, request)
    pack = request.route.pack.units.value
    if found is None:
        return {"units": None, "pack": pack, "usd": None}
    # A lip-sync's price includes the faces, which are a call of their own here.
    answer = _answer(found.units - found.calls, pack, usd_per_unit)
    return answer | ({"at_most": True} if found.at_most else {})


def _passed(
    catalogue: Catalogue, route: Passed, said: dict[str, Any], usd_per_unit: dict[str, Decimal]
) -> dict[str, Any]:
    duration_s, count = _whole(said.get("duration"), "duration"), _whole(said.get("n"), "n")
    cost = passed_cost(catalogue, route, said, duration_s=duration_s, count=count)
    if cost.units is None:
        usd = None if cost.usd is None else str(cost.usd)
        return {"units": None, "pack": cost.pack, "usd": usd}
    answer = _answer(cost.units, cost.pack, usd_per_unit)
    return answer | ({"at_most": True} if cost.at_most else {})


def _answer(units: Decimal, pack: str, usd_per_unit: dict[str, Decimal]) -> dict[str, Any]:
    usd = (units * usd_per_unit[pack]).quantize(CENT)
    return {"units": f"{units.normalize():f}", "pack": pack, "usd": str(usd)}


def _request(route: str, said: dict[str, Any]) -> Request:
    operation = _LEGACY_OPERATIONS.get(route)
    made: Request = operation.asked(said) if operation else _plain(route, said)
    return made


def _plain(route: str, said: dict[str, Any]) -> Request:
    root, _, model = route.partition("/")
    if model and any(root == one.value for one in Route if one.newer):
        return _newer(root, model, said)
    match _LEGACY.get(route):
        case Route.TEXT2VIDEO | Route.IMAGE2VIDEO as found:
            return VideoRequest(
                prompt="",
                model=str(said.get("model_name") or DEFAULT_VIDEO_MODEL),
                image=found is Route.IMAGE2VIDEO,
                mode=_text(said.get("mode")),
                duration_s=_whole(said.get("duration"), "duration"),
                sound=said.get("sound") == "on",
            )
        case Route.LEGACY_OMNI_VIDEO if said.get("video_list"):
            return legacy_edit(said, _whole(said.get("duration"), "duration"))
        case Route.LEGACY_OMNI_VIDEO:
            return _legacy_omni(said)
        case Route.GENERATIONS | Route.OMNI_IMAGE as found:
            omni = found is Route.OMNI_IMAGE
            default = DEFAULT_OMNI_MODEL if omni else DEFAULT_IMAGE_MODEL
            has_images = bool(said.get("image") or said.get("image_list"))
            return ImageRequest(
                prompt="",
                model=str(said.get("model_name") or default),
                images=IMAGE_OPTIONS[:1] if has_images else (),
                omni=omni,
                resolution=_text(said.get("resolution")),
                n=_whole(said.get("n"), "n"),
                series=_series(said) if omni else None,
            )
        case Route.LIP_SYNC:
            return LipSyncRequest()
        case _:
            raise _refused("route", "is not the path of a create below /api/v1/")


def _series(said: dict[str, Any]) -> int | None:
    """Return how many images the series has, of which Kling may decide; None: it is none."""
    if said.get("result_type") != "series":
        return None
    amount = said.get("series_amount")
    return (None if amount == AUTO else _whole(amount, "series_amount")) or SERIES_USUAL


def _legacy_omni(said: dict[str, Any]) -> VideoRequest:
    listed = said.get("image_list")
    images = listed if isinstance(listed, list) else []
    frames = [one for one in images if isinstance(one, dict) and one.get("type")]
    return VideoRequest(
        prompt="",
        model=str(said.get("model_name") or DEFAULT_LEGACY_MODEL),
        mode=_text(said.get("mode")) or DEFAULT_LEGACY_MODE,
        duration_s=_whole(said.get("duration"), "duration"),
        sound=said.get("sound") == "on",
        references=REFERENCE_OPTIONS[: len(images) - len(frames)],
        omni=True,
    )


def _newer(
    root: str, model: str, said: dict[str, Any]
) -> VideoRequest | ImageRequest | EditRequest | OperationRequest:
    settings = said.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    contents = said.get("contents")
    items = contents if isinstance(contents, list) else []
    references = [one for one in items if isinstance(one, dict) and one.get("type") == REFERENCE]
    if root == Route.NEWER_IMAGE.value:
        return ImageRequest(
            prompt="",
            model=model,
            images=IMAGE_OPTIONS[: len(references)],
            omni=True,
            newer=True,
            resolution=_text(settings.get("resolution")),
            n=_whole(settings.get("n"), "n"),
            series=_series(settings),
        )
    if (kind := OPERATION_OF.get(Route(root))) is not None:
        made: OperationRequest = OPERATIONS[kind].asked(said | {"model_name": model})
        return made
    resolution = str(settings.get("resolution") or NEWER_RESOLUTIONS["std"])
    mode, seconds = _MODES.get(resolution, resolution), _whole(settings.get("duration"), "duration")
    if (use := edit_use(said)) is not None:
        return newer_edit(model, use, mode, seconds)
    return VideoRequest(
        prompt="",
        model=model,
        image=root == Route.IMAGE_TO_VIDEO.value,
        mode=mode,
        duration_s=seconds,
        sound=settings.get("audio") == "native",
        newer=True,
        references=REFERENCE_OPTIONS[: len(references)],
        omni=root == Route.OMNI_VIDEO.value,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: object, name: str) -> int | None:
    """Return a whole number, which the legacy generation writes as text; None: not said."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not WHOLE.fullmatch(str(value)):
        raise _refused(name, "must be a whole number of at most six digits")
    return int(str(value))


def _refused(name: str, words: str) -> BodyRefused:
    return BodyRefused([{"type": "value_error", "loc": ["body", name], "msg": words, "input": ""}])

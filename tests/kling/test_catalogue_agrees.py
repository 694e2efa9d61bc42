"""The catalogue against the local Kling: two people read Kling's pages, and wrote down the same."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Any

import pytest

from bot.domain import limits
from bot.domain.catalogue import for_model, price, shortcomings
from bot.domain.requests import (
    IMAGE_OPTIONS,
    MIDDLE_OPTIONS,
    REFERENCE_OPTIONS,
    ImageRequest,
    Request,
    VideoRequest,
)
from bot.domain.rules import check, image_request
from bot.errors import Problem
from sandbox.kling.models import GENERATIONS, OMNI, VIDEO
from sandbox.kling.newer_models import NEWER, NEWER_IMAGES
from sandbox.kling.orders import Order
from sandbox.kling.rules_omni_legacy import OMNI as LEGACY_OMNI
from sandbox.kling.switches import Switches
from tests.harness.kling.ordering import Desk, open_desk
from tests.harness.models import (
    CATALOGUE,
    IMAGE_MODELS,
    IMAGE_NAMES,
    ONLY_IMAGE,
    UNKNOWN,
    VIDEO_NAMES,
)

LENGTHS_S = (None, 1, 2, 3, 4, 5, 6, 9, 10, 11, 15, 16, 30)
MODES = (None, *limits.MODES)
PICTURES = (0, 1, 2, 10)
NAMED_MAX = 5
EVERY_SO_MANY = 7
"""Each shape is tried with every model, twice; seven divides neither the modes nor the lengths."""
Options = dict[str, Any]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """Open facts are what the catalogue says at its top: Kling has the last word about them."""
    switches = Switches(cfg_scale_on_v3=True, master_mode_refused=False, v4_takes_ids=True)
    async with open_desk(switches) as opened:
        yield opened


def clips(model: str) -> Iterator[VideoRequest]:
    """Every mode with every length, and each with what else may depend on them."""
    more: list[Options] = [
        {},
        {"sound": True},
        {"sound": False},
        {"cfg_scale": 0.5},
        {"negative_prompt": "fog"},
        {"image": True},
        {"image": True, "sound": True},
        {"image": True, "cfg_scale": 0.5},
        {"image": True, "end_image": True},
        {"image": True, "end_image": True, "sound": True},
        *({"aspect_ratio": ratio} for ratio in limits.VIDEO_RATIO_CHOICES),
        {"image": True, "end_image": True, "middle": MIDDLE_OPTIONS},
        {"references": REFERENCE_OPTIONS[:1]},
        {"references": REFERENCE_OPTIONS, "aspect_ratio": "9:16", "sound": True},
        {"references": REFERENCE_OPTIONS[:2], "image": True},
        {"references": REFERENCE_OPTIONS[:2], "image": True, "end_image": True},
        *(
            {"camera": camera, "camera_amount": amount, "image": image}
            for camera, amount in (("zoom", 1.0), *((one, None) for one in limits.CAMERA_PRESETS))
            for image in (False, True)
        ),
    ]
    for mode, duration_s, options in product(MODES, LENGTHS_S, more):
        bare = VideoRequest("a fox", model, mode=mode, duration_s=duration_s)
        yield as_for(replace(bare, **options), model)


def pictures(model: str) -> Iterator[tuple[ImageRequest, ImageRequest]]:
    """A request of one option more, beside the one without it, for each number of pictures."""
    more: list[Options] = [
        {},
        *({"resolution": value} for value in limits.RESOLUTIONS),
        *({"aspect_ratio": value} for value in (*limits.IMAGE_RATIOS, limits.AUTO_RATIO)),
        *({"reference": value} for value in limits.REFERENCES),
        *({"n": value} for value in range(1, limits.COUNT_MAX + 1)),
        *({"series": value} for value in range(limits.SERIES_MIN, limits.SERIES_MAX + 1)),
        *({"fidelity": 0.5}, {"reference": "subject", "human_fidelity": 0.5}),
        {"negative_prompt": "fog"},
    ]
    known = CATALOGUE.image_model(model)
    assert known is not None
    for count, options in product(PICTURES, more):
        bare: Options = (
            {"reference": known.references[0]} if known.reference_needed and count else {}
        )
        yield asked(model, count, bare), asked(model, count, bare | options)


def asked(model: str, count: int, options: Options) -> ImageRequest:
    given = {"prompt": "a fox", "model": model, **options}
    names = IMAGE_OPTIONS[:count]
    return image_request(CATALOGUE, given, names, default_model=model, default_omni_model=model)


def is_about_the_model(request: Request) -> bool:
    of_the_model = shortcomings(CATALOGUE, request)
    return all(problem in of_the_model for problem in check(CATALOGUE, request, {}))


def has_no_field(request: VideoRequest) -> bool:
    """Whether it asks for what the model's generation has no field for."""
    if not request.newer:
        if request.omni and (
            request.negative_prompt or request.cfg_scale is not None or request.camera
        ):
            return True
        return bool(request.middle)
    model = CATALOGUE.video_model(request.model)
    always = model is not None and model.always_sounds
    gone = (request.cfg_scale, request.negative_prompt, request.camera)
    return any(one is not None for one in gone) or (always and request.sound is False)


def as_for(shape: VideoRequest, model: str) -> VideoRequest:
    return for_model(CATALOGUE, shape, model)


async def takes(desk: Desk, request: VideoRequest) -> bool:
    """Whether Kling takes it and leaves nothing out."""
    if has_no_field(request):
        return False
    return await desk.order(request) is not None


def check_price(request: Request, order: Order) -> None:
    """What the card says is what is charged, where the price table says anything."""
    shown = price(CATALOGUE, request)
    if shown is None:
        assert isinstance(request, ImageRequest)
        model = CATALOGUE.image_model(request.model)
        assert model is not None
        stated = {**model.units_image, **model.units_text}
        assert (request.resolution or model.usual_resolution) not in stated, request
    else:
        assert (shown.units, shown.pack, shown.at_most) == (order.units, order.product.pack, False)


def test_both_know_the_same_models() -> None:
    """One that is missing needs a row in `bot/domain/catalogue` or `sandbox/kling/models.py`."""
    assert sorted(VIDEO_NAMES) == sorted([*VIDEO, *LEGACY_OMNI, *NEWER])
    assert sorted(model.name for model in IMAGE_MODELS if not model.omni) == sorted(GENERATIONS)
    assert sorted(model.name for model in IMAGE_MODELS if model.omni) == sorted(
        [*OMNI, *NEWER_IMAGES]
    )


@pytest.mark.sweep
@pytest.mark.parametrize("model", VIDEO_NAMES)
async def test_a_clip_is_refused_exactly_where_kling_refuses_it(desk: Desk, model: str) -> None:
    """What passes is taken for the price on the card; what is refused would be refused anyway."""
    requests = [request for request in clips(model) if is_about_the_model(request)]
    assert len(requests) > 500
    for request in requests:
        order = await desk.order(request)
        if has_no_field(request):  # what is refused would be left out
            assert shortcomings(CATALOGUE, request), request
            continue
        assert (order is None) is bool(shortcomings(CATALOGUE, request)), request
        if order is not None:
            check_price(request, order)


@pytest.mark.sweep
@pytest.mark.parametrize("model", IMAGE_NAMES)
async def test_a_picture_is_refused_where_kling_refuses_or_ignores_it(
    desk: Desk, model: str
) -> None:
    """What passes is taken for the price on the card; what is refused would change nothing."""
    for bare, request in pictures(model):
        if not is_about_the_model(request):
            continue
        order = await desk.order(request)
        if not shortcomings(CATALOGUE, request):
            assert order is not None, request
            check_price(request, order)
        elif order is not None:
            without = await desk.order(bare)
            assert without is not None, request
            assert (order.drawing, order.units) == (without.drawing, without.units), request


@pytest.mark.sweep
async def test_a_refused_clip_names_the_models_that_kling_would_take(desk: Desk) -> None:
    """All that can do the whole of it, newest first and five at most, in each of the problems."""
    names = [*VIDEO_NAMES, ONLY_IMAGE]
    for shape in islice(clips(UNKNOWN), 0, None, EVERY_SO_MANY):
        able = [name for name in VIDEO_NAMES if await takes(desk, as_for(shape, name))]
        for name in names if able else ():
            for problem in shortcomings(CATALOGUE, as_for(shape, name)):
                assert problem.facts["models"] == ", ".join(able[:NAMED_MAX]), (name, shape)


@pytest.mark.sweep
async def test_what_no_model_can_names_those_that_lift_the_one_problem(desk: Desk) -> None:
    """Where nothing can do all of it, each refusal points to its own way out."""
    both = VideoRequest("a fox", UNKNOWN, sound=True, camera="zoom", camera_amount=1.0)
    alone = {
        "sound_unsupported": replace(both, camera=None, camera_amount=None),
        "camera_unsupported": replace(both, sound=None),
    }
    told = set()
    for name in VIDEO_NAMES:
        assert not await takes(desk, as_for(both, name))
        for problem in shortcomings(CATALOGUE, as_for(both, name)):
            if problem.code in alone:
                cured = [as_for(alone[problem.code], n) for n in named(problem)]
                codes = {p.code for one in cured for p in shortcomings(CATALOGUE, one)}
                assert problem.code not in codes
                told.add(problem.code)
    assert told == alone.keys()


def named(problem: Problem) -> list[str]:
    """The models that a refusal names."""
    return str(problem.facts["models"]).split(", ")

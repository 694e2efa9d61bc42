"""The models that are sent without being named: they work for everybody, at a small price."""

from decimal import Decimal

import pytest

from bot.domain.catalogue import price
from bot.domain.requests import Request
from bot.domain.rules import check, image_request, video_request
from storage.job import Pack
from tests.harness.models import CATALOGUE, DEFAULTS, IMAGE_NAMES, LARGE, OMNI_AUTO, USD

PAIR_OF_KEYS = CATALOGUE.without_newer()
DEFAULT_MODELS = {
    "default_model": DEFAULTS.image_model,
    "default_omni_model": DEFAULTS.omni_model,
}
PLAIN: list[tuple[Request, Decimal]] = [
    (
        video_request(PAIR_OF_KEYS, {"prompt": "x"}, default_model=DEFAULTS.video_model),
        Decimal("0.25"),
    ),
    (image_request(PAIR_OF_KEYS, {"prompt": "x"}, **DEFAULT_MODELS), Decimal("0.03")),
    (
        image_request(PAIR_OF_KEYS, {"prompt": "x"}, ("image", "image_2"), **DEFAULT_MODELS),
        Decimal("0.03"),
    ),
]


@pytest.mark.parametrize(("request_", "most_usd"), PLAIN)
def test_a_plain_command_works_with_any_key_and_costs_little(
    request_: Request, most_usd: Decimal
) -> None:
    """Whoever runs the bot: no default needs an API key, and none is dear."""
    assert check(PAIR_OF_KEYS, request_, {}) == ()
    found = price(PAIR_OF_KEYS, request_)
    assert found is not None
    pack: Pack = found.pack
    assert found.units * USD[pack] <= most_usd


def test_only_what_the_default_cannot_do_goes_elsewhere() -> None:
    """A series and 8k; the cheapest that can, and what is named is never changed."""
    bare = image_request(CATALOGUE, {"prompt": "x"}, **DEFAULT_MODELS)
    assert bare.model == DEFAULTS.image_model
    series = image_request(CATALOGUE, {"prompt": "x", "series": 3}, **DEFAULT_MODELS)
    assert series.model == OMNI_AUTO
    longest = image_request(CATALOGUE, {"prompt": "x", "series": 10}, **DEFAULT_MODELS)
    assert longest.model == LARGE
    large = image_request(CATALOGUE, {"prompt": "x", "resolution": "8k"}, **DEFAULT_MODELS)
    assert large.model == LARGE
    assert large.newer
    for name in IMAGE_NAMES:
        given = {"prompt": "x", "model": name, "series": 3, "resolution": "8k"}
        assert image_request(CATALOGUE, given, **DEFAULT_MODELS).model == name


def test_where_nothing_can_the_default_stays() -> None:
    """Then the refusal says what is wrong, instead of naming a model that was not meant."""
    large = image_request(PAIR_OF_KEYS, {"prompt": "x", "resolution": "8k"}, **DEFAULT_MODELS)
    assert large.model == DEFAULTS.image_model
    assert [problem.code for problem in check(PAIR_OF_KEYS, large, {})] == ["resolution"]

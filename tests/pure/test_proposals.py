"""Models as they are proposed while a member types: what they can, and what they cost."""

import pytest

from bot.messages.price_lines import PriceLines
from bot.messages.translations import LANGUAGES, load_translations
from storage.job import Kind
from tests.harness.models import CATALOGUE, UNKNOWN, USD

PRICES = PriceLines(load_translations(strict=True), CATALOGUE, USD)


def test_a_proposal_tells_length_sound_and_price() -> None:
    """In the form that members know: seconds, sound, units a second, dollars for five."""
    assert PRICES.proposal("kling-v3", Kind.VIDEO, "en-US") == (
        "kling-v3 · 3\u201315 s, sound · from 0.6 units/s · $0.42 for 5 s"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_proposal_fits_and_begins_with_its_name(language: str) -> None:
    """At most 100 characters, and nothing is lost of the name, which is what is sent."""
    names = [(model.name, Kind.VIDEO) for model in CATALOGUE.video]
    names += [(model.name, Kind.IMAGE) for model in CATALOGUE.image]
    for name, kind in names:
        said = PRICES.proposal(name, kind, language)
        assert said.startswith(name)
        assert len(said) <= 100


def test_a_model_without_a_price_is_proposed_by_its_name() -> None:
    """What the catalogue does not know is not made up."""
    assert PRICES.proposal(UNKNOWN, Kind.VIDEO, "en-US") == UNKNOWN

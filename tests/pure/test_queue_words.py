"""What a card says of the queue."""

from dataclasses import replace

import pytest

from bot.controls.table import CONTROLS
from bot.messages.cards import Cards, Situation
from bot.messages.controls import Buttons
from bot.messages.price_lines import PriceLines
from bot.messages.translations import LANGUAGES, load_translations
from storage.job import State
from storage.turns import PLACES_COUNTED
from tests.harness.jobs import make_job
from tests.harness.models import CATALOGUE, USD

WORDS = load_translations(strict=True)
CARDS = Cards(WORDS, PriceLines(WORDS, CATALOGUE, USD), Buttons(CONTROLS))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_place_that_was_not_counted_is_not_said(language: str) -> None:
    """Behind many the card names no place, but where to look for it."""
    job = make_job(state=State.QUEUED, request={"prompt": "a lighthouse", "model": "kling-v3"})
    job = replace(job, origin=replace(job.origin, locale=language))
    near, far = (
        CARDS.card(job, State.QUEUED, Situation(place=place)).body
        for place in (PLACES_COUNTED, PLACES_COUNTED + 1)
    )
    assert str(PLACES_COUNTED) in near
    assert str(PLACES_COUNTED + 1) not in far
    assert "/jobs" in far

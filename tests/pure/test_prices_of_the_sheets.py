"""What the cards say against the numbers of Kling's price tables, row by row.

The numbers stand in a file of their own, written down from the tables: a price that is changed in
the catalogue by mistake is seen here, and so is a row that no table states.
"""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.catalogue import for_model, price
from bot.domain.limits import MODES, RESOLUTIONS
from bot.domain.requests import EditRequest, ImageRequest, LipSyncRequest, Request, VideoRequest
from bot.domain.units import hundredths, plain, usd
from bot.messages.price_lines import PriceLines
from bot.messages.translations import load_translations
from storage.job import Pack
from tests.harness.models import CATALOGUE, EDIT_NAMES, IMAGE_MODELS, IMAGE_NAMES, USD, VIDEO_MODELS

Row = dict[str, Any]
SHEET: Final[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "prices_of_the_sheets.toml").read_text("utf-8")
)
LINES = PriceLines(load_translations(strict=True), CATALOGUE, USD)
VIDEO_NAMES = [model.name for model in VIDEO_MODELS]
ROUNDED: Final = Decimal("0.01")
"""Prices in dollars are units only by division: a hundredth of the price is not asked for."""


def rows(kind: str) -> dict[str, Row]:
    return {name: row for row in SHEET[kind] for name in row["models"]}


CLIPS, PICTURES, EDITS = rows("clip"), rows("picture"), rows("edit")


def clip_units(row: Row, mode: str, seconds: int, *, sound: bool) -> Decimal | None:
    """What the table states for a clip; None where it states nothing."""
    kind = "_with_sound" if sound and not row.get("always_sounds") else ""
    whole = row.get(f"of_{seconds}_s{kind}", {}).get(mode)
    if whole is not None:
        return Decimal(whole)
    if "usd_per_s" in row:
        return in_units(row, row["usd_per_s"].get(mode), Pack.VIDEO, seconds)
    each = row.get(f"per_s{kind}", {}).get(mode)
    return None if each is None else Decimal(each) * seconds


def in_units(row: Row, dollars: str | None, pack: Pack, count: int) -> Decimal | None:
    if dollars is None:
        return None
    each = SHEET[row["source"]]["usd_per_unit"][pack.value]
    return Decimal(dollars) * count / Decimal(each)


def agrees(stated: Decimal | None, row: Row, shown: Decimal | None) -> bool:
    """Whether a price is the stated one: exactly, or as near as dollars can be in units."""
    if stated is None or shown is None:
        return stated is shown
    in_dollars = "usd_per_unit" in SHEET[row["source"]]
    return abs(shown - stated) <= (stated * ROUNDED if in_dollars else 0)


def clips(name: str) -> Iterator[tuple[VideoRequest, str, int, bool]]:
    """Every mode, length and sound, from words, from an image and with a reference."""
    model = CATALOGUE.video_model(name)
    assert model is not None
    inputs: list[dict[str, Any]] = [{}] * model.text + [{"image": True}] * model.image
    inputs += [{"references": ("reference",)}] * bool(model.references_max)
    for given, mode, seconds, sound in product(inputs, MODES, model.durations_s, (False, True)):
        if seconds not in model.lengths_s(references="references" in given):
            continue
        bare = VideoRequest("x", name, mode=mode, duration_s=seconds, sound=sound, **given)
        yield for_model(CATALOGUE, bare, name), mode, seconds, sound


def card(request: Request, units: Decimal, pack: Pack, ending: str = "") -> str:
    """The line of a card for a known price."""
    counted = hundredths(units)
    word = "unit" if plain(counted) == "1" else "units"
    start = f"Price: {ending}{plain(counted)} {pack.value} {word}"
    assert request.route.pack is pack
    return f"{start} (${usd(counted, USD[pack]):f})"


def test_every_row_is_in_a_table_and_every_date_is_that_of_its_table() -> None:
    """A model without a stated price needs a row that says so."""
    assert set(VIDEO_NAMES) <= set(CLIPS)
    assert set(IMAGE_NAMES) <= set(PICTURES)
    assert set(EDIT_NAMES) == set(EDITS)
    for model in VIDEO_MODELS:
        assert model.price_source.as_of == SHEET[CLIPS[model.name]["source"]]["as_of"], model.name
    for edit in CATALOGUE.edit:
        assert edit.price_source.as_of == SHEET[EDITS[edit.name]["source"]]["as_of"], edit.name
    for image in IMAGE_MODELS:
        assert image.price_source.as_of == SHEET[PICTURES[image.name]["source"]]["as_of"]


@pytest.mark.parametrize("name", VIDEO_NAMES)
def test_a_clip_costs_what_the_table_states(name: str) -> None:
    """Every mode, length, sound and input; nothing is priced that the table does not state."""
    compared = 0
    for request, mode, seconds, sound in clips(name):
        stated = clip_units(CLIPS[name], mode, seconds, sound=sound)
        found = price(CATALOGUE, request)
        shown = None if found is None else found.units
        assert agrees(stated, CLIPS[name], shown), (request, stated, shown)
        if shown is not None:
            assert LINES.of_request(request, "en-US") == card(request, shown, Pack.VIDEO)
            compared += 1
    assert compared > 0


@pytest.mark.parametrize("name", EDIT_NAMES)
def test_an_edit_costs_at_most_what_the_table_states(name: str) -> None:
    """Every mode, use and length; an edit is as long as the longest video that it may have."""
    row, longest_s = EDITS[name], EDITS[name]["longest_s"]
    uses = [("edit", None), *(("reference", seconds) for seconds in range(1, longest_s + 1))]
    for mode, (use, seconds) in product(MODES, uses):
        request = EditRequest(
            "x", name, use=use, mode=mode, duration_s=seconds, newer=CATALOGUE.is_newer(name)
        )
        found = price(CATALOGUE, request)
        if found is None:
            in_dollars = row.get("usd_per_s", {})
            assert mode not in {**row.get("per_s", {}), **in_dollars} or seconds in {1, 2}
            continue
        made_s = seconds or longest_s
        charged_s = max(longest_s + made_s, 2 * made_s) if row.get("both") else made_s
        stated = clip_units({**row, "always_sounds": True}, mode, charged_s, sound=False)
        assert agrees(stated, row, found.units), (request, stated, found)
        assert found.at_most is (use == "edit" or row.get("both", False))
        ending = "up to " if found.at_most else ""
        said = LINES.of_request(request, "en-US")
        assert said.startswith(card(request, found.units, Pack.VIDEO, ending))
        assert LINES.short(request, "en-US").startswith("up to ") is found.at_most


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_a_picture_costs_what_the_table_states(name: str) -> None:
    """Every resolution and number, from words and from images; unknown is said to be unknown."""
    model, row = CATALOGUE.image_model(name), PICTURES[name]
    assert model is not None
    for of, images in (("words", ()), ("pictures", ("image",))):
        table: Mapping[str, str] = row.get(f"from_{of}", {})
        in_dollars: Mapping[str, str] = row.get(f"usd_from_{of}", {})
        for resolution, count in product(RESOLUTIONS, (1, 4, 9)):
            request = ImageRequest(
                "x", name, images, model.omni, resolution=resolution, n=count, newer=model.newer
            )
            whole = table.get(resolution)
            stated = (
                in_units(row, in_dollars.get(resolution), Pack.IMAGE, count)
                if whole is None
                else Decimal(whole) * count
            )
            found = price(CATALOGUE, request)
            shown = None if found is None else found.units
            assert agrees(stated, row, shown), (request, stated, shown)
            said = LINES.of_request(request, "en-US")
            if shown is None:
                assert said.startswith("Price: at least "), request
            else:
                assert said == card(request, shown, Pack.IMAGE)


def test_a_series_costs_what_its_pictures_cost() -> None:
    """Kling states no other price for pictures that belong together."""
    for model in (model for model in IMAGE_MODELS if model.series_max):
        given: Row = {"omni": model.omni, "newer": model.newer}
        found = price(CATALOGUE, ImageRequest("x", model.name, series=5, **given))
        single = price(CATALOGUE, ImageRequest("x", model.name, n=5, **given))
        assert single is not None
        assert found == single


@pytest.mark.parametrize("steps", range(1, 13))
def test_a_lip_sync_costs_at_most_what_the_table_states(steps: int) -> None:
    """Every step of 5 s that its video begins, and one look at the faces."""
    calls = SHEET["calls"]
    units = Decimal(calls["lip_sync_of_5_s"]) * steps + Decimal(calls["identify_face"])
    for seconds in (5.0 * steps - 4.5, 5.0 * steps):
        request = LipSyncRequest("https://example.com/a.mp4", video_s=seconds)
        said = LINES.of_request(request, "en-US")
        assert said.startswith(card(request, units, Pack.VIDEO, "up to "))
        assert LINES.short(request, "en-US").startswith("up to ")


@pytest.mark.parametrize(
    "seen", SHEET["seen"], ids=lambda seen: f"{seen['model']} {seen['seconds']}"
)
def test_what_was_deducted_live_is_what_the_card_says(seen: Row) -> None:
    """Others' recordings of real deductions, each a clip of its own."""
    bare = VideoRequest("x", seen["model"], mode=seen["mode"], duration_s=seen["seconds"])
    found = price(CATALOGUE, for_model(CATALOGUE, bare, seen["model"]))
    assert found is not None
    assert found.units == Decimal(seen["units"])

"""Forms about requests: within Discord's limits, and what comes back is what was shown."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.requests import (
    REQUESTS,
    EditRequest,
    ImageRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
    from_json,
    options_of,
    to_json,
)
from bot.domain.rules.changes import editable, is_editable, with_changes
from bot.errors import Problem
from bot.messages.form import (
    FIELDS_MAX,
    LABEL_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Form,
)
from bot.messages.message import SELECT_OPTIONS_MAX
from bot.messages.price_lines import PriceLines
from bot.messages.request_forms import RequestForms
from bot.messages.translations import LANGUAGES, load_translations
from storage.job import Kind, Pack
from tests.harness.models import CATALOGUE, NEWER, SHOTS, UNKNOWN, VIDEO
from tests.harness.requests import a_value, any_request

WORDS = load_translations(strict=True)
USD = dict.fromkeys(Pack, Decimal("0.1"))
FORMS = RequestForms(WORDS, PriceLines(WORDS, CATALOGUE, USD), CATALOGUE)
EDITABLE = [kind for kind in REQUESTS if is_editable(kind)]
TO_BE_HEARD = {Kind.SOUND, Kind.SOUNDTRACK}


def check_limits(form: Form) -> None:
    """Discord takes the form as it is."""
    assert 1 <= len(form.title) <= TITLE_CHARACTERS_MAX
    assert 1 <= len(form.fields) <= FIELDS_MAX
    assert len({field.name for field in form.fields}) == len(form.fields)
    for field in form.fields:
        assert 1 <= len(field.label) <= LABEL_CHARACTERS_MAX
        assert len(field.value) <= field.characters_max <= TEXT_CHARACTERS_MAX
        assert len(field.options) <= SELECT_OPTIONS_MAX
        values = [option.value for option in field.options]
        assert len(values) == len(set(values))
        for option in field.options:
            assert 1 <= len(option.label) <= 100
            assert 1 <= len(option.value) <= 100


def full(kind: Kind) -> Request:
    """A request with every option set."""
    values: dict[str, Any] = {
        option.field: a_value(option)
        for option in options_of(REQUESTS[kind])
        if option.field != "model"
    }
    return REQUESTS[kind](**values, model=VIDEO)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("kind", EDITABLE)
def test_a_form_fits_discord(kind: Kind, locale: str) -> None:
    """Title, labels, values and menus, with every option set and with none."""
    request = full(kind)
    plain = from_json(kind, {**to_json(request), "mode": None, "aspect_ratio": None})
    for one in (request, plain, replace(request, model=UNKNOWN)):
        check_limits(FORMS.edit("x", one, locale))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_prompt_of_each_kind_says_what_it_is_about(locale: str) -> None:
    """Only what is made to be heard asks what is to be heard, and it asks for nothing to see."""
    sees, hears = {"en-US": ("see", "hear"), "zh-CN": ("\u770b", "\u542c")}[locale]
    labels: dict[Kind, str] = {
        kind: field.label
        for kind in EDITABLE
        for field in FORMS.edit("x", full(kind), locale).fields
        if field.name == "prompt" and kind is not Kind.STORYBOARD
    }
    assert {kind for kind, label in labels.items() if hears in label} == TO_BE_HEARD
    assert not any(sees in labels[kind] for kind in TO_BE_HEARD)
    assert all(sees in labels[kind] for kind in (Kind.VIDEO, Kind.IMAGE))


@given(any_request.filter(lambda request: is_editable(request.kind)))
def test_what_was_not_touched_stays(request: Request) -> None:
    """Any stored request gets a form, and sent back as it was shown it changes no other option."""
    stored = from_json(request.kind, to_json(request))
    form = FORMS.edit("x", stored, "en-US")
    shown = {field.name: field.value for field in form.fields}
    changed = with_changes(CATALOGUE, stored, shown)
    if isinstance(changed, Problem) or isinstance(request, StoryboardRequest):
        return
    kept = {option.field for option in options_of(stored) if option.name not in shown}
    assert {name: getattr(changed, name) for name in kept} == {
        name: getattr(stored, name) for name in kept
    }


@given(any_request, st.dictionaries(st.sampled_from(["prompt", "mode", "model"]), st.text()))
def test_whatever_comes_back_is_a_request_or_a_problem(
    request: Request, filled: dict[str, str]
) -> None:
    """A form is outside input: nothing in it raises."""
    duration = {"duration": filled.get("mode", "")}
    for fields in (filled, filled | duration):
        assert with_changes(CATALOGUE, request, fields) is not None


def test_the_fields_are_those_that_have_an_effect() -> None:
    """In the order of the contract; the ratio goes where the image decides it."""
    text = VideoRequest("a boat", "kling-v1-6")
    assert names(text) == [
        "prompt", "negative_prompt", "model", "mode", "duration", "aspect_ratio",
    ]  # fmt: skip
    assert "aspect_ratio" not in names(replace(text, image=True))
    assert names(replace(text, model=NEWER, newer=True)) == [
        "prompt", "model", "mode", "duration", "aspect_ratio",
    ]  # fmt: skip
    assert names(ImageRequest("a fox", "kling-v2")) == [
        "prompt", "negative_prompt", "model", "aspect_ratio",
    ]  # fmt: skip
    edit = EditRequest("make it winter", VIDEO, "https://cdn.example/a.mp4")
    assert names(edit) == ["prompt", "model", "mode"]
    assert "duration" in names(replace(edit, use="reference"))
    assert not is_editable(Kind.LIPSYNC)


def names(request: Request) -> list[str]:
    return [option.name for option in editable(request)]


def test_the_title_names_the_rest() -> None:
    """What the form does not show, in few words: files by their options, then what was chosen."""
    request = VideoRequest("a boat", "kling-v1", image=True, cfg_scale=0.5)
    assert FORMS.edit("x", request, "en-US").title == "Edit · image · Prompt strength: 0.5"
    assert FORMS.edit("x", VideoRequest("a", "kling-v1"), "en-US").title == "Edit"


def test_the_model_of_the_request_comes_first() -> None:
    """One that the catalogue does not know as well; each tells what it can and costs."""
    for model in (UNKNOWN, "kling-v1-6"):
        form = FORMS.edit("x", VideoRequest("a", model), "en-US")
        [menu] = [field for field in form.fields if field.name == "model"]
        assert menu.options[0].value == menu.value == model
        assert any("units/s" in option.label for option in menu.options)


@pytest.mark.parametrize(
    ("text", "shots"),
    [
        ("5s: a fox", [(5, "a fox")]),
        ("5 S:a fox", [(5, "a fox")]),
        ("5\u79d2\uff1a\u72d0\u72f8", [(5, "\u72d0\u72f8")]),
        ("a fox\nruns", [(2, "a fox"), (2, "runs")]),
        ("3:00 at night", [(3, "3:00 at night")]),
        ("\n  4s:  a   fox \r\n\r\n", [(4, "a fox")]),
    ],
)
def test_lines_become_shots(text: str, shots: list[tuple[int, str]]) -> None:
    """The length before the words, in either language; a time of day is no length."""
    request = StoryboardRequest("old", shot_2="older", model=SHOTS)
    changed = with_changes(CATALOGUE, request, {"prompt": text})
    assert isinstance(changed, StoryboardRequest)
    assert [(shot.seconds, shot.words) for shot in changed.shots] == shots

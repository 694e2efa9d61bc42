"""Which model names are proposed while a member types: laws over every name of the catalogue."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.catalogue import suggest
from bot.domain.catalogue.suggestions import ranked
from storage.job import Kind
from tests.harness.models import CATALOGUE, IMAGE_MODELS, VIDEO_MODELS

NAMES = {
    Kind.VIDEO: [model.name for model in VIDEO_MODELS],
    Kind.IMAGE: [model.name for model in IMAGE_MODELS],
}
EVERY = [(kind, name) for kind, names in NAMES.items() for name in names]
COMMANDS = list(NAMES)
PICTURES = [None, 0, 1, 2]
names = st.text("ab-", min_size=1, max_size=4)


def beginnings(name: str) -> list[str]:
    return [name[:length] for length in range(1, len(name) + 1)]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_name_typed_in_full_comes_first(kind: Kind, name: str) -> None:
    """Enter after a whole name takes that model, whatever else is set and whatever the default."""
    written = [name, name.upper(), name.title(), f"  {name} ", f"\t{name}"]
    for typed, pictures, default in product(written, PICTURES, NAMES[kind]):
        assert suggest(CATALOGUE, typed, kind, pictures=pictures, default=default)[0] == name


@given(
    fits=st.dictionaries(names, st.booleans()).map(lambda drawn: list(drawn.items())),
    typed=names,
    default=names,
)
@example(fits=[("a-b", True), ("b-c", False)], typed="b", default="a-b")
def test_names_that_begin_with_what_was_typed_come_before_those_that_contain_it(
    fits: list[tuple[str, bool]], typed: str, default: str
) -> None:
    """Whatever the models are called, fit for, and set as the default: beginnings come first."""
    found = ranked(fits, typed, default)
    assert sorted(found) == sorted(name for name, _ in fits if typed in name)
    begins = [name.startswith(typed) for name in found]
    assert begins == sorted(begins, reverse=True)


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_beginning_of_a_name_leads_to_it(kind: Kind) -> None:
    """A member who types on always has the name among the proposals, each once, 25 at most."""
    for name in NAMES[kind]:
        for typed in beginnings(name):
            found = suggest(CATALOGUE, typed, kind)
            assert name in found
            assert len(set(found)) == len(found) <= 25
            assert all(typed in one for one in found)


@pytest.mark.parametrize("kind", COMMANDS)
def test_the_default_leads_where_nothing_is_typed(kind: Kind) -> None:
    """The list begins with the model that would be sent anyway, then the newest first."""
    for default in NAMES[kind]:
        rest = [name for name in NAMES[kind] if name != default]
        assert suggest(CATALOGUE, "", kind, default=default) == [default, *rest]


@pytest.mark.parametrize("default", ["", *NAMES[Kind.VIDEO]])
def test_video_models_that_do_not_fit_come_last(default: str) -> None:
    """Without an image, models that need one are last, the default among them too."""
    needs_picture = {model.name for model in VIDEO_MODELS if not model.text}
    assert needs_picture
    found = suggest(CATALOGUE, "", Kind.VIDEO, pictures=0, default=default)
    assert set(found[-len(needs_picture) :]) == needs_picture


@pytest.mark.parametrize("pictures", [0, 1, 2, 10])
def test_image_models_that_do_not_fit_come_last(pictures: int) -> None:
    """Models that accept fewer images than are attached, or none, are last."""
    fits = {
        model.name
        for model in IMAGE_MODELS
        if (model.image and model.pictures_max >= pictures if pictures else model.text)
    }
    assert fits
    assert set(suggest(CATALOGUE, "", Kind.IMAGE, pictures=pictures)[: len(fits)]) == fits


@pytest.mark.parametrize("kind", COMMANDS)
def test_what_no_name_contains_is_answered_with_nothing(kind: Kind) -> None:
    """Nothing is proposed that was not typed; a command without models proposes none."""
    assert suggest(CATALOGUE, "nothing like it", kind) == []
    assert suggest(CATALOGUE, "", Kind.LIPSYNC) == []

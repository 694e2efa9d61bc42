"""Which model names are proposed while a member types: laws over every name of the catalogue."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.edits import EditRequest
from bot.domain.requests import (
    IMAGE_OPTIONS,
    REFERENCE_OPTIONS,
    ImageRequest,
    Offered,
    Request,
    VideoRequest,
)
from bot.domain.rules import suggest
from bot.domain.rules.suggestions import ranked
from storage.job import Kind
from tests.harness.models import CATALOGUE, IMAGE_MODELS, VIDEO_MODELS

NAMES = {
    Kind.VIDEO: [model.name for model in VIDEO_MODELS],
    Kind.IMAGE: [model.name for model in IMAGE_MODELS],
}
COMMANDS = list(NAMES)
PICTURES = [0, 1, 2]
names = st.text("ab-", min_size=1, max_size=4)


def with_pictures(kind: Kind, model: str, count: int) -> Request:
    """A command of this kind with so many images, as it is while its model is typed."""
    if kind is Kind.IMAGE:
        return ImageRequest("x", model, images=IMAGE_OPTIONS[:count], omni=count > 1)
    return VideoRequest("x", model, image=count > 0, references=REFERENCE_OPTIONS[: count - 1])


def beginnings(name: str) -> list[str]:
    return [name[:length] for length in range(1, len(name) + 1)]


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_name_typed_in_full_comes_first(kind: Kind) -> None:
    """Enter after a whole name takes that model, whatever else is set and whatever the default."""
    for name, default, pictures in product(NAMES[kind], NAMES[kind], PICTURES):
        assert suggest(CATALOGUE, name, kind, with_pictures(kind, default, pictures))[0] == name


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_name_may_be_typed_in_full_in_any_case(kind: Kind) -> None:
    """Capitals and spaces around it make no difference."""
    for name in NAMES[kind]:
        for typed in (name.upper(), name.title(), f"  {name} ", f"\t{name}"):
            assert (
                suggest(CATALOGUE, typed, kind, with_pictures(kind, NAMES[kind][-1], 1))[0] == name
            )


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
def test_the_newest_leads_where_nothing_is_known(kind: Kind) -> None:
    """Nothing is typed and nothing is set: the models as the catalogue has them."""
    assert suggest(CATALOGUE, "", kind) == NAMES[kind]


@pytest.mark.parametrize("default", NAMES[Kind.VIDEO])
def test_video_models_that_do_not_fit_come_last(default: str) -> None:
    """Without an image, models that need one are last; what would be sent leads its group."""
    needs_picture = {model.name for model in VIDEO_MODELS if not model.text}
    assert needs_picture
    found = suggest(CATALOGUE, "", Kind.VIDEO, VideoRequest("x", default))
    assert set(found[-len(needs_picture) :]) == needs_picture
    fits = [name for name in NAMES[Kind.VIDEO] if name not in needs_picture]
    if default in fits:
        assert found[: len(fits)] == [default, *(name for name in fits if name != default)]


@pytest.mark.parametrize("pictures", [0, 1, 2, 10])
def test_image_models_that_do_not_fit_come_last(pictures: int) -> None:
    """Models that accept fewer images than are attached, or none, are last."""
    fits = {
        model.name
        for model in IMAGE_MODELS
        if (model.image and model.pictures_max >= pictures if pictures else model.text)
        and not (pictures and model.reference_needed)
    }
    assert fits
    request = with_pictures(Kind.IMAGE, IMAGE_MODELS[0].name, pictures)
    assert set(suggest(CATALOGUE, "", Kind.IMAGE, request)[: len(fits)]) == fits


NEEDED: dict[str, tuple[Request, set[str]]] = {
    "frames between the first and the last": (
        VideoRequest("x", NAMES[Kind.VIDEO][-1], image=True, end_image=True, middle=("middle",)),
        {model.name for model in VIDEO_MODELS if model.middle_max},
    ),
    "references": (
        VideoRequest("x", NAMES[Kind.VIDEO][-1], references=REFERENCE_OPTIONS[:1]),
        {model.name for model in VIDEO_MODELS if model.references_max},
    ),
    "the sound of the video beside a new one": (
        EditRequest("x", CATALOGUE.edit[-1].name, "https://x", use="reference", keep_sound=True),
        {model.name for model in CATALOGUE.edit if "reference" in model.keeps_sound},
    ),
    "five images beside a video": (
        EditRequest("x", CATALOGUE.edit[-1].name, "https://x", images=("image",) * 5),
        {model.name for model in CATALOGUE.edit if model.images_max >= 5},
    ),
}


@pytest.mark.parametrize("what", NEEDED)
def test_models_that_can_do_what_is_set_come_first(what: str) -> None:
    """Whatever it is that is set: those that can do it lead, and not all can."""
    request, able = NEEDED[what]
    found = suggest(CATALOGUE, "", request.kind, request)
    assert {*found[: len(able)]} == able != {*found}


def test_models_that_take_the_attached_video_come_first() -> None:
    """By what Discord says of it: some take larger frames, and some larger files."""
    wide = Offered("video", "wide.mp4", "https://x", 10, "video/mp4", 4_000, 2_000)
    request = EditRequest("x", CATALOGUE.edit[-1].name, wide.url, video_attached=True)
    able = {model.name for model in CATALOGUE.edit if model.side_max_px >= 4_000}
    found = suggest(CATALOGUE, "", Kind.EDIT, request, {"video": wide})
    assert {*found[: len(able)]} == able != {*found}


@pytest.mark.parametrize("kind", COMMANDS)
def test_what_no_name_contains_is_answered_with_nothing(kind: Kind) -> None:
    """Nothing is proposed that was not typed; a command without models proposes none."""
    assert suggest(CATALOGUE, "nothing like it", kind) == []
    assert suggest(CATALOGUE, "", Kind.LIPSYNC) == []

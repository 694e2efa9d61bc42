"""The image rows of Kling's capability map, written down a second time and compared."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalogue import IMAGE_MODELS, shortcomings
from bot.domain.requests import ImageRequest

EIGHT = {"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9"}
SEVEN = EIGHT - {"21:9"}
# name: omni, words, resolutions from words, resolutions from a picture, ratios
ROWS: dict[str, tuple[bool, bool, str, str, set[str]]] = {
    "kling-v1": (False, True, "1k", "1k", SEVEN),
    "kling-v1-5": (False, True, "1k", "1k", EIGHT),
    "kling-v2": (False, True, "1k 2k", "1k", EIGHT),
    "kling-v2-new": (False, False, "", "", set()),
    "kling-v2-1": (False, True, "1k 2k", "1k 2k", EIGHT),
    "kling-v3": (False, True, "1k 2k", "1k 2k", EIGHT),
    "kling-image-o1": (True, True, "1k 2k", "1k 2k", EIGHT | {"auto"}),
    "kling-v3-omni": (True, True, "1k 2k 4k", "1k 2k 4k", EIGHT | {"auto"}),
}
ALL = sorted(ROWS)
OMNI = sorted(name for name, row in ROWS.items() if row[0])
PLAIN = sorted(set(ALL) - set(OMNI))
REFERENCES = {
    (model, kind) for model in ("kling-v1-5", "kling-v2-1") for kind in ("subject", "face")
}


def asked(model: str, pictures: int = 0, **options: Any) -> ImageRequest:
    names = ("image", *(f"image_{n}" for n in range(2, 12)))[:pictures]
    omni = ROWS[model][0] or pictures > 1
    reference = "subject" if model == "kling-v1-5" and pictures else None
    request = ImageRequest("a fox", model, images=names, omni=omni, reference=reference)
    return replace(request, **options)


def codes(request: ImageRequest) -> list[str]:
    return [problem.code for problem in shortcomings(request)]


def test_every_row_of_the_map_is_there() -> None:
    """The catalogue knows exactly the models of generations and omni-image, all dated."""
    assert {model.name for model in IMAGE_MODELS} == set(ROWS)
    assert all(
        m.source.as_of.year == 2026 and m.price_source.as_of.year == 2026 for m in IMAGE_MODELS
    )


@pytest.mark.parametrize("model", ALL)
def test_words_and_pictures(model: str) -> None:
    """All but kling-v2-new draw from words; all work from one picture."""
    assert codes(asked(model)) == ([] if ROWS[model][1] else ["model_needs_image"])
    assert codes(asked(model, 1)) == []


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("pictures", [2, 10])
def test_several_pictures(model: str, pictures: int) -> None:
    """Two to ten pictures are for omni models; a model that was named is never swapped."""
    assert codes(asked(model, pictures)) == ([] if model in OMNI else ["model_not_omni"])


@pytest.mark.parametrize("model", OMNI)
def test_eleven_pictures(model: str) -> None:
    """An omni model takes ten pictures at most."""
    assert codes(asked(model, 11)) == ["too_many_pictures"]


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("pictures", [0, 1])
@pytest.mark.parametrize("resolution", ["1k", "2k", "4k"])
def test_resolutions(model: str, pictures: int, resolution: str) -> None:
    """Only the listed resolutions are accepted, which may be fewer with a picture."""
    _, _, from_words, from_picture, _ = ROWS[model]
    allowed = (from_picture if pictures else from_words).split()
    found = " ".join(codes(asked(model, pictures, resolution=resolution)))
    assert ("resolution" not in found) is (resolution in allowed)


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("ratio", sorted(EIGHT | {"auto"}))
def test_ratios(model: str, ratio: str) -> None:
    """Only the listed ratios are accepted; kling-v3-omni knows `auto` only with a picture."""
    found = " ".join(codes(asked(model, 1, aspect_ratio=ratio)))
    assert ("ratio" not in found) is (ratio in ROWS[model][4])
    from_words = codes(asked(model, 0, aspect_ratio=ratio))
    assert ("ratio_auto_needs_image" in from_words) is (
        model == "kling-v3-omni" and ratio == "auto"
    )


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("reference", ["subject", "face"])
def test_references(model: str, reference: str) -> None:
    """Subject and face are for kling-v1-5 and kling-v2-1."""
    found = codes(asked(model, 1, reference=reference))
    assert found == ([] if (model, reference) in REFERENCES else ["reference_unsupported"])


@pytest.mark.parametrize("model", PLAIN)
def test_reference_needed(model: str) -> None:
    """Only kling-v1-5 refuses a picture without a reference."""
    expected = ["reference_needed"] if model == "kling-v1-5" else []
    assert codes(asked(model, 1, reference=None)) == expected


@pytest.mark.parametrize("model", OMNI)
def test_what_omni_image_has_no_field_for(model: str) -> None:
    """Fidelities, reference and negative prompt are fields of generations alone."""
    request = asked(model, 1, fidelity=0.5, human_fidelity=0.5, reference="face")
    assert codes(request) == [
        "reference_unsupported",
        "fidelity_unsupported",
        "human_fidelity_unsupported",
    ]
    assert codes(asked(model, negative_prompt="blur")) == ["negative_prompt_unsupported"]


@pytest.mark.parametrize("model", ALL)
def test_a_negative_prompt_with_a_picture(model: str) -> None:
    """No image route takes the two together, so no model is named either."""
    (problem,) = shortcomings(asked(model, 1, negative_prompt="blur"))
    assert problem.code == "negative_prompt_with_image"
    assert "models" not in problem.facts


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("n", [None, 1, 9, 10])
def test_count(model: str, n: int | None) -> None:
    """One to nine pictures are made at once."""
    assert ("count" in codes(asked(model, 1, n=n))) is (n == 10)


@pytest.mark.parametrize(
    ("request_", "code", "models"),
    [
        (asked("kling-v3", resolution="4k"), "resolution", "kling-v3-omni"),
        (asked("kling-v3", 2), "model_not_omni", "kling-v3-omni, kling-image-o1"),
        (asked("kling-v3", aspect_ratio="auto"), "ratio", "kling-image-o1"),
        (
            asked("kling-v1", aspect_ratio="21:9", resolution="2k"),
            "ratio",
            "kling-v3, kling-v3-omni, kling-image-o1, kling-v2-1, kling-v2",
        ),
        (asked("kling-v3", 1, reference="face"), "reference_unsupported", "kling-v2-1, kling-v1-5"),
        (
            ImageRequest("x", "kling-v2-master"),
            "model_not_for_image",
            "kling-v3, kling-v3-omni, kling-image-o1, kling-v2-1, kling-v2",
        ),
    ],
)
def test_a_refusal_names_models_that_can(request_: ImageRequest, code: str, models: str) -> None:
    """Whatever the route: an omni model is named where it can do what was asked."""
    found = {problem.code: problem for problem in shortcomings(request_)}
    assert found[code].facts["models"] == models


def test_an_unknown_model_has_no_shortcomings() -> None:
    """Models appear faster than releases: Kling has the last word."""
    request = ImageRequest("x", "kling-v9", resolution="4k", aspect_ratio="auto", n=9)
    assert shortcomings(request) == ()

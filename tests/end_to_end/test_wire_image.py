"""`/image`: every option reaches the field that is meant for it, on the route that is meant."""

from typing import Any

import pytest

from sandbox.discord import Upload
from sandbox.kling.samples import portrait
from tests.harness import models
from tests.harness.end_to_end.wire import Row, sent
from tests.harness.town import Town, png

pytestmark = pytest.mark.sweep

FACE = Upload(portrait("face", (320, 400)), "face.png")
COLOURS = ("teal", "maroon", "navy", "olive", "purple", "orange", "pink", "gold", "grey")
LIST = {
    f"image_{n}": png(colour=colour, width=300, height=300) for n, colour in enumerate(COLOURS, 2)
}
PICTURES = {"face": FACE, **LIST}
OPTIONS = ("image", *LIST)
GENERATIONS, OMNI = "images/generations", "images/omni-image"


def plain(options: dict[str, Any], fields: dict[str, Any], model: str = "") -> Row:
    """Return a row of images/generations: these options, with a prompt, become these fields."""
    named = {"model": model} if model else {}
    default = {"model_name": model or models.DEFAULTS.image_model, "prompt": "a fox"}
    return Row("image", {"prompt": "a fox", **named, **options}, GENERATIONS, default | fields)


def omni(options: dict[str, Any], fields: dict[str, Any], model: str = "") -> Row:
    """Return a row of omni-image."""
    named = {"model": model} if model else {}
    default = {"model_name": model or models.DEFAULTS.omni_model, "prompt": "a fox"}
    return Row("image", {"prompt": "a fox", **named, **options}, OMNI, default | fields)


def listed(*names: str) -> dict[str, Any]:
    return {"image_list": [{"image": name} for name in names]}


PLAIN = {
    "words only": plain({}, {}),
    "model": plain({}, {}, models.SMALLER_WITH_A_PICTURE),
    "a model nobody knows": plain({}, {}, models.UNKNOWN),
    "ratio": plain({"aspect_ratio": "21:9"}, {"aspect_ratio": "21:9"}),
    "resolution": plain({"resolution": "2k"}, {"resolution": "2k"}),
    "n": plain({"n": 9}, {"n": 9}),
    "n of one": plain({"n": 1}, {"n": 1}),
    "negative": plain({"negative_prompt": "fog"}, {"negative_prompt": "fog"}),
    "picture": plain({"image": FACE}, {"image": "face"}),
    "fidelity": plain({"image": FACE, "fidelity": 0.25}, {"image": "face", "image_fidelity": 0.25}),
    "fidelity of nought": plain(
        {"image": FACE, "fidelity": 0}, {"image": "face", "image_fidelity": 0.0}
    ),
    "reference": plain(
        {"image": FACE, "reference": "face"},
        {"image": "face", "image_reference": "face"},
        models.REFERENCE_NEEDED,
    ),
    "all from words": plain(
        {"aspect_ratio": "2:3", "resolution": "1k", "n": 2, "negative_prompt": "fog"},
        {"aspect_ratio": "2:3", "resolution": "1k", "n": 2, "negative_prompt": "fog"},
    ),
    "all from a picture": plain(
        {
            "image": FACE,
            "aspect_ratio": "3:4",
            "resolution": "2k",
            "n": 3,
            "fidelity": 1,
            "human_fidelity": 0.5,
            "reference": "subject",
        },
        {
            "image": "face",
            "aspect_ratio": "3:4",
            "resolution": "2k",
            "n": 3,
            "image_fidelity": 1.0,
            "human_fidelity": 0.5,
            "image_reference": "subject",
        },
        models.REFERENCE,
    ),
}
CITED = "put <<<image_1>>> into a frame"
OMNI_ROWS = {
    "by the model": omni({}, {}, models.DEFAULTS.omni_model),
    "by the other model": omni({"resolution": "4k"}, {"resolution": "4k"}, models.OMNI_AUTO),
    "a series": omni(
        {"series": 5, "resolution": "4k"},
        {"result_type": "series", "series_amount": 5, "resolution": "4k"},
        models.OMNI_AUTO,
    ),
    "a series of pictures": omni(
        {"series": 2, "image": FACE},
        {"result_type": "series", "series_amount": 2, **listed("face")},
        models.OMNI_AUTO,
    ),
    "one picture by the model": omni({"image": FACE}, listed("face"), models.OMNI_AUTO),
    "by two pictures": omni({"image_2": LIST["image_2"], "image": FACE}, listed("face", "image_2")),
    "by a citation": omni({"prompt": CITED, "image": FACE}, {"prompt": CITED, **listed("face")}),
    "ten pictures in order": omni(
        {"image": FACE, **dict(reversed(LIST.items()))}, listed("face", *LIST)
    ),
    "all": omni(
        {
            "image": FACE,
            "image_2": LIST["image_2"],
            "image_3": LIST["image_3"],
            "aspect_ratio": "auto",
            "resolution": "2k",
            "n": 4,
        },
        {
            **listed("face", "image_2", "image_3"),
            "aspect_ratio": "auto",
            "resolution": "2k",
            "n": 4,
        },
        models.OMNI_AUTO,
    ),
}


async def test_every_option_of_generations_reaches_its_field(desk: Town) -> None:
    """Each option becomes its field; what was not set is not sent, except `model_name`."""
    for name, row in PLAIN.items():
        assert await sent(desk, row, PICTURES) == (row.path, row.fields), name


async def test_omni_image_is_chosen_by_model_by_pictures_or_by_citation(desk: Town) -> None:
    """Several pictures go to omni-image as a list, in the order of the options."""
    for name, row in OMNI_ROWS.items():
        assert await sent(desk, row, PICTURES) == (row.path, row.fields), name

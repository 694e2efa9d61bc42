"""`/video`: every option reaches the field that is meant for it, and nothing else is sent."""

from typing import Any

import pytest

from sandbox.discord import Upload
from sandbox.kling.samples import portrait
from tests.harness import models
from tests.harness.end_to_end.wire import Row, sent
from tests.harness.town import Town, png

pytestmark = pytest.mark.sweep

FIRST = Upload(portrait("first", (320, 400)), "first.png")
LAST = png("last.png", width=400, height=300, colour="maroon")
PICTURES = {"first": FIRST, "last": LAST}
TEXT, IMAGE = "videos/text2video", "videos/image2video"
AXES = ("zoom", "pan", "tilt", "roll", "horizontal", "vertical")
PRESETS = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")


def text(options: dict[str, Any], fields: dict[str, Any], model: str = "") -> Row:
    """Return a row of text2video: these options, with a prompt, become these fields."""
    named = {"model": model} if model else {}
    default = {"model_name": model or models.DEFAULTS.video_model, "prompt": "a boat"}
    return Row("video", {"prompt": "a boat", **named, **options}, TEXT, default | fields)


def image(options: dict[str, Any], fields: dict[str, Any], model: str = "") -> Row:
    """Return a row of image2video."""
    row = text({"image": FIRST, **options}, {"image": "first", **fields}, model)
    return Row(row.command, row.options, IMAGE, row.fields)


def axis(name: str, amount: float) -> dict[str, Any]:
    return {"camera_control": {"type": "simple", "config": {name: amount}}}


ALONE = {
    "words only": text({}, {}),
    "model": text({}, {}, models.NO_END),
    "a model nobody knows": text({}, {}, models.UNKNOWN),
    "mode": text({"mode": "pro"}, {"mode": "pro"}),
    "mode 4k": text({"mode": "4k"}, {"mode": "4k"}, models.VIDEO),
    "duration": text({"duration": 10}, {"duration": "10"}),
    "duration of three": text({"duration": 3}, {"duration": "3"}, models.VIDEO),
    "ratio": text({"aspect_ratio": "9:16"}, {"aspect_ratio": "9:16"}),
    "square": text({"aspect_ratio": "1:1"}, {"aspect_ratio": "1:1"}),
    "negative": text({"negative_prompt": "fog"}, {"negative_prompt": "fog"}),
    "cfg": text({"cfg_scale": 0.3}, {"cfg_scale": 0.3}, models.CAMERA),
    "cfg of nought": text({"cfg_scale": 0}, {"cfg_scale": 0.0}, models.CAMERA),
    "sound": text({"sound": True}, {"sound": "on"}, models.VIDEO),
    "no sound": text({"sound": False}, {"sound": "off"}, models.VIDEO),
    "picture": image({}, {}),
    "two pictures": image(
        {"end_image": LAST, "mode": "pro"}, {"image_tail": "last", "mode": "pro"}
    ),
    "the ratio follows the picture": image({"aspect_ratio": "9:16"}, {}),
}
CAMERAS = {
    name: text({"camera": name, "camera_amount": 2.5}, axis(name, 2.5), models.CAMERA)
    for name in AXES
} | {
    name: text({"camera": name}, {"camera_control": {"type": name}}, models.CAMERA)
    for name in PRESETS
}
EVERYTHING = {
    "words": text(
        {
            "mode": "std",
            "duration": 5,
            "aspect_ratio": "1:1",
            "negative_prompt": "fog",
            "cfg_scale": 0.7,
            "camera": "tilt",
            "camera_amount": -10,
        },
        {
            "mode": "std",
            "duration": "5",
            "aspect_ratio": "1:1",
            "negative_prompt": "fog",
            "cfg_scale": 0.7,
            **axis("tilt", -10.0),
        },
        models.CAMERA,
    ),
    "a picture": image(
        {
            "mode": "pro",
            "duration": 5,
            "negative_prompt": "fog",
            "cfg_scale": 1,
            "camera": "pan",
            "camera_amount": 10,
        },
        {
            "mode": "pro",
            "duration": "5",
            "negative_prompt": "fog",
            "cfg_scale": 1.0,
            **axis("pan", 10.0),
        },
        models.CAMERA_OF_A_PICTURE,
    ),
    "two pictures": image(
        {
            "end_image": LAST,
            "mode": "4k",
            "duration": 15,
            "negative_prompt": "fog",
            "sound": True,
        },
        {
            "image_tail": "last",
            "mode": "4k",
            "duration": "15",
            "negative_prompt": "fog",
            "sound": "on",
        },
        models.VIDEO,
    ),
}


@pytest.mark.parametrize("table", [ALONE, CAMERAS, EVERYTHING], ids=["alone", "camera", "all"])
async def test_every_option_reaches_its_field(desk: Town, table: dict[str, Row]) -> None:
    """Each option becomes its field; what was not set is not sent, except `model_name`."""
    for name, row in table.items():
        assert await sent(desk, row, PICTURES) == (row.path, row.fields), name

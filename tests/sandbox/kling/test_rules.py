"""What each create refuses and what it takes, model by model."""

from typing import Any

import pytest

from sandbox.kling import Switches
from tests.harness.kling_caller import PICTURE, Caller
from tests.harness.manual_clock import ManualClock
from tests.sandbox.kling.conftest import OpenWorld

T2V, I2V = "videos/text2video", "videos/image2video"
GEN, OMNI, MANY = "images/generations", "images/omni-image", "videos/omni-video"
V1_CAMERA = "camera_control is only supported in std mode with 5s duration and kling-v1"
ZOOM = {"type": "simple", "config": {"zoom": 5}}
IMG = {"image": PICTURE}
LIST = [{"image": PICTURE}]
CITED = [{"image_url": PICTURE}]
BEGIN = {"image_url": PICTURE, "type": "first_frame"}
END = {"image_url": PICTURE, "type": "end_frame"}
SQUARE = {"aspect_ratio": "1:1"}
V3 = "kling-v3"

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (T2V, {"prompt": "  "}, "prompt cannot be empty"),
    (T2V, {"prompt": "x" * 2501}, "prompt length"),
    (T2V, {"prompt": 5}, "prompt value '5' is invalid"),
    (T2V, {"prompt": "x", "negative_prompt": "x" * 2501}, "negative_prompt length"),
    (T2V, {"prompt": "x", "model_name": "kling-v9"}, "model is not supported"),
    (T2V, {"prompt": "x", "model_name": "kling-v2-1"}, "model is not supported"),
    (T2V, {"prompt": "x", "duration": 5}, "duration value '5' is invalid"),
    (T2V, {"prompt": "x", "duration": "99"}, "duration value '99' is invalid"),
    (T2V, {"prompt": "x", "duration": "3"}, "duration value '3' is invalid"),
    (T2V, {"prompt": "x", "mode": "standard"}, "mode value 'standard' is invalid"),
    (T2V, {"prompt": "x", "mode": "4k"}, "mode value '4k' is invalid"),
    (T2V, {"prompt": "x", "aspect_ratio": "4:3"}, "aspect_ratio value '4:3' is invalid"),
    (T2V, {"prompt": "x", "cfg_scale": 1.1}, "cfg_scale value '1.1' is invalid"),
    (T2V, {"prompt": "x", "cfg_scale": "0.5"}, "cfg_scale value '0.5' is invalid"),
    (T2V, {"prompt": "x", "cfg_scale": True}, "cfg_scale value 'True' is invalid"),
    (T2V, {"prompt": "x", "cfg_scale": 0.5, "model_name": "kling-v2-6"}, "cfg_scale is not"),
    (T2V, {"prompt": "x", "sound": "on"}, "sound is not supported"),
    (T2V, {"prompt": "x", "sound": "on", "model_name": "kling-v2-6"}, "sound is not supported"),
    (T2V, {"prompt": "x", "sound": True}, "sound value 'True' is invalid"),
    (T2V, {"prompt": "x", "camera_control": ZOOM, "mode": "pro"}, V1_CAMERA),
    (T2V, {"prompt": "x", "camera_control": ZOOM, "duration": "10"}, V1_CAMERA),
    (T2V, {"prompt": "x", "camera_control": ZOOM, "model_name": "kling-v1-6"}, V1_CAMERA),
    (T2V, {"prompt": "x", "camera_control": "zoom"}, "camera_control value"),
    (T2V, {"prompt": "x", "camera_control": {"type": "zoom"}}, "type value 'zoom' is invalid"),
    (T2V, {"prompt": "x", "camera_control": {"type": "simple"}}, "camera_control.config"),
    (
        T2V,
        {"prompt": "x", "camera_control": {"type": "simple", "config": {"zoom": 1, "pan": 1}}},
        "exactly one non-zero",
    ),
    (
        T2V,
        {"prompt": "x", "camera_control": {"type": "simple", "config": {"zoom": 0}}},
        "exactly one non-zero",
    ),
    (
        T2V,
        {"prompt": "x", "camera_control": {"type": "simple", "config": {"zoom": 11}}},
        "zoom value '11' is invalid",
    ),
    (T2V, {"prompt": "x", "camera_control": ZOOM | {"type": "forward_up"}}, "not supported by"),
    (T2V, {"prompt": "x", "multi_shot": True}, "multi_shot is not supported"),
    (
        T2V,
        {"model_name": V3, "multi_shot": True, "shot_type": "customize",
         "multi_prompt": [{"index": 1, "prompt": "a", "duration": "3"}]},
        "multi_prompt is invalid",
    ),
    (T2V, {"prompt": "x", "element_list": [{"element_id": 1}]}, "element_list is not supported"),
    (T2V, {"prompt": "x", "model_name": V3, "voice_list": [{"voice_id": "1"}]}, "voice_list needs"),
    (T2V, {"prompt": "x", "external_task_id": 7}, "external_task_id value '7' is invalid"),
    (I2V, {"prompt": "x"}, "image and image_tail cannot both be empty"),
    (I2V, {**IMG, "model_name": V3}, "prompt cannot be empty"),
    (I2V, {**IMG, "image_tail": PICTURE, "duration": "10"}, "image_tail is not supported"),
    (I2V, {**IMG, "image_tail": PICTURE, "model_name": "kling-v2-5-turbo"}, "image_tail is not"),
    (I2V, {"image_tail": PICTURE}, "image_tail without image"),
    (I2V, {**IMG, "image_tail": PICTURE, "camera_control": ZOOM}, "cannot be used together"),
    (I2V, {**IMG, "camera_control": ZOOM}, "only supported in pro mode"),
    (I2V, {**IMG, "static_mask": PICTURE, "model_name": "kling-v2-1"}, "motion brush is not"),
    (
        I2V,
        {**IMG, "image_tail": PICTURE, "model_name": "kling-v2-6", "mode": "pro", "sound": "on"},
        "sound is not supported with image_tail",
    ),
    (GEN, {}, "prompt cannot be empty"),
    (GEN, {"prompt": "x", "model_name": "kling-v2-new"}, "model is not supported"),
    (GEN, {"prompt": "x", "n": 0}, "n value '0' is invalid"),
    (GEN, {"prompt": "x", "n": 10}, "n value '10' is invalid"),
    (GEN, {"prompt": "x", "n": "2"}, "n value '2' is invalid"),
    (GEN, {"prompt": "x", "aspect_ratio": "21:9"}, "aspect_ratio value '21:9' is invalid"),
    (GEN, {"prompt": "x", "aspect_ratio": "auto"}, "aspect_ratio value 'auto' is invalid"),
    (GEN, {"prompt": "x", "resolution": "2k"}, "resolution value '2k' is invalid"),
    (GEN, {"prompt": "x", "model_name": V3, "resolution": "4k"}, "resolution value '4k'"),
    (GEN, {"prompt": "x", "negative_prompt": "y", **IMG}, "negative_prompt is not supported"),
    (GEN, {"prompt": "x", "image_fidelity": 2}, "image_fidelity value '2' is invalid"),
    (GEN, {"prompt": "x", "human_fidelity": -1}, "human_fidelity value '-1' is invalid"),
    (GEN, {"prompt": "x", "model_name": "kling-v1-5", **IMG}, "image_reference cannot be empty"),
    (GEN, {"prompt": "x", "model_name": "kling-v1-5", "image_reference": "face"}, "image cannot"),
    (GEN, {"prompt": "x", "image_reference": "body", **IMG}, "image_reference value 'body'"),
    (GEN, {"prompt": "x", "image_reference": "face", **IMG}, "image_reference is not supported"),
    (OMNI, {"prompt": "x", "model_name": V3}, "model is not supported"),
    (OMNI, {"prompt": "x", "image_list": [PICTURE]}, "image_list is invalid"),
    (OMNI, {"prompt": "x", "image_list": "one"}, "image_list value 'one' is invalid"),
    (OMNI, {"prompt": "x", "image_list": LIST * 11}, "image_list value '11 items' is invalid"),
    (OMNI, {"prompt": "<<<image_2>>>", "image_list": LIST}, "prompt cites an image"),
    (OMNI, {"prompt": "x", "resolution": "4k"}, "resolution value '4k' is invalid"),
    (OMNI, {"prompt": "x", "result_type": "series"}, "result_type value 'series' is invalid"),
    (OMNI, {"prompt": "x", "model_name": "kling-v3-omni", "aspect_ratio": "auto"}, "aspect_ratio"),
    (MANY, {"prompt": "x", "model_name": V3}, "model is not supported"),
    (MANY, {"prompt": "x"}, "aspect_ratio cannot be empty"),
    (MANY, {"prompt": "x", **SQUARE, "duration": "7"}, "duration value '7' is invalid"),
    (MANY, {"prompt": "x", **SQUARE, "sound": "on"}, "sound is not supported"),
    (MANY, {"prompt": "x", **SQUARE, "mode": "4k"}, "mode value '4k' is invalid"),
    (MANY, {"prompt": "<<<image_2>>>", **SQUARE, "image_list": CITED}, "prompt cites an image"),
    (MANY, {"prompt": "x", **SQUARE, "image_list": CITED * 8}, "image_list value '8 items'"),
    (MANY, {"prompt": "x", **SQUARE, "image_list": [PICTURE]}, "image_list value"),
    (MANY, {"prompt": "x", "image_list": [END]}, "end_frame is not supported"),
    (MANY, {"prompt": "x", "image_list": [*CITED, BEGIN, END]}, "end_frame is not supported"),
    (
        OMNI,
        {"prompt": "x", "model_name": "kling-v3-omni", "result_type": "series", "series_amount": 1},
        "series_amount value '1' is invalid",
    ),
]  # fmt: skip

TAKEN: list[tuple[str, dict[str, Any]]] = [
    (T2V, {"prompt": "x" * 2500}),
    (T2V, {"prompt": "x", "model": "kling-v9", "unknown": 1}),
    (T2V, {"prompt": "x", "cfg_scale": 0.5, "camera_control": ZOOM}),
    (T2V, {"prompt": "x", "camera_control": {"type": "forward_up"}}),
    (T2V, {"prompt": "x", "model_name": V3, "duration": "15", "mode": "4k", "sound": "on"}),
    (T2V, {"prompt": "x", "model_name": "kling-v2-6", "mode": "pro", "sound": "on"}),
    (
        T2V,
        {"model_name": V3, "multi_shot": True, "shot_type": "customize",
         "multi_prompt": [{"index": 1, "prompt": "a", "duration": "5"}]},
    ),
    (I2V, {**IMG, "aspect_ratio": "21:9"}),
    (I2V, {**IMG, "image_tail": PICTURE}),
    (I2V, {"image_tail": PICTURE, "model_name": "kling-v1-6", "mode": "pro"}),
    (I2V, {**IMG, "camera_control": ZOOM, "model_name": "kling-v1-5", "mode": "pro"}),
    (I2V, {**IMG, "prompt": "x", "model_name": V3, "image_tail": PICTURE}),
    (GEN, {"prompt": "x", "n": 9, "aspect_ratio": "2:3"}),
    (GEN, {"prompt": "x", "model_name": "kling-v1-5", "image_reference": "face", **IMG}),
    (GEN, {"prompt": "x", "model_name": V3, "resolution": "2k", "aspect_ratio": "21:9"}),
    (MANY, {"prompt": "<<<image_7>>>", **SQUARE, "image_list": CITED * 7, "duration": "7"}),
    (MANY, {"prompt": "x", "model_name": "kling-v3-omni", "image_list": [BEGIN, END]}),
    (OMNI, {"prompt": "<<<image_1>>>", "image_list": LIST * 10}),
    (OMNI, {"prompt": "x", "model_name": "kling-v3-omni", "resolution": "4k"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "words"), REFUSED)
async def test_refused(kling: Caller, path: str, body: dict[str, Any], words: str) -> None:
    """What the model cannot do is 400 with code 1201, named, and makes no task."""
    answer = await kling.post(path, **body)
    assert (answer.status, answer.code) == (400, 1201)
    assert words in answer.message
    assert kling.world.creates == []


@pytest.mark.parametrize(("path", "body"), TAKEN)
async def test_taken(kling: Caller, path: str, body: dict[str, Any]) -> None:
    """What the model can do becomes a task with that body."""
    answer = await kling.post(path, **body)
    assert answer.status == 200, answer.body
    assert kling.world.creates[0].body == body


OPEN_FACTS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"cfg_scale_on_v3": True}, T2V, {"prompt": "x", "model_name": V3, "cfg_scale": 0.5}),
    ({"v2_6_std_refused": False}, T2V, {"prompt": "x", "model_name": "kling-v2-6", "mode": "std"}),
    (
        {"master_mode_refused": False},
        T2V,
        {"prompt": "x", "model_name": "kling-v2-master", "mode": "pro"},
    ),
    ({"v3_omni_supported": True}, OMNI, {"prompt": "x", "model_name": "kling-v3-omni"}),
    ({"image_list_strings": True}, OMNI, {"prompt": "x", "image_list": [PICTURE]}),
    ({"omni_refuses_negative_prompt": False}, OMNI, {"prompt": "x", "negative_prompt": "y"}),
    (
        {"default_image_model": V3},
        GEN,
        {"prompt": "x", "resolution": "2k"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lenient", "path", "body"), OPEN_FACTS)
async def test_switches_both_ways(
    open_world: OpenWorld, lenient: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    """Each open fact has a lenient and a strict reading; the same request tells them apart."""
    ((name, value),) = lenient.items()
    strict: Any = "kling-v1" if isinstance(value, str) else not value
    kling = await open_world(switches=Switches(**lenient))
    assert (await kling.post(path, **body)).status == 200
    kling = await open_world(switches=Switches(**{name: strict}))
    assert (await kling.post(path, **body)).status == 400


async def test_the_live_words_for_std_on_v2_6(open_world: OpenWorld) -> None:
    """The literal seen live."""
    kling = await open_world(switches=Switches(v2_6_std_refused=True))
    answer = await kling.post(T2V, prompt="x", model_name="kling-v2-6")
    assert answer.message == "mode value 'std' is invalid"


@pytest.mark.parametrize(("excluded", "status"), [(False, 200), (True, 400)])
async def test_whether_voices_go_with_elements_is_open(
    open_world: OpenWorld, clock: ManualClock, *, excluded: bool, status: int
) -> None:
    """An element that is there is taken beside a voice, or refused, as the switch says."""
    kling = await open_world(switches=Switches(elements_exclude_voices=excluded))
    looks = {"frontal_image": PICTURE, "refer_images": [{"image_url": PICTURE}]}
    made = await kling.post(
        "general/advanced-custom-elements",
        element_name="Ana",
        element_description="a red coat",
        reference_type="image_refer",
        element_image_list=looks,
    )
    assert made.status == 200
    clock.advance(3_600)
    element = int(kling.world.creates[-1].media_id(0))
    voiced = {"prompt": "x", "model_name": V3, "sound": "on", "voice_list": [{"voice_id": "1"}]}
    answer = await kling.post(I2V, **IMG, **voiced, element_list=[{"element_id": element}])
    assert answer.status == status

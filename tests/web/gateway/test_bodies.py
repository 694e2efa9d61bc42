"""What callers send, and what of it reaches Kling."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.requests import Route
from bot.kling.dialects import Dialect, create_path
from bot.web.gateway_passed import PASSED_ORDERS
from bot.web.gateway_reference import ORDERS
from bot.web.gateway_schemas import Body, BodyRefused, translate
from tests.harness.kling.stub import Stub, yes
from tests.web.gateway.conftest import OpenGateway

TEXT, IMAGE = Route.TEXT2VIDEO, Route.IMAGE2VIDEO
PICTURES, OMNI, LIPS = Route.GENERATIONS, Route.OMNI_IMAGE, Route.LIP_SYNC
PATHS = {route: create_path(Dialect.GATEWAY, route) for route in Route}
FACE = {"face_id": "0", "sound_start_time": 0, "sound_end_time": 2000, "sound_insert_time": 0}
SIMPLE = {"type": "simple", "config": {"zoom": 0.5, "pan": 0.0}}

PASSED: dict[str, tuple[Route, dict[str, Any], dict[str, Any]]] = {
    "nothing_but_the_prompt": (TEXT, {"prompt": "a"}, {"prompt": "a"}),
    "unset_null_and_empty": (
        TEXT,
        {"prompt": "a", "negative_prompt": "", "cfg_scale": None, "camera_control": None},
        {"prompt": "a"},
    ),
    "ids_and_callback": (
        PICTURES,
        {"prompt": "a", "external_task_id": "abc", "callback_url": "https://b.example/c"},
        {"prompt": "a", "external_task_id": "abc", "callback_url": "https://b.example/c"},
    ),
    "a_foreign_field": (TEXT, {"prompt": "a", "seed": 7, "model": "x"}, {"prompt": "a"}),
    "4k": (TEXT, {"prompt": "a", "mode": "4k"}, {"prompt": "a", "mode": "4k"}),
    "an_explicit_default": (TEXT, {"prompt": "a", "mode": "std"}, {"prompt": "a", "mode": "std"}),
    "zeros_are_said": (
        TEXT,
        {"prompt": "a", "cfg_scale": 0, "camera_control": SIMPLE},
        {"prompt": "a", "cfg_scale": 0, "camera_control": SIMPLE},
    ),
    "shots": (
        TEXT,
        {"prompt": "", "multi_shot": True, "shot_type": "customize"}
        | {"multi_prompt": [{"index": 1, "prompt": "a", "duration": "3"}]},
        {"multi_shot": True, "shot_type": "customize"}
        | {"multi_prompt": [{"index": 1, "prompt": "a", "duration": "3"}]},
    ),
    "prefixes": (
        IMAGE,
        {"image": "data:image/png;base64,QUJD", "image_tail": "DATA:image/jpeg;base64,REVG"},
        {"image": "QUJD", "image_tail": "REVG"},
    ),
    "tail_only": (IMAGE, {"image": "", "image_tail": "REVG"}, {"image_tail": "REVG"}),
    "no_ratio_for_a_picture": (
        IMAGE,
        {"image": "QUJD", "aspect_ratio": "16:9"},
        {"image": "QUJD"},
    ),
    "masks": (
        IMAGE,
        {"image": "QUJD", "static_mask": "data:,QQ"}
        | {"dynamic_masks": [{"mask": "data:,QQ", "trajectories": [{"x": 1, "y": 2}]}]},
        {"image": "QUJD", "static_mask": "QQ"}
        | {"dynamic_masks": [{"mask": "QQ", "trajectories": [{"x": 1, "y": 2}]}]},
    ),
    "elements": (
        PICTURES,
        {"prompt": "a", "element_list": [{"element_id": 829836802793406551}]},
        {"prompt": "a", "element_list": [{"element_id": 829836802793406551}]},
    ),
    "plain_and_object_pictures": (
        OMNI,
        {"prompt": "a", "image_list": ["data:image/png;base64,QUJD", {"image": "REVG"}]},
        {"prompt": "a", "image_list": [{"image": "QUJD"}, {"image": "REVG"}]},
    ),
    "series": (
        OMNI,
        {"prompt": "a", "result_type": "series", "series_amount": "auto", "resolution": "4k"},
        {"prompt": "a", "result_type": "series", "series_amount": "auto", "resolution": "4k"},
    ),
    "sound_for_a_video": (
        Route.VIDEO_TO_AUDIO,
        {"video_id": "1", "video_url": "", "bgm_prompt": "", "asmr_mode": True, "model": "x"},
        {"video_id": "1", "asmr_mode": True},
    ),
    "sound": (
        LIPS,
        {"session_id": "1", "external_task_id": "abc"}
        | {"face_choose": [FACE | {"sound_file": "data:audio/mp3;base64,QUJD", "audio_id": ""}]},
        {"session_id": "1", "external_task_id": "abc"}
        | {"face_choose": [FACE | {"sound_file": "QUJD"}]},
    ),
}


@pytest.mark.parametrize("name", PASSED)
async def test_what_was_said_arrives_and_nothing_else(open_gateway: OpenGateway, name: str) -> None:
    """No default is added, no official field is lost, and Kling's own spelling is used."""
    route, sent, arrived = PASSED[name]
    async with Stub(yes(task_id="1", task_status="submitted")) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.post(PATHS[route], sent)
        assert said.status == 200, said.text
        assert stub.asked[0].path == f"/v1/{route.value}"
        assert stub.asked[0].body == arrived


REFUSED: dict[str, tuple[str, Any, list[tuple[str, list[Any]]]]] = {
    "no_prompt": (PATHS[PICTURES], {}, [("missing", ["body", "prompt"])]),
    "empty_prompt": (PATHS[OMNI], {"prompt": ""}, [("missing", ["body", "prompt"])]),
    "no_words": (PATHS[TEXT], {"mode": "pro"}, [("missing", ["body"])]),
    "no_picture": (PATHS[IMAGE], {"prompt": "a"}, [("missing", ["body"])]),
    "long_prompt": (
        PATHS[TEXT],
        {"prompt": "a" * 2501},
        [("string_too_long", ["body", "prompt"])],
    ),
    "number_for_duration": (
        PATHS[TEXT],
        {"prompt": "a", "duration": 5},
        [("string_type", ["body", "duration"])],
    ),
    "all_at_once": (
        PATHS[TEXT],
        {"prompt": "a", "mode": "standard", "aspect_ratio": "2:1", "cfg_scale": "much"},
        [
            ("float_parsing", ["body", "cfg_scale"]),
            ("literal_error", ["body", "mode"]),
            ("literal_error", ["body", "aspect_ratio"]),
        ],
    ),
    "simple_without_an_axis": (
        PATHS[TEXT],
        {"prompt": "a", "camera_control": {"type": "simple", "config": {"zoom": 0}}},
        [("camera_config", ["body", "camera_control"])],
    ),
    "too_far": (
        PATHS[TEXT],
        {"prompt": "a", "camera_control": {"type": "simple", "config": {"zoom": 11}}},
        [("less_than_equal", ["body", "camera_control", "config", "zoom"])],
    ),
    "pictures_that_are_none": (
        PATHS[OMNI],
        {"prompt": "a", "image_list": [1]},
        [("model_type", ["body", "image_list", 0])],
    ),
    "no_face": (
        PATHS[LIPS],
        {"session_id": "1", "face_choose": []},
        [("too_short", ["body", "face_choose"])],
    ),
    "half_a_face": (
        PATHS[LIPS],
        {"session_id": "1", "face_choose": [{"face_id": "0", "sound_start_time": "soon"}]},
        [
            ("int_parsing", ["body", "face_choose", 0, "sound_start_time"]),
            ("missing", ["body", "face_choose", 0, "sound_end_time"]),
            ("missing", ["body", "face_choose", 0, "sound_insert_time"]),
        ],
    ),
    "both_clips": (
        "/api/v1/lipsync/identify-face",
        {"video_id": "1", "video_url": "https://a.example/v"},
        [("one_of", ["body"])],
    ),
    "no_clip": ("/api/v1/lipsync/identify-face", {"video_id": ""}, [("one_of", ["body"])]),
    "no_object": (PATHS[TEXT], ["prompt"], [("model_type", ["body"])]),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_body_is_answered_with_every_problem(
    open_gateway: OpenGateway, name: str
) -> None:
    """422, one entry for each problem, and Kling hears nothing of it."""
    path, sent, problems = REFUSED[name]
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.post(path, sent)
        assert stub.asked == []
    assert said.status == 422
    assert [(problem["type"], problem["loc"]) for problem in said.body["detail"]] == problems
    assert all(set(p) == {"type", "loc", "msg", "input"} for p in said.body["detail"])


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"prompt=a", b"[" * 9999, b'{"prompt":NaN}'])
async def test_a_body_that_is_no_json_is_a_bad_body(open_gateway: OpenGateway, raw: bytes) -> None:
    """Whatever the bytes are, the answer is the same 422."""
    caller = await open_gateway("http://127.0.0.1:1")
    said = await caller.post(PATHS[TEXT], data=raw, headers={"Content-Type": "application/json"})
    assert said.status == 422
    assert said.body["detail"][0]["type"] == "json_invalid"


async def test_a_form_of_a_web_page_is_not_taken(open_gateway: OpenGateway) -> None:
    """What a browser may send across sites without asking cannot spend units."""
    caller = await open_gateway("http://127.0.0.1:1")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        said = await caller.post(
            PATHS[TEXT], data=b'{"prompt":"a"}', headers={"Content-Type": kind}
        )
        assert said.status == 415


async def test_a_refusal_does_not_repeat_a_picture(open_gateway: OpenGateway) -> None:
    """Short values are repeated, long ones are told by their length, bodies only in part."""
    caller = await open_gateway("http://127.0.0.1:1")
    picture = "QUJD" * 1000
    body = {"image": picture, "image_list": [picture], "mode": "x" * 30}
    said = await caller.post(PATHS[PICTURES], body)
    assert "QUJDQUJD" not in said.text
    assert said.body["detail"][0]["input"]["image"] == "<4000 characters>"
    assert "x" * 30 in said.text


@given(
    kind=st.sampled_from([*ORDERS.values(), *PASSED_ORDERS.values()]),
    body=st.dictionaries(
        st.sampled_from(
            ["prompt", "image", "image_list", "face_choose", "session_id", "n", "camera_control"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["image", "face_id", "type", "zoom"]), inner)
            ),
            max_leaves=8,
        ),
    ),
)
def test_any_body_is_translated_or_refused(kind: type[Body], body: dict[str, Any]) -> None:
    """No JSON makes the translation raise anything but its own refusal."""
    try:
        said = translate(kind, json.dumps(body).encode())
    except BodyRefused:
        return
    assert json.loads(said).keys() <= body.keys()

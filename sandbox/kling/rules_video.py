"""What text2video and image2video refuse, and the order for valid requests."""

import asyncio

from sandbox.kling import fields, geometry, models
from sandbox.kling.elements import NO_CAST, Cast, listed
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.models import VIDEO, VideoModel
from sandbox.kling.orders import ClipDrawing, Order, Product, Shot
from sandbox.kling.shots import in_one, listed_shots
from sandbox.kling.switches import Switches

DEFAULT_MODEL = "kling-v1"
AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
CAMERA_MOVES = ("simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward")
AXIS_MAX = 10
V1_CAMERA = "camera_control is only supported in std mode with 5s duration and kling-v1"
V1_5_CAMERA = "camera_control is only supported in pro mode with 5s duration and kling-v1-5"


async def text2video(body: JsonObject, _intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from a prompt."""
    name, model = _model(body, "text")
    mode, duration = _mode(body, name, model, switches), _duration(body, model)
    shots = _shots(body, model, duration)
    prompt = fields.prompt(body, required=not shots)
    _common(body, name, model, mode, switches)
    if body.get("element_list"):
        raise bad_value("element_list is not supported without an image")
    if "camera_control" in body:
        _camera(body["camera_control"])
        if (name, mode, duration) != ("kling-v1", "std", "5"):
            raise bad_value(V1_CAMERA)
    ratio = fields.choice(body, "aspect_ratio", models.VIDEO_RATIOS, "16:9")
    drawing = ClipDrawing(
        prompt=in_one(shots) or prompt,
        size=geometry.clip_size(geometry.sides_of(ratio), mode),
        seconds=int(duration),
        sound=body.get("sound") == "on",
        shots=shots,
    )
    return _order(Product.TEXT2VIDEO, name, mode, drawing, body, switches)


async def image2video(body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip that starts (and may end) with a given picture."""
    name, model = _model(body, "image")
    mode, duration = _mode(body, name, model, switches), _duration(body, model)
    shots = _shots(body, model, duration)
    prompt = fields.prompt(body, required=model.multi_shot and not shots)
    _common(body, name, model, mode, switches)
    _frames(body, name, model, mode, duration)
    first = await intake.image(body["image"]) if "image" in body else None
    last = await intake.image(body["image_tail"]) if "image_tail" in body else None
    cast = Cast(3) if model.elements else NO_CAST
    words = " ".join([prompt, *(shot.words for shot in shots)])
    there = listed(body, intake, cast, words, frames=(first is not None) + (last is not None))
    shown = first or last
    if shown is None:
        raise bad_value("image and image_tail cannot both be empty")
    drawing = ClipDrawing(
        prompt=in_one(shots) or prompt,
        size=geometry.clip_size(await asyncio.to_thread(size_of, shown), mode),
        seconds=int(duration),
        first=first,
        last=last,
        references=tuple(there),
        sound=body.get("sound") == "on",
        shots=shots,
    )
    return _order(Product.IMAGE2VIDEO, name, mode, drawing, body, switches)


def _order(
    product: Product,
    name: str,
    mode: str,
    drawing: ClipDrawing,
    body: JsonObject,
    switches: Switches,
) -> Order:
    units = models.clip_units(
        name, mode, drawing.seconds, switches, sound=drawing.sound, voices="voice_list" in body
    )
    return Order(product, name, drawing.prompt, units, 1, drawing)


def _model(body: JsonObject, made_from: str) -> tuple[str, VideoModel]:
    name = fields.text(body, "model_name") or DEFAULT_MODEL
    model = VIDEO.get(name)
    if model is None or not (model.text if made_from == "text" else model.image):
        raise bad_value("model is not supported")
    return name, model


def _mode(body: JsonObject, name: str, model: VideoModel, switches: Switches) -> str:
    refused = (model.mode_free and switches.master_mode_refused and "mode" in body) or (
        name == "kling-v2-6" and switches.v2_6_std_refused and body.get("mode", "std") == "std"
    )
    if refused:
        raise invalid("mode", body.get("mode", "std"))
    return fields.choice(body, "mode", tuple(model.per_5_s), "std")


def _duration(body: JsonObject, model: VideoModel) -> str:
    return fields.choice(body, "duration", model.durations, "5")


def _common(body: JsonObject, name: str, model: VideoModel, mode: str, switches: Switches) -> None:
    fields.text(body, "negative_prompt", max_chars=fields.PROMPT_MAX_CHARS)
    if "cfg_scale" in body:
        on_v3 = name == "kling-v3" and switches.cfg_scale_on_v3
        on_v2 = name.startswith("kling-v2") and switches.cfg_scale_on_v2
        if not (model.cfg_scale or on_v3 or on_v2):
            raise bad_value(f"cfg_scale is not supported by {name}")
        fields.number(body, "cfg_scale", 0, 1, 0.5)
    sound = fields.choice(body, "sound", ("on", "off"), "off") == "on"
    if sound and mode not in model.sound_per_5_s:
        raise bad_value(f"sound is not supported in {mode} mode by {name}")
    voices = fields.objects(body, "voice_list", 2)
    if voices and not (model.voices and sound):
        raise bad_value("voice_list needs sound on")
    if body.get("element_list") and voices and switches.elements_exclude_voices:
        raise bad_value("element_list and voice_list cannot be used together")


def _shots(body: JsonObject, model: VideoModel, duration: str) -> tuple[Shot, ...]:
    """Return the shots of a multi-shot request, none when it is a single shot."""
    if not fields.flag(body, "multi_shot"):
        return ()
    if not model.multi_shot:
        raise bad_value("multi_shot is not supported")
    if fields.choice(body, "shot_type", ("customize", "intelligence"), "") == "intelligence":
        return ()
    return listed_shots(body, int(duration))


def _frames(body: JsonObject, name: str, model: VideoModel, mode: str, duration: str) -> None:
    masks = "static_mask" in body or "dynamic_masks" in body
    camera, tail = "camera_control" in body, "image_tail" in body
    if camera + tail + masks > 1:
        raise bad_value("image_tail, masks and camera_control cannot be used together")
    if masks and (duration, name, mode) not in {
        ("5", "kling-v1", "std"),
        ("5", "kling-v1", "pro"),
        ("5", "kling-v1-5", "pro"),
    }:
        raise bad_value(f"motion brush is not supported by {name}")
    if camera:
        move = _camera(body["camera_control"])
        if (name, mode, duration, move) != ("kling-v1-5", "pro", "5", "simple"):
            raise bad_value(V1_5_CAMERA)
    if not tail:
        return
    if mode not in model.tail or duration not in (model.tail_durations or model.durations):
        raise bad_value(f"image_tail is not supported in {mode} mode with {duration}s by {name}")
    if "image" not in body and not model.tail_alone:
        raise bad_value(f"image_tail without image is not supported by {name}")
    if body.get("sound") == "on" and name == "kling-v2-6":
        raise bad_value(f"sound is not supported with image_tail by {name}")


def _camera(control: object) -> str:
    if not isinstance(control, dict):
        raise invalid("camera_control", control)
    move = fields.choice(control, "type", CAMERA_MOVES, "")
    config = control.get("config")
    if move != "simple":
        if config:
            raise bad_value(f"camera_control.config is not supported by type {move}")
        return move
    if not isinstance(config, dict) or set(config) - set(AXES):
        raise invalid("camera_control.config", config)
    amounts = [fields.number(config, axis, -AXIS_MAX, AXIS_MAX, 0.0) for axis in AXES]
    if sum(amount != 0 for amount in amounts) != 1:
        raise bad_value("camera_control.config must have exactly one non-zero value")
    return move

"""What omni-video refuses of a clip that another is made from, in both generations; the order."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.kling import fields, geometry
from sandbox.kling.contents import PROMPT, REFERENCE, Items, check_options, items_of, prompt_of
from sandbox.kling.edit_models import LEGACY, NEWER, EditModel
from sandbox.kling.elements import ELEMENT, in_contents
from sandbox.kling.elements import listed as elements_of
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import MIB, Clip, Intake
from sandbox.kling.newer_models import EDGES
from sandbox.kling.orders import Order, Product, Remake
from sandbox.kling.rules_image import CITATION
from sandbox.kling.switches import Switches

VIDEOS = ("base_video", "feature_video")
SHORTEST_S = 3
VIDEO_CITATION = re.compile(r"<<<video_(\d+)>>>")
MODES = {mode: resolution for resolution, mode in EDGES.items()}
NOT_NEWER = ("negative_prompt", "mode", "sound", "video_list", "image_list")


@dataclass(frozen=True)
class Asked:
    """What a body asks for; `length_s` and `ratio` are those of a new clip, None: it edits one."""

    product: Product
    name: str
    model: EditModel
    prompt: str
    url: str
    pictures: list[Any]
    resolution: str
    sound: str
    length_s: int | None = None
    ratio: str | None = None
    cast: tuple[bytes, ...] = ()


async def newer_edit(name: str, body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from the one in `contents`."""
    model = NEWER.get(name)
    if model is None:
        raise bad_value("model is not supported")
    items = _items(body)
    prompt = prompt_of(items, model.prompt_max)
    base = bool(items["base_video"])
    settings = fields.inner(body, "settings")
    resolution = fields.choice(settings, "resolution", tuple(model.per_s), "720p")
    _check_shots(settings, name, model, base=base)
    check_options(body, name, switches, takes_ids=model.takes_ids)
    length_s, ratio = _new_clip(settings, model, base=base)
    asked = Asked(
        Product.OMNI_VIDEO,
        name,
        model,
        prompt,
        fields.text((items["base_video"] or items["feature_video"])[0], "url"),
        [one.get("url") for one in items[REFERENCE]],
        resolution,
        _newer_sound(settings, model, base=base),
        length_s,
        ratio,
        tuple(in_contents(items[ELEMENT], intake, model.cast, pictures=len(items[REFERENCE]))),
    )
    return await _made(asked, intake)


def _items(body: JsonObject) -> Items:
    for field in NOT_NEWER:
        if field in body:
            raise bad_value(f"{field} is not supported")
    items = items_of(body, PROMPT, REFERENCE, *VIDEOS, ELEMENT)
    if sum(len(items[kind]) for kind in VIDEOS) != 1:
        raise bad_value("exactly one of base_video and feature_video is needed")
    return items


def _check_shots(settings: JsonObject, name: str, model: EditModel, *, base: bool) -> None:
    if "multi_shot" in settings and not model.multi_shot:
        raise bad_value(f"multi_shot is not supported by {name}")
    if model.multi_shot and fields.flag({"multi_shot": True} | settings, "multi_shot") is base:
        raise bad_value("multi_shot does not go with this video")


def _new_clip(
    settings: JsonObject, model: EditModel, *, base: bool
) -> tuple[int | None, str | None]:
    """Return length and ratio of a new clip; both follow the clip that is edited."""
    if not base:
        length_s = fields.whole(settings, "duration", SHORTEST_S, model.longest_s, 5)
        given = "aspect_ratio" in settings
        ratio = fields.choice(settings, "aspect_ratio", model.ratios, "") if given else None
        return length_s, ratio
    if {"duration", "aspect_ratio"} & settings.keys():
        raise bad_value("duration and aspect_ratio follow base_video")
    return None, None


async def legacy_edit(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for a clip made from the one in `video_list`."""
    name = fields.text(body, "model_name") or "kling-video-o1"
    model = LEGACY.get(name)
    if model is None:
        raise bad_value("model is not supported")
    prompt = fields.prompt(body, required=True)
    videos = fields.objects(body, "video_list", 1)
    if not videos or not isinstance(videos[0], dict):
        raise bad_value("video_list cannot be empty")
    base = fields.choice(videos[0], "refer_type", ("base", "feature"), "base") == "base"
    kept = fields.choice(videos[0], "keep_original_sound", ("yes", "no"), "no") == "yes"
    if fields.choice(body, "sound", ("on", "off"), "off") == "on":
        raise bad_value("sound must be off with video_list")
    mode = fields.choice(body, "mode", tuple(MODES), "pro")
    if MODES[mode] not in model.per_s:
        raise invalid("mode", mode)
    length_s: int | None = None
    ratio: str | None = None
    if not base:
        said = fields.text(body, "duration") or "5"
        if not said.isdecimal() or not SHORTEST_S <= int(said) <= model.longest_s:
            raise invalid("duration", said)
        length_s = int(said)
        ratio = fields.choice(body, "aspect_ratio", model.ratios, "none")
    listed = fields.objects(body, "image_list", 7)
    if not all(isinstance(one, dict) for one in listed):
        raise bad_value("image_list is invalid")
    asked = Asked(
        Product.LEGACY_OMNI_VIDEO,
        name,
        model,
        prompt,
        fields.text(videos[0], "video_url"),
        [one.get("image_url") for one in listed],
        MODES[mode],
        "original" if kept else "off",
        length_s,
        ratio,
        tuple(elements_of(body, intake, model.cast, prompt, pictures=len(listed))),
    )
    return await _made(asked, intake)


def _newer_sound(settings: JsonObject, model: EditModel, *, base: bool) -> str:
    if model.always_sounds:
        fields.choice(settings, "audio", ("original",), "original")
        if "audio" in settings and not base:
            raise bad_value("audio is supported with base_video only")
        return "original" if "audio" in settings else "native"
    sound = fields.choice(settings, "audio", ("original", "off"), "off")
    if sound == "original" and model.feature_silent and not base:
        raise bad_value("audio must be off with feature_video")
    return sound


async def _made(asked: Asked, intake: Intake) -> Order:
    model, prompt = asked.model, asked.prompt
    if len(asked.pictures) > model.images_max:
        raise bad_value(f"images cannot exceed {model.images_max} with a video")
    if any(not 1 <= int(cited) <= len(asked.pictures) for cited in CITATION.findall(prompt)):
        raise bad_value("prompt cites an image that is not there")
    if any(int(cited) != 1 for cited in VIDEO_CITATION.findall(prompt)):
        raise bad_value("prompt cites a video that is not there")
    shown = tuple([await intake.image(one) for one in asked.pictures])
    clip = await intake.any_clip(asked.url, model.mib_max * MIB)
    _check(clip, model)
    input_s = round(clip.ms / 1000)
    output_s = input_s if asked.length_s is None else asked.length_s
    charged_s = max(input_s + output_s, 2 * output_s) if model.counts_input else output_s
    size = clip.size
    if asked.ratio is not None:
        size = geometry.sides_of(asked.ratio)
    drawing = Remake(
        prompt=prompt,
        clip=clip.content,
        size=geometry.clip_size(size, EDGES[asked.resolution]),
        ms=clip.ms if asked.length_s is None else asked.length_s * 1000,
        edits=asked.length_s is None,
        sound=asked.sound,
        images=(*shown, *asked.cast),
    )
    units = Decimal(model.per_s[asked.resolution]) * charged_s
    return Order(asked.product, asked.name, prompt, units, 1, drawing)


def _check(clip: Clip, model: EditModel) -> None:
    low_ms, high_ms = model.input_ms
    if not low_ms <= clip.ms <= high_ms:
        raise bad_value("Video duration is invalid")
    width, height = clip.size
    if min(clip.size) < model.sides_px[0] or max(clip.size) > model.sides_px[1]:
        raise bad_value("Video pixel is invalid")
    if model.area_max_px is not None and width * height > model.area_max_px:
        raise bad_value("Video pixel is invalid")
    if model.ratio is not None and not model.ratio[0] <= width / height <= model.ratio[1]:
        raise bad_value("Video ratio is invalid")

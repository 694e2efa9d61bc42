"""Controls that make something of a result's own file: wider, a face that speaks, with sound.

As in `going_on`: anyone there may, the new job is theirs, and its price is asked about as always.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.domain.operations.expand import WIDER as WIDER_SHAPE
from bot.domain.outcomes import media_kinds
from bot.domain.requests import (
    ClipRequest,
    ExpandRequest,
    Offered,
    Request,
    SoundtrackRequest,
    from_json,
)
from bot.domain.rules import lipsync_request
from bot.errors import Problem
from bot.jobs.actions import Told
from bot.jobs.checks import Asked
from bot.messages.controls import Place
from bot.messages.form import Form
from bot.messages.message import custom_id
from bot.messages.request_forms import PICTURE, SOUND, TEXT, VOICE
from storage.job import Job, Kind, StoredInput

IMAGE: Final = "image"
CLIP: Final = "video"
"""Kinds of media among the results."""


def chosen_of(images: Mapping[int, Offered], number: str) -> Offered | None:
    """Return the image of this number, the first without one; None for one that is not there."""
    number = number or str(min(images))
    return images.get(int(number)) if number.isascii() and number.isdigit() else None


def takes_others(press: Press) -> bool:
    """Tell whether faces and voices of others may be used: they are their owner's, by default."""
    return press.job.origin.user_id == press.user_id or not press.rules.is_on("own_media")


async def _wider_form(desk: Desk, press: Press) -> Form | Reply:
    """Of several images one is chosen first; a single one needs no question."""
    images = await desk.posted.of(press.job, IMAGE, press.shown)
    if len(images) <= 1:
        return await _widen(desk, press, images)
    form_id = custom_id(press.action, press.job.id)
    return desk.forms.which_image(form_id, "button.wider", sorted(images), press.locale)


async def _wider(desk: Desk, press: Press) -> Reply:
    return await _widen(desk, press, await desk.posted.of(press.job, IMAGE, press.shown))


async def _widen(desk: Desk, press: Press, images: Mapping[int, Offered]) -> Reply:
    if IMAGE not in media_kinds(press.job.outcome):
        return Told.NOT_FOUND
    if not images:
        return Problem("image_gone")
    image = chosen_of(images, (press.fields or {}).get(PICTURE, ""))
    if image is None:
        return Told.NOT_FOUND
    offered = {IMAGE: replace(image, name=IMAGE)}
    request = ExpandRequest(shape=WIDER_SHAPE)
    await desk.orders.order(_asked(press, request, offered), press.answer)
    return None


async def _lip_sync_form(desk: Desk, press: Press) -> Form | Reply:
    if CLIP not in media_kinds(press.job.outcome):
        return Told.NOT_FOUND
    if not takes_others(press):
        return Problem("own_media")
    return desk.forms.lip_sync(custom_id(press.action, press.job.id), press.locale)


async def _lip_sync(desk: Desk, press: Press) -> Reply:
    """A face in the video speaks: Kling has the video, and it is fetched only if it has not."""
    if CLIP not in media_kinds(press.job.outcome):
        return Told.NOT_FOUND
    if not takes_others(press):
        return Problem("own_media")
    clip = await desk.posted.clip(press.job, press.shown)
    if isinstance(clip, Problem):
        return clip
    filled = press.fields or {}
    given = {name: filled.get(name, "").strip() for name in (TEXT, VOICE)}
    offered = {name: one for name, one in press.uploads.items() if name == SOUND}
    request = replace(
        lipsync_request(given, offered),
        video_url=clip.url,
        video_id=clip.video_id,
        video_s=clip.seconds,
    )
    await desk.orders.order(_asked(press, request, offered, clip.stored), press.answer)
    return None


async def _sound_form(desk: Desk, press: Press) -> Form | Reply:
    wrong = _why_no_sound(desk, press.job)
    if wrong is not None:
        return wrong
    return desk.forms.soundtrack(custom_id(press.action, press.job.id), press.locale)


async def _sound(desk: Desk, press: Press) -> Reply:
    """A silent video gets its sound."""
    wrong = _why_no_sound(desk, press.job)
    if wrong is not None:
        return wrong
    clip = await desk.posted.clip(press.job, press.shown)
    if isinstance(clip, Problem):
        return clip
    filled = {name: text.strip() for name, text in (press.fields or {}).items()}
    request = SoundtrackRequest(
        prompt=filled.get("prompt", ""),
        music=filled.get("music") or None,
        video_id=clip.video_id,
        video_url=clip.url,
        video_s=clip.seconds,
    )
    await desk.orders.order(_asked(press, request, {}, clip.stored), press.answer)
    return None


def _why_no_sound(desk: Desk, job: Job) -> Reply:
    """Return the refusal if the video already has audio, or if there is no video."""
    if not _is_silent(job):
        return Told.NOT_FOUND
    request = from_json(job.kind, job.request)
    model = desk.catalogue.video_model(request.model)
    if isinstance(request, ClipRequest) and model is not None and model.always_sounds:
        return Problem("has_sound", {"model": model.name})
    return None


def _is_silent(job: Job) -> bool:
    """Tell whether there is a video and nobody asked for sound.

    Some models always make it: that is asked at a press, because only the catalogue knows.
    """
    asked = {Kind.VIDEO: "sound", Kind.STORYBOARD: "sound"}
    kept = {Kind.EDIT: "keep_sound", Kind.MOTION: "keep_sound"}
    if CLIP not in media_kinds(job.outcome):
        return False
    if job.kind in asked:
        return not job.request.get(asked[job.kind])
    return job.kind in kept and job.request.get(kept[job.kind]) is False


def _asked(
    press: Press,
    request: Request,
    offered: Mapping[str, Offered],
    stored: tuple[StoredInput, ...] = (),
) -> Asked:
    return Asked(
        request,
        offered,
        press.origin,
        press.token,
        parent_id=press.job.id,
        stored=stored,
        rules=press.rules,
    )


def _if_among(kind: str, label: str, job: Job) -> str | None:
    return label if kind in media_kinds(job.outcome) else None


OF_MEDIA: Final = (
    Control(
        name="wider",
        who=Who.THERE,
        does=_wider,
        form=_wider_form,
        shown={Place.MORE: lambda job: _if_among(IMAGE, "button.wider", job)},
    ),
    Control(
        name="lipsync",
        who=Who.THERE,
        does=_lip_sync,
        form=_lip_sync_form,
        shown={Place.MORE: lambda job: _if_among(CLIP, "button.lipsync", job)},
    ),
    Control(
        name="sound",
        who=Who.THERE,
        does=_sound,
        form=_sound_form,
        shown={Place.MORE: lambda job: "button.sound" if _is_silent(job) else None},
    ),
)
"""In the order of the menu."""

"""Controls that make a new job from an earlier one, and `start`, which starts what was asked about.

Anyone there may go on from a job: the new one is theirs, on their own budget, and its price is
asked about like that of a command.
"""

from dataclasses import replace
from typing import Final

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.controls.filled import values_in, video_from
from bot.controls.of_media import CLIP, IMAGE, chosen_of, takes_others
from bot.domain.cheaper import changed
from bot.domain.outcomes import media_kinds
from bot.domain.requests import (
    CITATION,
    REQUESTS,
    AvatarRequest,
    CharacterRequest,
    LipSyncRequest,
    Request,
    VideoRequest,
    attached,
    from_json,
    options_of,
)
from bot.domain.rules.changes import PROMPT, is_editable, with_changes
from bot.domain.rules.defaults import with_defaults
from bot.errors import Problem
from bot.jobs.actions import Told
from bot.jobs.checks import Asked
from bot.jobs.drafting import FORM_OF_MENU, clip_of, request_of
from bot.messages.controls import Place
from bot.messages.form import Form
from bot.messages.message import custom_id
from bot.messages.request_forms import PICTURE
from storage.drafts import Draft
from storage.job import ENDED, Job, StoredInput

FINAL_MODE: Final = "pro"
BEFORE_FINAL: Final = frozenset({None, "std"})
"""Modes below it; without one Kling takes the lower."""


async def start(desk: Desk, press: Press) -> Reply:
    """Start what was asked about; its inputs are those of the command, or of the earlier job."""
    draft = press.draft
    if FORM_OF_MENU in draft.sources:
        return Told.NOT_FOUND
    if press.tag and press.tag not in draft.variants:
        return Told.NOT_FOUND
    asked = await _asked(desk, press, draft, request_of(draft)[0])
    if isinstance(asked, Problem):
        return asked
    await desk.orders.start(draft, press.tag, asked, press.answer)
    return None


async def _asked(desk: Desk, press: Press, draft: Draft, request: Request) -> Asked | Problem:
    """Return this request with the files that a draft keeps, or that are kept with its parent."""
    offered = request_of(draft)[1]
    stored: tuple[StoredInput, ...] = clip_of(draft)
    if draft.parent_id is not None and attached(request) and not offered:
        parent = await desk.actions.known(draft.parent_id)
        if parent is None:
            return Problem("inputs_gone", {"kind": draft.kind.value})
        rerun = await desk.actions.rerun(parent, request)
        if isinstance(rerun, Problem):
            return rerun
        request, offered, stored = rerun.request, rerun.offered, rerun.stored
    return Asked(
        request,
        offered,
        press.origin,
        press.token,
        parent_id=draft.parent_id,
        stored=stored,
        rules=press.rules,
        job_id=draft.id,
    )


async def _again(desk: Desk, press: Press) -> Reply:
    return await _order(desk, press, _request_of(press.job))


async def _final(desk: Desk, press: Press) -> Reply:
    """The same request in the higher mode."""
    if not _has_modes(press.job):
        return Told.NOT_FOUND
    better = changed(_request_of(press.job), {"mode": FINAL_MODE})
    return await _order(desk, press, better)


async def _edit_form(desk: Desk, press: Press) -> Form | Reply:
    request = _request_in(press)
    if not is_editable(request.kind):
        return Told.NOT_FOUND
    return desk.forms.edit(custom_id(press.action, press.about, press.tag), request, press.locale)


async def _edit(desk: Desk, press: Press) -> Reply:
    """The same request, but for what was filled in; of a draft, what was filled in before."""
    request = _request_in(press)
    if not is_editable(request.kind):
        return Told.NOT_FOUND
    wanted = with_changes(desk.catalogue, request, press.fields or {})
    if isinstance(wanted, Problem):
        return wanted
    if isinstance(press.found, Draft):
        asked = await _asked(desk, press, press.found, wanted)
    else:
        asked = await _made_again(desk, press, wanted)
    if isinstance(asked, Problem):
        return asked
    await desk.orders.order_by_form(asked, press.answer)
    return None


async def _animate_form(desk: Desk, press: Press) -> Form | Reply:
    images = await desk.posted.of(press.job, IMAGE, press.shown)
    if not images:
        return Problem("image_not_at_hand")
    prompt = " ".join(CITATION.sub("", _request_of(press.job).prompt).split())
    request = video_from(desk, press.rules, {PROMPT: prompt})
    form_id = custom_id(press.action, press.job.id)
    return desk.forms.animate(form_id, request, sorted(images), press.locale)


async def _animate(desk: Desk, press: Press) -> Reply:
    """A video whose first frame is an image of the job."""
    images = await desk.posted.of(press.job, IMAGE, press.shown)
    if not images:
        return Problem("image_not_at_hand")
    filled = dict(press.fields or {})
    image = chosen_of(images, filled.pop(PICTURE, ""))
    if image is None:
        return Told.NOT_FOUND
    values = values_in(VideoRequest, filled)
    if isinstance(values, Problem):
        return values
    offered = {IMAGE: replace(image, name=IMAGE)}
    made = video_from(desk, press.rules, values)
    request, used = with_defaults(desk.catalogue, made, offered, press.rules.value)
    asked = Asked(
        request,
        offered,
        press.origin,
        press.token,
        parent_id=press.job.id,
        rules=press.rules,
        defaulted=used,
    )
    await desk.orders.order_by_form(asked, press.answer)
    return None


async def _order(desk: Desk, press: Press, request: Request) -> Reply:
    """Order it with the files of the job."""
    asked = await _made_again(desk, press, request)
    if isinstance(asked, Problem):
        return asked
    await desk.orders.order(asked, press.answer)
    return None


async def _made_again(desk: Desk, press: Press, request: Request) -> Asked | Problem:
    """Return this request with the files of the job, for who pressed."""
    if isinstance(request, CharacterRequest) and press.job.origin.user_id != press.user_id:
        # A look is shared by `share` alone, whatever the settings say about media.
        return Problem("own_character")
    rerun = await desk.actions.rerun(press.job, request)
    if isinstance(rerun, Problem):
        return rerun
    of_a_person = isinstance(rerun.request, LipSyncRequest | AvatarRequest)
    if of_a_person and not takes_others(press):
        return Problem("own_media")
    return Asked(
        rerun.request,
        rerun.offered,
        press.origin,
        press.token,
        parent_id=rerun.parent_id,
        stored=rerun.stored,
        rules=press.rules,
    )


def _request_in(press: Press) -> Request:
    """Return what the job or the draft asks for."""
    found = press.found
    return request_of(found)[0] if isinstance(found, Draft) else _request_of(press.job)


def _request_of(job: Job) -> Request:
    return from_json(job.kind, job.request)


def _after_the_end(label: str | None, job: Job) -> str | None:
    return label if job.state in ENDED else None


def _can_edit(job: Job) -> str | None:
    return "button.edit" if is_editable(job.kind) else None


def _can_animate(job: Job) -> str | None:
    return "button.animate" if IMAGE in media_kinds(job.outcome) else None


def _has_modes(job: Job) -> bool:
    return any(option.name == "mode" for option in options_of(REQUESTS[job.kind]))


def _can_be_final(job: Job) -> str | None:
    """The mode is that of the request; whether its model has the higher one is asked at a press."""
    below = _has_modes(job) and job.request.get("mode") in BEFORE_FINAL
    return "button.final" if below and CLIP in media_kinds(job.outcome) else None


GOING_ON: Final = (
    Control(
        name="again",
        who=Who.THERE,
        does=_again,
        shown={
            Place.PAGE: lambda job: _after_the_end("button.run_again", job),
            Place.RESULT: lambda _job: "button.run_again",
        },
        marks=True,
    ),
    Control(
        name="edit",
        who=Who.THERE,
        of_drafts=True,
        does=_edit,
        form=_edit_form,
        shown={
            Place.PAGE: lambda job: _after_the_end(_can_edit(job), job),
            Place.RESULT: _can_edit,
        },
    ),
    Control(
        name="animate",
        who=Who.THERE,
        does=_animate,
        form=_animate_form,
        shown={Place.RESULT: _can_animate},
    ),
)
"""In the order of the buttons."""
FINAL: Final = Control(name="final", who=Who.THERE, does=_final, shown={Place.MORE: _can_be_final})

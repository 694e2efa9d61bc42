"""The commands in the menu of a message: their forms, and the jobs made of what is filled in.

The files are those of the interaction's own payload, kept in a draft before the form is shown: the
message is never read again, which would need a permission and show no files of others.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bot.controls.control import Answer, Control, Desk, Press, Reply, Who
from bot.controls.filled import values_in, video_from
from bot.domain.menus import ENTRIES, Menu, fitting, medium_of
from bot.domain.operations.effect import scene_of
from bot.domain.options import Media
from bot.domain.policy.privacy import is_private
from bot.domain.requests import (
    AvatarRequest,
    EffectRequest,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    VideoRequest,
    to_json,
)
from bot.domain.rules import check, image_request, lipsync_request, operation_request
from bot.domain.rules.changes import PROMPT
from bot.domain.rules.defaults import with_defaults
from bot.domain.rules_of_place import RulesOfPlace
from bot.errors import Problem
from bot.jobs.actions import Told
from bot.jobs.checks import Asked
from bot.jobs.drafting import FORM_LIFE_S, FORM_OF_MENU, OFFERED, request_of
from bot.messages.filenames import job_of
from bot.messages.form import Form
from bot.messages.menu_forms import EFFECT, OTHER_EFFECT, UPLOAD
from bot.messages.message import custom_id
from bot.messages.request_forms import PICTURE, TEXT, VOICE
from storage.drafts import Draft
from storage.job import Job, Origin, new_job_id

IMAGE: Final = "image"
SECOND: Final = "image_2"
AUDIO: Final = "audio"
VIDEO: Final = "video"
OWN: Final = "own"
"""In what a draft keeps: whether the files are the member's own."""
NOTHING_FITS: Final = {
    Menu.ANIMATE: Problem("menu_takes_image"),
    Menu.RESTYLE: Problem("menu_takes_image"),
    Menu.EFFECT: Problem("menu_takes_image"),
    Menu.LIP_SYNC: Problem("menu_takes_media"),
}


@dataclass(frozen=True, slots=True)
class Click:
    """A command that was chosen from the menu of a message."""

    menu: Menu
    origin: Origin
    token: str = field(repr=False)
    answer: Answer
    rules: RulesOfPlace
    author_id: int
    """Who wrote the message."""
    files: tuple[Offered, ...] = field(repr=False)
    """Its files, as Discord describes them."""


async def open_menu(desk: Desk, click: Click) -> Reply:
    """Keep the files in a draft, then open the form; of files that do not fit, say what would."""
    found = fitting(click.menu, click.files)
    if not found:
        return NOTHING_FITS[click.menu]
    sources = await _sources(desk, click, found)
    mine = click.origin.user_id
    if any(job and is_private(job) and job.origin.user_id != mine for job in sources):
        return Told.NOT_FOUND
    own = click.author_id == mine or _all_of(sources, mine)
    if click.menu is Menu.LIP_SYNC and not own and click.rules.is_on("own_media"):
        return Problem("own_media")
    files = {str(number): file for number, file in enumerate(found)}
    request = _prefilled(desk, click.menu, click.rules)
    draft = Draft(
        id=new_job_id(),
        user_id=click.origin.user_id,
        channel_id=click.origin.channel_id,
        guild_id=click.origin.guild_id,
        kind=ENTRIES[click.menu].kind,
        request=to_json(request),
        until=0.0,
        parent_id=next((job.id for job in sources if job), None),
        sources={
            FORM_OF_MENU: click.menu.value,
            OWN: own,
            OFFERED: {key: asdict(replace(file, name=key)) for key, file in files.items()},
        },
    )
    refusal = await desk.orders.keep(draft, FORM_LIFE_S)
    if refusal is not None:
        return refusal
    form_id = custom_id("menu", draft.id)
    await click.answer.form(_form(desk, click, form_id, request, files))
    return None


def _form(
    desk: Desk, click: Click, form_id: str, request: Request, files: Mapping[str, Offered]
) -> Form:
    forms, locale = desk.menu_forms, click.origin.locale
    if isinstance(request, VideoRequest):
        return forms.animate(form_id, request, files, locale)
    if isinstance(request, ImageRequest):
        return forms.restyle(form_id, request, files, locale)
    if isinstance(request, EffectRequest):
        return forms.effect(form_id, files, locale)
    kinds = {kind for file in files.values() if (kind := medium_of(file)) is not None}
    return forms.lip_sync(form_id, files, kinds, locale)


def _prefilled(desk: Desk, menu: Menu, rules: RulesOfPlace) -> Request:
    """Return what the form shows before anything is filled in."""
    if menu is Menu.ANIMATE:
        return video_from(desk, rules, {PROMPT: ""})
    if menu is Menu.RESTYLE:
        return _restyled(desk, rules, {PROMPT: ""})
    return EffectRequest("") if menu is Menu.EFFECT else LipSyncRequest()


async def _sources(desk: Desk, click: Click, files: list[Offered]) -> list[Job | None]:
    """Return of each file in a message of ours the job that it is a result of, if it is known."""
    if click.author_id != click.origin.application_id:
        return []
    return [await desk.actions.known(job_of(file.filename) or "") for file in files]


def _all_of(sources: list[Job | None], user_id: int) -> bool:
    """Tell whether all files are results of ours for this member."""
    return bool(sources) and all(job and job.origin.user_id == user_id for job in sources)


async def _menu(desk: Desk, press: Press) -> Reply:
    """Order what was filled in; sent twice, it makes one job."""
    draft = press.draft
    if press.fields is None:
        return Told.NOT_FOUND
    if FORM_OF_MENU not in draft.sources:  # it was sent before, and asks about something by now
        return Told.QUESTION_ENDED
    menu, files = Menu(draft.sources[FORM_OF_MENU]), request_of(draft)[1]
    medium = files.get(press.fields.get(PICTURE) or next(iter(files)))
    if medium is None:
        return Told.NOT_FOUND
    own = bool(draft.sources.get(OWN))
    if menu is Menu.LIP_SYNC and not own and press.rules.is_on("own_media"):
        return Problem("own_media")
    made = _MADE[menu](desk, press, medium)
    if isinstance(made, Problem):
        return made
    request, offered = made
    request, used = with_defaults(desk.catalogue, request, offered, press.rules.value)
    asked = Asked(
        request,
        offered,
        press.origin,
        press.token,
        parent_id=draft.parent_id,
        rules=press.rules,
        defaulted=used,
        job_id=draft.id,
    )
    await desk.orders.order_by_form(asked, press.answer)
    return None


Made = tuple[Request, dict[str, Offered]] | Problem


def _animated(desk: Desk, press: Press, medium: Offered) -> Made:
    values = values_in(VideoRequest, press.fields or {})
    if isinstance(values, Problem):
        return values
    return video_from(desk, press.rules, values), {IMAGE: replace(medium, name=IMAGE)}


def _restyled_by(desk: Desk, press: Press, medium: Offered) -> Made:
    values = values_in(ImageRequest, press.fields or {})
    if isinstance(values, Problem):
        return values
    return _restyled(desk, press.rules, values), {IMAGE: replace(medium, name=IMAGE)}


def _restyled(desk: Desk, rules: RulesOfPlace, values: Mapping[str, Any]) -> ImageRequest:
    """Return the request of an image from an image; the model is what was set here, if it can."""
    there = {IMAGE: Offered(IMAGE, "", "", 0)}

    def made(model: str) -> ImageRequest:
        return image_request(
            desk.catalogue,
            values,
            there,
            default_model=model,
            default_omni_model=desk.defaults.omni_model,
        )

    ours, wanted = made(desk.defaults.image_model), rules.value("image_model").value
    if not wanted:
        return ours
    as_set = made(wanted)
    fits = len(check(desk.catalogue, as_set, there)) <= len(check(desk.catalogue, ours, there))
    return as_set if fits else ours


def _effect(desk: Desk, press: Press, medium: Offered) -> Made:
    filled = press.fields or {}
    scene = scene_of(filled.get(OTHER_EFFECT, "")) or filled.get(EFFECT, "")
    if not scene:
        return Problem("effect_missing")
    offered = {IMAGE: replace(medium, name=IMAGE)}
    if UPLOAD in press.uploads:
        offered[SECOND] = replace(press.uploads[UPLOAD], name=SECOND)
    given = {"effect": scene, "model": scene}
    return operation_request(desk.catalogue, EffectRequest, given, offered), offered


def _spoken(desk: Desk, press: Press, medium: Offered) -> Made:
    """A video or an image speaks: a lip-sync or an avatar; of audio, the image is uploaded."""
    filled, kind = press.fields or {}, medium_of(medium)
    names = {Media.CLIP: VIDEO, Media.PICTURE: IMAGE, Media.SOUND: AUDIO}
    name = names[kind] if kind else IMAGE
    other = IMAGE if kind is Media.SOUND else AUDIO
    offered = {name: replace(medium, name=name)}
    if UPLOAD in press.uploads:
        offered[other] = replace(press.uploads[UPLOAD], name=other)
    elif other == IMAGE:
        return Problem("menu_face_image")
    given = {TEXT: filled.get(TEXT, "").strip(), VOICE: filled.get(VOICE) or None}
    if not given[TEXT]:  # a voice that was only looked at says nothing
        given = {}
    if kind is Media.CLIP:
        return lipsync_request(given, offered), offered
    default = desk.defaults.avatar_model
    request = operation_request(
        desk.catalogue, AvatarRequest, given, offered, default_model=default
    )
    return request, offered


_MADE: Final = {
    Menu.ANIMATE: _animated,
    Menu.RESTYLE: _restyled_by,
    Menu.EFFECT: _effect,
    Menu.LIP_SYNC: _spoken,
}


MENU_CONTROL: Final = Control(name="menu", who=Who.ASKED, does=_menu)

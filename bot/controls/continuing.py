"""The control that goes on from a video: its last frame becomes the first of a new part.

The new part is a job of who pressed; how the parts become one video: `bot.delivery.joined`.
"""

from typing import Final

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.controls.filled import model_here, values_in
from bot.domain.outcomes import clip_of
from bot.domain.requests import VideoRequest, from_json
from bot.domain.rules.continuing import joined_to, makes_the_next, next_part
from bot.domain.rules.defaults import with_defaults
from bot.domain.rules_of_place import Value
from bot.errors import Problem
from bot.jobs.actions import Told
from bot.jobs.checks import Asked
from bot.messages.controls import Place
from bot.messages.form import Form
from bot.messages.message import custom_id
from storage.job import Job

PRIVATE: Final = "private"


async def _form(desk: Desk, press: Press) -> Form | Reply:
    if _can_continue(press.job) is None:
        return Told.NOT_FOUND
    asked = from_json(press.job.kind, press.job.request)
    part = next_part(desk.catalogue, asked, {}, model_here=model_here(desk, press.rules))
    return desk.forms.go_on(custom_id(press.action, press.job.id), part, press.locale)


async def _continue(desk: Desk, press: Press) -> Reply:
    """A new part, whose first frame is the last one of this video."""
    if _can_continue(press.job) is None:
        return Told.NOT_FOUND
    filled = values_in(VideoRequest, press.fields or {})
    if isinstance(filled, Problem):
        return filled
    asked = from_json(press.job.kind, press.job.request)
    part = next_part(desk.catalogue, asked, filled, model_here=model_here(desk, press.rules))
    seconds = clip_of(press.job.outcome).get("duration_s")
    part = joined_to(part, press.job.id, asked, seconds)
    same = makes_the_next(desk.catalogue, asked)

    def set_here(name: str) -> Value:
        """Options unset in the earlier video stay unset in the next part."""
        return Value("") if same and name != PRIVATE else press.rules.value(name)

    request, used = with_defaults(desk.catalogue, part, {}, set_here)
    await desk.orders.order_by_form(
        Asked(
            request,
            {},
            press.origin,
            press.token,
            parent_id=press.job.id,
            rules=press.rules,
            defaulted=used,
        ),
        press.answer,
    )
    return None


def _can_continue(job: Job) -> str | None:
    return "button.continue" if clip_of(job.outcome) else None


CONTINUE: Final = Control(
    name="continue",
    who=Who.THERE,
    does=_continue,
    form=_form,
    shown={Place.RESULT: _can_continue},
)

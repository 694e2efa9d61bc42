"""The table of controls: one entry for each thing that can be pressed, chosen or filled in.

The order of the entries is the order of the buttons. `tests/pure/test_controls.py` names what an
entry lacks elsewhere.
"""

from typing import Final

from bot.controls.continuing import CONTINUE
from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.controls.daily import BELL, DELETE, HIDE, STAR
from bot.controls.going_on import FINAL, GOING_ON, start
from bot.controls.menus import MENU_CONTROL
from bot.controls.of_media import OF_MEDIA
from bot.domain.outcomes import outcome_problems
from bot.domain.policy.card import open_for_cancel, open_for_stop
from bot.domain.policy.privacy import is_private
from bot.domain.policy.recovery import UnsureChoice
from bot.jobs.actions import Fetching, Told
from bot.messages.controls import Place
from bot.messages.message import Style
from storage.job import Job, State, WaitsFor


async def _cancel(desk: Desk, press: Press) -> Reply:
    return await desk.actions.cancel(press.job)


def _can_end(job: Job) -> str | None:
    if open_for_cancel(job):
        return "button.cancel"
    return "button.stop_following" if open_for_stop(job) else None


async def _face(desk: Desk, press: Press) -> Reply:
    return await desk.actions.choose_face(press.job, press.chosen)


async def _deliver(desk: Desk, press: Press) -> Reply:
    """Of a private job one result goes into the answer to the press; several need a message."""
    media = (press.job.outcome or {}).get("media", ())
    if is_private(press.job) and press.job.state is State.DONE and len(media) == 1:
        return await _pick_up(desk, press)
    return await desk.actions.deliver_again(press.job)


def _is_delivered(job: Job) -> bool:
    media = job.outcome and not outcome_problems(job.outcome)
    return job.state is State.DONE and bool(media)


async def _pick_up(desk: Desk, press: Press) -> Reply:
    """The private answer becomes the venue of the result.

    It has to exist before that can be stored, and so it promises nothing.
    """
    fetching = desk.words.say("answer.fetching", press.locale)
    message_id = await press.answer.private(fetching)
    if message_id is None:
        return None
    told = await desk.actions.pick_up(press.job, Fetching(press.token, message_id))
    return None if told is Told.WILL_DELIVER else told


def _can_pick_up(job: Job) -> str | None:
    waiting = job.state is State.WAITING and job.waits_for is WaitsFor.PICKUP
    return "button.pick_up" if waiting or _is_delivered(job) else None


def _waits_for_pickup(job: Job) -> str | None:
    waiting = job.state is State.WAITING and _can_end(job) is None
    return "button.pick_up" if waiting else None


async def _look(desk: Desk, press: Press) -> Reply:
    return await desk.actions.resolve(press.job, UnsureChoice.LOOK)


async def _send(desk: Desk, press: Press) -> Reply:
    return await desk.actions.resolve(press.job, UnsureChoice.SEND)


def _is_unsure(job: Job) -> bool:
    """The card of an unsure job lets managers decide; others are told that they may not."""
    asked = job.waits_for is WaitsFor.UNSURE and job.origin.guild_id is not None
    return asked and open_for_stop(job) and not is_private(job)


async def _jobs(desk: Desk, press: Press) -> Reply:
    await press.answer.privately(await desk.pages.jobs(press.user_id, press.locale))
    return None


def _leads_to_jobs(job: Job) -> str | None:
    nothing_else = _can_end(job) is None and job.state is not State.WAITING
    return "button.jobs" if nothing_else else None


async def _list(desk: Desk, press: Press) -> Reply:
    job = await desk.actions.own(press.chosen or press.about, press.user_id)
    if isinstance(job, Told):
        return job
    await press.answer.privately(await desk.pages.job(job, press.locale))
    return None


async def _older(desk: Desk, press: Press) -> Reply:
    """The next page of the history, from the job that ended the last one."""
    last = await desk.actions.own(press.about, press.user_id)
    if isinstance(last, Told):
        return last
    page = await desk.pages.history(press.user_id, press.locale, before=last)
    await press.answer.privately(page)
    return None


async def _forget(desk: Desk, press: Press) -> Reply:
    """The question was theirs, and is used up by the press."""
    asked = await desk.my_data.forget(press.about, press.user_id)
    return Told.FORGETTING if asked else Told.QUESTION_ENDED


CONTROLS: Final = (
    Control(
        name="look",
        who=Who.MANAGERS,
        does=_look,
        shown={Place.CARD: lambda job: "button.look_again" if _is_unsure(job) else None},
    ),
    Control(
        name="send",
        who=Who.MANAGERS,
        does=_send,
        shown={Place.CARD: lambda job: "button.send_again" if _is_unsure(job) else None},
        style=Style.DANGER,
    ),
    Control(
        name="cancel",
        who=Who.REQUESTER_OR_MODERATORS,
        does=_cancel,
        shown={Place.CARD: _can_end, Place.PAGE: _can_end},
    ),
    BELL,
    Control(
        name="deliver",
        who=Who.REQUESTER,
        does=_deliver,
        shown={Place.PAGE: lambda job: "button.deliver_again" if _is_delivered(job) else None},
    ),
    Control(
        name="pick_up",
        who=Who.REQUESTER,
        does=_pick_up,
        shown={Place.CARD: _waits_for_pickup, Place.PAGE: _can_pick_up},
        style=Style.CALL,
        open_to_blocked=True,
    ),
    *GOING_ON,
    CONTINUE,
    STAR,
    *OF_MEDIA,
    FINAL,
    HIDE,
    DELETE,
    Control(
        name="jobs",
        who=Who.ANYBODY,
        does=_jobs,
        shown={Place.CARD: _leads_to_jobs},
        open_to_blocked=True,
    ),
    Control(name="list", who=Who.ANYBODY, does=_list, open_to_blocked=True),
    Control(name="older", who=Who.ANYBODY, does=_older),
    Control(name="forget", who=Who.ANYBODY, does=_forget, open_to_blocked=True),
    Control(name="start", who=Who.ASKED, does=start),
    MENU_CONTROL,
    Control(name="face", who=Who.REQUESTER, does=_face),
)

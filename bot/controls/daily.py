"""Controls about a job itself: taking it back, hearing of its end, and showing it to more."""

from typing import Final

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.domain.outcomes import media_kinds, outcome_problems
from bot.domain.policy.privacy import is_private
from bot.jobs.actions import Told
from bot.messages.controls import Place
from storage.job import ENDED, Job, State, WaitsFor

BEFORE_THE_END: Final = frozenset(
    {State.PREPARING, State.WAITING, State.QUEUED, State.CREATING, State.RUNNING}
)


async def _delete(desk: Desk, press: Press) -> Reply:
    """Our messages of the job go out of Discord; the row is emptied; the ledger stays."""
    return await desk.actions.delete(press.job)


async def _hide(desk: Desk, press: Press) -> Reply:
    return await desk.hiding.hide(press.job)


def _can_hide(job: Job) -> str | None:
    """Where others see it, and the bot can change its messages."""
    public = job.origin.guild_id is not None and job.origin.can_post and not is_private(job)
    return "button.hide" if public and media_kinds(job.outcome) else None


def _can_delete_card(job: Job) -> str | None:
    """Of a job that ended without what it made: its card quotes the prompt, and nothing else does.

    Where the bot is no member it can't take the card out once its token is dead.
    """
    public = job.origin.guild_id is not None and job.origin.can_post and not is_private(job)
    made = bool(job.outcome) and not outcome_problems(job.outcome) and not job.stopped
    return "button.delete" if public and job.state in ENDED and not made else None


async def _delete_copy(desk: Desk, press: Press) -> Reply:
    """Of a job that was deleted by its age, the copy in a showcase can still go."""
    return await desk.stars.take_back(press.about, press.user_id, moderates=press.moderates)


async def _bell(desk: Desk, press: Press) -> Reply:
    return await desk.actions.ring(press.job, press.user_id)


def _can_ring(job: Job) -> str | None:
    """Where the end is posted for all to see, and as long as it is to come."""
    public = job.origin.guild_id is not None and job.origin.can_post
    coming = job.state in BEFORE_THE_END and job.waits_for is not WaitsFor.PICKUP
    return "button.bell" if public and coming and not job.stopped else None


async def _star(desk: Desk, press: Press) -> Reply:
    """Toggle the member's star; the requester's own allows the prompt to be shown."""
    showcase = press.rules.showcase()
    if showcase is None:
        return Told.NO_SHOWCASE
    said = await desk.stars.star(press.job, press.user_id, showcase.stars)
    if isinstance(said, Told):
        return said
    key, count, wanted = said
    channel = f"<#{showcase.channel_id}>"
    text = desk.words.say(key, press.locale, count=count, wanted=wanted, channel=channel)
    await press.answer.private(text)
    return None


def _can_star(job: Job) -> str | None:
    shown = media_kinds(job.outcome) and job.origin.guild_id is not None
    return "button.star" if shown and not is_private(job) and not job.stopped else None


DELETE: Final = Control(
    name="delete",
    who=Who.REQUESTER_OR_MODERATORS,
    does=_delete,
    shown={
        Place.CARD: _can_delete_card,
        Place.PAGE: lambda _job: "button.delete",
        Place.MORE: lambda _job: "button.delete",
    },
    open_to_blocked=True,
    aged=_delete_copy,
)
HIDE: Final = Control(
    name="hide",
    who=Who.REQUESTER_OR_MODERATORS,
    does=_hide,
    shown={Place.MORE: _can_hide},
)
STAR: Final = Control(
    name="star",
    who=Who.IN_SERVER,
    does=_star,
    shown={Place.RESULT: _can_star, Place.SHOWCASE: _can_star},
    for_showcase=True,
)
BELL: Final = Control(name="bell", who=Who.THERE, does=_bell, shown={Place.CARD: _can_ring})

"""Every press, choice and sent form: finds its control, asks whether this person may, does it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.controls.control import Answer, Control, Desk, Press, Reply, Who
from bot.controls.menus import Click, open_menu
from bot.domain.policy.privacy import is_private
from bot.errors import Problem
from bot.jobs.actions import Told
from bot.messages.controls import MORE, OF_DRAFT
from bot.messages.form import Form
from storage.drafts import Draft
from storage.job import Job, is_job_id


class Presses:
    """The way from a `custom_id` to what a control does.

    A `custom_id` is never trusted: the control and the job are looked up, and the person is
    authorised, each time.
    """

    def __init__(self, desk: Desk, controls: Sequence[Control]) -> None:
        self.desk = desk
        self._controls = {control.name: control for control in controls}

    async def take(self, press: Press) -> None:
        """Do what was pressed, and tell the member; an unknown or foreign id gets "not found"."""
        if press.action == MORE:
            press = replace(press, action=press.chosen, chosen="")
        control = self._controls.get(press.action)
        reply: Reply = Told.NOT_FOUND if control is None else await self._do(control, press)
        await self._tell(reply, press.answer, press.locale)

    async def click(self, click: Click) -> None:
        """Open the form of a command in the menu of a message, or tell the member why not."""
        await self._tell(await open_menu(self.desk, click), click.answer, click.origin.locale)

    async def _tell(self, reply: Reply, answer: Answer, locale: str) -> None:
        if isinstance(reply, Problem):
            await answer.private(self.desk.cards.problem_lines([reply], locale))
        elif reply is not None:
            await answer.private(self.desk.words.say(reply, locale))

    async def _do(self, control: Control, press: Press) -> Reply:
        blocked = None if control.open_to_blocked else press.rules.blocked()
        if blocked is not None:
            return blocked
        found = await self._found(control, press)
        if isinstance(found, Told):
            aged = control.aged if found is Told.NOT_FOUND else None
            return found if aged is None else await aged(self.desk, press)
        press = replace(press, found=found)
        if control.form is None:
            return await control.does(self.desk, press)
        if press.fields is not None:
            return await control.does(self.desk, press)
        form = await control.form(self.desk, press)
        if not isinstance(form, Form):
            return form
        await press.answer.form(form)
        return None

    async def _found(self, control: Control, press: Press) -> Job | Draft | Told | None:
        about_draft = control.of_drafts and press.tag == OF_DRAFT
        return await self._allowed(Who.ASKED if about_draft else control.who, press)

    async def _allowed(self, who: Who, press: Press) -> Job | Draft | Told | None:
        """Return the job or draft that the person may do this to, or what to tell them."""
        if who is Who.ANYBODY:
            return None
        if who is Who.REQUESTER:
            return await self.desk.actions.own(press.about, press.user_id)
        if who is Who.ASKED:
            return await self._draft(press)
        job = await self.desk.actions.known(press.about)
        return Told.NOT_FOUND if job is None else _of_a_job(who, press, job)

    async def _draft(self, press: Press) -> Draft | Told:
        draft = await self.desk.orders.draft(press.about) if is_job_id(press.about) else None
        if draft is not None:
            return draft if draft.user_id == press.user_id else Told.QUESTION_NOT_YOURS
        started = await self.desk.actions.known(press.about)
        theirs = started is not None and started.origin.user_id == press.user_id
        return Told.ALREADY_STARTED if theirs else Told.QUESTION_ENDED


def _of_a_job(who: Who, press: Press, job: Job) -> Job | Told:
    """Return the job, if who pressed is one of those; otherwise what to tell them."""
    origin = job.origin
    if who is Who.REQUESTER_OR_MODERATORS:
        theirs = origin.user_id == press.user_id
        moderated = press.moderates is not None and origin.guild_id == press.moderates
        return job if theirs or (moderated and not is_private(job)) else Told.NOT_YOURS
    if who is Who.IN_SERVER:
        here = press.origin.guild_id
        public = here is not None and origin.guild_id == here and not is_private(job)
        return job if public else Told.NOT_FOUND
    if who is Who.MANAGERS:
        managed = press.manages is not None and origin.guild_id == press.manages
        return job if managed and not is_private(job) else Told.NOT_ALLOWED
    here = press.origin.channel_id
    there = origin.channel_id == here != 0 and not is_private(job)
    return job if there or origin.user_id == press.user_id else Told.NOT_FOUND

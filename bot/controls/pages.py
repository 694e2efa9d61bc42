"""The private pages of `/jobs` and `/history`: the lists, and one job with its controls."""

from bot.jobs.actions import Actions
from bot.jobs.history import JobHistory
from bot.messages.controls import Buttons
from bot.messages.job_list import JobList
from bot.messages.message import Message
from bot.messages.translations import Translations
from storage.job import Job


class Pages:
    """Makes the pages in the member's language."""

    def __init__(
        self, actions: Actions, history: JobHistory, words: Translations, buttons: Buttons
    ) -> None:
        self._actions = actions
        self._history = history
        self._words = words
        self._buttons = buttons

    async def jobs(self, user_id: int, locale: str) -> Message:
        """Return the list of the member's latest jobs."""
        jobs = await self._actions.jobs_of(user_id)
        return JobList(self._words, locale, self._buttons).page(jobs)

    async def history(
        self, user_id: int, locale: str, search: str = "", before: Job | None = None
    ) -> Message:
        """Return the member's ended jobs, those older than `before`, or what a search found."""
        found = await self._history.page(user_id, search, before)
        page = JobList(self._words, locale, self._buttons)
        return page.history(found.jobs, search, more=found.more, cut_after=found.cut_after)

    async def job(self, job: Job, locale: str) -> Message:
        """Return one job, what can be done to it, and what came from what."""
        family = await self._history.family(job)
        return JobList(self._words, locale, self._buttons).one(job, family)

"""The private pages of `/jobs`: the list, and one job with its controls."""

from bot.jobs.actions import Actions
from bot.messages.controls import Buttons
from bot.messages.job_list import JobList
from bot.messages.message import Message
from bot.messages.translations import Translations
from storage.job import Job


class Pages:
    """Makes the pages in the member's language."""

    def __init__(self, actions: Actions, words: Translations, buttons: Buttons) -> None:
        self._actions = actions
        self._words = words
        self._buttons = buttons

    async def jobs(self, user_id: int, locale: str) -> Message:
        """Return the list of the member's latest jobs."""
        jobs = await self._actions.jobs_of(user_id)
        return JobList(self._words, locale, self._buttons).page(jobs)

    def job(self, job: Job, locale: str) -> Message:
        """Return one job and what can be done to it."""
        return JobList(self._words, locale, self._buttons).one(job)

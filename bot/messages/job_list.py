"""What `/jobs` and `/history` show: a member's jobs, and one of them with its controls. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.policy.card import card_view
from bot.domain.policy.privacy import is_private
from bot.domain.requests import from_json
from bot.messages.controls import OPEN, Buttons, Place
from bot.messages.escape import inert, one_line, shorten
from bot.messages.face_menu import face_menu
from bot.messages.message import (
    EMBED_CHARACTERS_MAX,
    SELECT_OPTIONS_MAX,
    Button,
    Colour,
    Message,
    Option,
    Select,
    custom_id,
)
from bot.messages.message_links import message_link
from bot.messages.translations import Translations
from storage.job import Job, State

PROMPT_CHARACTERS_MAX: Final = 90
PROMPT_CHARACTERS_IN_LONG_LIST_MAX: Final = 30
LONG_LIST_JOBS: Final = 11
"""From this many lines on, prompts are shorter, so that the last line fits too."""
LABEL_CHARACTERS_MAX: Final = 100
"""Discord's limit for the label of a menu option."""
SEARCH_CHARACTERS_MAX: Final = 100
OLDER: Final = "older"
"""The control that shows the next page of the history."""
CAME_FROM: Final = "↳ "
INDENT: Final = "\u2003"
"""Discord takes ordinary spaces away at the beginning of a line."""


class JobList:
    """Builds the private pages of `/jobs` in the member's language."""

    def __init__(self, words: Translations, locale: str, buttons: Buttons) -> None:
        self._words = words
        self._locale = locale
        self._buttons = buttons

    def page(self, jobs: Sequence[tuple[Job, int | None]]) -> Message:
        """Return the list in the given order, with a menu to choose one."""
        if not jobs:
            return Message(content=self._say("jobs.empty"))
        lines = [self._say("jobs.header", count=len(jobs))]
        is_long = len(jobs) >= LONG_LIST_JOBS
        room = PROMPT_CHARACTERS_IN_LONG_LIST_MAX if is_long else PROMPT_CHARACTERS_MAX
        lines += [self._line(job, place, room) for job, place in jobs]
        return Message(
            body=shorten("\n".join(lines), EMBED_CHARACTERS_MAX),
            select=self._menu([job for job, _ in jobs]),
        )

    def history(
        self, jobs: Sequence[Job], search: str, *, more: bool, cut_after: int = 0
    ) -> Message:
        """Return a page of ended jobs, newest first; `more`: there are older ones.

        Older ones are on the next page; of a search, only the newest are shown. `cut_after`: only
        so many of the newest jobs were looked through.
        """
        sought = inert(shorten(one_line(search), SEARCH_CHARACTERS_MAX))
        if not jobs:
            key = "history.nothing" if sought else "history.empty"
            content = self._say(key, words=sought)
            if cut_after:
                content += "\n" + self._say("history.cut", count=cut_after)
            return Message(content=content)
        key = "history.found" if sought else "history.header"
        lines = [self._say(key, count=len(jobs), words=sought)]
        is_long = len(jobs) >= LONG_LIST_JOBS
        room = PROMPT_CHARACTERS_IN_LONG_LIST_MAX if is_long else PROMPT_CHARACTERS_MAX
        lines += [CAME_FROM * bool(job.parent_id) + self._line(job, None, room) for job in jobs]
        if more and sought:
            lines.append(self._say("history.more_found"))
        if cut_after:
            lines.append(self._say("history.cut", count=cut_after))
        older = Button(custom_id(OLDER, jobs[-1].id), self._say("button.older"))
        return Message(
            body=shorten("\n".join(lines), EMBED_CHARACTERS_MAX),
            buttons=(older,) if more and not sought else (),
            select=self._menu(jobs),
        )

    def one(self, job: Job, family: Sequence[Job] = ()) -> Message:
        """Return one job with a link to its card and the controls that are possible now.

        `family`: with what it came from and what came from it. A face can be chosen here too: the
        card may be impossible to edit.
        """
        relatives = [one for one in family if one.id != job.id]
        lines = [self._line(job, None), *self._way(job)]
        if relatives:
            lines += ["", self._say("history.tree"), *self._tree(job, family)]
        asks = card_view(job) == "face"
        menu = self._menu(relatives) if relatives else None
        return Message(
            body=shorten("\n".join(lines), EMBED_CHARACTERS_MAX),
            footer=self._say("jobs.id", id=job.id),
            colour=Colour.QUIET,
            buttons=self._buttons.row(Place.PAGE, job, self._say),
            select=face_menu(job, self._say) if asks else menu,
        )

    def _menu(self, jobs: Sequence[Job]) -> Select:
        options = tuple(
            Option(
                job.id,
                shorten(self._label(job), LABEL_CHARACTERS_MAX),
                shorten(self._state(job), LABEL_CHARACTERS_MAX),
            )
            for job in jobs[:SELECT_OPTIONS_MAX]
        )
        return Select(custom_id(OPEN, jobs[0].id), self._say("select.job.placeholder"), options)

    def _tree(self, this: Job, family: Sequence[Job]) -> Iterator[str]:
        """Yield a line for each, below what it came from."""
        ids = {job.id for job in family}
        made_of: dict[str | None, list[Job]] = {}
        for job in family:
            made_of.setdefault(job.parent_id if job.parent_id in ids else None, []).append(job)
        left = [(0, job) for job in reversed(made_of.get(None, ()))]
        while left:
            depth, job = left.pop()
            line = self._line(job, None, PROMPT_CHARACTERS_IN_LONG_LIST_MAX)
            if job.id == this.id:
                line = self._say("history.this", line=line)
            yield INDENT * (depth - 1) + CAME_FROM * bool(depth) + line
            left += [(depth + 1, made) for made in reversed(made_of.get(job.id, ()))]

    def _way(self, job: Job) -> Iterator[str]:
        if job.card.message_id and not is_private(job):
            url = message_link(job.origin.guild_id, job.origin.channel_id, job.card.message_id)
            yield self._say("jobs.card", url=url)

    def _line(
        self, job: Job, place: int | None, prompt_characters_max: int = PROMPT_CHARACTERS_MAX
    ) -> str:
        line = self._say(
            "jobs.line",
            kind=self._say(f"card.title.{job.kind}"),
            state=self._state(job),
            when=f"<t:{round(job.created_at)}:R>",
        )
        pieces = [line]
        if is_private(job):
            pieces.append(self._say("jobs.private"))
        if place is not None:
            pieces.append(self._say("jobs.place", place=place))
        if card_view(job) == State.RUNNING and job.expected_at is not None:
            pieces.append(self._say("jobs.expected", when=f"<t:{round(job.expected_at)}:R>"))
        prompt = from_json(job.kind, job.request).prompt
        if prompt:
            pieces.append(inert(shorten(one_line(prompt), prompt_characters_max)))
        return " · ".join(pieces)

    def _label(self, job: Job) -> str:
        prompt = one_line(from_json(job.kind, job.request).prompt)
        title = self._say(f"card.title.{job.kind}")
        return f"{title}: {prompt}" if prompt else title

    def _state(self, job: Job) -> str:
        telling = job.state in {State.READY, State.POSTING}
        return self._say(f"jobs.{job.state.value if telling else card_view(job)}")

    def _say(self, key: str, **facts: str | float) -> str:
        return self._words.say(key, self._locale, **facts)

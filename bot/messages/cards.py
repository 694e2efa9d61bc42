"""What a job looks like in Discord: its card, its result, its problem. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from bot.domain.catalogue.fitting import Fitting
from bot.domain.outcomes import outcome_problems
from bot.domain.policy.card import card_view
from bot.domain.policy.privacy import is_private
from bot.domain.requests import ClipRequest, Request, VideoRequest, from_json
from bot.errors import Problem
from bot.messages.card_colours import COLOURS
from bot.messages.character_page import character_made
from bot.messages.controls import OPEN, Buttons, Place
from bot.messages.escape import shorten, shortened_quote, visible
from bot.messages.face_menu import face_menu, faces_named
from bot.messages.message import (
    ALT_CHARACTERS_MAX,
    CONTENT_CHARACTERS_MAX,
    EMBED_CHARACTERS_MAX,
    FILES_MAX,
    Button,
    Colour,
    File,
    Message,
    Select,
    custom_id,
)
from bot.messages.price_lines import PriceLines
from bot.messages.quoting import links, prompt_after
from bot.messages.result_parts import EVERYTHING_THERE, NOTHING_BESIDES, Besides, Left
from bot.messages.saying import Say, defaults_lines, inert_problem, settings_line
from bot.messages.showcase_copy import ShowcaseCopy
from bot.messages.translations import Translations
from storage.job import ENDED, Delivery, Job, State
from storage.turns import PLACES_COUNTED

PARAGRAPH: Final = "\n\n"
LEAST_OF_PROMPT: Final = 400
"""So many characters of a prompt the card quotes, however much else it says."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a card shows besides its job."""

    place: int | None = None
    """Place in the queue, 1 is next."""
    held: bool = False
    """Nothing is sent to Kling right now, this job included."""
    faces: tuple[File, ...] = ()


class _Controls(TypedDict):
    """The controls of a message, as `Message` takes them."""

    buttons: tuple[Button, ...]
    select: Select | None


class Cards:
    """Builds messages in the member's language."""

    def __init__(self, words: Translations, prices: PriceLines, buttons: Buttons) -> None:
        self._words = words
        self._prices = prices
        self._buttons = buttons

    def card(self, job: Job, view: str, situation: Situation | None = None) -> Message:
        """Return the answer to the command as it should look now; it always contains the job id."""
        situation = situation or Situation()
        say = self._say(job)
        request = from_json(job.kind, job.request)
        status, body = self._status(job, view, situation), [self._settings(job, request)]
        if is_private(job) and job.state not in ENDED:
            body.append(say("card.private", when=f"<t:{round(job.card.token_until)}:t>"))
        if view in {"problem", "gave_up"}:
            body.append(self.problem_lines(outcome_problems(job.outcome), job.origin.locale))
        room = EMBED_CHARACTERS_MAX - len(PARAGRAPH.join([status, "", *body]))
        quote = (
            shortened_quote(request.prompt, max(LEAST_OF_PROMPT, room)) if request.prompt else ""
        )
        return Message(
            title=say(f"card.title.{job.kind}"),
            body=PARAGRAPH.join(part for part in (status, quote, *body) if part)[
                :EMBED_CHARACTERS_MAX
            ],
            footer=say("card.footer"),
            colour=COLOURS.get(view, Colour.WORKING),
            buttons=self._buttons.row(Place.CARD, job, say),
            select=face_menu(job, say) if view == "face" else None,
            files=faces_named(situation.faces, job, say) if view == "face" else (),
        )

    def result(
        self,
        job: Job,
        prompt: str,
        delivery: Delivery,
        files: Sequence[File],
        left: Left = EVERYTHING_THERE,
        *,
        fitted: bool = False,
        still: bool = False,
        whole: Sequence[str] = (),
        besides: Besides = NOTHING_BESIDES,
    ) -> Message:
        """Return the message with results: files, and a link for a result that can't be a file.

        Of several messages the first one mentions the requester and quotes the prompt. `fitted`:
        the files are smaller than Kling made them; `whole` are links to those. `still`: the file
        stands for a video.
        """
        say = self._say(job)
        late = bool((job.outcome or {}).get("late"))
        count = max(1, len((job.outcome or {}).get("media", ())) - left.missing)
        key = "result.late" if late else f"result.{job.kind}"
        first = delivery.part == 0
        content = [say(key, mention=f"<@{job.origin.user_id}>", count=count)] if first else []
        content += _rung(besides, say)
        content += _seam(besides, say)
        if besides.source is not None and not (besides.alone and besides.before):
            kind = say(f"card.title.{besides.source.kind}")
            content.append(say("result.from", kind=kind, url=besides.source.url))
        carried = list(files)
        lines, more = links(left, whole, say, hidden=besides.hidden)
        content += lines
        carried += more
        if still:
            content.append(say("result.poster"))
        if left.unusable:
            content.append(say("result.unusable", count=left.unusable))
        if left.missing:
            content.append(say("result.missing", count=left.missing))
        if fitted:
            content.append(say("result.fitted"))
        lines, more = prompt_after(content, prompt if first else "", say)
        content += lines
        carried += more
        return Message(
            content="\n".join(content),
            files=tuple(carried),
            **self._controls(job, delivery, showcase=besides.showcase),
            mention=job.origin.user_id if first else None,
            also=besides.bells,
        )

    def showcase(
        self,
        job: Job,
        prompt: str,
        delivery: Delivery,
        files: Sequence[File],
        left: Left = EVERYTHING_THERE,
        *,
        fitted: bool = False,  # noqa: ARG002 - the original says it
        still: bool = False,
        whole: Sequence[str] = (),  # noqa: ARG002 - as above
        besides: Besides = NOTHING_BESIDES,
    ) -> Message:
        """Return the copy for the showcase: whose it is, where it comes from; nobody is mentioned.

        `prompt` is empty where its author does not permit that it is shown.
        """
        say = self._say(job)
        buttons = self._buttons.row(Place.SHOWCASE, job, say, delivery.tag)
        made = ShowcaseCopy(job.origin.user_id, prompt, left, besides, still=still)
        return made.message(files, buttons, say, first=delivery.part == 0)

    def gone(self, job: Job, delivery: Delivery, problem: str = "result_gone") -> Message:
        """Return the message for a result that Kling no longer has."""
        say = self._say(job)
        lines = say("result.problem", mention=f"<@{job.origin.user_id}>"), say(f"problem.{problem}")
        return Message(
            content="\n".join(lines),
            **self._controls(job, delivery),
            mention=job.origin.user_id,
        )

    def problem(self, job: Job, delivery: Delivery, besides: Besides = NOTHING_BESIDES) -> Message:
        """Return the message that describes a problem, or that a character was made."""
        say = self._say(job)
        head, lines = character_made(job, say) or (
            say("result.problem", mention=f"<@{job.origin.user_id}>"),
            self.problem_lines(outcome_problems(job.outcome), job.origin.locale),
        )
        text = "\n".join([head, *_rung(besides, say), lines])
        return Message(
            content=shorten(text, CONTENT_CHARACTERS_MAX),
            **self._controls(job, delivery),
            mention=job.origin.user_id,
            also=besides.bells,
        )

    def announcement(self, job: Job, delivery: Delivery, pictures: Sequence[File]) -> Message:
        """Return the message that a question about this job waits for its member."""
        say = self._say(job)
        lines = [
            say("result.question", mention=f"<@{job.origin.user_id}>"),
            self._status(job, card_view(job), Situation()),
        ]
        prompt = from_json(job.kind, job.request).prompt
        said, carried = prompt_after(lines, prompt, say)
        return Message(
            content="\n".join([*lines, *said]),
            files=(*faces_named(pictures[: FILES_MAX - len(carried)], job, say), *carried),
            buttons=(Button(custom_id(OPEN, job.id, delivery.tag), say("button.open")),),
            mention=job.origin.user_id,
        )

    def problem_lines(self, problems: Sequence[Problem], locale: str) -> str:
        """Return all problems in words, each with what to change; outside text is escaped."""
        return self._words.refusal([inert_problem(problem) for problem in problems], locale)

    def fits(self, fitting: Fitting, locale: str) -> str:
        """Return what would still fit where a limit refuses a command."""
        return self._prices.fits(fitting, locale)

    def price_at_most(self, locale: str) -> str:
        """Return why a command is refused although it may cost less than was said."""
        return self._words.say("card.at_most", locale)

    def above_limit(self, locale: str) -> str:
        """Return that a command costs more than a limit ever allows."""
        return self._words.say("card.above_limit", locale)

    def alt(self, job: Job, prompt: str) -> str:
        """Return the alternative text of a result, for people who can't see it.

        It is the prompt; without one, what was made.
        """
        made = self._say(job)("result.alt", kind=self._say(job)(f"card.title.{job.kind}"))
        return shorten(visible(prompt).strip() or made, ALT_CHARACTERS_MAX)

    def _say(self, job: Job) -> Say:
        return Say(self._words, job.origin.locale)

    def _status(self, job: Job, view: str, situation: Situation) -> str:
        say = self._say(job)
        if view == State.QUEUED:
            return _in_queue(say, situation)
        if view == State.RUNNING:
            if job.expected_at is None:
                return say("card.running_unknown")
            return say("card.running", when=f"<t:{round(job.expected_at)}:R>")
        if view == "face":
            when = f"<t:{round(job.waits_until or 0)}:R>"
            return say("card.face", count=len(job.question.get("faces", ())), when=when)
        key = "unsure_private" if view == "unsure" and is_private(job) else view
        return say(f"card.{key}", count=job.slots)

    def _settings(self, job: Job, request: Request) -> str:
        say = self._say(job)
        lines = [settings_line(request, say), self._prices.of_job(job, request)]
        if isinstance(request, ClipRequest) and request.image and request.aspect_ratio:
            lines.append(say("card.ratio_follows_picture"))
        if isinstance(request, VideoRequest) and request.continues:
            lines.append(say("card.continues", seconds=request.earlier_s))
        lines += [say(f"card.note_{note}") for note in job.question.get("notes", ())]
        lines += defaults_lines(job.request, say)
        return "\n".join(line for line in lines if line)

    def _controls(self, job: Job, delivery: Delivery, *, showcase: bool = False) -> _Controls:
        """A button is also the mark by which a text message is found again."""
        say, tag = self._say(job), delivery.tag
        return {
            "buttons": self._buttons.row(Place.RESULT, job, say, tag, showcase=showcase),
            "select": self._buttons.more(job, say, tag),
        }


def _rung(besides: Besides, say: Say) -> list[str]:
    """Return the line that mentions those whose bell was on."""
    mentions = " ".join(f"<@{member}>" for member in besides.bells)
    return [say("result.bells", mentions=mentions)] if mentions else []


def _seam(besides: Besides, say: Say) -> list[str]:
    """Return the lines about the videos that this one goes on from."""
    if besides.parts:
        return [say("result.joined", count=besides.parts)]
    if besides.alone is None:
        return []
    before = [say("result.before", url=besides.before)] if besides.before else []
    return [say(besides.alone), *before]


def _in_queue(say: Say, situation: Situation) -> str:
    place = situation.place or 1
    if situation.held:
        return say("card.held")
    if place > PLACES_COUNTED:
        return say("card.queued_far", count=PLACES_COUNTED)
    return say("card.queued", place=place)

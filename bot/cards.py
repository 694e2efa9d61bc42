"""What a job looks like in Discord: its card, its result, its problem. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.catalogue import price
from bot.errors import Problem
from bot.message import (
    ALT_CHARACTERS_MAX,
    CONTENT_CHARACTERS_MAX,
    EMBED_CHARACTERS_MAX,
    SELECT_OPTIONS_MAX,
    Button,
    Colour,
    File,
    Message,
    Option,
    Select,
    Style,
    custom_id,
)
from bot.plain import inert, quoted, shorten, shortened_quote, visible
from bot.policy import open_for_cancel, open_for_stop, outcome_problems
from bot.requests import ImageRequest, LipSyncRequest, Request, VideoRequest, from_json
from bot.text import Words
from storage.job import Delivery, Job, State

CARD_PROMPT_CHARACTERS_MAX: Final = 1_200
PROMPT_FILE: Final = "prompt.txt"

OWN_FACTS: Final = frozenset({"models", "option", "allowed"})
"""Facts of a problem that hold words of ours, not of a member or of Kling."""

COLOURS: Final = {
    "done": Colour.DONE,
    "problem": Colour.PROBLEM,
    "gave_up": Colour.PROBLEM,
    "face": Colour.WAITING,
    "unsure": Colour.WAITING,
    "pickup": Colour.WAITING,
    "late": Colour.WAITING,
    "cancelled": Colour.QUIET,
    "stopped": Colour.QUIET,
    "stopping": Colour.QUIET,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What a card tells besides its job."""

    place: int | None = None
    """Place in the queue, 1 is next."""
    faces: tuple[File, ...] = ()


class Cards:
    """Builds messages in the member's language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def card(self, job: Job, view: str, situation: Situation | None = None) -> Message:
        """Return the answer to the command as it should look now; it always bears the job id."""
        situation = situation or Situation()
        say = self._say(job)
        request = from_json(job.kind, job.request)
        body = [self._status(job, view, situation)]
        if request.prompt:
            body.append(shortened_quote(request.prompt, CARD_PROMPT_CHARACTERS_MAX))
        body.append(self._settings(job, request))
        if view in {"problem", "gave_up"}:
            body.append(self.problem_lines(outcome_problems(job.outcome), job.origin.locale))
        return Message(
            title=say(f"card.title.{job.kind}"),
            body="\n\n".join(part for part in body if part)[:EMBED_CHARACTERS_MAX],
            footer=say("card.footer"),
            colour=COLOURS.get(view, Colour.WORKING),
            buttons=self._buttons(job),
            select=self._faces(job) if view == "face" else None,
            files=situation.faces if view == "face" else (),
        )

    def result(
        self, job: Job, delivery: Delivery, files: Sequence[File], links: Sequence[str] = ()
    ) -> Message:
        """Return the message that carries results: files, or a link where they do not fit."""
        say = self._say(job)
        late = bool((job.outcome or {}).get("late"))
        line = say(
            "result.late" if late else f"result.{job.kind}", mention=f"<@{job.origin.user_id}>"
        )
        content = [line]
        content += [say("result.link", url=link) for link in links]
        prompt = from_json(job.kind, job.request).prompt
        carried = list(files)
        if prompt and delivery.part == 0:
            room = CONTENT_CHARACTERS_MAX - sum(map(len, content)) - 2
            quote = quoted(prompt, room)
            if quote is None:
                carried.append(File(PROMPT_FILE, data=visible(prompt).encode()))
                content.append(shortened_quote(prompt, min(room, CARD_PROMPT_CHARACTERS_MAX)))
            else:
                content.append(quote)
        return Message(
            content="\n".join(content),
            files=tuple(carried),
            buttons=(self._again(job, delivery),),
            mention=job.origin.user_id,
        )

    def gone(self, job: Job, delivery: Delivery) -> Message:
        """Return the message that says that Kling keeps the result no longer."""
        say = self._say(job)
        return Message(
            content="\n".join(
                (
                    say("result.problem", mention=f"<@{job.origin.user_id}>"),
                    say("problem.result_gone"),
                )
            ),
            buttons=(self._again(job, delivery),),
            mention=job.origin.user_id,
        )

    def problem(self, job: Job, delivery: Delivery) -> Message:
        """Return the message that tells of a problem."""
        say = self._say(job)
        lines = self.problem_lines(outcome_problems(job.outcome), job.origin.locale)
        head = say("result.problem", mention=f"<@{job.origin.user_id}>")
        return Message(
            content=shorten(f"{head}\n{lines}", CONTENT_CHARACTERS_MAX),
            buttons=(self._again(job, delivery),),
            mention=job.origin.user_id,
        )

    def problem_lines(self, problems: Sequence[Problem], locale: str) -> str:
        """Return all problems in words, each saying what to change; outside text is inert."""
        return self._words.refusal([_inert(problem) for problem in problems], locale)

    def alt(self, job: Job) -> str:
        """Return the description of a result for those who cannot see it: the prompt."""
        prompt = from_json(job.kind, job.request).prompt
        return shorten(visible(prompt), ALT_CHARACTERS_MAX)

    def _say(self, job: Job) -> "_Say":
        return _Say(self._words, job.origin.locale)

    def _status(self, job: Job, view: str, situation: Situation) -> str:
        say = self._say(job)
        if view == State.QUEUED:
            return say("card.queued", place=situation.place or 1)
        if view == State.RUNNING:
            if job.expected_at is None:
                return say("card.running_unknown")
            return say("card.running", when=f"<t:{round(job.expected_at)}:R>")
        if view == "face":
            return say("card.face", count=len(job.question.get("faces", ())))
        return say(f"card.{view}")

    def _settings(self, job: Job, request: Request) -> str:
        say = self._say(job)
        pieces = [f"{say('card.model')}: {inert(job.model)}"] if request.model else []
        pieces += [f"{say(key)}: {value}" for key, value in _shown(request) if value is not None]
        lines = [" · ".join(pieces)]
        cost = price(request)
        if cost is not None:
            key = f"card.price_{cost.pack}" + ("_from" if cost.at_least else "")
            lines.append(say(key, units=f"{cost.units.normalize():f}"))
        if isinstance(request, VideoRequest) and request.image and request.aspect_ratio:
            lines.append(say("card.ratio_follows_picture"))
        lines += [say(f"card.note_{note}") for note in job.question.get("notes", ())]
        return "\n".join(line for line in lines if line)

    def _buttons(self, job: Job) -> tuple[Button, ...]:
        say = self._say(job)
        if open_for_cancel(job):
            return (Button(custom_id("cancel", job.id), say("button.cancel")),)
        if open_for_stop(job):
            return (Button(custom_id("cancel", job.id), say("button.stop_following")),)
        if job.state is State.WAITING:
            return (Button(custom_id("pick_up", job.id), say("button.pick_up"), Style.CALL),)
        return (Button(custom_id("jobs", job.id), say("button.jobs")),)

    def _again(self, job: Job, delivery: Delivery) -> Button:
        """The button also is the mark by which a message of words is found again."""
        return Button(custom_id("again", job.id, delivery.tag), self._say(job)("button.run_again"))

    def _faces(self, job: Job) -> Select:
        say = self._say(job)
        options = tuple(
            Option(
                str(face["face_id"]),
                say(
                    "select.face.option",
                    number=number,
                    start=round(face["start_ms"] / 1_000, 1),
                    end=round(face["end_ms"] / 1_000, 1),
                ),
            )
            for number, face in enumerate(job.question.get("faces", ()), 1)
        )
        return Select(
            custom_id("face", job.id),
            say("select.face.placeholder"),
            options[:SELECT_OPTIONS_MAX],
        )


class _Say:
    """The catalogue in one language."""

    def __init__(self, words: Words, locale: str) -> None:
        self._words = words
        self._locale = locale

    def __call__(self, key: str, **facts: str | float) -> str:
        return self._words.say(key, self._locale, **facts)


def _inert(problem: Problem) -> Problem:
    facts = {
        key: inert(value) if isinstance(value, str) and key not in OWN_FACTS else value
        for key, value in problem.facts.items()
    }
    return Problem(problem.code, facts)


def _shown(request: Request) -> list[tuple[str, str | None]]:
    def number(value: float | None) -> str | None:
        return None if value is None else f"{value:g}"

    if isinstance(request, VideoRequest):
        ratio = None if request.image else request.aspect_ratio
        amount = "" if request.camera_amount is None else f" {request.camera_amount:g}"
        return [
            ("card.duration", None if request.duration_s is None else f"{request.duration_s} s"),
            ("card.mode", request.mode),
            ("card.ratio", ratio),
            ("card.camera", request.camera and f"{request.camera}{amount}"),
            ("card.sound", None if request.sound is None else "✓" if request.sound else "—"),
            ("card.cfg_scale", number(request.cfg_scale)),
        ]
    if isinstance(request, ImageRequest):
        return [
            ("card.count", number(request.n)),
            ("card.ratio", request.aspect_ratio),
            ("card.resolution", request.resolution),
            ("card.reference", request.reference),
            ("card.fidelity", number(request.fidelity)),
        ]
    assert isinstance(request, LipSyncRequest)  # noqa: S101 - tells mypy what is left
    return [
        ("card.start", number(request.start_s)),
        ("card.end", number(request.end_s)),
        ("card.insert", number(request.insert_s)),
    ]

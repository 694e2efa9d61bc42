"""`python -m bot jobs`: the operator manages jobs from a shell while the bot is running.

Every write is a compare-and-set or a fact; a running bot on the same database notices it.
"""

import argparse
import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TextIO

from bot.clock import Clock
from bot.domain.policy.backoff import DAY_S, HOUR_S
from bot.domain.policy.recovery import UnsureChoice
from bot.domain.requests import Route
from bot.invocation import Invocation
from bot.log import REDACTED, Redactor
from bot.messages.escape import one_line, shorten, visible
from bot.operator.finding import OpenFinding, candidate_lines, take
from bot.operator.job_words import TAKE
from bot.settings.load import Settings
from storage.engine import open_database
from storage.facts import PAUSED_FACT
from storage.job import Delivery, Job, State, WaitsFor
from storage.store import JobStore

_NEWER: Final = frozenset(route.value for route in Route if route.newer)
TAKE_A_TASK: Final = "`take` needs the id of a task, and nothing else does."
OWNER: Final = "operator"
LISTED_MAX: Final = 50
PROMPT_CHARACTERS_MAX: Final = 40
MINUTE_S: Final = 60
HIDDEN_FIELDS: Final = frozenset({"callback_key", "token", "sources", "result_urls"})
"""Secrets: shown as present, never as they are."""
TIME_SUFFIXES: Final = ("_at", "_until")
NOTICED: Final = "A running bot notices within half a minute."
PAUSE_NOTICED: Final = "A running bot notices within two seconds."
FORGETTING: Final = "Posted messages stay in Discord, and generated media stay at Kling."
RESOLVED: Final = {
    UnsureChoice.LOOK: "The task is looked up again.",
    UnsureChoice.SEND: (
        "The job is sent again. If Kling had already accepted it, it will be charged twice."
    ),
    UnsureChoice.GIVE_UP: "The bot gives up on the job and notifies the member.",
}


class Deciding(Protocol):
    """Decides about jobs, the same way for a shell and for a button in Discord."""

    async def resolve(self, job: Job, choice: UnsureChoice) -> Job | None:
        """Decide about a create whose outcome can't be known; None: too late."""
        ...


async def look_after_jobs(
    settings: Settings,
    clock: Clock,
    args: argparse.Namespace,
    out: TextIO,
    deciding: Callable[[JobStore, Clock], Deciding],
    finding: OpenFinding,
    invocation: Invocation,
) -> int:
    """Do what `args.action` says; return 0, or 1 if it was not possible.

    `deciding` creates, over the opened store, the object that decides, and `finding` opens what
    asks Kling for tasks. Raises `StorageUnavailable` if the database can't be opened.
    """
    url = settings.storage.url.get_secret_value()
    async with open_database(url, owner=OWNER, beside=True) as database:
        store, redactor = database.jobs, Redactor(settings.secrets())
        done, lines = await _act(
            args,
            store,
            deciding(store, clock),
            finding,
            clock.now(),
            redactor,
            settings.poll.late_s,
        )
        paused_since = await store.fact(PAUSED_FACT) if args.action == "list" else None
    if paused_since:
        resume = invocation.command("jobs", "resume")
        print(
            f"Paused since {paused_since}: nothing is sent to Kling. `{resume}` ends it.", file=out
        )
    for line in lines:
        print(line, file=out)
    return 0 if done else 1


async def _act(
    args: argparse.Namespace,
    store: JobStore,
    deciding: Deciding,
    finding: OpenFinding,
    now: float,
    redactor: Redactor,
    late_s: float,
) -> tuple[bool, Sequence[str]]:
    match args.action:
        case "list":
            states = [State(state) for state in args.state or ()]
            jobs = await store.list_jobs(states=states, limit=LISTED_MAX)
            return True, [*_table(jobs, now)]
        case "show":
            job = await store.get(args.id)
            if job is None:
                return False, [f"There is no job {visible(args.id)}."]
            deliveries = await store.deliveries(job.id)
            lines = [*_described(job, redactor), *map(_delivery_line, deliveries)]
            if _lists_candidates(job):
                async with finding(store) as here:
                    lines += await candidate_lines(here, job)
            return True, lines
        case "resolve":
            return await _resolve(store, deciding, finding, args)
        case "pause" | "resume":
            pausing = args.action == "pause"
            await store.set_fact(PAUSED_FACT, _moment(now) if pausing else "")
            said = "Paused: nothing more is sent to Kling." if pausing else "Resumed."
            return True, [f"{said} {PAUSE_NOTICED}"]
        case _:
            gone = (
                await store.forget_server(args.server, now=now, slots_kept_s=late_s)
                if args.member is None
                else await store.forget_member(args.member, now=now, slots_kept_s=late_s)
            )
            return True, [f"Deleted: {gone} jobs with their files. {FORGETTING}"]


async def _resolve(
    store: JobStore, deciding: Deciding, finding: OpenFinding, args: argparse.Namespace
) -> tuple[bool, Sequence[str]]:
    if (args.choice == TAKE) is not bool(args.task):
        return False, [TAKE_A_TASK]
    job = await store.get(args.id)
    if job is None:
        return False, [f"There is no job {visible(args.id)}."]
    if not _is_unsure(job):
        return False, [f"Job {job.id} is {_state(job)}: there is nothing to decide."]
    if args.choice == TAKE:
        async with finding(store) as here:
            taken, said = await take(here, job, args.task)
        return taken, [f"{said} {NOTICED}" if taken else said]
    choice = UnsureChoice(args.choice)
    if await deciding.resolve(job, choice) is None:
        return False, [f"Too late: job {job.id} has already moved on."]
    return True, [f"{RESOLVED[choice]} {NOTICED}"]


def _is_unsure(job: Job) -> bool:
    return job.state is State.WAITING and job.waits_for is WaitsFor.UNSURE


def _lists_candidates(job: Job) -> bool:
    """Only Kling's newer generation lists tasks of a stretch of time."""
    return _is_unsure(job) and job.route in _NEWER


def _table(jobs: Sequence[Job], now: float) -> Iterator[str]:
    if not jobs:
        yield "No jobs."
        return
    rows = [("ID", "COMMAND", "STATE", "AGE", "MEMBER", "MODEL", "PROMPT")]
    rows += [
        (
            job.id,
            job.kind.value,
            _state(job),
            _age(now - job.created_at),
            str(job.origin.user_id),
            visible(job.model),
            shorten(one_line(_prompt(job)), PROMPT_CHARACTERS_MAX),
        )
        for job in jobs
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _state(job: Job) -> str:
    question = f"({job.waits_for.value})" if job.waits_for is not None else ""
    flags = "".join(f" {flag}" for flag in ("stopped", "late", "gave_up") if getattr(job, flag))
    return f"{job.state.value}{question}{flags}"


def _prompt(job: Job) -> str:
    return str(job.request.get("prompt", ""))


def _age(seconds: float) -> str:
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "m")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")


def _described(job: Job, redactor: Redactor) -> Iterator[str]:
    fields = dict(_flat(job, ""))
    width = max(map(len, fields))
    for name, value in fields.items():
        yield f"{name.ljust(width)}  {visible(str(redactor.value(value)))}".replace("\n", " ⏎ ")


def _flat(record: Any, prefix: str) -> Iterable[tuple[str, Any]]:
    """Yield the values that are set, one name after the other; times as people read them."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value in (None, "", (), {}):
            continue
        name = f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from _flat(value, f"{name}.")
        elif field.name in HIDDEN_FIELDS:
            yield name, REDACTED
        elif field.name.endswith(TIME_SUFFIXES) and isinstance(value, int | float):
            yield name, _moment(value)
        else:
            yield name, value.value if isinstance(value, enum.Enum) else value


def _delivery_line(delivery: Delivery) -> str:
    told = _moment(delivery.told_at) if delivery.told_at is not None else "not yet"
    return (
        f"delivery {delivery.tag}: {delivery.venue.value}, {delivery.form.value}, "
        f"tries {delivery.tries}, told {told}"
    )

"""`python -m bot jobs` beside a running bot: it has the database open and locked all the while."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.account import finding_tasks
from bot.cli import _parser
from bot.invocation import Invocation
from bot.jobs.transitions import Transitions
from bot.operator.jobs import look_after_jobs
from bot.settings.load import Settings, load_settings
from storage.engine import open_database
from storage.facts import PAUSED_FACT
from storage.job import Card, Job, Kind, Origin, Pack, State, WaitsFor, new_job_id
from storage.store import JobStore, Lane
from tests.harness.manual_clock import START_UNIX_S, ManualClock
from tests.harness.models import CATALOGUE
from tests.harness.shell import bot

NOW = START_UNIX_S
TOKEN = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5"
SIGNED = "https://cdn.example/clip.mp4?Signature=c2VjcmV0"


def make_job(state: State = State.QUEUED, prompt: str = "a fox") -> Job:
    return Job(
        id=new_job_id(),
        kind=Kind.VIDEO,
        state=state,
        origin=Origin(
            interaction_id=int.from_bytes(new_job_id().encode()[:6]),
            application_id=1,
            user_id=2,
            channel_id=3,
            guild_id=4,
            locale="en-GB",
            can_post=True,
            answer_limit_bytes=1,
            post_limit_bytes=1,
        ),
        card=Card(token=TOKEN, token_until=NOW + 900, wants="queued"),
        request={"prompt": prompt, "model": "kling-v3", "image_url": SIGNED},
        route="videos/text2video",
        model="kling-v3",
        pack=Pack.VIDEO,
        slots=1,
        created_at=NOW - 90,
        updated_at=NOW,
        due_at=NOW,
        queued_at=NOW,
        callback_key="callbackkey0123456789",
    )


@dataclass
class Running:
    """A bot at work, and the operator's shell beside it."""

    store: JobStore
    settings: Settings
    url: str

    async def insert(self, job: Job) -> Job:
        await self.store.insert(job)
        await self.store.mark_answered(job.id, message_id=9, now=NOW, due_at=NOW)
        return job

    async def unsure(self) -> Job:
        """A job whose create may or may not have arrived."""
        job = await self.insert(make_job())
        (held,) = await self.store.claim_queued(
            Pack.VIDEO, total_slots=1, now=NOW, lease_s=60, limit=1
        )
        held = await self.store.move(held, State.CREATING, now=NOW, keep=True)
        await self.store.move(held, State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE)
        return job

    async def jobs(self, *words: str) -> tuple[int, str]:
        out = io.StringIO()
        args = _parser().parse_args(["jobs", *words])
        started = Invocation.of_script()
        clock = ManualClock()
        code = await look_after_jobs(
            self.settings,
            clock,
            args,
            out,
            Transitions,
            lambda store: finding_tasks(self.settings, CATALOGUE, clock, store),
            started,
        )
        return code, out.getvalue()

    async def fetched(self, job: Job) -> Job:
        found = await self.store.get(job.id)
        assert found is not None
        return found


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    url = f"sqlite:///{tmp_path}/kling.db"
    async with open_database(url, owner="bot") as database:
        settings = load_settings(None, {"KLINGBOT_STORAGE__URL": url})
        yield Running(database.jobs, settings, url)


async def test_the_list_shows_the_latest_jobs(running: Running) -> None:
    """One line a job: where it is, how old, whose, and the beginning of its prompt."""
    unsure = await running.unsure()
    first = await running.insert(make_job(prompt="a fox\n\x1b[31min \u202ethe snow " + "x" * 99))
    code, said = await running.jobs("list")
    assert code == 0
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert "queued" in lines[first.id]
    assert "a fox [31min the snow" in lines[first.id]
    assert "2m" in lines[first.id]
    assert "waiting(unsure)" in lines[unsure.id]
    assert "\x1b" not in said


async def test_the_list_can_be_narrowed_to_states(running: Running) -> None:
    """`--state` shows only what is in one of them."""
    queued = await running.insert(make_job())
    _, said = await running.jobs("list", "--state", "queued", "--state", "running")
    assert queued.id in said
    assert await running.jobs("list", "--state", "done") == (0, "No jobs.\n")


async def test_show_tells_everything_but_secrets(running: Running) -> None:
    """Every field that is set, without the interaction's token, keys and signatures."""
    job = await running.insert(make_job())
    code, said = await running.jobs("show", job.id)
    assert code == 0
    for told in (job.id, "queued", "kling-v3", "a fox", "2027-01-15T08:00:00+00:00"):
        assert told in said
    for secret in (TOKEN, "Signature", job.callback_key):
        assert secret not in said


@pytest.mark.parametrize("words", [("show",), ("resolve", "look")])
async def test_a_job_that_is_not_there_is_said_so(running: Running, words: tuple[str, ...]) -> None:
    """An unknown id is exit 1 and a sentence."""
    code, said = await running.jobs(words[0], "nosuchjob", *words[1:])
    assert (code, said) == (1, "There is no job nosuchjob.\n")


@pytest.mark.parametrize(
    ("choice", "state"),
    [("look", State.CREATING), ("send", State.QUEUED), ("give-up", State.READY)],
)
async def test_an_unsure_create_is_decided_by_the_operator(
    running: Running, choice: str, state: State
) -> None:
    """Look again, send again, give up: the job goes where the answer leads, and is due there."""
    job = await running.unsure()
    code, said = await running.jobs("resolve", job.id, choice)
    assert code == 0
    assert "notices" in said
    decided = await running.fetched(job)
    assert (decided.state, decided.waits_for, decided.due_at) == (state, None, NOW)
    assert (decided.outcome is not None) is (choice == "give-up")
    again, told = await running.jobs("resolve", job.id, choice)
    assert again == 1
    assert "nothing to decide" in told


async def test_nothing_else_can_be_resolved(running: Running) -> None:
    """A job that asks no such question stays where it is."""
    job = await running.insert(make_job())
    code, _ = await running.jobs("resolve", job.id, "send")
    assert code == 1
    assert (await running.fetched(job)).state is State.QUEUED


async def test_the_first_answer_counts(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that found the task in between wins; the operator is told that it was too late."""
    job = await running.unsure()
    decide = JobStore.decide

    async def overtaken(store: JobStore, *args: object, **kwargs: object) -> Job | None:
        await running.store.learn_task(job.id, "task-1", now=NOW)
        return await decide(store, *args, **kwargs)  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(JobStore, "decide", overtaken)
    code, said = await running.jobs("resolve", job.id, "send")
    assert code == 1
    assert said.startswith("Too late")
    assert (await running.fetched(job)).task_id == "task-1"


async def test_pausing_is_a_fact_the_bot_reads(running: Running) -> None:
    """Paused is set and taken back, and shown above the list."""
    assert (await running.jobs("pause"))[0] == 0
    assert await running.store.fact(PAUSED_FACT)
    assert "Paused since 2027-01-15" in (await running.jobs("list"))[1]
    assert (await running.jobs("resume"))[0] == 0
    assert not await running.store.fact(PAUSED_FACT)
    assert "Paused" not in (await running.jobs("list"))[1]


@pytest.mark.parametrize("whose", ["--member", "--server"])
async def test_everything_of_one_is_forgotten(running: Running, whose: str) -> None:
    """Ended or not, with what was attached; nothing of anybody else."""
    job = await running.insert(make_job())
    other = make_job()
    origin = replace(other.origin, user_id=20, guild_id=40)
    other = await running.insert(replace(other, origin=origin))
    assert await running.jobs("forget", whose, "99") == (0, said_of_forgetting(0))
    number = {"--member": job.origin.user_id, "--server": job.origin.guild_id}[whose]
    assert await running.jobs("forget", whose, str(number)) == (0, said_of_forgetting(1))
    assert [left.id for left in await running.store.list_jobs()] == [other.id]


def said_of_forgetting(jobs: int) -> str:
    return (
        f"Deleted: {jobs} jobs with their files. "
        "Posted messages stay in Discord, and generated media stay at Kling.\n"
    )


async def test_leases_of_the_running_bot_stay(running: Running) -> None:
    """Looking on from outside takes nothing out of the bot's hands."""
    await running.insert(make_job(State.PREPARING))
    (held,) = await running.store.claim(Lane.PREPARE, now=NOW, lease_s=60, limit=1)
    await running.jobs("list")
    await running.store.move(held, State.QUEUED, now=NOW)


async def test_the_shell_reaches_the_database_beside_the_bot(
    running: Running, tmp_path: Path
) -> None:
    """As a process of its own, while the bot holds the lock."""
    job = await running.unsure()
    env = {"KLINGBOT_STORAGE__URL": running.url}
    ended = await bot("jobs", "resolve", job.id, "look", cwd=tmp_path, env=env)
    assert (ended.code, ended.err) == (0, "")
    assert (await running.fetched(job)).state is State.CREATING

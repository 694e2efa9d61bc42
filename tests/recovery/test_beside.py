"""`python -m bot jobs` and `python -m bot run`: two processes on one database, in real time."""

from pathlib import Path

from storage.job import Job, State, WaitsFor
from tests.harness.recovery.foreign import foreign_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.recovery.process import RealBot, real_bot
from tests.harness.recovery.scene import DONE, PROBLEM, Scene
from tests.harness.shell import bot as shell
from tests.harness.town import Town

LOOK, SEND, GIVE_UP, PAUSED = "look", "send", "give-up", "asked while paused"
UNSURE = "❔"


async def _jobs(town: Town, cwd: Path, *args: str) -> str:
    ended = await shell("jobs", *args, cwd=cwd, env=town.env)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


async def _unsure(scene: Scene, bot: RealBot) -> dict[str, Job]:
    """Return the jobs of three creates that were done and never answered, by their prompts."""
    for number, prompt in enumerate((LOOK, SEND, GIVE_UP)):
        await scene.ask("image", prompt=prompt)
        await scene.card_says(UNSURE, number)
    asked = await bot.rows(_all_at_rest)
    assert {job.waits_for for job in asked} == {WaitsFor.UNSURE}
    return {job.request["prompt"]: job for job in asked}


def _all_at_rest(jobs: list[Job]) -> bool:
    return not any(job.lease_owner or job.card.due_at for job in jobs)


def _asks_again(jobs: list[Job], before: Job) -> bool:
    """It was looked for, in vain: the same question waits again."""
    [job] = [job for job in jobs if job.id == before.id]
    return job.state is State.WAITING and job.updated_at > before.updated_at


async def test_the_running_bot_notices_what_the_operator_decides(tmp_path: Path) -> None:
    """Paused, decided three ways and resumed, without another word to the bot.

    It notices within its longest pause: pausing stops creates, resuming lets them continue, and
    each of the three unsure jobs goes where it was sent.
    """
    async with foreign_town(tmp_path) as (town, foreign), real_bot(town, tmp_path) as bot:
        scene = Scene(town, bot)
        foreign.loses_answers = True
        unsure = await _unsure(scene, bot)
        foreign.loses_answers = False
        assert "Paused" in await _jobs(town, tmp_path, "pause")
        await scene.ask("image", prompt=PAUSED)
        for prompt, job in unsure.items():
            assert "notices" in await _jobs(town, tmp_path, "resolve", job.id, prompt)
        listed = await _jobs(town, tmp_path, "list")
        assert "Paused since" in listed
        assert listed.count("queued") == 2  # the one sent again, and the new one
        assert SEND in await _jobs(town, tmp_path, "show", unsure[SEND].id)
        assert len(town.kling.creates) == 3
        await _jobs(town, tmp_path, "resume")
        await scene.card_says(DONE, 1)
        await scene.card_says(PROBLEM, 2)
        await scene.card_says(DONE, 3)
        await bot.rows(lambda jobs: _asks_again(jobs, unsure[LOOK]))
        assert len(town.kling.creates) == 5
        assert await bot.terminate() == 0
    assert_posted_once(town.posts(), 3)

"""The ledger beside Kling's own rows, and what is left in the packs."""

import io
import json

import pytest
from sqlalchemy import Update, update

from bot.cli import _parser
from bot.doctor.books import examine_books, examine_packs
from bot.doctor.findings import Mark
from bot.operator import money
from sandbox.kling import Fault, How
from sandbox.kling.billing import COSTS
from sandbox.kling.world import DEMO_PACKS
from storage.schema import jobs, totals
from tests.harness.town import Town

IMAGES = DEMO_PACKS["image"]


async def written(town: Town, statement: Update) -> None:
    await town.store._connections.write(lambda here: here.execute(statement).close())


async def reconciled(town: Town, *words: str) -> tuple[int, str]:
    args, out = _parser().parse_args(["usage", "--reconcile", *words]), io.StringIO()
    return await money.usage(town.settings, town.clock, args, out), out.getvalue()


async def test_klings_rows_agree_with_the_ledger(town: Town) -> None:
    """After jobs that went well and one that failed, task by task."""
    await town.ask("image", prompt="a fox", n=2)
    await town.ask("video", prompt="a boat")
    await town.settled()
    code, said = await reconciled(town)
    assert code == 0
    assert "agree with the ledger" in said
    _, said = await reconciled(town, "--json")
    assert json.loads(said)["differs"] == []


async def test_what_differs_is_listed_by_task(town: Town) -> None:
    """A task that Kling charged otherwise than the ledger says, in both forms."""
    await town.ask("image", prompt="a fox")
    await town.settled()
    [task] = town.kling.creates
    task.order = type(task.order)(**{**vars(task.order), "units": task.order.units * 2})
    code, said = await reconciled(town)
    assert code == 0
    assert f"{task.id}: ledger 8, Kling 16" in said
    _, said = await reconciled(town, "--json")
    assert json.loads(said)["differs"] == [{"task": task.id, "ledger": "8", "kling": "16"}]


async def test_of_one_member_or_server_only_its_tasks_are_compared(town: Town) -> None:
    """What differs for others is left out, as every other part of the report leaves them out."""
    other = town.discord.add_user("noor")
    await town.ask("image", prompt="a fox")
    await town.ask("image", by=other, prompt="a boat")
    await town.settled()
    for task in town.kling.creates:
        task.order = type(task.order)(**{**vars(task.order), "units": task.order.units * 2})
    everything = json.loads((await reconciled(town, "--json"))[1])
    assert len(everything["differs"]) == 2
    assert len(everything["members"]) == 2
    only = json.loads((await reconciled(town, "--json", "--member", str(other.id)))[1])
    [job] = [one for one in await town.store.list_jobs() if one.origin.user_id == other.id]
    assert [one["task"] for one in only["differs"]] == [job.task_id]
    assert [*only["members"]] == [str(other.id)]
    there = json.loads((await reconciled(town, "--json", "--server", str(town.guild.id)))[1])
    assert len(there["differs"]) == 2
    elsewhere = json.loads((await reconciled(town, "--json", "--server", "1"))[1])
    assert (elsewhere["differs"], elsewhere["members"]) == ([], {})


async def test_without_klings_key_it_says_so(town: Town) -> None:
    """A gateway has no books to look into."""
    town.env["KLINGBOT_KLING__DIALECT"] = "gateway"
    code, said = await reconciled(town)
    assert code == 1
    assert "API key" in said


async def test_doctor_tells_what_is_left_and_asks_once_a_minute(town: Town) -> None:
    """The packs with their units and when they lapse; asked again at once, Kling hears nothing."""
    await town.ask("image", prompt="a fox")
    await town.settled()
    for _ in range(2):
        found = await examine_packs(town.settings, town.clock)
        assert [one.mark for one in found] == [Mark.OK] * 3  # videos, images, try-on
        assert any(f"{IMAGES - 8:g} of {IMAGES:g} units left" in one.what for one in found)
    asked = [request for request in town.kling.requests if request.path == COSTS]
    assert len(asked) == 1
    town.clock.jump(61.0)
    await examine_packs(town.settings, town.clock)
    asked = [request for request in town.kling.requests if request.path == COSTS]
    assert len(asked) == 2


async def test_a_refused_question_counts_as_one(town: Town) -> None:
    """While Kling refuses to tell what is left, it is asked no more often than when it tells."""
    town.kling.fault(Fault(How.REFUSE, method="GET", path=COSTS, times=None))
    for _ in range(3):
        assert await examine_packs(town.settings, town.clock) == []
        assert not (await town.ask("usage", by=town.discord.owner)).followups
    asked = [request for request in town.kling.requests if request.path == COSTS]
    assert len(asked) == 1


async def test_doctor_rebuilds_every_total(town: Town) -> None:
    """A total or a job that is not what the ledger says is found and named."""
    await town.ask("image", prompt="a fox")
    await town.settled()
    [fine] = await examine_books(town.settings, town.clock)
    assert fine.mark is Mark.OK
    await written(town, update(totals).values(spent=totals.c.spent + 100))
    await written(town, update(jobs).values(units_spent=1))
    [finding] = await examine_books(town.settings, town.clock)
    assert finding.mark is Mark.BAD
    assert "2 sums disagree" in finding.what


@pytest.mark.parametrize("wrong", ["1201"])
async def test_a_refusal_of_klings_is_told(town: Town, wrong: str) -> None:
    """A key that Kling does not know: its refusal is said, and no books are shown."""
    town.env["KLINGBOT_KLING__API_KEY"] = wrong
    code, said = await reconciled(town)
    assert code == 1
    assert "Kling does not answer" in said

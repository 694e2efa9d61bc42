"""From 0.1.0 on: what an operator has when they bring the program up to date."""

from sqlalchemy import select

from bot.jobs.adoption import price_earlier_jobs
from storage.engine import open_database
from storage.job import ENDED, Pack, State, StoredInput
from storage.schema import lineage
from storage.store import JobStore, Lane
from storage.upload_limits import UploadLimit
from tests.harness.manual_clock import ManualClock
from tests.harness.models import CATALOGUE
from tests.harness.storage.making import LEASE_S, MEMBER, NOW, SERVER
from tests.harness.storage.version_0_1_0 import (
    OTHER_MEMBER,
    ROWS,
    THIRD_MEMBER,
    VERSION_0_1_0,
    fill,
    insert,
)

PICTURE = StoredInput("image", "image/png", b"\x89PNG", {})
LATER = NOW + 1_000.0
IN_LANES = {
    Lane.SETTLE: {"unanswered"},
    Lane.PREPARE: {"preparing"},
    Lane.CREATE: {"creating"},
    Lane.POLL: {"running", "given up"},
    Lane.TELL: {"ready", "posting"},
    Lane.ASK: {"face"},
    Lane.CARD: set(),
}


async def test_every_row_of_0_1_0_goes_on(url: str) -> None:
    """A job in any state is read, keeps its files and messages, and is found by its lane alone."""
    async with open_database(url, owner="bot", migrations=VERSION_0_1_0) as database:
        ids = await database.jobs._connections.write(fill)
    names = {job_id: name for name, job_id in ids.items()}
    async with open_database(url, owner="bot") as database:
        store = database.jobs
        jobs = await store.list_jobs(limit=99)
        assert {names[job.id] for job in jobs} == ROWS.keys()
        for job in jobs:
            assert job.state is State(ROWS[names[job.id]]["state"])
            assert (job.state in ENDED) is (job.ended_at is not None)
            assert await store.inputs(job.id) == {"image": PICTURE}
            assert len(await store.deliveries(job.id)) == 1
            assert (job.sent_at is not None) is (job.create_tries > 0)
            assert (job.turn is not None) is (job.create_tries > 0)
        assert await store.upload_limit(SERVER, now=NOW) == UploadLimit()
        for lane, expected in IN_LANES.items():
            taken = await store.claim(lane, now=LATER, lease_s=LEASE_S, limit=99)
            assert {names[job.id] for job in taken} == expected, lane
        assert await store.slots_in_use(Pack.VIDEO) == 3
        line = await store.claim_queued(
            Pack.VIDEO, total_slots=9, now=LATER, lease_s=LEASE_S, limit=9
        )
        assert [names[job.id] for job in line] == ["queued"]
        assert await store.purge(now=LATER, inputs_older_s=0.0, jobs_older_s=0.0) == 3
        left = {names[job.id] for job in await store.list_jobs(limit=99)}
        assert ROWS.keys() - left == {"done", "done without its end", "cancelled"}


async def test_whose_words_came_along_is_known_of_old_jobs(url: str) -> None:
    """A job made of a job of a job holds words of all their members."""
    async with open_database(url, owner="bot", migrations=VERSION_0_1_0) as database:
        write = database.jobs._connections.write
        first = await write(lambda here: insert(here, 1))
        again = await write(lambda here: insert(here, 2, user_id=OTHER_MEMBER, parent_id=first))
        third = await write(lambda here: insert(here, 3, user_id=THIRD_MEMBER, parent_id=again))
        own = await write(lambda here: insert(here, 4, parent_id=third))
        await write(lambda here: insert(here, 5, parent_id="goneforgoodgone2"))
    async with open_database(url, owner="bot") as database:
        assert await _lineage(database.jobs) == {
            again: {MEMBER},
            third: {MEMBER, OTHER_MEMBER},
            own: {OTHER_MEMBER, THIRD_MEMBER},
        }


async def _lineage(store: JobStore) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in await store._connections.read(lambda here: here.execute(select(lineage)).all()):
        found.setdefault(row.job_id, set()).add(row.user_id)
    return found


async def test_what_was_under_way_reserves_its_price_at_the_first_start(url: str) -> None:
    """Rows in every state: what may still cost is reserved once, without asking a limit."""
    async with open_database(url, owner="bot", migrations=VERSION_0_1_0) as database:
        ids = await database.jobs._connections.write(fill)
    names = {job_id: name for name, job_id in ids.items()}
    under_way = {
        "unanswered", "preparing", "face", "unsure", "queued", "creating", "running", "given up",
    }  # fmt: skip
    async with open_database(url, owner="bot") as database:
        store = database.jobs
        for _ in range(2):  # A second start reserves nothing more.
            await price_earlier_jobs(store, CATALOGUE, ManualClock(LATER))
        jobs = {names[job.id]: job for job in await store.list_jobs(limit=99)}
        assert {name for name, job in jobs.items() if job.units_held} == under_way
        assert {job.units_held for job in jobs.values()} == {0, 150}  # 5 s at 0.3 units
        assert await store.check_books() == []
        [line] = await store.lines("2027-01")
        assert (line.held, line.spent) == (150 * len(under_way), 0)

"""The laws, judged from outside: from Kling's bill, from Discord and from the rows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sandbox.discord import Message
from storage.engine import open_database
from storage.job import ENDED, Job
from storage.store import JobStore
from tests.harness.books import NOTHING, assert_books
from tests.harness.recovery.process import ROWS_MAX
from tests.harness.town import Town


async def rows_of(town: Town) -> list[Job]:
    """Return every job, read beside whatever runs."""
    url = town.settings.storage.url.get_secret_value()
    async with open_database(url, owner="test", beside=True) as database:
        return await database.jobs.list_jobs(limit=ROWS_MAX)


async def books_agree(town: Town, before: Mapping[str, int] = NOTHING) -> None:
    """The ledger agrees with Kling's bill since `before`; read beside whatever runs."""
    url = town.settings.storage.url.get_secret_value()
    async with open_database(url, owner="test", beside=True) as database:
        await assert_books(database.jobs, town.kling, before=before)


def assert_paid_once(town: Town, creates: int) -> None:
    """Kling accepted this many creates, each with its own id."""
    assert len(town.kling.creates) == creates
    ids = [task.external_id for task in town.kling.creates]
    assert None not in ids
    assert len(set(ids)) == creates


def assert_posted_once(posts: Sequence[Message], count: int) -> None:
    """There are this many posts, none twice: neither by its nonce nor by its files."""
    assert len(posts) == count
    nonces = Counter(str(post.nonce) for post in posts)
    assert max(nonces.values(), default=1) == 1, nonces
    files = Counter(file.filename for post in posts for file in post.attachments)
    assert max(files.values(), default=1) == 1, files


def assert_hidden(messages: Sequence[Message]) -> None:
    """Each message has its files still, and each file is behind a spoiler."""
    for message in messages:
        assert message.attachments, "its files are lost"
        assert all(file.spoiler for file in message.attachments), "it can be seen"


def assert_rows_at_rest(jobs: Sequence[Job]) -> None:
    """Every job has ended, its card owes nothing, no lease is held, and no secret is left in it."""
    for job in jobs:
        assert job.state in ENDED, job.state
        assert job.card.due_at is None
        assert job.show_due_at is None
        assert job.lease_owner is None
        assert job.card.token is None
        assert not job.result_urls
        assert not job.sources


async def only(store: JobStore) -> Job:
    [job] = await store.list_jobs()
    return job

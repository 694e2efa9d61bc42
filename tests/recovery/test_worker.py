"""`bot worker`: what `run` does in the background, without a connection to Discord's gateway."""

import asyncio
import math
from pathlib import Path

import aiohttp

from bot.discord.poster import Poster
from bot.invocation import AS_MODULE
from bot.messages.translations import load_translations
from bot.operator.notices import NOTICE_EVERY_S, OperatorNotices
from bot.worker_app import open_worker
from sandbox.kling import Script
from storage.job import ENDED, Job
from storage.store import JobStore
from tests.harness.commits import Commits
from tests.harness.opening import open_town
from tests.harness.postgres_server import Server
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once, assert_rows_at_rest
from tests.harness.recovery.process import BotProcess
from tests.harness.shell import bot as shell
from tests.web.test_metrics import series

HOURLY = {"KLINGBOT_POLL__FIRST_S": "3600", "KLINGBOT_POLL__INTERVAL_S": "3600"}
LISTENING = {"KLINGBOT_WEB__LISTEN": "127.0.0.1:0"}


async def _ended(store: JobStore) -> list[Job] | None:
    jobs = await store.list_jobs()
    rests = all(job.state in ENDED and job.card.due_at is None for job in jobs)
    return jobs if rests else None


async def test_a_worker_alone_ends_what_the_bot_accepted(tmp_path: Path, server: Server) -> None:
    """While `run` is away it polls, downloads, posts and edits the card, and never connects."""
    env = {**HOURLY, "KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with open_town(tmp_path, env=env) as town:
        town.kling.script(Script(takes_s=math.inf))
        async with town.bot():
            asked = await town.ask("image", prompt="a fox")
            await town.card_says(asked, "🎬")
        identified = town.discord.gateway.identifies
        commits = Commits()
        async with open_worker(town.settings, town.clock) as worker:
            commits.listen_to(worker.store._connections)
            town.kling.finish(town.kling.creates[0])
            town.clock.jump(3_600.0)
            await town.card_says(asked, "✅")
            jobs = await commits.until(lambda: _ended(worker.store))
        assert town.discord.gateway.identifies == identified
        assert_rows_at_rest(jobs)
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


async def test_its_pages_know_no_gateway(tmp_path: Path, server: Server) -> None:
    """Ready without a connection to Discord, which is no part of it, as health and metrics say."""
    env = {**LISTENING, "KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with (
        open_town(tmp_path, env=env) as town,
        open_worker(town.settings, town.clock) as worker,
        aiohttp.ClientSession(f"http://{worker.pages}") as session,
    ):
        async with session.get("/readyz") as answer:
            assert set((await answer.json())["not_ready"]) <= {"loop"}
        async with session.get("/healthz") as answer:
            assert answer.status == 200
            assert "discord" not in await answer.json()
        async with session.get("/metrics") as answer:
            told = series(await answer.read())
    parts = {name for name in told if name.startswith("kling_discord_ready{")}
    assert parts == {f'kling_discord_ready{{part="{p}"}}' for p in ("database", "kling", "loop")}


async def test_two_processes_with_the_same_to_say_say_it_once(
    tmp_path: Path, server: Server
) -> None:
    """The operator reads one notice, whoever was first; after an hour one more, also of a third."""
    env = {"KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with (
        open_town(tmp_path, env=env) as town,
        town.bot() as app,
        open_worker(town.settings, town.clock) as worker,
    ):

        def notices(store: JobStore) -> OperatorNotices:
            poster = Poster(app.client, app.client.discord_time)
            return OperatorNotices(store, poster, load_translations(), town.clock, None, AS_MODULE)

        both = [notices(app.store), notices(worker.store)]
        for hour in range(2):
            told = await asyncio.gather(*(one("operator.kling_away") for one in both))
            assert sorted(told) == [False, True]
            assert not await notices(worker.store)("operator.kling_away")  # started meanwhile
            await town.posted(hour + 1, town.discord.dm(town.discord.owner))
            town.clock.jump(NOTICE_EVERY_S)


async def test_a_worker_stops_in_order(tmp_path: Path, server: Server) -> None:
    """SIGTERM: it lets go of what it holds, leaves its roles to others, and exits with 0."""
    env = {"KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with open_town(tmp_path, env=env) as town:
        worker = BotProcess("worker", env=town.env, cwd=tmp_path)
        try:
            await worker.start()
            await worker.says("worker.ready")
            await worker.says("housekeeper.begins")
            assert await worker.terminate() == 0
            await worker.start()
            await worker.says("housekeeper.begins")  # at once, although a lease is longer
            assert await worker.terminate() == 0
        finally:
            await worker.close()


async def test_a_worker_on_sqlite_is_told_what_it_needs(tmp_path: Path) -> None:
    """Exit 2 with the key and what to set; no file is made."""
    ended = await shell("worker", cwd=tmp_path, env={"KLINGBOT_DISCORD__TOKEN": "a-token"})
    assert ended.code == 2
    assert "storage.url: a worker shares the database" in ended.err
    assert "postgresql://" in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "data").exists()


async def test_a_worker_without_a_token_or_with_a_wrong_one(tmp_path: Path, server: Server) -> None:
    """Exit 2 without, 3 if Discord refuses it, as for `run`."""
    url = await server.database.emptied()
    ended = await shell("worker", cwd=tmp_path, env={"KLINGBOT_STORAGE__URL": url})
    assert (ended.code, "discord.token" in ended.err) == (2, True)
    async with open_town(tmp_path, env={"KLINGBOT_STORAGE__URL": url}) as town:
        env = {**town.env, "KLINGBOT_DISCORD__TOKEN": "another-token"}
        ended = await shell("worker", cwd=tmp_path, env=env)
        assert ended.code == 3


async def test_a_worker_whose_database_is_not_there(tmp_path: Path) -> None:
    """Exit 4, without the password."""
    url = f"postgresql://bot:hunter22@/kling?host={tmp_path}"
    env = {"KLINGBOT_DISCORD__TOKEN": "a-token", "KLINGBOT_STORAGE__URL": url}
    ended = await shell("worker", cwd=tmp_path, env=env)
    assert ended.code == 4
    assert "hunter22" not in ended.err

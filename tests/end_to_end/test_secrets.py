"""The busiest day at DEBUG: what opens a door is in no log line and stays with no ended job."""

import contextlib
import math
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from sandbox.discord.faults import Answer
from sandbox.kling import REFUSED_WORD, Fault, How, Script
from storage.job import Job, State
from storage.schema import SECRET_COLUMNS, metadata
from tests.end_to_end.conftest import DIALECTS
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.logged import logged
from tests.harness.opening import TOKEN, open_town
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text, png
from tests.recovery.test_callbacks import free_port

API_TOKEN = "token-of-the-pages"
GATEWAY_TOKEN = "token-of-the-gateway"
ERROR = Answer(502)


@contextlib.asynccontextmanager
async def busy_town(tmp_path: Path, dialect: str) -> AsyncIterator[tuple[Town, str]]:
    """A town whose bot has every token that there is, and the address of its pages."""
    pages = f"127.0.0.1:{free_port()}"
    env = {
        "KLINGBOT_WEB__LISTEN": pages,
        "KLINGBOT_WEB__PUBLIC_URL": f"http://{pages}",
        "KLINGBOT_WEB__API_TOKEN": API_TOKEN,
        "KLINGBOT_GATEWAY__API_TOKEN": GATEWAY_TOKEN,
        "KLINGBOT_LOG__LEVEL": "debug",
    }
    async with open_town(tmp_path, dialect=dialect, env=env) as town:
        yield town, f"http://{pages}"


async def busiest_day(town: Town, pages: str) -> None:
    """All three commands, a choice, refusals, failures, an unclear create, presses, callbacks."""
    kling, discord = town.kling, town.discord
    await town.warm()
    words = "see https://cdn.example/a?sig=SIGNED-BY-KLING, Bearer eyJhbGciOi.eyJpc3M.c2lnbmVk"
    kling.fault(Fault(How.ANSWER, path="/v1/images/*", status=500, message=words))
    discord.fault("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", ERROR)
    await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
    await town.ask("video", prompt="a boat", image=png(), negative_prompt="rain")
    spoken = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(spoken, "2 faces")
    await town.choose(card, "0", by=discord.add_user("eve"))
    await town.choose(card, "1")
    await town.ask("image", prompt=f"{REFUSED_WORD} and more")
    await town.ask("lipsync", video=clip(0), audio=voice())
    kling.script(Script(fail=words, matching=lambda body: body.get("prompt") == "a failure"))
    await town.ask("image", prompt="a failure")
    await town.ask("lipsync", video_url="http://10.0.0.1/x.mp4?token=OF-A-MEMBER", audio=voice())
    job = (await town.store.list_jobs())[0]
    async with aiohttp.ClientSession(pages, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        for path in (f"/callback/{job.callback_key}", "/callback/short", "/jobs?token=ASKED-FOR"):
            async with http.post(path, json={"task_id": "1"}):
                pass
    await town.settled()
    pictures = [p for p in town.posts() if any("image" in c for c in p.content.splitlines()[:1])]
    await town.press(pictures[0], "again")
    await town.ask("jobs")
    assert len(await town.settled()) == 7


def given_out(town: Town, jobs: Iterable[Job]) -> dict[str, set[str]]:
    """Return everything that opened a door that day, by what it was."""
    queries = [dict(request.query) for request in town.kling.requests]
    queries += [request.query for request in town.discord.requests]
    signed = {query[name] for query in queries for name in ("Signature", "hm") if name in query}
    return {
        "setting": set(town.settings.secrets()) - {town.kling.keys.access_key},
        "interaction token": {i.token for i in town.discord.interactions.all},
        "signature": signed | {"SIGNED-BY-KLING", "OF-A-MEMBER", "ASKED-FOR"},
        "token of Kling": {"eyJ"},
        "callback key": {job.callback_key for job in jobs},
    }


def found_in(text: str, secrets: Mapping[str, set[str]]) -> list[str]:
    """Return the kinds of secrets of which one is in the text, as it is or escaped."""
    return [
        kind
        for kind, values in secrets.items()
        if any(value in text or quote(value, safe="") in text for value in values)
    ]


def kept(path: Path) -> str:
    """Return all that the database holds, but for pictures and sounds."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        tables = [name for name in names if name in metadata.tables]
        rows = [row for table in tables for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608 - our own tables
    return "\n".join(str(value) for row in rows for value in row if not isinstance(value, bytes))


@pytest.mark.parametrize("dialect", sampled(DIALECTS, "official"))
async def test_nothing_that_opens_a_door_is_logged_or_kept(tmp_path: Path, dialect: str) -> None:
    """After the busiest day no log line, no row and no word in a channel holds a secret."""
    async with busy_town(tmp_path, dialect) as (town, pages):
        with logged("json", town.settings.secrets()) as log:
            async with town.bot():
                await busiest_day(town, pages)
                jobs = await town.store.list_jobs()
                said = "\n".join(card_text(m) for m in town.discord.messages(town.channel))
        secrets = given_out(town, jobs)
    assert all(secrets.values())
    assert len(secrets["interaction token"]) > 8
    assert len(secrets["callback key"]) == len(jobs)
    assert all(len(key) == 32 for key in secrets["callback key"])
    lines = log.getvalue().splitlines()
    assert len(lines) > 30
    assert [line for line in lines if found_in(line, secrets)] == []
    of_jobs = {kind: values for kind, values in secrets.items() if kind != "callback key"}
    assert found_in(kept(tmp_path / "kling.db"), of_jobs) == []
    assert found_in(said, secrets) == []
    assert all(not getattr(job, name, None) for job in jobs for name in ("sources", "result_urls"))


async def test_an_open_job_holds_secrets_in_the_named_columns_only(tmp_path: Path) -> None:
    """What a job still needs stands where the write that ends it empties it, and nowhere else."""
    async with open_town(tmp_path) as town, town.bot():
        await town.warm()
        town.kling.script(Script(takes_s=math.inf, times=None))
        asked = await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
        await town.card_says(asked, "working")
        spoken = await town.ask("lipsync", video=clip(2), audio=voice())
        await town.card_says(spoken, "2 faces")
        await town.job_is(State.WAITING)
        jobs = await town.store.list_jobs()
        secrets = given_out(town, jobs)
        signed = {"interaction token": secrets["interaction token"], "signature": {"hm=", "Sig"}}
        path = tmp_path / "kling.db"
        assert found_in(kept(path), signed) == list(signed)
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute("SELECT * FROM jobs")]
        others = [v for row in rows for k, v in row.items() if k not in SECRET_COLUMNS]
        assert found_in("\n".join(map(str, others)), signed) == []

"""Nothing that the bot does while it runs blocks the event loop, on which every member waits."""

import asyncio
import functools
from pathlib import Path

import pytest

from tests.harness.end_to_end.samples import clip, voice
from tests.harness.loop_guard import guarding_the_loop
from tests.harness.opening import open_town
from tests.harness.town import png

SEEN = {
    "open": "open(PLACE)",
    "read line by line": "[line for line in open(PLACE)]",
    "pathlib": "__import__('pathlib').Path(PLACE).read_text()",
    "a look-up": "__import__('socket').getaddrinfo('localhost', 80)",
    "a database": "__import__('sqlite3').connect(PLACE).close()",
    "fsync": "import os; f = open(PLACE, 'a'); f.flush(); os.fsync(f.fileno()); f.close()",
    "av.open": "import av\ntry: av.open(PLACE)\nexcept Exception: pass",
    "sleep": "__import__('time').sleep(0)",
    "a folder": "import os; os.listdir('.')",
    "deletion": "import os; os.remove(PLACE)",
}


async def test_the_whole_life_of_jobs_leaves_the_loop_free(tmp_path: Path) -> None:
    """Attachments, orders, results, uploads, faces: no file, look-up or database on it."""
    async with open_town(tmp_path) as town, town.bot():
        with guarding_the_loop() as guard:
            await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
            await town.posted(1)
            await town.ask("video", prompt="a fox")
            await town.posted(2)
            await town.ask("lipsync", video=clip(1), audio=voice())
            await town.posted(3)
            await town.settled()
    assert guard.seen == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kind", SEEN)
async def test_the_guard_sees(tmp_path: Path, kind: str) -> None:
    """What others miss too: look-ups, `fsync`, `sqlite3.connect`, `av.open`, lines of files."""
    place = tmp_path / "file"
    place.write_text("a\nb\n", encoding="utf-8")
    code = compile(SEEN[kind], "elsewhere.py", "exec")

    run = functools.partial(exec, code, {"PLACE": str(place)})
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    with guarding_the_loop() as guard:
        loop.call_soon(run)  # by the loop itself: a test is not what the guard looks for
        loop.call_soon(done.set)
        await done.wait()
    assert guard.seen
    place.touch()
    with guarding_the_loop() as guard:
        await asyncio.to_thread(run)
    assert guard.seen == []

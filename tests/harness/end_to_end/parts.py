"""Videos that go on from each other, with numbered frames: what is joined can be counted."""

import base64
import functools
import io
import math
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from sandbox.discord import Interaction, Message, User
from sandbox.kling import Script
from storage.job import Job
from tests.harness.end_to_end.modals import send_form
from tests.harness.media.seams import Made, number_in, seen, video
from tests.harness.town import Town

SIZE = (320, 320)
FRAMES = 6
"""Of the first part; each later one has as many after the frame that it begins with."""
MODEL = "kling-v1-6"


@functools.cache
def part(first: int, end: int) -> bytes:
    """Return a video of these frames."""
    with tempfile.TemporaryDirectory() as folder:
        made = Made(size=SIZE, options=(("preset", "ultrafast"),))
        return video(Path(folder) / "part.mp4", made, range(first, end)).read_bytes()


def numbers_of(post: Message) -> list[int]:
    """Return the frames that the one video of a message shows."""
    [file] = post.attachments
    assert file.data is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posted.mp4"
        path.write_bytes(file.data)
        return seen(path).numbers


def frame_in(image: str) -> int:
    """Return which frame an image of an order shows."""
    with Image.open(io.BytesIO(base64.b64decode(image, validate=True))) as opened:
        return number_in(opened)


async def ended(town: Town, frames: Iterable[int], posts: int) -> tuple[Message, Job]:
    """Let the latest task end with these frames; return its message, the last of so many."""
    given = list(frames)
    *_, task = town.kling.creates
    town.results.made[task.id] = [part(given[0], given[-1] + 1)]
    town.kling.finish(task)
    post = (await town.posted(posts))[-1]
    jobs = await town.settled()
    return post, next(job for job in jobs if job.task_id == task.id)


async def first_part(town: Town, **options: object) -> tuple[Message, Job]:
    """Make the video that others go on from."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    before = len(town.kling.creates)
    posts = len(town.posts())
    await town.ask("video", **{"prompt": "a boat", "model": MODEL, **options})  # type: ignore[arg-type] # any option
    await town.kling.until(lambda: len(town.kling.creates) > before)
    return await ended(town, range(FRAMES), posts + 1)


async def fill_in(town: Town, post: Message, by: User | None = None, **typed: str) -> Interaction:
    """Press `continue` under a message, and send the form."""
    return await send_form(town, await town.press(post, "continue", by=by), None, **typed)


async def next_part(town: Town, post: Message, number: int, **typed: str) -> tuple[Message, Job]:
    """Go on from a message; the new part is the one with this number, from 1."""
    before, posts = len(town.kling.creates), len(town.posts())
    answer = await fill_in(town, post, None, **typed)
    assert not answer.ephemeral, answer.message and answer.message.content
    await town.kling.until(lambda: len(town.kling.creates) > before)
    return await ended(town, frames_of(number), posts + 1)


def frames_of(number: int) -> range:
    """Return the frames of a later part: the last one of the part before, and its own."""
    return range(number * FRAMES - 1, (number + 1) * FRAMES)

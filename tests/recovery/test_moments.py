"""The bot dies by SIGKILL right before or after what it does, where that tells most.

All the other moments are tried by `python -m tests.commands.soak points`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.operations.table import COMMANDS
from tests.harness.models import (
    DEAR_EDITS,
    LARGE,
    MIDDLE,
    NEWER,
    NEWER_EDITS,
    NEWER_MOTION,
    REFERENCES,
    REFERENCES_AND_ENDS,
)
from tests.harness.recovery import routes
from tests.harness.recovery.dying import SCHEMA
from tests.harness.recovery.moments import Moment, When, Where
from tests.harness.recovery.other_ways import OTHER_WAYS
from tests.harness.recovery.stories import STORIES
from tests.harness.recovery.trial import open_stage
from tests.harness.requests import OPERATION_REQUESTS

BEFORE, AFTER, LATE = When
IMAGE = "POST /v1/images/generations"
CLIP = "POST /v1/videos/text2video"
OMNI = f"POST /omni-video/{REFERENCES_AND_ENDS}"
EDIT = "POST /v1/videos/omni-video"
OPERATIONS = {f"/{kind}": f"POST /v1/{OPERATION_REQUESTS[kind].route}" for kind in COMMANDS}
OMNI_4_0 = f"POST /omni-video/{REFERENCES}"
NEWER_EDIT = f"POST /omni-video/{NEWER_EDITS}"
EDIT_4_0 = f"POST /omni-video/{DEAR_EDITS}"
SERIES = f"POST /omni-image/{LARGE}"
NEWER_CLIP = f"POST /text-to-video/{NEWER}"
CLIP_4_0 = f"POST /text-to-video/{MIDDLE}"
MOTION = f"POST /motion-control/{NEWER_MOTION}"
REMOVING = "POST /v1/general/delete-advanced-elements"
REMOVED = "insert removals + delete characters"
SPEAK = "POST /v1/audio/tts"
FACES = "POST /v1/videos/identify-face"
SOUNDTRACK = "POST /v1/audio/video-to-audio"
LIP_SYNC = "POST /v1/videos/advanced-lip-sync"
POST = f"POST {routes.POST}"
PLANNED = "jobs → posting + insert deliveries"
CANCELLING = "jobs → cancelled + delete inputs"
REQUESTED = "drafts: kind, request, until"
ASKING = "delete drafts + insert drafts"
UNWANTED = "update jobs"
MADE_OF = "insert jobs + insert lineage"
STARRED = "delete stars + insert stars + jobs: show_due_at, show_tries"
SHOWN = "update jobs"
LEFT = "insert leftovers + delete characters + insert slots_kept + delete jobs"
FRAME_STORED = "delete inputs + insert inputs"
FROM_IMAGE = "POST /v1/videos/image2video"
NEWER_FROM_IMAGE = f"POST /image-to-video/{NEWER}"
FROM_IMAGE_4_0 = f"POST /image-to-video/{MIDDLE}"
PRESSED = f"POST {routes.ANSWER}"
EDITED = f"PATCH {routes.EDIT_ANSWER}"


def commit(what: str, when: When, nth: int = 1) -> Moment:
    return Moment(Where.COMMIT, what, nth, when)


def sent(where: Where, what: str, when: When, nth: int = 1) -> Moment:
    return Moment(where, what, nth, when)


MOMENTS: tuple[tuple[str, tuple[Moment, ...]], ...] = (
    (
        "/image",
        (
            commit("jobs → creating", AFTER),
            commit("insert jobs", BEFORE),
            commit("jobs → running", BEFORE),
        ),
    ),
    (
        "/image",
        (
            sent(Where.KLING, IMAGE, LATE),
            commit("update deliveries", BEFORE, 2),
        ),
    ),
    ("/image", (sent(Where.DISCORD, POST, LATE),)),
    (
        "/image, privately",
        (sent(Where.DISCORD, EDITED, AFTER), sent(Where.DISCORD, PRESSED, LATE)),
    ),
    (
        "refused, and started without an option",
        (sent(Where.DISCORD, PRESSED, BEFORE, 2), commit("delete drafts", BEFORE)),
    ),
    (
        "/storyboard",
        (sent(Where.KLING, CLIP, AFTER), sent(Where.KLING, CLIP, LATE)),
    ),
    ("/video, newer, with an id", (sent(Where.KLING, NEWER_CLIP, AFTER),)),
    ("/storyboard, newer", (sent(Where.KLING, NEWER_CLIP, LATE),)),
    ("/video 4.0, takes an id", (sent(Where.KLING, CLIP_4_0, AFTER),)),
    ("/video 4.0, no id, shared account", (sent(Where.KLING, CLIP_4_0, AFTER),)),
    ("/video 4.0, no id, twins alone", (sent(Where.KLING, CLIP_4_0, AFTER),)),
    ("/video 4.0, takes an id, twins", (sent(Where.KLING, CLIP_4_0, AFTER, 2),)),
    (
        "/video with references",
        (sent(Where.KLING, OMNI, AFTER), sent(Where.KLING, OMNI, LATE)),
    ),
    (
        "/edit",
        (sent(Where.KLING, EDIT, AFTER), sent(Where.KLING, EDIT, LATE)),
    ),
    *(
        (name, (sent(Where.KLING, path, AFTER), sent(Where.KLING, path, LATE)))
        for name, path in OPERATIONS.items()
    ),
    (
        "/motion, newer",
        (sent(Where.KLING, MOTION, AFTER), sent(Where.KLING, MOTION, LATE)),
    ),
    (
        "a character deleted",
        (commit(REMOVED, AFTER), sent(Where.KLING, REMOVING, LATE)),
    ),
    (
        "/lipsync of words",
        (sent(Where.KLING, SPEAK, AFTER), sent(Where.KLING, SPEAK, LATE)),
    ),
    ("/video with references, legacy", (sent(Where.KLING, EDIT, AFTER),)),
    ("/video with references, 4.0 without an id", (sent(Where.KLING, OMNI_4_0, AFTER, 2),)),
    ("/video with references, 4.0 takes an id", (sent(Where.KLING, OMNI_4_0, AFTER),)),
    ("/edit of our own video", (commit("jobs → queued", BEFORE),)),
    ("/edit, newer", (sent(Where.KLING, NEWER_EDIT, AFTER),)),
    ("/edit, 4.0 without an id", (sent(Where.KLING, EDIT_4_0, AFTER, 2),)),
    ("/edit, 4.0 takes an id", (sent(Where.KLING, EDIT_4_0, AFTER),)),
    ("/image, a series with an id", (sent(Where.KLING, SERIES, AFTER),)),
    (
        "/image, a series without an id",  # the first create only learns that it takes none
        (sent(Where.KLING, SERIES, AFTER, 2), sent(Where.KLING, SERIES, LATE)),
    ),
    (
        "/lipsync, a face is chosen",
        (sent(Where.KLING, FACES, AFTER), commit("jobs → queued", BEFORE)),
    ),
    (
        "asked about its price",
        (
            commit("delete drafts", BEFORE),
            commit(ASKING, BEFORE),
            sent(Where.DISCORD, PRESSED, BEFORE, 2),
            sent(Where.DISCORD, PRESSED, LATE, 2),
        ),
    ),
    (
        "everything of a member deleted",
        (commit(LEFT, AFTER), commit(REQUESTED, BEFORE)),
    ),
    (
        "results in two messages",
        (commit("update deliveries", AFTER, 2), sent(Where.DISCORD, POST, BEFORE, 2)),
    ),
    ("cancelled in the line", (commit(CANCELLING, AFTER), commit(CANCELLING, BEFORE))),
    ("no longer followed", (sent(Where.DISCORD, PRESSED, BEFORE, 2),)),
    (
        "unsure, and sent again",
        (commit("jobs → queued", AFTER), sent(Where.KLING, IMAGE, AFTER, 2)),
    ),
    (
        "edited",
        (commit(MADE_OF, BEFORE), sent(Where.DISCORD, PRESSED, LATE, 3)),
    ),
    (
        "animated",  # the image is stored with the job that is made of it
        (commit(f"{MADE_OF} + insert inputs + insert input_bytes", AFTER),),
    ),
    (
        "widened",
        (commit(f"{MADE_OF} + insert inputs + insert input_bytes", BEFORE),),
    ),
    (
        "with sound",
        (
            commit(f"{MADE_OF} + insert inputs + insert input_bytes", AFTER),
            sent(Where.KLING, SOUNDTRACK, LATE),
        ),
    ),
    (
        "lip-synced",  # the words are spoken, and the faces found in a video that Kling has
        (sent(Where.KLING, FACES, AFTER), sent(Where.KLING, LIP_SYNC, LATE)),
    ),
    (
        "continued",
        (
            commit(FRAME_STORED, AFTER),  # the last frame of the video before
            sent(Where.KLING, FROM_IMAGE, LATE),
            sent(Where.DISCORD, POST, LATE, 2),
        ),
    ),
    (
        "continued, newer",
        (sent(Where.KLING, NEWER_FROM_IMAGE, AFTER), sent(Where.DISCORD, POST, LATE, 2)),
    ),
    ("continued, 4.0 takes an id", (sent(Where.KLING, FROM_IMAGE_4_0, AFTER),)),
    ("continued, 4.0 without an id", (sent(Where.KLING, FROM_IMAGE_4_0, AFTER),)),
    ("a bell", (commit("delete bells + insert bells", AFTER),)),
    (
        "deleted",
        (
            commit(UNWANTED, AFTER),
            commit(UNWANTED, BEFORE),
            sent(Where.DISCORD, f"DELETE {routes.POST}/{{message_id}}", AFTER),
        ),
    ),
    (
        "from the menu of a message",  # the draft before the form, the job before the card
        (commit(ASKING, AFTER), sent(Where.DISCORD, PRESSED, LATE, 2)),
    ),
    (
        "shown in the showcase",
        (
            sent(Where.DISCORD, POST, LATE, 2),
            commit(STARRED, AFTER),
            commit(SHOWN, BEFORE),
        ),
    ),
    (
        "taken back from the showcase",
        (
            commit(LEFT, AFTER),
            sent(Where.DISCORD, f"DELETE {routes.POST}/{{message_id}}", AFTER),
            commit("delete leftovers", BEFORE),
        ),
    ),
    (
        "hidden",  # noted, then done by a step of its own, then noted as done
        (
            commit("insert hidden", AFTER),
            sent(Where.DISCORD, f"PATCH {routes.EDIT_POST}", AFTER),
            commit("hidden: tries", BEFORE),
        ),
    ),
    (
        "hidden with its copy in the showcase",  # of which the bot has not heard yet, then has
        (
            sent(Where.DISCORD, POST, AFTER, 2),
            sent(Where.DISCORD, f"PATCH {routes.EDIT_POST}", AFTER, 2),
        ),
    ),
    (
        "delivered again",
        (commit(PLANNED, AFTER, 2), sent(Where.DISCORD, POST, AFTER, 2)),
    ),
    (
        "picked up",
        (commit("jobs → done", BEFORE), commit(PLANNED, BEFORE, 2)),
    ),
    ("the first start", (commit(SCHEMA, BEFORE),)),
)


def played(*, sweeps: bool) -> int:
    """Return how many moments are played, with those of the sweeps or without."""
    if sweeps:
        return sum(len(moments) for _, moments in MOMENTS)
    return sum(name not in OTHER_WAYS for name, _ in MOMENTS)


def _parts() -> Iterator[Any]:
    """Yield the first moment of each, which tells most, and for the sweeps all others."""
    for name, moments in MOMENTS:
        first = 0 if name in OTHER_WAYS else 1
        if first:
            yield name, moments[:first]
        if moments[first:]:
            yield pytest.param(name, moments[first:], marks=pytest.mark.sweep)


@pytest.mark.parametrize(("name", "moments"), [*_parts()])
async def test_nothing_is_lost_or_doubled_wherever_it_dies(
    name: str, moments: tuple[Moment, ...], tmp_path: Path
) -> None:
    """One create, one post of each part, every card in its last state, whatever was cut short."""
    async with open_stage(STORIES[name], tmp_path) as stage:
        for moment in moments:
            assert await stage.play(moment), f"it never came to: {moment}"

"""What a step does beside ordering one task and waiting for it.

Every one goes through the product's own client. Where Kling should refuse, the refusal is what is
wanted; any other KlingError is for the caller to report.
"""

import contextlib
from typing import Final

from bot.domain.characters import Element
from bot.domain.policy.recovery import MADE_AFTER_S, MADE_BEFORE_S
from bot.domain.requests import LipSyncRequest, Route
from bot.errors import KlingRefusedRequest, KlingTaken, KlingTakesNoId, Problem
from bot.jobs.faces import place_sound
from bot.kling.dialects import Dialect, list_path, query_path
from bot.kling.tasks import Task
from tests.commands.live.orders import ANA
from tests.commands.live.stage import SOUND_MS, NotDone, Stage

LEGACY: Final = [route for route in Route if not route.newer]
"""The newer generation has no list and no query by product."""
CFG_SCALE: Final = 0.5
"""What the gateways send that always send one."""
FAR_PAGE: Final = 1000
"""The last page number of Kling's documentation (2026-09)."""
EDITED: Final = "omni-video"
"""The step whose clip the edits change: it is the shortest."""


async def not_found(stage: Stage) -> None:
    for route in LEGACY:
        await stage.ask(query_path(Dialect.OFFICIAL, route, "live-nobody"))


async def lists(stage: Stage) -> None:
    for route in LEGACY:
        await stage.ask(list_path(route, page=1, page_size=2))
    await stage.ask(list_path(Route.LIP_SYNC, page=FAR_PAGE, page_size=2))


async def same_id(stage: Stage) -> None:
    stage.task("image")
    with contextlib.suppress(KlingTaken):
        await stage.order("image")
        raise NotDone("Kling took an external id twice: the bot must not rely on it")


async def look_up(stage: Stage) -> None:
    task_id = stage.task("image").task_id
    await stage.ask(list_path(Route.GENERATIONS, page=1, page_size=2))
    await stage.ask(query_path(Dialect.OFFICIAL, Route.TEXT2VIDEO, task_id))
    found = await stage.kling.find(Route.GENERATIONS, stage.ids["image"])
    if found is None or found.task_id != task_id:
        raise NotDone("a task is not found by its external id: the bot must not rely on it")


async def image2video(stage: Stage) -> None:
    """As gateways that always send `cfg_scale` order the default model; else without it.

    A refusal costs nothing, and a clip that is made is the clip of this step.
    """
    ordered = None
    with contextlib.suppress(KlingRefusedRequest):
        ordered = await stage.order("image2video", cfg_scale=CFG_SCALE)
    await stage.make("image2video", ordered=ordered)


async def identify_face(stage: Stage) -> None:
    stage.faces = await stage.kling.identify_face(video_id=stage.task("text2video").media[0].id)


async def lip_sync(stage: Stage) -> None:
    if stage.faces is None or not stage.faces.faces:
        raise NotDone("no face was found")
    request = LipSyncRequest(video_url="")
    choice = place_sound(request, stage.faces.session_id, stage.faces.faces[0], SOUND_MS)
    if isinstance(choice, Problem):
        raise NotDone(f"the sound does not fit the face: {choice.code}")
    await stage.make("lip-sync", choice)
    await stage.kling.find(Route.LIP_SYNC, stage.ids["lip-sync"])


async def together(stage: Stage) -> None:
    """Ask for a legacy task through `/tasks`; an empty answer is an answer too."""
    await stage.kling.query_many([stage.task("image").task_id])


async def ordered_with_id(stage: Stage, name: str) -> Task:
    """Order with an id, and without where the id is refused, which costs nothing."""
    try:
        return await stage.order(name)
    except KlingTakesNoId:
        return await stage.order(name)


async def image_4_0(stage: Stage) -> None:
    await stage.make("image-4.0", ordered=await ordered_with_id(stage, "image-4.0"))


async def flash_with_id(stage: Stage) -> None:
    """Order with an id, and without where that is refused; then the list of that time shows it."""
    since = stage.clock.now()
    ordered = await ordered_with_id(stage, "4.0-flash")
    await stage.make("4.0-flash", ordered=ordered)
    until = stage.clock.now() + MADE_AFTER_S
    listed = await stage.kling.made_between("video", since - MADE_BEFORE_S, until)
    if not any(task.task_id == ordered.task_id for task in listed.tasks):
        raise NotDone("the list of tasks lacks it: kling.account_shared must stay true")


async def failed_task(stage: Stage) -> None:
    """What a failed task is charged; refused at once, or made all the same, it stays open."""
    with contextlib.suppress(KlingRefusedRequest):
        await stage.follow("failed", await stage.order("failed"))


async def refused_or_made(stage: Stage, name: str) -> None:
    """What Kling says to what its documentation leaves open: no costs nothing."""
    with contextlib.suppress(KlingRefusedRequest):
        await stage.make(name, ordered=await ordered_with_id(stage, name))


async def edit(stage: Stage, name: str) -> None:
    """Change the clip of an earlier step, which Kling fetches from itself."""
    url = stage.task(EDITED).media[0].url
    try:
        ordered = await stage.order(name, video_url=url)
    except KlingTakesNoId:
        ordered = await stage.order(name, video_url=url)
    await stage.make(name, ordered=ordered)


async def character(stage: Stage) -> None:
    """One image makes a character, a prompt cites it, and it is deleted: once, and once more.

    The client takes a second deletion for done only if Kling says that it is gone.
    """
    made = await stage.follow("character-made", await stage.order("character-made"))
    if made.element_id is None:
        raise NotDone(f"no character was made: {made.message}")
    cited = (Element(ANA, made.element_id, of_clip=False),)
    try:
        await stage.make("character", ordered=await stage.order("character", elements=cited))
    finally:
        await stage.kling.delete_element(made.element_id)
    await stage.kling.delete_element(made.element_id)

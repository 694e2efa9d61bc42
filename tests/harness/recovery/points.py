"""Where the bot is killed: each point is a moment that the far side can see and hold."""

import functools
import math
import random
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from sandbox.clock import PATIENCE_S
from sandbox.discord import Answer, Permission, Recorded, Upload
from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.recovery import routes
from tests.harness.recovery.scene import CANCELLED, DONE, PROBLEM, STOPPED, Point, Scene
from tests.harness.town import Town, png


def bears(word: str) -> Callable[[Recorded], bool]:
    """Match requests whose body says this."""
    return lambda request: word in str(request.json)


async def arrived(fault: Fault) -> None:
    await fault.arrived.wait()


# ---- before anything is paid ---------------------------------------------------------------


async def fetching_inputs(scene: Scene) -> None:
    """The content network holds the picture back; the card says that it is being fetched."""
    scene.town.discord.hold("GET", routes.ATTACHED)
    held = scene.town.discord.hold("GET", routes.ATTACHED)
    await scene.ask("image", prompt="slow", image=png(), model="kling-v2")
    await held.arrived(PATIENCE_S)


async def face_asked(scene: Scene) -> None:
    """Two faces were found, and the menu is there."""
    await scene.ask("lipsync", video=clip(2), audio=voice())
    await scene.card_says("👤")


async def face_chosen_late(scene: Scene) -> None:
    """The member chooses after the restart."""
    answered = await scene.town.choose(scene.town.card_of(scene.first), "1")
    assert answered.ephemeral


async def face_answer_held(scene: Scene) -> None:
    """The choice is taken; the answer to the press is on its way."""
    await face_asked(scene)
    held = scene.town.discord.hold("POST", routes.ANSWER, stored=True)
    card = scene.town.card_of(scene.first)
    [menu] = [c for row in card.components for c in row["components"] if "options" in c]
    await scene.town.discord.choose(scene.town.member, card, menu["custom_id"], ["0"])
    await held.arrived(PATIENCE_S)


async def slots_full(scene: Scene) -> None:
    """One task takes the only slot, two jobs wait in the line."""
    scene.town.kling.script(Script(takes_s=math.inf))
    for prompt in ("first", "second", "third"):
        await scene.ask("image", prompt=prompt)
        await scene.town.kling.until(lambda: len(scene.town.kling.creates) == 1, PATIENCE_S)


async def first_task_ends(scene: Scene) -> None:
    scene.town.kling.finish(scene.town.kling.creates[0])


async def cancel_answer_held(scene: Scene) -> None:
    """A queued job is cancelled; the answer to the press is on its way."""
    await slots_full(scene)
    held = scene.town.discord.hold("POST", routes.ANSWER, stored=True)
    card = scene.town.card_of(scene.asked[2])
    custom_id = card.components[0]["components"][0]["custom_id"]
    await scene.town.discord.click(scene.town.member, card, custom_id)
    await held.arrived(PATIENCE_S)


# ---- at the create --------------------------------------------------------------------------


async def create_not_done(scene: Scene) -> None:
    """The create has arrived at Kling, and nothing was done with it."""
    fault = Fault(How.HANG, path="/v1/images/*", before=True)
    scene.town.kling.fault(fault)
    await scene.ask("image", prompt="not yet")
    await arrived(fault)
    fault.lost = True  # what was on the wire dies with the process


async def create_answer_held(scene: Scene) -> None:
    """Kling has made the task; the answer with its id is on its way."""
    fault = scene.town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
    await scene.ask("image", prompt="made")
    await arrived(fault)


async def lip_sync_answer_held(scene: Scene) -> None:
    """As above for the one route that is found through the list only."""
    fault = scene.town.kling.fault(Fault(How.HANG, path="/v1/videos/advanced-lip-sync"))
    await scene.ask("lipsync", video=clip(1), audio=voice())
    await arrived(fault)


async def stopped_while_created(scene: Scene) -> None:
    """The member stops following while the create is under way."""
    await create_answer_held(scene)
    card = scene.town.card_of(scene.first)
    custom_id = card.components[0]["components"][0]["custom_id"]
    pressed = await scene.town.discord.click(scene.town.member, card, custom_id)
    await pressed.answered()


# ---- from the task to the last message ------------------------------------------------------


async def task_runs(scene: Scene) -> None:
    """The card says that Kling is at work."""
    scene.town.kling.script(Script(takes_s=math.inf))
    await scene.ask("video", prompt="a long take")
    await scene.card_says("🎬")


async def query_held(scene: Scene) -> None:
    """The task has succeeded; the answer that says so is on its way."""
    fault = Fault(How.HANG, method="GET", path="/v1/images/*")
    scene.town.kling.fault(fault)
    await scene.ask("image", prompt="nearly")
    await arrived(fault)


async def downloading(scene: Scene) -> None:
    """The outcome is known, the messages are planned, the file is being fetched."""
    fault = Fault(How.HANG, method="GET", path="/results/*")
    scene.town.kling.fault(fault)
    await scene.ask("image", prompt="heavy")
    await arrived(fault)


async def measuring(scene: Scene) -> None:
    """The outcome is known, and how its files go into messages is not planned yet."""
    fault = Fault(How.HANG, method="GET", path="/results/*")
    scene.town.kling.fault(fault)
    await scene.ask("image", prompt="three", n=3)
    await arrived(fault)


async def post_not_stored(scene: Scene) -> None:
    """The post has left; Discord refuses it with a fault of its own, again and again."""
    fault = scene.town.discord.fault("POST", routes.POST, Answer(502), times=None)
    await scene.ask("image", prompt="refused")
    await fault.arrived(PATIENCE_S)


async def post_stored(scene: Scene) -> None:
    """The message is there; the answer that says so is on its way."""
    held = scene.town.discord.hold("POST", routes.POST, stored=True)
    await scene.ask("image", prompt="stored")
    await held.arrived(PATIENCE_S)


def small_limit(town: Town) -> None:
    """Let the server take as little as any did, so that two results of `noise` are two messages."""
    town.discord.channel_rules.limit_bytes = 10 * 2**20


@functools.cache
def noise() -> Upload:
    """Return a picture that cannot be made small, the same each time: so is what is made of it."""
    made = BytesIO()
    dice = random.Random(0)  # noqa: S311 - noise, no secret
    static = dice.randbytes(1200 * 900 * 3)
    Image.frombytes("RGB", (1200, 900), static).save(made, "JPEG", quality=95)
    return Upload(made.getvalue(), "noise.jpg")


async def second_part_stored(scene: Scene) -> None:
    """Of two messages the first is told, and the second is there without our knowing."""
    small_limit(scene.town)
    held = scene.town.discord.fault("POST", routes.POST, routes.HOLD_ANSWER, when=bears("-r-1"))
    await scene.ask(
        "image", prompt="grain", image=noise(), resolution="2k", aspect_ratio="1:1", n=2
    )
    await held.arrived(PATIENCE_S)


async def last_edit_held(scene: Scene) -> None:
    """Everything is posted; the last edit of the card has left and was not stored."""
    held = scene.town.discord.fault(
        "PATCH", routes.EDIT_ANSWER, Answer(502), times=None, when=bears(DONE)
    )
    await scene.ask("image", prompt="all there")
    await held.arrived(PATIENCE_S)


async def last_edit_stored(scene: Scene) -> None:
    """The card shows the end; the answer that says so is on its way."""
    held = scene.town.discord.fault(
        "PATCH", routes.EDIT_ANSWER, routes.HOLD_ANSWER, when=bears(DONE)
    )
    await scene.ask("image", prompt="all there")
    await held.arrived(PATIENCE_S)


async def whispered(scene: Scene) -> None:
    """A slow file turned out to be no picture; the private word is there without our knowing."""
    town = scene.town
    slow = town.discord.hold("GET", routes.ATTACHED)
    held = town.discord.hold("POST", routes.FOLLOW_UP, stored=True)
    await scene.ask("image", prompt="what is this", image=Upload(b"no picture", "picture.png"))
    slow.release()
    await held.arrived(PATIENCE_S)


async def nowhere_to_post(scene: Scene) -> None:
    """No place takes the result: not the channel, not the answer, not the member's inbox."""
    town = scene.town
    town.member.accepts_dms = False
    town.discord.fault("PATCH", routes.EDIT_ANSWER, Answer(404, 10_008), times=None)
    town.kling.script(Script(takes_s=math.inf))
    await scene.ask("image", prompt="homeless")
    await town.kling.until(lambda: len(town.kling.creates) == 1, PATIENCE_S)
    town.discord.set_permissions(town.channel, Permission.VIEW_CHANNEL)
    town.discord.fault("POST", "/users/@me/channels", Answer(403, 50_007), times=None)
    town.kling.finish(town.kling.creates[0])
    await scene.bot.rows(lambda jobs: jobs[0].state is State.WAITING)


async def picked_up(scene: Scene) -> None:
    """The member opens the list, the job, and takes the result."""
    town = scene.town
    listed = await scene.use("jobs")
    opened = await town.choose(town.card_of(listed), await _only_id(scene))
    taken = await town.press(town.card_of(opened), "pick_up")
    private = town.card_of(taken)
    await town.discord.until(lambda: private.attachments, PATIENCE_S)


async def _only_id(scene: Scene) -> str:
    [task] = scene.town.kling.creates
    assert task.external_id is not None
    return task.external_id


SLOT = {"KLINGBOT_KLING__IMAGE_SLOTS": "1"}
POINTS: dict[str, Point] = {
    "inputs are fetched": Point(fetching_inputs),
    "a face is asked for": Point(face_asked, face_chosen_late),
    "a face was chosen": Point(face_answer_held),
    "the slots are full": Point(
        slots_full, first_task_ends, cards=(DONE,) * 3, posts=3, creates=3, env=SLOT
    ),
    "a job is cancelled": Point(
        cancel_answer_held,
        first_task_ends,
        cards=(DONE, DONE, CANCELLED),
        posts=2,
        creates=2,
        env=SLOT,
    ),
    "the create was not done": Point(create_not_done),
    "the create was done": Point(create_answer_held),
    "the lip-sync was created": Point(lip_sync_answer_held),
    "stopped at the create": Point(stopped_while_created, cards=(STOPPED,), posts=0),
    "the task runs": Point(task_runs, first_task_ends),
    "the task has ended": Point(query_held),
    "the results are measured": Point(measuring),
    "the result is fetched": Point(downloading),
    "the post is refused": Point(post_not_stored),
    "the post is stored": Point(post_stored),
    "the second post is stored": Point(second_part_stored, posts=2),
    "the last edit is refused": Point(last_edit_held),
    "the last edit is stored": Point(last_edit_stored),
    "a refusal is whispered": Point(whispered, cards=(PROBLEM,), posts=0, creates=0),
    "nowhere to post": Point(nowhere_to_post, picked_up, cards=("",), posts=0),
}

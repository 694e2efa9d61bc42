"""Every operation of the bot as what people do, and how it must end wherever the bot dies."""

import shutil
from pathlib import Path
from typing import Any, Final

from bot.messages.translations import FALLBACK, load_translations
from sandbox.clock import PATIENCE_S
from sandbox.discord import Answer, Message, Permission, Upload
from sandbox.kling import FAILED_WORD, REFUSED_WORD, Fault, How
from tests.harness.books import charged_by
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.recovery import daily_plays, newer_plays, routes
from tests.harness.recovery.moments import nth
from tests.harness.recovery.newer_stories import KEY, NEWER_STORIES, TAKES_IDS, of_4_0
from tests.harness.recovery.operations import OPERATION_STORIES
from tests.harness.recovery.orders import (
    READY,
    UNSURE,
    all_deleted,
    edit,
    edit_of_ours,
    ends,
    film,
    legacy_references,
    picture,
    private_picture,
    references,
    repaired,
    series,
    slow_picture,
    storyboard,
)
from tests.harness.recovery.people import People
from tests.harness.recovery.points import noise, small_limit
from tests.harness.recovery.scene import CANCELLED, DONE, PROBLEM, STOPPED
from tests.harness.recovery.story import Story
from tests.harness.town import card_text

FACES = "👤"
ASKS_FIRST = {"KLINGBOT_MONEY__CONFIRM_USD": "0"}
TWO_SLOTS = {"KLINGBOT_KLING__IMAGE_SLOTS": "2"}


async def lip_sync(people: People) -> None:
    """`/lipsync` with two faces, of which one is chosen."""
    card = await people.ask("lipsync", video=clip(2), audio=voice())
    await people.reads(card, FACES)
    await people.choose(card, "1")
    await ends(people, card)


async def asked_first(people: People) -> None:
    """The price is asked about before anything is accepted, and the question is answered."""
    asked = await people.use("image", prompt="a fox")
    assert asked.message is not None
    await people.reads(await people.start(asked.message), DONE)


def large(people: People) -> dict[str, Any]:
    """Return what makes two results that do not fit one message."""
    small_limit(people.town)
    return {"image": noise(), "resolution": "2k", "aspect_ratio": "1:1", "n": 2}


async def two_messages(people: People) -> None:
    """Two results too large for one message."""
    await people.reads(await people.ask("image", prompt="grain", **large(people)), DONE)


async def cancelled(people: People) -> None:
    """Cancelled while it waits for slots that another job holds."""
    first = await people.ask("image", prompt=people.takes_long("takes all"), n=2)
    task = await people.task_of(first)
    second = await people.ask("image", prompt="not wanted")
    await people.press(second, "cancel")
    await people.reads(second, CANCELLED)
    people.town.kling.finish(task)
    await people.reads(first, DONE)


async def stopped(people: People) -> None:
    """No longer followed while its task runs."""
    card = await people.ask("image", prompt=people.takes_long("too long"))
    task = await people.task_of(card)
    await people.press(card, "cancel")
    await people.reads(card, "Kling will still finish it")
    people.town.kling.finish(task)
    await people.reads(card, STOPPED)


async def refused(people: People) -> None:
    """Kling refuses the create for its words."""
    await people.reads(await people.ask("image", prompt=f"{REFUSED_WORD} things"), PROBLEM)


async def failed(people: People) -> None:
    """The task is made, and fails."""
    await people.reads(await people.ask("image", prompt=f"{FAILED_WORD} things"), PROBLEM)


async def whispered(people: People) -> None:
    """The file that came late is no picture: a private word, and the card goes.

    A word that may have been said is not said again; then the card tells it.
    """
    people.town.discord.hold("GET", routes.ATTACHED)
    upload = Upload(b"no picture", "picture.png")
    try:
        card = await people.ask("image", prompt="what is this", image=upload)
    except AssertionError:
        return  # asked again, it came in time, and was refused at once
    [asked] = people.cards

    def told() -> bool:
        return PROBLEM in card_text(card) or (card.deleted and len(asked.followups) == 1)

    await people.town.discord.until(told, people.patience_s)
    assert len(asked.followups) <= 1


async def looked_up(people: People) -> None:
    """The create was done, and its answer was lost: the task is found by our id."""
    prompt = people.own("somewhere")
    lost = Fault(How.DROP, path="/v1/images/*", body=lambda body: body.get("prompt") == prompt)
    people.town.kling.fault(lost)
    await people.reads(await people.ask("image", prompt=prompt), DONE)


async def unsure(people: People) -> None:
    """It can't be known whether it was made, and the operator has it sent again."""
    assert people.foreign is not None
    people.foreign.loses_answers = True
    card = await people.ask("image", prompt=people.own("who knows"))
    await people.reads(card, UNSURE)
    people.foreign.loses_answers = False
    await ends(people, card)


async def run_again(people: People) -> None:
    """The result's own button asks for the same once more."""
    await people.reads(await people.ask("image", prompt="a fox"), DONE)
    [post] = people.posts
    await people.reads(await people.ask_by(post, "again"), DONE)


async def delivered_again(people: People) -> None:
    """The result is posted once more because the member wants it."""
    card = await people.ask("image", prompt="a fox")
    await people.reads(card, DONE)

    async def press() -> None:
        await people.press_in_list(card, "deliver")

    await people.until_seen(press, lambda: len(people.posts) > 1)


async def picked_up(people: People) -> None:
    """No place takes the result, and the member picks it up."""
    town = people.town
    people.member.accepts_dms = False
    card = await people.ask("image", prompt=people.takes_long("homeless"))
    task = await people.task_of(card)
    closed = Answer(404, 10_008)
    mine = str(card.id)
    town.discord.fault(
        "PATCH",
        routes.EDIT_ANSWER,
        closed,
        times=None,
        when=lambda request: request.params["message_id"] == mine,
    )
    town.discord.fault("POST", "/users/@me/channels", Answer(403, 50_007), times=None)
    town.discord.set_permissions(people.channel, Permission.VIEW_CHANNEL)
    town.kling.finish(task)
    taken: list[Message] = []

    async def press() -> None:
        private = await people.press_in_list(card, "pick_up")
        if private is not None:
            taken.append(private)

    await people.quiet()
    await people.until_seen(press, lambda: any(message.attachments for message in taken))
    assert sum(len(message.attachments) for message in taken) == 1
    promise = load_translations().say("answer.will_deliver", FALLBACK)
    assert all(message.attachments or message.content != promise for message in taken)


async def first_start(people: People) -> None:
    """There is no database yet."""
    await people.bot.crash()
    people.charged_before = {
        pack: charged_by(people.town.kling, pack) for pack in ("video", "image")
    }
    url = people.town.settings.storage.url.get_secret_value()
    database = Path(url.removeprefix("sqlite:///"))
    for file in database.parent.glob(f"{database.name}*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()


async def create_not_heard_of(people: People) -> None:
    """Kling made the task, and the bot died before it heard so."""
    fault = people.town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
    await people.ask("image", prompt="made")
    await fault.arrived.wait()
    await people.bot.crash()
    fault.release()


async def post_not_heard_of(people: People) -> None:
    """The second of two messages is there, and the bot died before it heard so."""
    fault = people.town.discord.fault("POST", routes.POST, routes.HOLD_ANSWER, when=nth(2))
    await people.ask("image", prompt="grain", **large(people))
    await fault.arrived(PATIENCE_S)
    await people.bot.crash()
    fault.release()


async def answer_not_heard_of(people: People) -> None:
    """The card is there, and the bot died before it heard so."""
    fault = people.town.discord.hold("POST", routes.ANSWER, stored=True)
    asked = await people.use("image", prompt="answered")
    await fault.arrived(PATIENCE_S)
    await people.bot.crash()
    fault.release()
    people.cards.append(asked)


async def goes_on(people: People) -> None:
    """No member has to do anything."""
    [asked] = people.cards
    assert asked.message is not None
    await people.reads(asked.message, DONE)


STORIES: Final[dict[str, Story]] = {
    "/image": Story(picture),
    "/image, its picture comes late": Story(slow_picture),
    "/image, privately": Story(private_picture, cards=(READY,), posts=0),
    "/video": Story(film),
    "/storyboard": Story(storyboard),
    "/video with references": Story(references, env=KEY),
    "/video with references, legacy": Story(legacy_references),
    "/video with references, 4.0 without an id": of_4_0(newer_plays.references_of_4_0),
    "/video with references, 4.0 takes an id": of_4_0(newer_plays.references_of_4_0, TAKES_IDS),
    "/edit": Story(edit),
    "/edit of our own video": Story(edit_of_ours, cards=(DONE, DONE), posts=2, creates=2),
    "/edit, newer": Story(newer_plays.newer_edit, env=KEY),
    "/edit, 4.0 without an id": of_4_0(newer_plays.edit_of_4_0),
    "/edit, 4.0 takes an id": of_4_0(newer_plays.edit_of_4_0, TAKES_IDS),
    **OPERATION_STORIES,
    "/image, a series without an id": Story(series, env=KEY, sent_again=1),
    "/image, a series with an id": Story(series, sent_again=1, env=KEY, switches=TAKES_IDS),
    **NEWER_STORIES,
    "/lipsync, a face is chosen": Story(lip_sync, sent_again=1),
    "refused, and started without an option": Story(repaired),
    "asked about its price": Story(asked_first, env=ASKS_FIRST),
    "results in two messages": Story(two_messages, posts=2),
    "cancelled in the line": Story(cancelled, cards=(DONE, CANCELLED), env=TWO_SLOTS),
    "no longer followed": Story(stopped, cards=(STOPPED,), posts=0),
    "Kling refuses": Story(refused, cards=(PROBLEM,), creates=0),
    "the task fails": Story(failed, cards=(PROBLEM,)),
    "refused late, privately": Story(whispered, cards=(), posts=0, creates=0),
    "the create is looked up": Story(looked_up),
    "unsure, and sent again": Story(unsure, sent_again=1, foreign=True),
    "everything of a member deleted": Story(all_deleted, cards=()),
    "run again": Story(run_again, cards=(DONE, DONE), posts=2, creates=2),
    "edited": Story(daily_plays.edited, cards=(DONE, DONE), posts=2, creates=2),
    "animated": Story(daily_plays.animated, cards=(DONE, DONE), posts=2, creates=2),
    "widened": Story(daily_plays.widened, cards=(DONE, DONE), posts=2, creates=2),
    "with sound": Story(daily_plays.with_sound, cards=(DONE, DONE), posts=2, creates=2),
    "lip-synced": Story(
        daily_plays.lip_synced, cards=(DONE, DONE), posts=2, creates=2, sent_again=1
    ),
    "continued": Story(daily_plays.continued, cards=(DONE, DONE), posts=2, creates=2),
    "a bell": Story(daily_plays.rung),
    "deleted": Story(daily_plays.deleted, posts=0),
    "from the menu of a message": Story(daily_plays.restyled),
    "shown in the showcase": Story(daily_plays.shown, shown=1),
    "taken back from the showcase": Story(daily_plays.taken_back, cards=()),
    "hidden": Story(daily_plays.hidden, hidden=True),
    "hidden with its copy in the showcase": Story(
        daily_plays.hidden_with_its_copy, shown=1, hidden=True
    ),
    "delivered again": Story(delivered_again, posts=2),
    "picked up": Story(picked_up, cards=(), posts=0),
    "the first start": Story(picture, first_start),
    "a start after a create": Story(goes_on, create_not_heard_of),
    "a start after a post": Story(goes_on, post_not_heard_of, posts=2),
    "a start after an answer": Story(goes_on, answer_not_heard_of),
}

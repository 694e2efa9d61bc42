"""Questions about a price, asked and answered."""

from sandbox.discord import Interaction, Message
from storage.job import is_job_id
from tests.harness.town import Town, custom_ids

ALWAYS = {"KLINGBOT_MONEY__CONFIRM_USD": "0"}


def draft_of(question: Message) -> str:
    """Return the id of the draft that a question is about."""
    _, action, draft_id = custom_ids(question)[0].split(":")
    assert action == "start"
    assert is_job_id(draft_id)
    return draft_id


async def question(town: Town, command: str = "image", **options: object) -> Message:
    """Ask for something and return the question; nothing is accepted by it."""
    before = {job.id for job in await town.store.list_jobs()}
    asked: Interaction = await town.ask(command, **(options or {"prompt": "a fox"}))  # type: ignore[arg-type] # any option
    assert asked.ephemeral
    assert {job.id for job in await town.store.list_jobs()} == before
    return town.card_of(asked)


async def start(town: Town, asked: Message, tag: str = "", by: object = None) -> Interaction:
    """Press `start`, or one of the variants."""
    ending = f":{tag}" if tag else ""
    pressed = await town.forge_press(asked, f"kling:start:{draft_of(asked)}{ending}", by=by)  # type: ignore[arg-type] # a member
    return await town.recorded(pressed)


async def gone(town: Town, draft_id: str) -> None:
    """Wait until the draft is gone, which no member waits for."""

    async def found() -> bool | None:
        return await town.store.draft(draft_id, now=town.clock.now()) is None or None

    await town.commits.until(found)

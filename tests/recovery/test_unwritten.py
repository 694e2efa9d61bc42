"""Creates that cannot be written, and jobs that are back in the queue though they may be paid."""

import pytest

from sandbox.kling import Fault, How
from storage.job import Job, State
from tests.harness.town import Town, card_text

IMAGES = "/v1/images/*"


async def test_an_order_that_cannot_be_written_is_told_and_not_asked_about(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so no decision is needed: the member is notified."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr("bot.kling.orders.encode", broken)
    asked = await town.ask("image", prompt="unwritten")
    await town.card_says(asked, "didn't work")
    await town.settled()
    assert town.kling.creates == []


async def test_after_an_ambiguous_create_the_queue_is_no_free_place_to_cancel(town: Town) -> None:
    """The repeat was told to wait, yet the first may have been paid for: stop following only."""
    town.kling.fault(Fault(How.DROP, path=IMAGES, before=True))
    town.kling.fault(Fault(How.REFUSE, path=IMAGES, status=429, code=1303, times=None))

    async def back() -> Job | None:
        job = await town.only_job()
        if job.state is State.CREATING and job.failures and job.lease_owner is None:
            town.clock.jump(5.0)
        return job if job.state is State.QUEUED and job.failures else None

    asked = await town.ask("image", prompt="twice")
    job = await town.commits.until(back)
    assert job.create_tries == 1
    told = await town.forge_press(town.card_of(asked), f"kling:cancel:{job.id}")
    assert "it may be charged" in card_text(town.card_of(told))
    await town.card_says(asked, "Kling will still finish it")
    town.clock.jump(120.0)
    await town.card_says(asked, "This job was stopped. Nothing was posted")
    await town.settled()


async def test_a_create_that_was_only_told_to_wait_is_cancelled_for_free(town: Town) -> None:
    """Kling said no for certain: nothing was made, and the member is told so."""
    town.kling.fault(Fault(How.REFUSE, path=IMAGES, status=429, code=1303, times=None))

    async def back() -> Job | None:
        job = await town.only_job()
        return job if job.state is State.QUEUED and job.failures else None

    asked = await town.ask("image", prompt="later")
    job = await town.commits.until(back)
    assert job.create_tries == 0
    told = await town.forge_press(town.card_of(asked), f"kling:cancel:{job.id}")
    assert "nothing was charged" in card_text(town.card_of(told))

"""An upload that Discord never finishes taking: smaller forms, one download, and words about it."""

from functools import partial

from sandbox.discord import Reset
from storage.job import Form, Job, State, WaitsFor
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town


async def _broken(town: Town, tries: int) -> Job | None:
    """Return the job once so many of its tries broke off, and bring on the next one."""
    job = await town.only_job()
    rows = await town.store.deliveries(job.id)
    if rows and rows[0].broke_off >= tries and job.lease_owner is None:
        return job
    if job.state is State.POSTING and job.lease_owner is None and job.due_at is not None:
        town.skip_wait(job)
    return None


async def test_what_discord_does_not_take_is_sent_smaller(town: Town) -> None:
    """After five tries as it is, the same part goes out in a form of half the size."""
    fault = town.discord.fault(
        "POST", routes.POST, Reset(), times=None, when=lambda sent: bool(sent.files)
    )
    asked = await town.ask("image", prompt="heavy")
    job = await town.commits.until(partial(_broken, town, 5))
    assert job.state is State.POSTING
    await town.card_says(asked, "hasn't accepted")
    fault.times = 5  # it took what came since
    town.skip_wait(job)
    [post] = await town.posted()
    assert post.attachments
    await town.settled()
    await town.card_says(asked, "✅")
    [part] = await town.store.deliveries(job.id)
    assert part.form is not Form.AS_IS
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)
    fetched = [one for one in town.kling.requests if one.path.startswith("/results/")]
    assert len(fetched) == 1


async def test_what_is_never_taken_waits_to_be_picked_up(town: Town) -> None:
    """After the smallest form the result waits; the operator hears of it once, at the tenth try."""
    here = str(town.channel.id)
    town.discord.fault(
        "POST",
        routes.POST,
        Reset(),
        times=None,
        when=lambda sent: sent.params["channel_id"] == here,
    )
    await town.ask("image", prompt="heavy")
    job = await town.commits.until(partial(_waits, town))
    assert job.waits_for is WaitsFor.PICKUP
    told = [post.content for post in await town.posted(1, town.discord.dm(town.discord.owner))]
    assert sum(job.id in words and "ten tries" in words for words in told) == 1
    assert town.posts() == []


async def _waits(town: Town) -> Job | None:
    job = await town.only_job()
    if job.state is State.POSTING:
        town.skip_wait(job)
    return job if job.state is State.WAITING else None

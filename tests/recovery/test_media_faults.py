"""Results that do not come as they should: asked for again, tried again, and in the end told."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from sandbox.kling import Fault, How
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town

PASSING: Mapping[str, Mapping[str, Any]] = {
    "500": {"how": How.REFUSE, "status": 500},
    "dropped": {"how": How.DROP},
    "truncated": {"how": How.CUT},
    "wrong type": {"how": How.GARBAGE},
}


async def at_rest(town: Town, seen: int) -> float | None:
    job = await town.only_job()
    waits = job.in_vain.get("download", 0) > seen and job.due_at is not None and not job.lease_owner
    return job.due_at if waits else None


async def tried_in_vain(town: Town) -> None:
    """Let each try come at its moment, until there is a post."""
    for seen in range(9):
        due_at = await town.commits.until(partial(at_rest, town, seen))
        town.clock.jump(max(0.0, due_at - town.clock.now()))
    await town.posted()


def questions(town: Town) -> int:
    return sum(1 for r in town.kling.requests if r.method == "GET" and r.path.startswith("/v1/"))


@pytest.mark.parametrize("status", sampled([403, 404, 410], 403))
async def test_a_dead_address_is_asked_for_again(town: Town, status: int) -> None:
    """Before a result is called gone, Kling is asked for a fresh address, and that is used."""
    fault = Fault(How.REFUSE, method="GET", path="/results/*", status=status)
    town.kling.fault(fault)
    asked = await town.ask("image", prompt="elsewhere by now")
    [post] = await town.posted()
    assert post.attachments
    await town.card_says(asked, "✅")
    await town.settled()
    assert fault.arrived.is_set()
    assert questions(town) >= 2
    assert_paid_once(town, 1)


async def test_a_result_that_stays_gone_is_told(town: Town) -> None:
    """Dead at its fresh address too: the member hears that Kling keeps it no longer."""
    town.kling.fault(Fault(How.REFUSE, method="GET", path="/results/*", status=404, times=None))
    await town.ask("image", prompt="too late")
    [post] = await town.posted()
    assert "no longer has" in post.content
    assert town.member in post.mentions
    await town.settled()
    assert_paid_once(town, 1)


@pytest.mark.parametrize("way", sampled(PASSING, "500", "truncated"))
async def test_a_download_that_breaks_is_tried_again(town: Town, way: str) -> None:
    """The file arrives complete, once, in place of the broken one."""
    town.kling.fault(Fault(method="GET", path="/results/*", **PASSING[way]))
    asked = await town.ask("image", prompt="in one piece")
    [post] = await town.posted()
    assert [file.filename[-4:] for file in post.attachments] == [".png"]
    await town.card_says(asked, "✅")
    await town.settled()
    assert_posted_once(town.posts(), 1)


@pytest.mark.parametrize("way", ["500", "wrong type"])
async def test_a_file_that_never_comes_is_posted_as_a_link(town: Town, way: str) -> None:
    """After ten tries the member gets the address, which Kling keeps for a month."""
    town.kling.fault(Fault(method="GET", path="/results/*", times=None, **PASSING[way]))
    asked = await town.ask("image", prompt="see for yourself")
    await tried_in_vain(town)
    [post] = town.posts()
    assert post.attachments == []
    assert "couldn't download" in post.content
    assert town.kling.base_url in post.content
    await town.card_says(asked, "✅")
    await town.settled()

"""Result addresses: who may fetch them and until when."""

from urllib.parse import parse_qs, urlsplit

from sandbox.kling import Switches
from tests.harness.kling_caller import Caller
from tests.sandbox.kling.conftest import OpenWorld

T2I = "images/generations"
MONTH_S = 30 * 86_400


async def url_of(kling: Caller) -> str:
    return str((await kling.done(T2I, prompt="x"))["task_result"]["images"][0]["url"])


async def test_a_link_ends_thirty_days_after_the_task(kling: Caller) -> None:
    """`Expires` is the end of the task and 30 days; from then on it is 403."""
    url = await url_of(kling)
    (task,) = kling.world.creates
    assert parse_qs(urlsplit(url).query)["Expires"] == [str(int(task.ends_s + MONTH_S))]
    kling.clock.advance(task.ends_s + MONTH_S - 1 - kling.clock.now())
    assert (await kling.fetch(url))[0] == 200
    kling.clock.advance(1)
    assert (await kling.fetch(url))[0] == 403


async def test_a_link_is_worth_nothing_changed(kling: Caller) -> None:
    """Another end, another file and no signature at all are 403."""
    url = await url_of(kling)
    for changed in (url.replace("Expires=1", "Expires=2"), url.replace("/0.png", "/1.png")):
        assert (await kling.fetch(changed))[0] == 403
    assert (await kling.fetch(url.partition("?")[0]))[0] == 403


async def test_a_link_takes_no_other_authorisation(kling: Caller) -> None:
    """A request that brings the account's token along is refused, and seen in the record."""
    url = await url_of(kling)
    status, _ = await kling.fetch(url, Authorization=kling.headers["Authorization"])
    assert status == 400
    assert kling.world.requests[-1].auth == "api_key"
    assert (await kling.fetch(url))[0] == 200
    assert kling.world.requests[-1].auth == "none"


async def test_switch_link_life(open_world: OpenWorld) -> None:
    """A short-lived link ends early, and a new query gives one that works."""
    kling = await open_world(switches=Switches(link_life_s=60))
    url = await url_of(kling)
    kling.clock.advance(60)
    assert (await kling.fetch(url))[0] == 403
    task_id = kling.world.creates[0].id
    fresh = (await kling.get(f"{T2I}/{task_id}")).data["task_result"]["images"][0]["url"]
    assert (await kling.fetch(fresh))[0] == 200


async def test_a_watermarked_copy_has_its_own_link(kling: Caller) -> None:
    """`watermark_url` comes when asked for, and works."""
    assert "watermark_url" not in (await kling.done(T2I, prompt="x"))["task_result"]["images"][0]
    data = await kling.done(T2I, prompt="x", watermark_info={"enabled": True})
    url = data["task_result"]["images"][0]["watermark_url"]
    assert (await kling.fetch(url))[0] == 200

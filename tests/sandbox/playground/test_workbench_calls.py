"""The workbench's calls: what is told of them, to whom, and what never is."""

import json
from typing import Any

import aiohttp
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.playground.calls import KEPT
from sandbox.playground.ground import Ground
from sandbox.process import TOKEN
from tests.harness.playground.drawer import PROMPT, asked, open_drawer, refuse
from tests.harness.playground.page import OpenPage, RefusedByGroundError


@pytest.mark.sweep
async def test_a_command_is_seen_from_event_to_answer(ground: Ground, open_page: OpenPage) -> None:
    """Connecting, the event of a command and the bot's answer are told, with their payloads."""
    page, seen = await open_drawer(open_page)
    assert seen["calls"] == []
    await ground.bot.start_bot()
    await asked(ground)
    told: dict[str, dict[str, Any]] = {}
    callback = "/interactions/{interaction_id}/{interaction_token}/callback"
    while callback not in told:
        frame = await page.heard("call")
        page.told.remove(frame)
        told[frame["call"]["name"]] = frame["call"]
    assert [
        told[name]["kind"] for name in ("HELLO", "IDENTIFY", "READY", "INTERACTION_CREATE")
    ] == [
        "receive",
        "send",
        "receive",
        "receive",
    ]
    assert told["INTERACTION_CREATE"]["gist"] == "image"
    assert (told[callback]["method"], told[callback]["status"]) == ("POST", 200)
    event = await page.ask("call", call=told["INTERACTION_CREATE"]["id"])
    assert event["d"]["data"]["options"][0]["value"] == PROMPT
    answer = await page.ask("call", call=told[callback]["id"])
    assert PROMPT in answer["json"]["data"]["embeds"][0]["description"]
    again = await page.ask("workbench", open=True, text="")
    assert [call["id"] for call in again["calls"]] == sorted(c["id"] for c in again["calls"])
    assert told[callback] in again["calls"]


async def test_a_refusal_is_shown_as_discord_gives_it(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """Status, code and words are in the list, the tree of errors in the payload."""
    page, _ = await open_drawer(open_page)
    await refuse(ground, http, "x" * 2001)
    call = (await page.heard("call"))["call"]
    assert (call["status"], call["code"], call["problem"]) == (400, 50035, "Invalid Form Body")
    payload = await page.ask("call", call=call["id"])
    (error,) = payload["reply"]["errors"]["content"]["_errors"]
    assert error["code"] == "BASE_TYPE_BAD_LENGTH"


async def test_no_secret_is_shown(ground: Ground, open_page: OpenPage) -> None:
    """Neither the bot's token nor an interaction's nor a key of Kling's is in anything told."""
    page, _ = await open_drawer(open_page)
    await ground.bot.start_bot()
    await asked(ground)
    discord, scene = ground.bot.discord, ground.scene
    edit = ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}")
    await discord.until(lambda: discord.sent(*edit), PATIENCE_S)
    await (await discord.slash(scene.members[0], scene.channels[0], "jobs")).answered(PATIENCE_S)
    seen = await page.ask("workbench", open=True, text="")
    payloads = [await page.ask("call", call=call["id"]) for call in seen["calls"]]
    shown = json.dumps([seen, payloads, page.told, await page.ask("log")])
    keys = ground.bot.kling.keys
    secrets = [i.token for i in discord.interactions.all]
    assert len(secrets) == 2
    for secret in (TOKEN, keys.access_key, keys.secret_key, keys.api_key, *secrets):
        assert secret not in shown


async def test_calls_are_found_by_any_of_their_text(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """A text chooses from what is kept and from what comes later; case does not matter."""
    await refuse(ground, http, "Lantern" * 400)
    await refuse(ground, http, "harbour" * 400)
    page, seen = await open_drawer(open_page, text="lanTERN")
    assert [call["gist"][:7] for call in seen["calls"]] == ["Lantern"]
    await refuse(ground, http, "harbour" * 400)
    await refuse(ground, http, "lantern" * 400)
    call = (await page.heard("call"))["call"]
    assert call["gist"][:7] == "lantern"
    assert (await page.ask("workbench", open=True, text="no such words"))["calls"] == []


async def test_only_the_latest_calls_are_kept(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """The oldest goes when there are too many, and is refused with words."""
    for number in range(KEPT + 1):
        async with http.get(f"{ground.bot.discord.api_url}/nothing/{number}"):
            pass
    page, seen = await open_drawer(open_page)
    assert len(seen["calls"]) == KEPT
    assert seen["calls"][0]["name"] == "/nothing/1"
    with pytest.raises(RefusedByGroundError, match="no longer kept"):
        await page.ask("call", call=seen["calls"][0]["id"] - 1)


async def test_who_has_not_asked_is_told_nothing(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """Before the workbench is opened and after it is closed, no frame of it comes."""
    never = await open_page()
    await never.ask("view", member=None, locale="en-US")
    page, _ = await open_drawer(open_page)
    await page.ask("fault", fault="full", on=True)
    assert await page.ask("workbench", open=False) == {}
    await refuse(ground, http, "x" * 2001)
    await never.ask("fault", fault="full", on=False)
    for each in (page, never):
        await each.ask("log")
    assert [frame["type"] for frame in page.told] == ["faults"]
    assert never.told == []


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "workbench"},
        {"do": "workbench", "open": True},
        {"do": "call"},
        {"do": "call", "call": "x"},
        {"do": "call", "call": 10**40},
        {"do": "call", "call": float("inf")},
        {"do": "call", "call": {}},
        {"do": "task", "task": "1", "order": "finish"},
        {"do": "task", "task": None},
        {"do": "fault", "fault": "slow"},
        {"do": "fault", "fault": "killed", "on": True},
        {"do": "fault", "fault": ["slow"], "on": True},
        {"do": "fault", "fault": "__class__", "on": True},
    ],
    ids=str,
)
async def test_nonsense_is_refused(open_page: OpenPage, request_: dict[str, Any]) -> None:
    """Whatever a page sends, it is answered in words, nothing is switched, and it may go on."""
    page, before = await open_drawer(open_page)
    with pytest.raises(RefusedByGroundError):
        await page.ask(**request_)
    assert await page.ask("workbench", open=True, text="") == before

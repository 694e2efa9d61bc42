"""`bot usage` and `bot budget` beside a running bot."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import _parser, main
from bot.operator import money
from bot.settings.load import Settings, load_settings
from storage.engine import open_database
from storage.errors import UnitsLimitReached
from storage.job import Pack, State
from storage.money import Learnt, Verdict
from storage.store import JobStore
from tests.harness.manual_clock import ManualClock
from tests.harness.storage.bookings import accepted, limits, priced, runs
from tests.harness.storage.making import MEMBER, NOW, SERVER

MONTH = "2027-01"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    """The store of the running bot."""
    async with open_database(f"sqlite:///{tmp_path}/kling.db", owner="bot") as database:
        yield database.jobs


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        None,
        {
            "KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/kling.db",
            "KLINGBOT_LIMITS__VIDEO_UNITS_PER_MONTH": "100",
            "KLINGBOT_LIMITS__SERVER_VIDEO_UNITS_PER_MONTH": "50.5",
        },
    )


async def typed(settings: Settings, *words: str) -> tuple[int, str]:
    """Return the exit code and the output of these words, typed in January 2027."""
    args, out = _parser().parse_args(words), io.StringIO()
    clock = ManualClock(NOW)
    run = money.usage if words[0] == "usage" else money.budget
    return await run(settings, clock, args, out), out.getvalue()


async def as_json(settings: Settings, *words: str) -> Any:
    code, said = await typed(settings, "usage", "--json", *words)
    assert code == 0
    return json.loads(said)


async def spend(store: JobStore, price: int, units: int | None, **changes: Any) -> None:
    job = await runs(store, await accepted(store, priced(price, **changes)))
    await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED, units))


async def test_usage_is_told_in_the_form_of_the_contract(
    store: JobStore, settings: Settings
) -> None:
    """Units as decimal strings, dollars to the cent, limits as they are set; 0 is no limit."""
    await spend(store, 450, 300)
    await spend(store, 100, 100, guild_id=None, user_id=8)
    await accepted(store, priced(800, pack=Pack.IMAGE))
    report = await as_json(settings)
    assert report == {
        "month": MONTH,
        "packs": {
            "video": {"reserved": "0", "spent": "4", "given_back": "1.5", "limit": "100"},
            "image": {"reserved": "8", "spent": "0", "given_back": "0", "limit": "0"},
        },
        "servers": {
            str(SERVER): {
                "video": {"reserved": "0", "spent": "3", "given_back": "1.5", "limit": "50.5"},
                "image": {"reserved": "8", "spent": "0", "given_back": "0", "limit": "0"},
            }
        },
        "members": {
            "8": {
                "video": {"reserved": "0", "spent": "1", "given_back": "0", "limit": "60"},
                "image": {"reserved": "0", "spent": "0", "given_back": "0", "limit": "400"},
            },
            str(MEMBER): {
                "video": {"reserved": "0", "spent": "3", "given_back": "1.5", "limit": "60"},
                "image": {"reserved": "8", "spent": "0", "given_back": "0", "limit": "400"},
            },
        },
        "usd": "0.56",
    }
    only = await as_json(settings, "--member", "8")
    assert (only["packs"]["video"]["spent"], only["servers"], [*only["members"]]) == (
        "1",
        {},
        ["8"],
    )
    assert only["usd"] == "0.14"
    there = await as_json(settings, "--server", str(SERVER))
    assert [*there["members"]] == [str(MEMBER)]
    assert there["packs"]["video"]["spent"] == "3"
    assert (await as_json(settings, "--month", "2026-12"))["usd"] == "0.00"


async def test_usage_is_a_table_for_people(store: JobStore, settings: Settings) -> None:
    """Everything, each server and each member, in columns."""
    await spend(store, 450, 300)
    code, said = await typed(settings, "usage")
    assert code == 0
    assert said.splitlines()[0] == f"Units in {MONTH} (UTC)"
    rows = [line.split() for line in said.splitlines()]
    assert ["everything", "video", "0", "3", "1.5", "100"] in rows
    assert ["server", str(SERVER), "video", "0", "3", "1.5", "50.5"] in rows
    assert ["member", str(MEMBER), "video", "0", "3", "1.5", "60"] in rows
    assert said.endswith("Spent: $0.42\n")


async def test_a_month_that_has_not_been_has_no_numbers(
    store: JobStore, settings: Settings
) -> None:
    """It is refused by its name, and nothing else is said."""
    assert await typed(settings, "usage", "--month", "2027-02") == (
        2,
        "2027-02 has not begun; this month is 2027-01.\n",
    )


async def test_a_cap_holds_from_the_next_command_on(store: JobStore, settings: Settings) -> None:
    """Set, listed, lowered to nothing and cleared, while the bot runs; each is in the audit log."""
    assert "No server has a cap" in (await typed(settings, "budget", "list"))[1]
    setting = ("budget", "set", "--server", str(SERVER))
    assert (await typed(settings, *setting, "--video", "1.5"))[0] == 0
    await store.insert(priced(150), limits=limits())
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(1), limits=limits())
    assert (await as_json(settings))["servers"][str(SERVER)]["video"]["limit"] == "1.5"
    await typed(settings, *setting, "--video", "0", "--image", "8")
    listed = (await typed(settings, "budget", "list"))[1].splitlines()
    assert [line.split() for line in listed[:2]] == [
        ["SERVER", "VIDEO", "IMAGE"],
        [str(SERVER), "0", "8"],
    ]
    assert (await typed(settings, "budget", "clear", "--server", str(SERVER)))[0] == 0
    await store.insert(priced(1), limits=limits())
    assert (await typed(settings, "budget", "clear", "--server", str(SERVER)))[0] == 1
    told = [(one.what, one.was, one.becomes) for one in await store.changes(limit=9)]
    assert told[::-1] == [
        ("budget video", "", "1.5"),
        ("budget image", "", "8"),
        ("budget video", "1.5", "0"),
        ("budget image", "8", ""),
        ("budget video", "0", ""),
    ]


async def test_a_credit_counts_for_its_member_alone(store: JobStore, settings: Settings) -> None:
    """The member's spent units fall, those of all others and the dollars don't; and it is noted."""
    await spend(store, 450, 450)
    before = await as_json(settings)
    crediting = ("budget", "credit", "--member", str(MEMBER), "--video", "1.5", "--image", "8")
    code, said = await typed(settings, *crediting)
    assert (code, said) == (
        0,
        f"Member {MEMBER} is credited with 1.5 video units and 8 image units for today (UTC).\n",
    )
    after = await as_json(settings)
    assert after["members"][str(MEMBER)]["video"]["spent"] == "3"
    assert after["members"][str(MEMBER)]["image"]["spent"] == "0"
    for part in ("packs", "servers", "usd"):
        assert after[part] == before[part]
    told = [(one.what, one.was, one.becomes, one.member_id) for one in await store.changes(limit=9)]
    assert told[::-1] == [
        ("credit image", "", "8", MEMBER),
        ("credit video", "", "1.5", MEMBER),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "budget credit --member 1",
        "budget credit --video 1",
        "budget credit --member 1 --video 0",
        "budget credit --member 1 --video -1",
        "usage --month 2026-13",
        "usage --month november",
        "usage --server x",
        "budget set --video 1",
        "budget set --server 1",
        "budget set --server 1 --video -1",
        "budget set --server 1 --video 0.005",
        "budget set --server 1 --video 1e99",
        "budget set --server 1 --image nan",
        "budget clear",
    ],
)
def test_what_makes_no_sense_is_exit_2(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Negative, huge and too fine units, months and ids that are none."""
    with pytest.raises(SystemExit) as ended:
        main(words.split(), {})
    assert ended.value.code == 2
    assert capsys.readouterr().err

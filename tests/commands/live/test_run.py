"""`make live` asks first, spends what it is told and not a unit more, and says what it found."""

import asyncio
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.default_sections import DefaultsSettings
from sandbox.kling import Fault, How, LocalKling, Switches
from storage.job import Pack
from tests.commands.live.__main__ import within
from tests.commands.live.conftest import MakeLive
from tests.commands.live.steps import STEPS
from tests.harness.shell import environment

ALL = ("--spend-video", "26.74", "--spend-image", "99")
"""Without an API key, the steps of the newer generation cost nothing of it."""
OTHERWISE = Switches(
    cfg_scale_on_v2=True,
    past_end_refused=True,
    newest_first=False,
    wrong_product_found=True,
    lip_sync_by_external_id=True,
    lip_sync_echoes_external_id=False,
    tasks_reads_legacy=False,
    v4_takes_ids=True,
    images_by_input=True,
    image_v4_takes_n=False,
    failed_tasks_charged=True,
)


@pytest.mark.sweep
async def test_without_keys_nothing_is_sent(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """No key: exit 2, the settings are named, there is no question, and nothing is sent."""
    ran = await make_live({"KLINGBOT_KLING__BASE_URL": keys["KLINGBOT_KLING__BASE_URL"]}, "--yes")
    assert ran.code == 2
    for name in ("KLING__API_KEY", "KLING__ACCESS_KEY", "KLING__SECRET_KEY"):
        assert f"KLINGBOT_{name}" in ran.text
    assert "KLING_LIVE_CHANNEL" in ran.text
    assert (ran.asked, local.requests, ran.kept) == ([], [], [])


@pytest.mark.sweep
async def test_keys_are_not_shown_to_a_gateway(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """With the gateway dialect there is no Kling to try: exit 2, and nothing leaves."""
    ran = await make_live(keys | {"KLINGBOT_KLING__DIALECT": "gateway"}, "--yes")
    assert (ran.code, local.requests) == (2, [])


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("KLING_LIVE_GUILD", "1", "KLING_LIVE_CHANNEL"),
        ("KLING_LIVE_GILD", "1", "KLING_LIVE_GUILD"),
        ("KLINGBOT_KLING__VIDEO_SLOT", "1", "did you mean KLINGBOT_KLING__VIDEO_SLOTS"),
    ],
)
async def test_wrong_settings_are_named(
    make_live: MakeLive,
    local: LocalKling,
    keys: dict[str, str],
    name: str,
    value: str,
    named: str,
) -> None:
    """What is incomplete or misspelt ends it with exit 2 before anything is sent."""
    ran = await make_live({**keys, name: value}, "--yes")
    assert (ran.code, local.requests) == (2, [])
    assert named in ran.text


@pytest.mark.sweep
async def test_a_channel_needs_a_token(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """A place to post without a token to post with is a problem of the settings."""
    place = {"KLING_LIVE_GUILD": "1", "KLING_LIVE_CHANNEL": "2"}
    ran = await make_live(keys | place, "--yes")
    assert (ran.code, local.requests) == (2, [])
    assert "discord.token" in ran.text


@pytest.mark.parametrize("answer", ["", "no", "y", "yess"])
async def test_nothing_is_sent_unless_somebody_agrees(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str], answer: str
) -> None:
    """The plan and the most it will spend are shown; any answer but yes ends it."""
    ran = await make_live(keys, *ALL, answer=answer)
    assert (ran.code, local.requests, len(ran.asked)) == (0, [], 1)
    assert "8.60 video units, 48 image units" in ran.text
    assert local.base_url in ran.text
    assert ran.said[-1] == "Nothing was sent."


@pytest.mark.sweep
@pytest.mark.parametrize("limits", [("--spend-image", "-1"), ("--spend-video", "nan")])
async def test_a_limit_is_a_number_of_units(
    make_live: MakeLive, keys: dict[str, str], limits: tuple[str, str]
) -> None:
    """What cannot be a limit is refused instead of being read as none."""
    with pytest.raises(SystemExit) as ended:
        await make_live(keys, *limits)
    assert ended.value.code == 2


@pytest.mark.sweep
async def test_without_limits_only_what_is_free_is_done(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """Nothing was allowed to be spent: nothing is ordered, and what to allow is said."""
    ran = await make_live(keys, "--yes")
    assert (ran.code, ran.asked, local.creates) == (0, [], [])
    assert {request.method for request in local.requests} == {"GET"}
    assert "--spend-video 26.69 --spend-image 99" in ran.text
    assert ran.kept == ["01-probe.json", "02-not-found.json", "03-lists.json"]


@pytest.mark.sweep
async def test_a_step_that_could_pass_the_limit_is_not_begun(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """Units for one picture buy one picture; the repeat, which might cost another, is left out."""
    ran = await make_live(keys, "--yes", "--spend-image", "15.9")
    assert [task.product.value for task in local.creates] == ["images/generations"]
    assert local.charged("image") == 8
    assert (ran.code, ran.kept[-1]) == (0, "04-image.json")


@pytest.mark.sweep
async def test_files_that_are_not_its_own_are_left_alone(
    make_live: MakeLive, keys: dict[str, str], tmp_path: Path
) -> None:
    """Recordings of an earlier run are forgotten; anything else in the folder stays."""
    (tmp_path / "01-probe.json").write_text("{}", encoding="utf-8")
    (tmp_path / "12-lip-sync.json").write_text("{}", encoding="utf-8")
    (tmp_path / "mine.json").write_text("[]", encoding="utf-8")
    ran = await make_live(keys, "--yes", "--out", str(tmp_path))
    ran.out = tmp_path
    assert (ran.code, ran.kept) == (
        0,
        [
            "01-probe.json",
            "02-not-found.json",
            "03-lists.json",
            "mine.json",
        ],
    )


@given(video=st.decimals(0, 10, places=2), image=st.decimals(0, 99, places=2))
def test_no_limit_is_ever_passed(video: Decimal, image: Decimal) -> None:
    """Whatever the limits are, the most that the chosen steps can cost is within them."""
    limits, defaults = {Pack.VIDEO: video, Pack.IMAGE: image}, DefaultsSettings()
    for pack, limit in limits.items():
        costs = [step.most(defaults) for step in within(limits, defaults)]
        assert sum(cost[1] for cost in costs if cost and cost[0] is pack) <= limit


@pytest.mark.sweep
def test_a_model_without_a_price_is_not_ordered() -> None:
    """What the catalogue cannot price is left out, however high the limits, and what needs it."""
    defaults = DefaultsSettings(image_model="kling-of-tomorrow")
    steps = within(dict.fromkeys(Pack, Decimal(10**6)), defaults)
    assert [step.name for step in STEPS if step not in steps] == [
        "image",
        "image-to-image",
        "same-id",
        "look-up",
        "character",
        "tasks",
        "failed",
    ]


@pytest.mark.sweep
async def test_a_pair_of_keys_tries_nothing_of_the_newer_api(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """Kling refuses them there: the steps are left out and named in the plan."""
    ran = await make_live(keys, *ALL)
    assert ran.code == 0, ran.text
    asked = [request.path for request in local.requests]
    assert not [path for path in asked if not path.startswith(("/v1/", "/results/"))]
    left_out = [step.name for step in STEPS if step.newer]
    lines = [line.split()[0] for line in ran.text.splitlines() if line.endswith("(left out)")]
    assert lines == left_out
    assert {"tasks", "4.0-flash", "image-4.0", "edit-4.0"} <= {*left_out}


@pytest.mark.sweep
async def test_a_refused_account_is_not_tried_further(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str]
) -> None:
    """When the free probe fails nothing else is sent, and the exit code says so."""
    local.fault(Fault(How.REFUSE, method="GET", times=None, code=1002))
    ran = await make_live(keys, "--yes", *ALL)
    assert (ran.code, ran.kept, local.creates) == (1, ["01-probe.json"], [])
    assert {request.path for request in local.requests} == {
        "/v1/videos/text2video/kling-discord-probe"
    }


@pytest.mark.sweep
@pytest.mark.parametrize("switches", [Switches(), OTHERWISE], ids=["as believed", "otherwise"])
async def test_a_whole_run_settles_what_it_can(
    make_live: MakeLive, local: LocalKling, keys: dict[str, str], switches: Switches
) -> None:
    """Every step goes well, costs what was said or less, and each open fact is found out."""
    keys = {**keys, "KLINGBOT_KLING__API_KEY": local.keys.api_key}
    ran = await make_live(keys, *ALL)
    assert ran.code == 0, ran.text
    assert len(ran.kept) == len(STEPS)
    assert local.charged("video") <= Decimal("26.74")
    two = 34 if switches.image_v4_takes_n else 0
    assert local.charged("image") == 32 + 17 + two + (8 if switches.failed_tasks_charged else 0)
    for step in STEPS:
        for switch in step.settles:
            found = f"switch {switch}: is {getattr(switches, switch)}, believed"
            assert found in ran.text, ran.text
    assert "differs" not in ran.text
    kept = "".join((ran.out / name).read_text(encoding="utf-8") for name in ran.kept)
    hidden = [*keys.values(), "Signature=", "eyJ", local.creates[0].id, "127.0.0.1"]
    assert [secret for secret in hidden if secret in kept + ran.text.split("image units")[1]] == []
    first = json.loads((ran.out / "04-image.json").read_text(encoding="utf-8"))
    assert first["exchanges"][0]["request"]["body"]["prompt"] == "A fox in the snow"


@pytest.mark.sweep
async def test_the_command_itself_without_keys(tmp_path: Path) -> None:
    """`python -m tests.commands.live` in an empty environment: exit 2, and not a traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.commands.live",
        "--yes",
        cwd=tmp_path,
        env=environment({}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (2, b"")
    assert b"KLINGBOT_KLING__API_KEY" in out

"""The series for Prometheus, and the dashboard and alert rules that are made of them."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.errors import KlingBusy, KlingUnclear, KlingUnreachable
from bot.kling.dialects import route_of
from bot.kling.error_codes import word_for
from bot.loop_lag import LoopLag
from bot.meter import Traffic
from bot.web.metrics import ARRIVALS_MAX, Metrics, Readings
from storage.gauges import Gauges, OpenJobs

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
DASHBOARD: Final = DEPLOY / "grafana-dashboard.json"
ALERTS: Final = DEPLOY / "alerts.yml"
NAME: Final = re.compile(r"\bkling_discord_\w+")
READY: Final = {"gateway": True, "database": True, "loop": True, "kling": False}
STORED: Final = Gauges(
    [
        OpenJobs("queued", "video", "kling-v3", 3),
        OpenJobs("queued", "video", "a member's own <words>", 2),
        OpenJobs("queued", "video", "0123456789abcdef", 1),
    ],
    oldest_due_s=12.5,
    held={"video": 150, "image": 0},
    spent={"video": 2_025, "image": 400},
)


def readings(stored: Gauges | None = STORED) -> Readings:
    known, shards = "kling-v3".__eq__, {0: True, 3: False}
    return Readings(READY, 0.25, paused=True, stored=stored, known_model=known, shards=shards)


def busy_metrics() -> Metrics:
    """Everything has happened once."""
    metrics = Metrics()
    metrics.arrived(7, 100.0)
    metrics.answered(7, 100.4)
    metrics.sent("video", 3.0)
    metrics.visible(1.5)
    metrics.kling_called("videos/text2video", "ok")
    metrics.rate_limited()
    metrics.lease_lost()
    metrics.moved(Traffic.RESULTS, 1_000)
    return metrics


def series(text: bytes) -> dict[str, float]:
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_every_fact_has_its_series() -> None:
    """What happened and what is read is written with its labels and in its unit."""
    told = series(busy_metrics().text(readings()))
    expected = {
        'jobs{kind="video",model="kling-v3",state="queued"}': 3,
        "oldest_due_seconds": 12.5,
        'units_held{pack="video"}': 1.5,
        'units_spent{pack="video"}': 20.25,
        'answer_seconds_bucket{le="0.3"}': 0,
        'answer_seconds_bucket{le="0.5"}': 1,
        'queued_seconds_sum{pack="video"}': 3,
        "visible_seconds_sum": 1.5,
        'kling_calls_total{code="ok",route="videos/text2video"}': 1,
        "discord_rate_limited_total": 1,
        "leases_lost_total": 1,
        'bytes_total{what="results"}': 1_000,
        'bytes_total{what="to_discord"}': 0,
        "loop_lag_seconds": 0.25,
        'ready{part="gateway"}': 1,
        'ready{part="kling"}': 0,
        'shard_connected{shard="0"}': 1,
        'shard_connected{shard="3"}': 0,
        "paused": 1,
    }
    assert {name: told[f"kling_discord_{name}"] for name in expected} == expected


def test_no_label_holds_what_a_member_wrote() -> None:
    """Models that the catalogue does not know are counted together."""
    text = busy_metrics().text(readings())
    assert series(text)['kling_discord_jobs{kind="video",model="other",state="queued"}'] == 3
    assert b"member" not in text.replace(b"members_files", b"").replace(b"a member's", b"")
    assert b"0123456789abcdef" not in text


def test_a_silent_database_leaves_its_series_out() -> None:
    """Old numbers are not shown as new ones, and all others stay."""
    metrics = busy_metrics()
    metrics.text(readings())
    told = series(metrics.text(readings(stored=None)))
    assert not [name for name in told if "_jobs{" in name or "_units_" in name]
    assert told["kling_discord_leases_lost_total"] == 1


def test_shards_that_this_process_no_longer_runs_have_no_series() -> None:
    """After Discord has asked for more shards, or fewer, only those that run are shown."""
    metrics = busy_metrics()
    metrics.text(readings())
    told = metrics.text(replace(readings(), shards={1: True}))
    shown = {name for name in series(told) if "shard_connected" in name}
    assert shown == {'kling_discord_shard_connected{shard="1"}'}


def test_an_interaction_counts_once_and_the_unanswered_are_forgotten() -> None:
    """However many commands are never answered, no more than this many are remembered."""
    metrics = Metrics()
    for number in range(ARRIVALS_MAX + 5):
        metrics.arrived(number, 0.0)
    for number in (0, 4, 5, 5):
        metrics.answered(number, 1.0)
    assert series(metrics.text(readings()))["kling_discord_answer_seconds_count"] == 1


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/videos/text2video", "videos/text2video"),
        ("/v1/videos/text2video/845129000000", "videos/text2video"),
        ("/v1/images/generations?pageNum=1&pageSize=30", "images/generations"),
        ("/api/v1/tasks/videos/text2video/abc%2Fdef", "videos/text2video"),
        ("/api/v1/lipsync/identify-face", "identify-face"),
        ("/api/v1/lipsync/create-task", "videos/advanced-lip-sync"),
        ("/tasks?task_ids=1,2,3", "tasks"),
        ("/text-to-video/kling-4.0", "text-to-video"),
        ("/elsewhere/845129000000?start_time=1", "other"),
    ],
)
def test_a_route_is_named_without_ids(path: str, route: str) -> None:
    """The path of a request becomes one of few words."""
    assert route_of(path) == route


def test_codes_are_the_documented_ones() -> None:
    """A server that makes up codes makes no new series."""
    assert word_for(KlingBusy("later", code=1303)) == "1303"
    assert word_for(KlingBusy("later", code=123_456)) == "other"
    assert word_for(KlingUnreachable("refused")) == "unreachable"
    assert word_for(KlingUnclear("timeout")) == "timeout"


def test_the_lag_is_the_worst_of_the_last_moments() -> None:
    """A late moment counts for as long as scrapers wait, and then no more."""
    lag = LoopLag()
    for at, late_s in ((100.0, 0.0), (101.0, 2.0), (102.0, -0.1)):
        lag.note(late_s, at)
    assert lag.worst_s(103.0) == 2.0
    assert lag.worst_s(116.5) == 0.0


@pytest.mark.parametrize("path", [DASHBOARD, ALERTS], ids=lambda path: path.name)
def test_every_series_that_is_drawn_or_watched_exists(path: Path) -> None:
    """A panel or a rule without data is a mistake; nothing that is measured is left out either."""
    text = busy_metrics().text(readings()).decode()
    exist = {name.partition("{")[0] for name in series(text.encode())}
    named = set(NAME.findall(path.read_text(encoding="utf-8")))
    assert named
    assert named <= exist
    if path is DASHBOARD:
        bases = {
            re.sub(r"_(bucket|sum|count)$", "", name)
            for name in exist
            if not name.endswith("_created")
        }
        drawn = {re.sub(r"_bucket$", "", name) for name in named}
        own = {name for name in bases if "_process_" not in name}
        assert own <= drawn


def test_the_dashboard_can_be_imported() -> None:
    """Panels have ids of their own, lie beside each other, and ask the chosen data source."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) == 23
    assert all(target["expr"] for panel in panels for target in panel["targets"])


def promtool(*arguments: str, given: bytes = b"") -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is missing: apt install prometheus")
    ran = subprocess.run(  # noqa: S603 - Prometheus's own checker
        [found, *arguments], input=given, capture_output=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr.decode() + ran.stdout.decode()
    return ran.stdout.decode()


def test_prometheus_accepts_the_rules() -> None:
    """Every rule parses."""
    assert "10 rules found" in promtool("check", "rules", str(ALERTS))


def test_prometheus_accepts_the_text() -> None:
    """The page is in Prometheus's format."""
    promtool("check", "metrics", given=busy_metrics().text(readings()))

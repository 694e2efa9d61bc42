"""How far one bot reaches: days of 10 to 10,000 servers, and what has to be bought first.

    python -m bench.scale            10 and 100 servers, a whole day through the store: minutes
    python -m bench.scale --large    also the busiest times of 1,000 and 10,000: half an hour

Waiting times are those of the whole day. What the database and the services are asked for is
counted in the busiest time: of 10 and 100 servers an hour of the whole day, of more a part of that
hour, after a lead that fills the slots.
"""

import argparse
import asyncio
import json
import logging
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from bench.amounts import Amount
from bench.scale_day import MINUTE_S, Day, minute_of
from bench.scale_demand import (
    DAY_S,
    HOUR_S,
    SEED,
    Asked,
    busiest,
    demand,
    share,
    slots_needed,
    waits_in_order,
)
from bench.scale_plot import svg
from bench.scale_world import play

PLOT: Final = Path(__file__).parents[1] / "docs" / "pictures" / "scaling.svg"
OUT: Final = Path("bench-out")
DEFAULT_SLOTS: Final = 5
"""`kling.video_slots` as it ships."""
LEAD_S: Final = 600.0
"""Before the part that counts: by then as many tasks run as run at that time."""
RESULT_BYTES: Final = 6_000_000
"""A video of five seconds: fetched once, and posted once."""
SERVERS_PER_SHARD: Final = 1_000
"""Discord recommends about so many for a connection, and demands a second one from 2,500 on."""

HEAD: Final = (
    "servers",
    "jobs a day",
    "busiest hour",
    f"p90 wait with {DEFAULT_SLOTS} slots",
    "slots for 1 min",
    "in use",
    "Kling, requests/s",
    "Discord, requests/s",
    "upload, Mbit/s",
    "writes/s",
    "reads/s",
    "database, of a core",
    "shards",
)


@dataclass(frozen=True, slots=True)
class Size:
    """A number of servers, and how much of its busiest time goes through the store."""

    servers: int
    counted_s: float
    whole_day: bool = False


SMALL: Final = (Size(10, HOUR_S, whole_day=True), Size(100, HOUR_S, whole_day=True))
LARGE: Final = (Size(1_000, HOUR_S / 2), Size(10_000, HOUR_S / 12))


async def measure(folder: Path, _amount: Amount, *, large: bool = False) -> dict[str, Any]:
    """Return what each number of servers comes to."""
    sizes = (*SMALL, *LARGE) if large else SMALL
    return {"sizes": [await _measured(folder, size) for size in sizes]}


async def _measured(folder: Path, size: Size) -> dict[str, Any]:
    asked = list(demand(size.servers, random.Random(SEED)))
    slots = slots_needed(asked)
    default, enough = (waits_in_order(asked, number) for number in (DEFAULT_SLOTS, slots))
    begins, jobs = busiest(asked, size.counted_s)
    first, past = minute_of(begins), minute_of(begins + size.counted_s)
    day = await play(folder, size.servers, slots, _part(asked, size, begins))
    sent = len(day.waits_s)
    return {
        "servers": size.servers,
        "jobs": len(asked),
        "busiest_hour": busiest(asked, HOUR_S)[1],
        "slots": slots,
        "whole_day": size.whole_day,
        "counted_s": size.counted_s,
        "counted_jobs": jobs,
        "played": sent,
        "default_wait_s": _told(default),
        "wait_s": _told(enough),
        "store_wait_s": _told(day.waits_s),
        "shown_p50_s": share(day.shown_s, 0.5),
        "slot_use": sum(one.takes_s for one in asked) / (slots * DAY_S),
        "a_second": {kind: day.in_minutes(first, past, kind) for kind in _kinds(day)},
        "upload_mbit_s": jobs / size.counted_s * RESULT_BYTES * 8 / 1e6,
        "database_core": day.cpu_share(first, past),
        "database_ms_a_job": sum(day.cpu_s.values()) / max(1, sent) * 1e3,
        "shards": -(-size.servers // SERVERS_PER_SHARD),
        "by_hour": _by_hour(asked),
    }


def _part(asked: list[Asked], size: Size, begins: float) -> list[Asked]:
    if size.whole_day:
        return asked
    return [one for one in asked if begins - LEAD_S <= one.at <= begins + size.counted_s]


def _kinds(day: Day) -> list[str]:
    return sorted({kind for _, kind in day.calls})


def _told(waits_s: list[float]) -> dict[str, float]:
    return {"p50": share(waits_s, 0.5), "p90": share(waits_s, 0.9), "max": max(waits_s, default=0)}


def _by_hour(asked: list[Asked]) -> list[int]:
    counted = [0] * 24
    for one in asked:
        counted[int(minute_of(one.at) * MINUTE_S // HOUR_S) % 24] += 1
    return counted


def table(result: dict[str, Any]) -> str:
    """Return a row for each number of servers, as Markdown."""
    rows = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    for one in result["sizes"]:
        second = one["a_second"]
        kling = second.get("kling polls", 0.0) + second.get("kling creates", 0.0)
        discord = second.get("discord posts", 0.0) + second.get("discord edits", 0.0)
        rows.append(
            f"| {one['servers']:,} | {one['jobs']:,} | {one['busiest_hour']:,} "
            f"| {_time(one['default_wait_s']['p90'])} | {one['slots']} | {one['slot_use']:.0%} "
            f"| {kling:.2f} | {discord:.2f} | {one['upload_mbit_s']:.1f} "
            f"| {second['writes']:.1f} | {second['reads']:.1f} | {one['database_core']:.1%} "
            f"| {one['shards']} |"
        )
    return "\n".join(rows)


def _time(seconds: float) -> str:
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE_S:.0f} min" if seconds < 2 * HOUR_S else f"{seconds / HOUR_S:.0f} h"


def main() -> None:
    """Play the days, draw them, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 1,000 and 10,000 servers")
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="kling-scale-") as place:
        result = asyncio.run(measure(Path(place), Amount(), large=args.large))
    OUT.mkdir(exist_ok=True)
    (OUT / "scale.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if args.large:
        PLOT.write_text(svg(result), encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()

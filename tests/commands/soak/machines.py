"""One bot and two workers on one PostgreSQL, of which one is killed or suspended, often."""

import contextlib
import time
from pathlib import Path

from tests.commands.soak.tables import Table
from tests.harness.postgres_server import find_programs, serving
from tests.harness.recovery.machines import open_fleet

KILLS = 100
PEOPLE = 60
STOPS = 5
QUICK_SHARE = 10
LOG = Path("soak-out") / "machines.log"
COLUMNS = ("jobs", "kills", "suspended", "over the slots", "broken")


async def run(place: Path, seed: int, *, quick: bool) -> Table:
    """Kill, suspend and judge; `quick` a tenth of it."""
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    share = QUICK_SHARE if quick else 1
    began = time.monotonic()
    with (
        LOG.open("w", encoding="utf-8") as log,
        contextlib.redirect_stderr(log),
        serving(programs) as server,
    ):
        url = await server.database.emptied()
        async with open_fleet(place, url, seed) as fleet:
            fleet.gather(PEOPLE // share)
            await fleet.kill(KILLS // share)
            await fleet.suspend(max(1, STOPS // share))
            jobs = await fleet.ends()
            broken = fleet.broken(jobs)
            codes = await fleet.stop()
    for one in broken:
        print(f"broken: {one}", flush=True)
    return Table(
        COLUMNS,
        ((len(jobs), fleet.kills, fleet.stops, fleet.slots.over, len(broken)),),
        said=f"Seed {seed}, {time.monotonic() - began:.0f} s, three processes.",
        broken=len(broken) + sum(code != 0 for code in codes),
    )

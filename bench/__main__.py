"""`python -m bench`: measures, prints a table, writes the numbers to `bench-out/`."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from bench import (
    answers,
    burst,
    ended,
    growth,
    line,
    machines,
    memory,
    moments,
    orders,
    page,
    polling,
    redaction,
    relay,
    statements,
)
from bench.aims import write_into_page
from bench.amounts import FULL, QUICK, Amount
from bench.report import table

OUT: Final = Path("bench-out")

Measure = Callable[[Path, Amount], Coroutine[Any, Any, dict[str, Any]]]
PARTS: Final[dict[str, Measure]] = {
    "answers": answers.measure,
    "memory": memory.measure,
    "relay": relay.measure,
    "orders": orders.measure,
    "burst": burst.measure,
    "machines": machines.measure,
    "moments": moments.measure,
    "page": page.measure,
    "polling": polling.measure,
    "growth": growth.measure,
    "ended": ended.measure,
    "line": line.measure,
    "statements": statements.measure,
    "redaction": redaction.measure,
}


def main() -> None:
    """Run the requested measurements."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a first look")
    parser.add_argument("--page", action="store_true", help="put the aims into the documentation")
    args = parser.parse_args()
    amount = QUICK if args.quick else FULL
    OUT.mkdir(exist_ok=True)
    results: dict[str, Any] = {"machine": _machine()}
    with tempfile.TemporaryDirectory(prefix="kling-bench-") as made:
        for name in args.parts or PARTS:
            place = Path(made) / name
            place.mkdir()
            results[name] = asyncio.run(PARTS[name](place, amount))
            (OUT / f"{name}.json").write_text(json.dumps(results[name], indent=2) + "\n")
    (OUT / "machine.json").write_text(json.dumps(results["machine"], indent=2) + "\n")
    if args.page:
        write_into_page(results)
    print(table(results))


def _machine() -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "system": platform.system(),
    }


if __name__ == "__main__":
    main()

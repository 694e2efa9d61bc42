"""`python -m tests.commands.soak`: the laws under kills and faults, for as long as it takes.

Each part prints its table, keeps it in `soak-out/` and, with `--write`, puts it into
`docs/reliability.md`; with `points --only OPERATION` only the lines of these operations. Ends with
1 when a law was broken.
"""

import argparse
import asyncio
import importlib
import secrets
import sys
import tempfile
from pathlib import Path

from tests.commands.soak.tables import PAGE, Table, put, put_lines, save

OUT = Path("soak-out")
POINTS = "points"
PARTS = (POINTS, "kills", "faults", "neighbours", "machines")
"""Modules of this package; each has `async def run(place, seed, quick) -> Table`."""
SEED_BITS = 32


def main() -> int:
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.commands.soak", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {' '.join(PARTS)}")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, for a first look")
    parser.add_argument("--write", action="store_true", help="put the tables on the page")
    parser.add_argument(
        "--only", action="append", metavar="OPERATION", help="of points: this one; repeatable"
    )
    args = parser.parse_args()
    if args.only and args.parts != [POINTS]:
        parser.error(f"--only is for {POINTS} alone")
    seed = secrets.randbits(SEED_BITS) if args.seed is None else args.seed
    OUT.mkdir(exist_ok=True)
    tables: dict[str, Table] = {}
    with tempfile.TemporaryDirectory(prefix="kling-soak-") as made:
        for name in args.parts or PARTS:
            print(f"{name}: seed {seed}", flush=True)
            place = Path(made) / name
            place.mkdir()
            part = importlib.import_module(f"tests.commands.soak.{name}")
            chosen = {"only": args.only} if args.only else {}
            tables[name] = asyncio.run(part.run(place, seed, quick=args.quick, **chosen))
            save(tables[name], OUT / f"{name}.json")
            print(tables[name].markdown(), flush=True)
    if args.write:
        fill = put_lines if args.only else put
        PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return int(any(table.broken for table in tables.values()))


if __name__ == "__main__":
    sys.exit(main())

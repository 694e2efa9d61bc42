"""`python -m bot migrate-storage`: from a SQLite file to a PostgreSQL server."""

import argparse
from typing import Final, TextIO

from bot.clock import Clock
from bot.invocation import Invocation
from bot.settings.load import Settings
from storage.move import Moved, Report, move_database

OWNER: Final = "operator"
FIRST_TOLD_ROWS: Final = 1_000
"""Of a large table it is told how far it has come: here first, then at twice as many each time."""


def add_move(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot migrate-storage`."""
    parser.add_argument(
        "--from", dest="source", required=True, metavar="URL", help="the file: sqlite:///PATH"
    )
    parser.add_argument(
        "--to",
        dest="target",
        metavar="URL",
        help="an empty database: postgresql://USER:PASSWORD@HOST/NAME; without it, storage.url "
        "(other users of the machine can read a password that is typed here)",
    )


async def move(
    settings: Settings,
    clock: Clock,
    args: argparse.Namespace,
    out: TextIO,
    invocation: Invocation,
) -> int:
    """Move everything while no bot runs; return the exit code. Raises `StorageUnavailable`."""
    target = args.target or settings.storage.url.get_secret_value()
    moved = await move_database(
        args.source, target, owner=OWNER, now=clock.now(), report=_reporting(out)
    )
    for line in _told(moved, invocation):
        print(line, file=out)
    return 0


def _reporting(out: TextIO) -> Report:
    tell_at = FIRST_TOLD_ROWS

    def report(table: str, rows: int, *, ended: bool) -> None:
        nonlocal tell_at
        if ended or rows >= tell_at:
            tell_at = FIRST_TOLD_ROWS if ended else 2 * rows
            print(f"  {table}: {rows} rows{'' if ended else ' …'}", file=out, flush=True)

    return report


def _told(moved: Moved, invocation: Invocation) -> list[str]:
    total = sum(moved.rows.values())
    return [
        f"Moved {total} rows to {moved.to}; each was read on both sides and is the same.",
        f"Set storage.url to that address and start the bot ({invocation.command('run')}).",
        "The file can't be started any more; delete it when all is well.",
    ]

"""`python -m bot backup` and `python -m bot restore`: a copy of everything, and its way back."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from bot.clock import Clock
from bot.invocation import Invocation
from bot.messages.escape import visible
from bot.settings.load import Settings
from storage.restore import Restored, back_up_database, restore_database

OWNER: Final = "operator"
SECRET: Final = "It contains prompts and files of members: keep it where only you can read it."  # noqa: S105 - words


def add_backup(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot backup`."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="where to write it; an earlier copy is replaced"
    )


def add_restore(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot restore`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a copy that `backup` has written")


async def backup(settings: Settings, clock: Clock, args: argparse.Namespace, out: TextIO) -> int:
    """Write a copy while the bot runs; return the exit code. Raises `StorageUnavailable`."""
    await back_up_database(_url(settings), args.file, now=clock.now())
    size_mb = args.file.stat().st_size / 1_000_000
    print(f"Copied to {visible(str(args.file))} ({size_mb:.1f} MB). {SECRET}", file=out)
    return 0


async def restore(
    settings: Settings,
    clock: Clock,
    args: argparse.Namespace,
    out: TextIO,
    invocation: Invocation,
) -> int:
    """Put a copy in place before the bot starts; return the exit code.

    Prints what it cannot bring back. Raises `StorageUnavailable`.
    """
    restored = await restore_database(_url(settings), args.file, owner=OWNER, now=clock.now())
    for line in _told(restored, invocation):
        print(line, file=out)
    return 0


def _told(restored: Restored, invocation: Invocation) -> Iterator[str]:
    marked = restored.marked
    made = f"of {_moment(marked.copied_at)}" if marked.copied_at is not None else "given"
    yield f"Restored the copy {made}."
    if restored.replaced is not None:
        yield (
            f"The database before is at {visible(str(restored.replaced))}; delete it when all is "
            "well."
        )
    total = sum(marked.by_state.values())
    states = ", ".join(f"{count} {state}" for state, count in sorted(marked.by_state.items()))
    yield f"Jobs that have not ended: {total}" + (f" ({states})." if states else ".")
    yield (
        "Each is looked up at Kling by its id before it is sent, and in Discord before it is "
        f"posted ({marked.owed} messages are owed). Where nothing can be proven, it waits for you: "
        f"{invocation.command('jobs', 'list', '--state', 'waiting')}"
    )
    yield "What cannot come back, since the copy was made:"
    yield (
        "  - jobs, settings, blocks and entries of the ledger. What Kling deducted: "
        f"{invocation.command('usage', '--reconcile')}"
    )
    yield (
        "  - that data was deleted. Repeat for everyone who asked for it since: "
        f"{invocation.command('jobs', 'forget', '--member', 'ID')}"
    )


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _url(settings: Settings) -> str:
    return settings.storage.url.get_secret_value()

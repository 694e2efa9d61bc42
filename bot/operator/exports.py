"""`python -m bot export`: everything of a member as a ZIP, with all of their files."""

import argparse
from pathlib import Path
from typing import Final, TextIO

from bot.messages.escape import visible
from bot.operator.people import discord_id
from bot.settings.load import Settings
from storage.engine import open_database

OWNER: Final = "operator"
CANNOT_WRITE: Final = 1
"""Exit code: the file can't be written."""


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot export`."""
    parser.add_argument("member", type=discord_id, metavar="MEMBER", help="the member's id")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="where to write it; an earlier file is replaced"
    )


async def export(settings: Settings, args: argparse.Namespace, out: TextIO) -> int:
    """Write the archive while the bot runs; return the exit code. Raises `StorageUnavailable`."""
    target = visible(str(args.file))
    url = settings.storage.url.get_secret_value()
    async with open_database(url, owner=OWNER, beside=True) as database:
        try:
            holds = await database.jobs.archive(args.member, args.file)
        except OSError as failure:
            print(f"{target} can't be written: {failure.strerror or failure}.", file=out)
            return CANNOT_WRITE
    size_mb = holds.size_bytes / 1_000_000
    print(
        f"Wrote everything of member {args.member} to {target}: {holds.jobs} jobs, {holds.files} "
        f"files ({size_mb:.1f} MB). It is for them alone: send it to nobody else, then delete it.",
        file=out,
    )
    return 0

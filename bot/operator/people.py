"""`python -m bot block` and `python -m bot audit`: who may not use the bot, and who changed what.

Both work while the bot runs; what they change holds from the next command on.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TextIO

from bot.clock import Clock
from bot.messages.escape import one_line, visible
from bot.settings.load import Settings
from storage.audit import OPERATOR, Change
from storage.engine import open_database
from storage.standing import EVERYWHERE, Block
from storage.store import JobStore

OWNER: Final = "operator"
CHANGES_SHOWN_MAX: Final = 1_000
REASON_CHARACTERS_MAX: Final = 200
SNOWFLAKE_MAX: Final = 2**63 - 1
NOT_FOUND: Final = 1
"""Exit code: there is no such block."""


def add_block(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot block`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="who is blocked, where, and by whom")
    add = actions.add_parser("add", help="refuse everything of a member from now on")
    add.add_argument("member", type=discord_id, metavar="MEMBER", help="the member's id")
    add.add_argument("--why", default="", metavar="TEXT", help="the member reads it")
    remove = actions.add_parser("remove", help="lift the operator's block")
    remove.add_argument("member", type=discord_id, metavar="MEMBER", help="the member's id")
    for one in (add, remove):
        one.add_argument(
            "--server", type=discord_id, metavar="ID", help="only there (default: everywhere)"
        )


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot audit`."""
    parser.add_argument("--server", type=discord_id, metavar="ID", help="only of this server")
    parser.add_argument("--json", action="store_true", help="as JSON")


async def block(settings: Settings, clock: Clock, args: argparse.Namespace, out: TextIO) -> int:
    """Do what `args.action` says; return the exit code. Raises `StorageUnavailable`."""
    async with open_database(_url(settings), owner=OWNER, beside=True) as database:
        store, now = database.jobs, clock.now()
        if args.action == "list":
            lines: Sequence[str] = [*_blocks(await store.blocks())]
            done = True
        else:
            done, line = await _change(store, args, now)
            lines = [line]
    for line in lines:
        print(line, file=out)
    return 0 if done else NOT_FOUND


async def audit(settings: Settings, args: argparse.Namespace, out: TextIO) -> int:
    """Print who changed what, newest first; return the exit code. Raises `StorageUnavailable`."""
    async with open_database(_url(settings), owner=OWNER, beside=True) as database:
        changes = await database.jobs.changes(guild_id=args.server, limit=CHANGES_SHOWN_MAX)
    rows = [_row(change) for change in changes]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2), file=out)
        return 0
    if not rows:
        print("Nothing has been changed yet.", file=out)
    for row in rows:
        where = f" in {row['server']}" if row["server"] else ""
        values = f"{row['from'] or '-'} -> {row['to'] or '-'}"
        print(visible(f"{row['at']}  {row['who']}{where}: {row['what']}: {values}"), file=out)
    return 0


async def _change(store: JobStore, args: argparse.Namespace, now: float) -> tuple[bool, str]:
    server = EVERYWHERE if args.server is None else args.server
    where = "everywhere" if args.server is None else f"in server {args.server}"
    if args.action == "add":
        reason = one_line(args.why)[:REASON_CHARACTERS_MAX]
        new = await store.block(args.member, server, by=OPERATOR, reason=reason, now=now)
        said = "is blocked" if new else "was blocked already"
        return True, f"Member {args.member} {said} {where}. Accepted jobs end as usual."
    if await store.unblock(args.member, server, by=OPERATOR, now=now):
        return True, f"The block of member {args.member} {where} is lifted."
    return False, f"Member {args.member} is not blocked {where} by the operator."


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    if not blocks:
        yield "No member is blocked."
        return
    rows = [("MEMBER", "WHERE", "BY", "SINCE", "WHY")]
    rows += [
        (
            str(one.user_id),
            "everywhere" if one.guild_id == EVERYWHERE else str(one.guild_id),
            "operator" if one.by_operator else "managers",
            _moment(one.at),
            visible(one_line(one.reason)),
        )
        for one in blocks
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(change: Change) -> dict[str, str | None]:
    operator = OWNER if change.known else ""
    who = operator if change.by is None else str(change.by)
    about = "" if change.member_id is None else f" {change.member_id}"
    return {
        "at": _moment(change.at),
        "who": who,
        "server": None if change.guild_id is None else str(change.guild_id),
        "what": f"{change.what}{about}",
        "from": change.was,
        "to": change.becomes,
    }


def discord_id(text: str) -> int:
    """Return the id of a member or server; raises `ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= SNOWFLAKE_MAX):
        raise argparse.ArgumentTypeError("must be an id of Discord, a number")
    return int(text)


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")


def _url(settings: Settings) -> str:
    return settings.storage.url.get_secret_value()

"""`python -m bot usage` and `python -m bot budget`: what was spent, and what servers may spend.

Both work while the bot runs; what they change holds from the next command on.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, TextIO

from bot.clock import Clock
from bot.domain.money_report import table
from bot.domain.units import hundredths, is_month, plain
from bot.errors import KlingError
from bot.messages.escape import visible
from bot.money.limits import operator_limits, usd_per_unit
from bot.money.reading import read_report
from bot.money.reconciling import Difference, can_ask, differences
from bot.operator.people import discord_id
from bot.settings.load import Settings, env_name
from bot.settings.money_sections import UNITS_MAX
from storage.engine import open_database
from storage.kinds import UNITS_SOLD
from storage.ledger import day_of, month_of

OWNER: Final = "operator"
API_KEY: Final = env_name("kling.api_key")
NOT_FOUND: Final = 1
BAD_INPUT: Final = 2
"""Exit codes: the server has no cap; the month has not begun."""
_HUNDREDTH: Final = Decimal("0.01")


def add_usage(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot usage`."""
    parser.add_argument(
        "--month", type=_month, metavar="YYYY-MM", help="a month of UTC (default: this one)"
    )
    parser.add_argument("--server", type=discord_id, metavar="ID", help="only this server")
    parser.add_argument("--member", type=discord_id, metavar="ID", help="only this member")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--reconcile", action="store_true", help="compare with Kling's own rows, by task id"
    )


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Add the words of `bot budget`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the caps of servers")
    setting = actions.add_parser("set", help="how much a server may spend in a month; 0: nothing")
    clearing = actions.add_parser("clear", help="back to limits.server_*")
    for one in (setting, clearing):
        one.add_argument("--server", type=discord_id, metavar="ID", required=True)
    crediting = actions.add_parser("credit", help="give a member units back, for today")
    crediting.add_argument("--member", type=discord_id, metavar="ID", required=True)
    for pack in UNITS_SOLD:
        setting.add_argument(f"--{pack}", type=_units, metavar="UNITS", help=f"{pack} units")
        crediting.add_argument(f"--{pack}", type=_credit, metavar="UNITS", help=f"{pack} units")
    for one in (setting, crediting):
        one.set_defaults(refuse=one.error)


async def usage(settings: Settings, clock: Clock, args: argparse.Namespace, out: TextIO) -> int:
    """Print units and money of a month; return the exit code. Raises `StorageUnavailable`."""
    this_month = month_of(day_of(clock.now()))
    month = args.month or this_month
    if month > this_month:
        print(f"{month} has not begun; this month is {this_month}.", file=out)
        return BAD_INPUT
    async with open_database(_url(settings), owner=OWNER, beside=True) as database:
        report = await read_report(
            database.jobs,
            month,
            operator_limits(settings),
            usd_per_unit(settings),
            guild_id=args.server,
            user_id=args.member,
        )
        found: list[Difference] | None = None
        if args.reconcile:
            if not can_ask(settings):
                print(f"Kling is asked only with its own API key: {API_KEY}.", file=out)
                return NOT_FOUND
            try:
                found = await differences(
                    settings,
                    database.jobs,
                    clock,
                    month,
                    usd_per_unit(settings),
                    guild_id=args.server,
                    user_id=args.member,
                )
            except KlingError as error:
                print(f"Kling does not answer: {visible(str(error))}", file=out)
                return NOT_FOUND
    if args.json:
        shown = report.as_json()
        if found is not None:
            shown["differs"] = [_as_json(one) for one in found]
        print(json.dumps(shown, indent=2), file=out)
        return 0
    for line in [*table(report), *_differences(found)]:
        print(line, file=out)
    return 0


async def budget(settings: Settings, clock: Clock, args: argparse.Namespace, out: TextIO) -> int:
    """Do what `args.action` says; return the exit code. Raises `StorageUnavailable`."""
    named: dict[str, int] = {}
    if args.action in {"set", "credit"}:
        given = {pack: getattr(args, pack.value) for pack in UNITS_SOLD}
        named = {pack.value: units for pack, units in given.items() if units is not None}
        if not named:
            args.refuse("--video or --image is needed")
    said = " and ".join(f"{plain(units)} {pack} units" for pack, units in named.items())
    async with open_database(_url(settings), owner=OWNER, beside=True) as database:
        store = database.jobs
        if args.action == "list":
            for line in _caps(await store.caps(), settings):
                print(line, file=out)
            return 0
        if args.action == "set":
            await store.set_caps(args.server, named, now=clock.now())
            print(f"Server {args.server} may spend {said} a month.", file=out)
            return 0
        if args.action == "credit":
            await store.credit(args.member, named, now=clock.now())
            print(f"Member {args.member} is credited with {said} for today (UTC).", file=out)
            return 0
        if not await store.clear_caps(args.server, now=clock.now()):
            print(f"Server {args.server} has no cap of its own.", file=out)
            return NOT_FOUND
    print(f"Server {args.server} has no cap of its own any more: limits.server_* hold.", file=out)
    return 0


def _as_json(one: Difference) -> dict[str, str | None]:
    return {"task": one.task_id, "ledger": _plain(one.ours), "kling": _plain(one.klings)}


def _plain(units: int | None) -> str | None:
    return None if units is None else plain(units)


def _differences(found: Sequence[Difference] | None) -> Iterator[str]:
    if found is None:
        return
    if not found:
        yield "Kling's rows agree with the ledger, task by task."
        return
    yield "Tasks of which Kling deducted something else (others on the account have theirs too):"
    for one in found:
        ours, klings = _plain(one.ours) or "-", _plain(one.klings) or "-"
        yield f"  {one.task_id}: ledger {ours}, Kling {klings}"


def _caps(caps: Mapping[int, Mapping[str, int]], settings: Settings) -> Iterator[str]:
    defaults = operator_limits(settings).server
    rest = ", ".join(
        f"{plain(defaults[pack])} {pack} units" if pack in defaults else f"no limit of {pack} units"
        for pack in UNITS_SOLD
    )
    if not caps:
        yield f"No server has a cap of its own. Every server: {rest} a month."
        return
    rows = [("SERVER", *(pack.value.upper() for pack in UNITS_SOLD))]
    for guild, units in sorted(caps.items()):
        shown = (plain(units[pack]) if pack in units else "-" for pack in UNITS_SOLD)
        rows.append((str(guild), *shown))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    yield f"Where there is none: {rest} a month."


def _month(text: str) -> str:
    if not is_month(text):
        raise argparse.ArgumentTypeError("must be a month, for example 2026-11")
    return text


def _units(text: str) -> int:
    """Return hundredths of a unit."""
    try:
        units = Decimal(text)
    except InvalidOperation:
        units = Decimal("nan")
    if not units.is_finite() or not 0 <= units <= UNITS_MAX:
        raise argparse.ArgumentTypeError(f"must be a number of units from 0 to {UNITS_MAX}")
    if units != units.quantize(_HUNDREDTH):
        raise argparse.ArgumentTypeError("must have at most two decimal places")
    return hundredths(units)


def _credit(text: str) -> int:
    """Return hundredths of a unit, more than none."""
    units = _units(text)
    if not units:
        raise argparse.ArgumentTypeError("must be more than 0")
    return units


def _url(settings: Settings) -> str:
    return settings.storage.url.get_secret_value()

"""Units and money of a month, summed for people and for other programs. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from bot.domain.budget import OperatorLimits
from bot.domain.units import plain, units
from storage.bookkeeping import Line
from storage.kinds import UNITS_SOLD, Pack

CENT: Final = Decimal("0.01")


@dataclass(slots=True)
class Sum:
    """Hundredths of a unit of one pack."""

    reserved: int = 0
    spent: int = 0
    given_back: int = 0
    limit: int | None = None
    credit: int = 0
    """What the operator credited a member with, below 0."""

    def add(self, line: Line, *, credit: bool = False) -> None:
        """Add a line of the ledger; `credit` counts for members alone."""
        self.reserved += line.held
        self.spent += line.spent + (line.credit if credit else 0)
        self.given_back += line.given_back
        self.credit += line.credit

    @property
    def used(self) -> int:
        """What counts against the limit."""
        return self.reserved + self.spent

    def as_json(self) -> dict[str, str]:
        """Return decimal numbers of units, none below 0; a limit of 0 is none."""
        return {
            "reserved": plain(max(0, self.reserved)),
            "spent": plain(max(0, self.spent)),
            "given_back": plain(max(0, self.given_back)),
            "limit": plain(self.limit or 0),
        }


Sums = dict[Pack, Sum]


@dataclass(frozen=True, slots=True)
class Report:
    """A month: everything, by server and by member. Ids are Discord's."""

    month: str
    packs: Sums
    usd: Decimal
    servers: dict[int, Sums] = field(default_factory=dict)
    members: dict[int, Sums] = field(default_factory=dict)
    days: dict[str, Sums] = field(default_factory=dict)
    """By UTC day, as `2026-11-28`."""

    def as_json(self) -> dict[str, Any]:
        """Return the form in which other programs read it."""
        return {
            "month": self.month,
            "packs": _as_json(self.packs),
            "servers": {str(one): _as_json(sums) for one, sums in sorted(self.servers.items())},
            "members": {str(one): _as_json(sums) for one, sums in sorted(self.members.items())},
            "usd": f"{self.usd:f}",
        }


def _as_json(sums: Sums) -> dict[str, dict[str, str]]:
    return {pack.value: one.as_json() for pack, one in sums.items()}


def new_sums(limit_of: Callable[[Pack], int | None] = lambda _: None) -> Sums:
    """Return empty sums of every pack, with their limits."""
    return {pack: Sum(limit=limit_of(pack)) for pack in UNITS_SOLD}


def make_report(
    month: str,
    lines: Iterable[Line],
    operator: OperatorLimits,
    server_limit: Callable[[int, Pack], int | None],
    usd_per_unit: Mapping[Pack, Decimal],
) -> Report:
    """Return the report of a month. `server_limit` tells the cap that holds for a server."""
    report = Report(month, new_sums(operator.account.get), Decimal(0))
    for line in lines:
        pack = Pack(line.pack)
        report.packs[pack].add(line)
        report.days.setdefault(line.day, new_sums())[pack].add(line)
        if line.guild_id is not None:
            guild = line.guild_id
            if guild not in report.servers:
                limits = {one: server_limit(guild, one) for one in UNITS_SOLD}
                report.servers[guild] = new_sums(limits.get)
            report.servers[guild][pack].add(line)
        if line.user_id is not None:
            if line.user_id not in report.members:
                report.members[line.user_id] = new_sums(operator.member.get)
            report.members[line.user_id][pack].add(line, credit=True)
    return Report(
        month, report.packs, in_usd(report.packs, usd_per_unit), report.servers, report.members,
        report.days,
    )  # fmt: skip


def in_usd(sums: Sums, usd_per_unit: Mapping[Pack, Decimal]) -> Decimal:
    """Return what was spent, in US dollars, rounded once to the cent."""
    total = sum(
        (units(max(0, one.spent)) * usd_per_unit[pack] for pack, one in sums.items()), Decimal(0)
    )
    return total.quantize(CENT, ROUND_HALF_UP)


def table(report: Report) -> list[str]:
    """Return the report as lines of text, in columns."""
    rows: list[Sequence[str]] = [("", "PACK", "RESERVED", "SPENT", "GIVEN BACK", "LIMIT")]
    rows += _rows("everything", report.packs)
    for guild, sums in sorted(report.servers.items()):
        rows += _rows(f"server {guild}", sums)
    for member, sums in sorted(report.members.items()):
        rows += _rows(f"member {member}", sums)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)  # noqa: PLR2004 - two of words
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [f"Units in {report.month} (UTC)", *lines, f"Spent: ${report.usd:f}"]


def _rows(whose: str, sums: Sums) -> list[Sequence[str]]:
    shown = [
        (pack, one)
        for pack, one in sums.items()
        if one.reserved or one.spent or one.given_back or one.limit is not None
    ]
    return [
        (
            whose,
            pack.value,
            plain(one.reserved),
            plain(max(0, one.spent)),
            plain(one.given_back),
            "-" if one.limit is None else plain(one.limit),
        )
        for pack, one in shown
    ]

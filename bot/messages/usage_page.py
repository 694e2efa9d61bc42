"""What `/usage` answers: units and dollars of a month, numbers first. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from bot.domain.money_report import Report, Sum, Sums, in_usd
from bot.domain.units import plain
from bot.messages.escape import inert_line, shorten
from bot.messages.message import ALT_CHARACTERS_MAX, EMBED_CHARACTERS_MAX, File, Message
from bot.messages.translations import Translations
from storage.kinds import UNITS_SOLD, Pack

MEMBERS_SHOWN_MAX: Final = 10
CHART_FILE: Final = "usage.png"


@dataclass(frozen=True, slots=True)
class Today:
    """What of a member's limits for the day is used, and when the day is over (Unix seconds)."""

    used: Mapping[Pack, int]
    limits: Mapping[Pack, int]
    ends_at: int


class Left(Protocol):
    """What is left in a pack of Kling's."""

    @property
    def name(self) -> str:
        """Kling's name of it."""
        ...

    @property
    def total(self) -> float:
        """Units that were bought."""
        ...

    @property
    def left(self) -> float:
        """Units that are left."""
        ...

    @property
    def ends_at(self) -> float | None:
        """When the rest lapses (Unix seconds)."""
        ...

    @property
    def online(self) -> bool:
        """Whether Kling takes units from it."""
        ...


class UsagePage:
    """Builds the private answer in the member's language."""

    def __init__(
        self, words: Translations, locale: str, usd_per_unit: Mapping[Pack, Decimal]
    ) -> None:
        self._words = words
        self._locale = locale
        self._usd_per_unit = usd_per_unit

    def page(
        self,
        month: str,
        *,
        member: tuple[int, Report] | None = None,
        own: Report | None = None,
        today: Today | None = None,
        server: Report | None = None,
        packs: Sequence[Left] = (),
    ) -> Message:
        """Return one's own month, a member's for managers, and the server's for them too.

        `packs` are for the operator alone.
        """
        parts: list[str] = []
        if member is not None:
            head = self._say("usage.of_member", member=f"<@{member[0]}>")
            parts.append(self._sums(head, member[1].packs))
        if own is not None:
            lines = [self._sums(self._say("usage.own"), own.packs)]
            if today is not None:
                lines += self._today(today)
            parts.append("\n".join(lines))
        if server is not None:
            sums = next(iter(server.servers.values()), server.packs)
            parts.append(self._sums(self._say("usage.server"), sums, limits=True))
            parts.append(self._members(server))
        parts += [self._pack(pack) for pack in packs if pack.online]
        return Message(
            title=self._say("usage.title", month=month),
            body="\n\n".join(part for part in parts if part)[:EMBED_CHARACTERS_MAX],
            footer=self._say("usage.footer"),
        )

    def chart(self, report: Report, png: bytes) -> File:
        """Return the picture; its alternative text says the numbers."""
        return File(CHART_FILE, alt=self.alt(report), data=png)

    def alt(self, report: Report) -> str:
        """Return the numbers of the picture."""
        lines = []
        ranked = ranked_members(report)[:MEMBERS_SHOWN_MAX]
        for pack in UNITS_SOLD:
            days = ", ".join(
                f"{int(day[-2:])}: {plain(sums[pack].used)}"
                for day, sums in sorted(report.days.items())
                if sums[pack].used
            )
            if not days:
                continue
            lines.append(self._say(f"usage.alt_{pack}", days=days))
            if len(ranked) > 1:
                members = ", ".join(
                    f"{place}. {plain(max(0, sums[pack].used))}"
                    for place, (_, sums) in enumerate(ranked, 1)
                )
                lines.append(self._say("usage.alt_members", members=members))
        return shorten(" ".join(lines), ALT_CHARACTERS_MAX)

    def _sums(self, head: str, sums: Sums, *, limits: bool = False) -> str:
        lines = [head]
        for pack, one in sums.items():
            lines.append(self._line(pack, one, limits=limits))
            if one.credit:
                lines.append(self._say(f"usage.credit_{pack}", units=plain(-one.credit)))
        lines.append(self._say("usage.usd", usd=f"{in_usd(sums, self._usd_per_unit):f}"))
        return "\n".join(lines)

    def _line(self, pack: Pack, one: Sum, *, limits: bool) -> str:
        key = f"usage.{pack}" + ("_limited" if limits and one.limit is not None else "")
        return self._say(
            key,
            spent=plain(max(0, one.spent)),
            reserved=plain(max(0, one.reserved)),
            given_back=plain(one.given_back),
            limit=plain(one.limit or 0),
        )

    def _pack(self, pack: Left) -> str:
        key = "usage.pack" if pack.ends_at is None else "usage.pack_until"
        return self._say(
            key,
            name=inert_line(pack.name),
            left=f"{pack.left:g}",
            total=f"{pack.total:g}",
            when=round(pack.ends_at or 0),
        )

    def _today(self, today: Today) -> list[str]:
        return [
            self._say(
                f"usage.today_{pack}",
                used=plain(max(0, today.used.get(pack, 0))),
                limit=plain(today.limits[pack] - min(0, today.used.get(pack, 0))),
                when=today.ends_at,
            )
            for pack in UNITS_SOLD
            if pack in today.limits
        ]

    def _members(self, server: Report) -> str:
        ranked = ranked_members(server)
        if not ranked:
            return ""
        lines = [self._say("usage.members")]
        for place, (member, sums) in enumerate(ranked[:MEMBERS_SHOWN_MAX], 1):
            lines.append(
                self._say(
                    "usage.by_member",
                    place=place,
                    member=f"<@{member}>",
                    video=plain(max(0, sums[Pack.VIDEO].used)),
                    image=plain(max(0, sums[Pack.IMAGE].used)),
                )
            )
        more = len(ranked) - MEMBERS_SHOWN_MAX
        if more > 0:
            lines.append(self._say("usage.more_members", count=more))
        return "\n".join(lines)

    def _say(self, key: str, **facts: str | float) -> str:
        return self._words.say(key, self._locale, **facts)


def ranked_members(server: Report) -> list[tuple[int, Sums]]:
    """Return the members, those who used most first."""

    def rank(row: tuple[int, Sums]) -> tuple[int, int, int]:
        member, sums = row
        return -sums[Pack.VIDEO].used, -sums[Pack.IMAGE].used, member

    return sorted(server.members.items(), key=rank)

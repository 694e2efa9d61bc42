"""Draws what `bench.scale` found as an SVG, readable on light and dark pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

WIDE: Final = 760
TALL: Final = 330
GROUND: Final = 270
TOP: Final = 60
LEFT: Final = 40
EACH: Final = 88
STYLE: Final = (
    "<style>text{font:12px system-ui,sans-serif;fill:#24292f}.t{fill:#2f6fdf}.o{fill:#b5b9c0}"
    ".line{stroke:#8a8f98}@media(prefers-color-scheme:dark){text{fill:#d6dbe1}.o{fill:#5c636d}"
    ".t{fill:#6ea0ff}}</style>"
)


def svg(result: Mapping[str, Any]) -> str:
    """Return the slots that each number of servers needs, and the waves of the largest day."""
    sizes: Sequence[Mapping[str, Any]] = result["sizes"]
    body = "".join((*_slots(sizes), *_waves(sizes[-1])))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" role="img">'
        "<title>Slots and database by servers, and jobs by hour</title>"
        f"{STYLE}{body}</svg>\n"
    )


def _slots(sizes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield slots, and what the database takes of a core, each against what is there first."""
    yield _text(LEFT, 20, "Video slots for a wait under a minute; database, % of a core")
    yield f'<rect class="t" x="{LEFT}" y="28" width="10" height="10"/>'
    yield _text(LEFT + 14, 37, "slots")
    yield f'<rect class="o" x="{LEFT + 80}" y="28" width="10" height="10"/>'
    yield _text(LEFT + 94, 37, "database")
    most_slots = max(one["slots"] for one in sizes)
    most_core = max(one["database_core"] for one in sizes) or 1.0
    for number, one in enumerate(sizes):
        x = LEFT + number * EACH
        yield from _bar(x, one["slots"] / most_slots, "t", f"{one['slots']}")
        core = one["database_core"]
        yield from _bar(x + 36, core / most_core, "o", f"{core * 100:.1f}")
        yield _text(x, GROUND + 18, f"{one['servers']:,}")
    yield _text(LEFT, GROUND + 38, "servers")
    yield f'<line class="line" x1="{LEFT}" y1="{GROUND}" x2="{LEFT + 360}" y2="{GROUND}"/>'


def _waves(size: Mapping[str, Any]) -> Iterator[str]:
    """Yield the jobs of each hour of the largest day."""
    x0, each = 430, 13
    yield _text(x0, 20, f"Jobs by hour (UTC), {size['servers']:,} servers in three time zones")
    hours: Sequence[int] = size["by_hour"]
    most = max(hours) or 1
    for hour, jobs in enumerate(hours):
        tall = (GROUND - TOP) * jobs / most
        yield (
            f'<rect class="t" x="{x0 + hour * each}" y="{GROUND - tall:.1f}"'
            f' width="{each - 3}" height="{tall:.1f}"/>'
        )
    for hour in (0, 6, 12, 18):
        yield _text(x0 + hour * each, GROUND + 18, str(hour))
    yield _text(x0 + 24 * each - 60, TOP - 8, f"most {most:,}")
    yield f'<line class="line" x1="{x0}" y1="{GROUND}" x2="{x0 + 24 * each}" y2="{GROUND}"/>'


def _bar(x: float, share: float, kind: str, words: str) -> Iterator[str]:
    tall = (GROUND - TOP) * share
    yield (f'<rect class="{kind}" x="{x}" y="{GROUND - tall:.1f}" width="30" height="{tall:.1f}"/>')
    yield _text(x, GROUND - tall - 4, words)


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{words}</text>'

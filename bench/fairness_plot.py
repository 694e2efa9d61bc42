"""Draws the day of `bench.fairness` as an SVG, readable on light and dark pages."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

WIDE: Final = 760
TALL: Final = 330
LEFT: Final = 60
GROUND: Final = 250
TOP: Final = 70
STYLE: Final = (
    "<style>text{font:12px system-ui,sans-serif;fill:#24292f}.t{fill:#2f6fdf}.o{fill:#b5b9c0}"
    ".line{stroke:#8a8f98}.limit{stroke:#c4432b;stroke-dasharray:4 3}"
    "@media(prefers-color-scheme:dark){text{fill:#d6dbe1}.o{fill:#5c636d}.t{fill:#6ea0ff}}</style>"
)


def svg(result: Mapping[str, Any]) -> str:
    """Return waits by server, and units by member against the limit."""
    body = "".join((*_waits(result["waits_s"]), *_units(result["units"], result["limit_units"])))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" role="img">'
        "<title>Waiting times by server, and video units by member</title>"
        f"{STYLE}{body}</svg>\n"
    )


def _waits(waits: Mapping[str, Any]) -> Iterator[str]:
    """Yield nine of ten waits, in minutes: by turns beside first come, first served."""
    most = max(one["p90"] for both in waits.values() for one in both.values()) or 1.0
    yield _text(LEFT, 20, "Nine of ten jobs start within, minutes")
    yield f'<rect class="t" x="{LEFT}" y="28" width="10" height="10"/>'
    yield _text(LEFT + 14, 37, "servers take turns")
    yield f'<rect class="o" x="{LEFT + 130}" y="28" width="10" height="10"/>'
    yield _text(LEFT + 144, 37, "first come, first served")
    for number, (name, both) in enumerate(waits.items()):
        x = LEFT + number * 100
        for beside, (rule, kind) in enumerate((("turns", "t"), ("in order", "o"))):
            minutes = both[rule]["p90"] / 60
            tall = (GROUND - TOP) * both[rule]["p90"] / most
            at = x + beside * 36
            yield (
                f'<rect class="{kind}" x="{at}" y="{GROUND - tall:.1f}" width="30"'
                f' height="{tall:.1f}"/>'
            )
            yield _text(at, GROUND - tall - 4, f"{minutes:.0f}")
        yield _text(x, GROUND + 18, name)
    yield f'<line class="line" x1="{LEFT}" y1="{GROUND}" x2="{LEFT + 300}" y2="{GROUND}"/>'


def _units(units: Mapping[str, float], limit: float) -> Iterator[str]:
    """Yield a bar for each member, the largest first."""
    x0, wide = 420, WIDE - 440
    most = max([limit, *units.values()]) * 1.1
    each = wide / max(1, len(units))
    yield _text(x0, 20, "Video units of each member, and the limit of a day")
    for number, counted in enumerate(sorted(units.values(), reverse=True)):
        tall = (GROUND - TOP) * counted / most
        yield (
            f'<rect class="t" x="{x0 + number * each:.1f}" y="{GROUND - tall:.1f}"'
            f' width="{each * 0.8:.1f}" height="{tall:.1f}"/>'
        )
    y = GROUND - (GROUND - TOP) * limit / most
    yield f'<line class="limit" x1="{x0}" y1="{y:.1f}" x2="{x0 + wide}" y2="{y:.1f}"/>'
    yield _text(x0 + wide - 60, y - 5, f"{limit:.0f} units")
    yield f'<line class="line" x1="{x0}" y1="{GROUND}" x2="{x0 + wide}" y2="{GROUND}"/>'


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{words}</text>'

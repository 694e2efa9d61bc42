"""The aims of the product, with what was measured of them, and their table in the documentation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.amounts import IN_FLIGHT
from bench.answers import ACCEPTED_MAX
from bench.burst import LONGER_MAX, REFUSED_MAX
from bench.ended import RATIO_MAX as RATIO_ENDED_MAX
from bench.machines import TIMES_MIN
from bench.memory import ALL_MAX_BYTES, MAIN_MAX_RATIO

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- aims -->\n"
END: Final = "<!-- /aims -->\n"
HEAD: Final = "| figure | aim | measured | | on | load |\n|---|---|---|---|---|---|\n"
NOT_YET: Final = "not measured yet"

Found = tuple[str, bool]
"""What the page says, and whether the aim is met."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure, what it is to be, and where it comes from."""

    figure: str
    part: str
    aim: str
    read: Callable[[dict[str, Any]], Found]


def _answers(name: str, *, p99: bool) -> Callable[[dict[str, Any]], Found]:
    def read(results: dict[str, Any]) -> Found:
        found = results[name]
        ratios = [("p50", found["ratio_p50_by_round"])]
        if p99:
            ratios.append(("p99", found["ratio_p99_by_round"]))
        said = "; ".join(f"{which} {_interval(rounds)}" for which, rounds in ratios)
        return said, all(_median(rounds) <= ACCEPTED_MAX for _, rounds in ratios)

    return read


def _memory(results: dict[str, Any]) -> Found:
    pairs = zip(results["ours_bytes"], results["bare_bytes"], strict=True)
    ratios = [ours / bare for ours, bare in pairs]
    ours, bare = (_median(results[f"{name}_bytes"]) / 1e6 for name in ("ours", "bare"))
    said = f"{_interval(ratios)}: {ours:.0f} against {bare:.0f} MB"
    return said, _median(ratios) <= MAIN_MAX_RATIO


def _together(results: dict[str, Any]) -> Found:
    most = _median(results["all_bytes"]) / 1e6
    return f"{most:.0f} MB", most <= TOGETHER_MAX_MB


def _ended(results: dict[str, Any]) -> Found:
    few, many = results["cpu_s"]
    ratios = [after / before for before, after in zip(few, many, strict=True)]
    return _interval(ratios), _median(ratios) <= RATIO_ENDED_MAX


def _requests(results: dict[str, Any]) -> Found:
    a_task = results["ways"]["together"]["requests_per_task"]
    return f"{a_task:.2f}", a_task <= REQUESTS_MAX


def _seen(results: dict[str, Any]) -> Found:
    seen = [results["ways"][name]["seen_p50_s"] for name in ("together", "one by one")]
    return f"{seen[0]:.2f} against {seen[1]:.2f} s", seen[0] <= seen[1]


def _burst(results: dict[str, Any]) -> Found:
    longer = results["longer"]
    took = f"{longer:.2f} times: {results['took_s']:.0f} against {results['forced_s']:.0f} s"
    return took, longer <= LONGER_MAX


def _machines(results: dict[str, Any]) -> Found:
    if "skipped" in results:
        return NOT_YET, False
    times = results["computed"]
    return f"{times:.2f} times, computed; two: {results['two']:.2f} times", times >= TIMES_MIN


def _refused(results: dict[str, Any]) -> Found:
    return f"{results['refused_share']:.2%}", results["refused_share"] < REFUSED_MAX


TOGETHER_MAX_MB: Final = round(ALL_MAX_BYTES / 1e6)
REQUESTS_MAX: Final = 1.2
AIMS: Final = (
    Aim(
        "accepted command to answer, one by one, against a bare bot",
        "answers",
        f"at most {ACCEPTED_MAX} times",
        _answers("accepted, one by one", p99=False),
    ),
    Aim(
        f"the same, {IN_FLIGHT} in flight",
        "answers",
        f"at most {ACCEPTED_MAX} times",
        _answers(f"accepted, {IN_FLIGHT} in flight", p99=True),
    ),
    Aim(
        "memory of the main process, idle after one job, against a bare bot's",
        "memory",
        f"at most {MAIN_MAX_RATIO} times",
        _memory,
    ),
    Aim(
        "all processes together, idle after one job",
        "memory",
        f"at most {TOGETHER_MAX_MB} MB",
        _together,
    ),
    Aim(
        "CPU time of 20 jobs with 100,000 ended jobs, against 100",
        "ended",
        f"at most {RATIO_ENDED_MAX} times",
        _ended,
    ),
    Aim(
        "status requests per finished task, 40 open, with an API key",
        "polling",
        f"at most {REQUESTS_MAX}",
        _requests,
    ),
    Aim("end at Kling to message, median, against asking one by one", "polling", "no later", _seen),
    Aim(
        "1,000 results at once for 50 channels, against what Discord's limits force",
        "burst",
        f"at most {LONGER_MAX} times",
        _burst,
    ),
    Aim(
        "three workers against one, where work on media takes the time",
        "machines",
        f"at least {TIMES_MIN} times",
        _machines,
    ),
    Aim("calls refused with a 429 then", "burst", f"< {REFUSED_MAX:.0%}", _refused),
)


def write_into_page(results: dict[str, Any]) -> None:
    """Put what was measured into the table; rows of other parts stay as they are."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    known = {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines()[2:]}
    rows = HEAD + "".join(f"{row}\n" for row in _rows(known, results))
    PAGE.write_text(before + BEGIN + rows + END + after, encoding="utf-8")


def _rows(known: dict[str, str], results: dict[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    for aim in AIMS:
        if aim.part in results:
            said, met = aim.read(results[aim.part])
            mark = "met" if met else "**missed**"
            cells = (aim.figure, aim.aim, said, mark, machine["date"], machine["load_before"])
            yield f"| {' | '.join(map(str, cells))} |"
        else:
            yield known.get(aim.figure, f"| {aim.figure} | {aim.aim} | {NOT_YET} | | | |")


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _interval(ratios: list[float]) -> str:
    """Return the median and, of ten rounds, the second and the ninth: 98 % sure to hold it."""
    ordered = sorted(ratios)
    aside = len(ordered) // 10
    low, high = ordered[aside], ordered[-1 - aside]
    return f"{_median(ratios):.2f} times ({low:.2f} to {high:.2f})"

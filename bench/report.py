"""The table of a run, with each target beside its number."""

import statistics
from collections.abc import Callable, Iterable
from typing import Any, Final

from bench.answers import ACCEPTED_MAX, ANSWER_MAX_MS, RATIO_MAX, WHILE_POSTING
from bench.burst import LONGER_MAX, REFUSED_MAX
from bench.ended import RATIO_MAX as RATIO_ENDED_MAX
from bench.growth import LIST_MAX_MS, NEXT_DUE_MAX_MS, TURN_MAX_MS
from bench.growth import RATIO_MAX as RATIO_GROWTH_MAX
from bench.line import CHOICE_MAX_MS
from bench.machines import TIMES_MIN
from bench.memory import ALL_MAX_BYTES, MAIN_MAX_RATIO
from bench.orders import MEMBERS, PICTURES
from bench.orders import MORE_MAX_BYTES as ORDERS_MORE_MAX_BYTES
from bench.page import KEY_MAX_MS, PAINT_MAX_MS
from bench.polling import SHARE_MAX
from bench.redaction import RATIO_MAX as RATIO_REDACTION_MAX
from bench.relay import MIB, MORE_MAX_BYTES

SIDES: Final = ("ours p50", "p99", "max", "bare p50", "p99", "max")
HEAD: Final = ("", *SIDES, "ratio p50", "commit", "other", "cpu", "aim")
NUMBERS: Final = ("p50_ms", "p99_ms", "max_ms")
ANSWERS: Final = (
    "Interaction to answer, ms. commit: one row made durable by SQLite alone, p50;",
    "other: answers that were not the expected one; cpu: shares of a core, our bot / local Discord",
)
GROWTH_LIMITS_MS: Final = {"next_due": NEXT_DUE_MAX_MS, "jobs list": LIST_MAX_MS}
MARK: Final = {True: "met", False: "MISSED"}


def table(results: dict[str, Any]) -> str:
    """Return everything that was measured as lines of text."""
    machine = results["machine"]
    lines = [", ".join(f"{name} {value}" for name, value in machine.items())]
    for part, told in _PARTS.items():
        if part in results:
            lines += ["", *told(results[part])]
    return "\n".join(lines)


def _answers(result: dict[str, Any]) -> Iterable[str]:
    yield from ANSWERS
    yield from _aligned([HEAD, *(_answer_row(*one) for one in result.items())])


def _redaction(result: dict[str, Any]) -> Iterable[str]:
    short, long = result["characters"]
    yield f"The redactor with a word of {short:,} and of {long:,} characters, ms"
    rows: list[tuple[str, ...]] = [("", f"{short:,}", f"{long:,}", "ratio", "aim")]
    for name, (before, after) in result["fastest_ms"].items():
        met = MARK[after / before <= RATIO_REDACTION_MAX]
        rows.append((f"  {name}", f"{before:.2f}", f"{after:.2f}", f"{after / before:.1f}", met))
    yield from _aligned(rows)


def _answer_row(name: str, result: dict[str, Any]) -> tuple[str, ...]:
    ours, bare = result["ours"], result["bare"]
    numbers = [f"{side[key]:.2f}" for side in (ours, bare) for key in NUMBERS]
    ratio_max = ACCEPTED_MAX if name.startswith("accepted") else RATIO_MAX
    ratio_met = result["ratio_p50"] <= ratio_max or name == WHILE_POSTING
    met = ratio_met and ours["max_ms"] <= ANSWER_MAX_MS and not ours["others"]
    cpu = f"{ours['bot_cpu_share']:.2f}/{ours['discord_cpu_share']:.2f}"
    ratio, commit = f"{result['ratio_p50']:.2f}", f"{result['durable_commit_p50_ms']:.2f}"
    return (name, *numbers, ratio, commit, str(ours["others"]), cpu, MARK[met])


def _memory(result: dict[str, Any]) -> Iterable[str]:
    ours, bare, everything, own = (
        statistics.median(result[f"{name}_bytes"]) / 1e6 for name in ("ours", "bare", "all", "own")
    )
    pairs, ratio = len(result["ours_bytes"]), result["ratio"]
    yield f"Memory once idle after one job, MB, medians of {pairs} pairs"
    met = MARK[ratio <= MAIN_MAX_RATIO]
    yield (
        f"  main process {ours:.1f} (shared with no other: {own:.1f}), bare bot {bare:.1f},"
        f" ratio {ratio:.2f} (aim: at most {MAIN_MAX_RATIO}): {met}"
    )
    met = MARK[everything * 1e6 <= ALL_MAX_BYTES]
    yield f"  all processes {everything:.1f} (aim: at most {ALL_MAX_BYTES / 1e6:.0f}): {met}"
    worker = result["worker"]
    yield f"  a media worker: {worker['bytes'] / 1e6:.1f} for {worker['stays_s']:.0f} s"


def _relay(result: dict[str, Any]) -> Iterable[str]:
    more = result["more_bytes"] / MIB
    yield f"Relay of a clip of {result['clip_bytes'] / 1e6:.0f} MB, MiB"
    for memory in result["relays"]:
        before, peak = memory["before_bytes"] / MIB, memory["peak_bytes"] / MIB
        workers = memory["workers_peak_bytes"] / MIB
        yield f"  bot {before:.1f} -> {peak:.1f}, media workers {workers:.1f}"
    met = MARK[result["more_bytes"] < MORE_MAX_BYTES]
    yield f"  at most {more:.1f} more in the bot (aim: under {MORE_MAX_BYTES // MIB}): {met}"


def _burst(result: dict[str, Any]) -> Iterable[str]:
    met = MARK[result["longer"] <= LONGER_MAX]
    yield (
        f"{result['results']:,} results at once for {result['channels']} channels:"
        f" {result['took_s']:.1f} s, the first after {result['first_s']:.1f};"
        f" Discord forces {result['forced_s']:.1f}:"
        f" {result['longer']:.2f} times (aim: at most {LONGER_MAX}): {met}"
    )
    met = MARK[result["refused_share"] < REFUSED_MAX]
    yield (
        f"  {result['refused']} of {result['calls']:,} calls got a 429,"
        f" {result['refused_share']:.2%} (aim: under {REFUSED_MAX:.0%}): {met}"
    )


def _orders(result: dict[str, Any]) -> Iterable[str]:
    size, more = result["picture_bytes"] / 1e6, result["more_bytes"] / MIB
    yield f"{MEMBERS} orders of {PICTURES} pictures of {size:.1f} MB at once, MiB"
    before, peak = result["before_bytes"] / MIB, result["peak_bytes"] / MIB
    workers = (result["workers_before_bytes"] / MIB, result["workers_peak_bytes"] / MIB)
    yield f"  bot {before:.1f} -> {peak:.1f}, media workers {workers[0]:.1f} -> {workers[1]:.1f}"
    met = MARK[result["more_bytes"] <= ORDERS_MORE_MAX_BYTES]
    yield f"  at most {more:.1f} more together (aim: {ORDERS_MORE_MAX_BYTES // MIB}): {met}"


def _machines(result: dict[str, Any]) -> Iterable[str]:
    if "skipped" in result:
        yield f"Several machines: skipped, {result['skipped']}"
        return
    one, two = (statistics.median(rates) for rates in result["a_second"])
    met = MARK[result["computed"] >= TIMES_MIN]
    yield (
        f"{result['jobs']} videos that are encoded again, a second: {one:.2f} by one machine of one"
        f" core, {two:.2f} by two, {result['two']:.2f} times;"
        f" computed for {result['machines']}: {result['computed']:.2f} times"
        f" (aim: at least {TIMES_MIN}): {met}"
    )


def _moments(result: dict[str, Any]) -> Iterable[str]:
    yield "Medians, s"
    for name, seconds in result["start_s"].items():
        yield f"  start to connected, {name}: {seconds:.2f}"
    for name, seconds in result["seen_s"].items():
        yield f"  succeed to message, {name}: {seconds:.3f}"


def _page(result: dict[str, Any]) -> Iterable[str]:
    if "skipped" in result:
        yield f"The playground's page: skipped, {result['skipped']}"
        return
    yield f"The playground's page with {result['messages']} messages, ms"
    paint, shown = result["first_paint_ms"], result["messages_ms"]
    met = MARK[paint < PAINT_MAX_MS]
    yield (
        f"  first paint {paint:.0f} (aim: under {PAINT_MAX_MS:.0f}): {met};"
        f" messages {shown:.0f}; CPU of the page {result['paint_work_ms']:.0f}"
    )
    p50, p95, most = (result[f"key_{name}_ms"] for name in ("p50", "p95", "max"))
    met = MARK[p95 <= KEY_MAX_MS]
    yield (
        f"  key to paint p95 {p95:.1f} (aim: at most {KEY_MAX_MS:.0f}): {met};"
        f" p50 {p50:.1f}, max {most:.1f}; CPU of the page {result['key_work_ms']:.1f}"
    )


def _polling(result: dict[str, Any]) -> Iterable[str]:
    yield f"{result['tasks']} tasks of 10 to 40 s, default settings"
    rows: list[tuple[str, ...]] = [("", "requests", "a task", "seen p50, s", "max")]
    for name, way in result["ways"].items():
        seen = (f"{way['seen_p50_s']:.2f}", f"{way['seen_max_s']:.2f}")
        rows.append((f"  {name}", str(way["requests"]), f"{way['requests_per_task']:.2f}", *seen))
    yield from _aligned(rows)
    ours, before = result["ways"]["together"], result["ways"]["one by one"]
    share = ours["requests"] / before["requests"]
    yield f"  share {share:.2f} (aim: at most {SHARE_MAX}): {MARK[share <= SHARE_MAX]}"


def _growth(result: dict[str, Any]) -> Iterable[str]:
    few, many = result["ended"]
    yield f"The store with {few:,} and {many:,} ended jobs, the fastest tenth, ms"
    rows: list[tuple[str, ...]] = [("", f"{few:,}", f"{many:,}", "ratio", "aim")]
    for name, (before, after) in result["p10_ms"].items():
        limit_ms = GROWTH_LIMITS_MS.get(name)
        met = after / before <= RATIO_GROWTH_MAX if limit_ms is None else after <= limit_ms
        ratio = f"{after / before:.2f}"
        rows.append((f"  {name}", f"{before:.2f}", f"{after:.2f}", ratio, MARK[met]))
    yield from _aligned(rows)
    purge = result["purge"]
    met = MARK[purge["turn_p99_ms"] < TURN_MAX_MS]
    yield (
        f"  purge of {purge['jobs']:,} jobs in {purge['took_s']:.1f} s, {purge['turns']:,} turns:"
        f" p50 {purge['turn_p50_ms']:.1f}, p99 {purge['turn_p99_ms']:.1f}"
        f" (aim: under {TURN_MAX_MS:.0f}): {met}, longest {purge['turn_max_ms']:.1f}"
    )


def _ended(result: dict[str, Any]) -> Iterable[str]:
    few, many = result["ended"]
    before, after = result["median_s"]
    met = MARK[result["ratio"] <= RATIO_ENDED_MAX]
    yield (
        f"CPU of {result['jobs']} jobs, s: {before:.2f} beside {few:,} ended ones,"
        f" {after:.2f} beside {many:,}: {result['ratio']:.2f} times"
        f" (aim: at most {RATIO_ENDED_MAX}): {met}"
    )


def _line(result: dict[str, Any]) -> Iterable[str]:
    yield f"The queue with {result['waiting']:,} jobs waiting, the fastest tenth, ms"
    rows: list[tuple[str, ...]] = []
    for crowd, asked in result["p10_ms"].items():
        rows = rows or [("", *asked, "aim")]
        met = MARK[asked["whose turn"] < CHOICE_MAX_MS]
        rows.append((f"  {crowd}", *(f"{spent_ms:.2f}" for spent_ms in asked.values()), met))
    yield from _aligned(rows)


def _statements(result: dict[str, Any]) -> Iterable[str]:
    if "skipped" in result:
        yield f"PostgreSQL's statements: skipped, {result['skipped']}"
        return
    yield "The store on PostgreSQL with prepared statements kept, and as it is, ms"
    rows: list[tuple[str, ...]] = [("", "kept", "as it is", "more")]
    for name, (kept, ours) in result["p10_ms"].items():
        rows.append((f"  {name}", f"{kept:.2f}", f"{ours:.2f}", f"{ours - kept:+.2f}"))
    yield from _aligned(rows)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


_PARTS: Final[dict[str, Callable[[dict[str, Any]], Iterable[str]]]] = {
    "answers": _answers,
    "memory": _memory,
    "relay": _relay,
    "orders": _orders,
    "burst": _burst,
    "machines": _machines,
    "moments": _moments,
    "page": _page,
    "polling": _polling,
    "growth": _growth,
    "ended": _ended,
    "line": _line,
    "statements": _statements,
    "redaction": _redaction,
}

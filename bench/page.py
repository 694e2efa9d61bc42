"""How fast the playground's page paints and handles keys, measured in a real browser."""

import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import CDPSession, Page, async_playwright

from bench.amounts import Amount
from sandbox.playground.ground import Ground, open_ground
from tests.harness.playground.browser import ARGUMENTS, chromium

MESSAGES: Final = 1_000
PAINT_MAX_MS: Final = 1_000.0
KEY_MAX_MS: Final = 50.0
PROMPT: Final = "a lighthouse in a storm, oil on canvas, wide brush strokes"
SAID: Final = (
    "Message {number}: **bold**, *slanted* and `code`, <t:1790000000:R>\n> quoted\n- one\n- two"
)
WATCH: Final = """
const afterPaint = (done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(performance.now());
  port2.postMessage(null);
});
window.measured = { shown: null, keys: [] };
new MutationObserver((_, observer) => {
  if (!document.querySelector(".messages > li")) return;
  observer.disconnect();
  afterPaint((now) => { measured.shown = now; });
}).observe(document, { childList: true, subtree: true });
addEventListener("keydown", ({ timeStamp, key }) => {
  measured.keys.push({ key, ms: null });
  const at = measured.keys.length - 1;
  afterPaint((now) => { measured.keys[at].ms = now - timeStamp; });
}, true);
"""
"""A moment counts when its frame has been handed to the compositor, right after the callback."""
PAINT: Final = """() => ({
  first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  messages_ms: measured.shown,
})"""
DRAWN: Final = """() => measured.shown !== null && document.activeElement?.id === "message-box"
  && performance.getEntriesByName("first-contentful-paint").length > 0"""
ANSWERED: Final = "count => measured.keys.length === count && measured.keys.every((key) => key.ms)"


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return milliseconds to the first paint and to the messages, and from keys to their paint."""
    path = chromium()
    if path is None:
        return {"skipped": "no browser here: apt-get install chromium"}
    paints: list[dict[str, float]] = []
    keys: list[dict[str, Any]] = []
    works_ms: list[float] = []
    async with open_ground(folder) as ground:
        await ground.bot.start_bot()
        await _talk(ground)
        for number in range(amount.pages):
            async with _page(path, folder / f"browser-{number}") as (page, inside):
                await page.goto(ground.url)
                await page.wait_for_function(DRAWN)
                drawn_ms = await _worked_ms(inside)
                paints.append({**await page.evaluate(PAINT), "work_ms": drawn_ms})
                typed = await _typed(page)
                works_ms.append((await _worked_ms(inside) - drawn_ms) / len(typed))
                keys += typed
    times_ms = sorted(float(key["ms"]) for key in keys)
    return {
        "messages": MESSAGES,
        "first_paint_ms": statistics.median(paint["first_paint_ms"] for paint in paints),
        "messages_ms": statistics.median(paint["messages_ms"] for paint in paints),
        "paint_work_ms": statistics.median(paint["work_ms"] for paint in paints),
        "keys": len(keys),
        "key_p50_ms": statistics.median(times_ms),
        "key_p95_ms": times_ms[int(len(times_ms) * 0.95)],
        "key_max_ms": times_ms[-1],
        "key_work_ms": statistics.median(works_ms),
        "raw": {"paints": paints, "keys": keys},
    }


async def _talk(ground: Ground) -> None:
    """Fill the first channel."""
    discord, scene = ground.bot.discord, ground.scene
    for number in range(MESSAGES):
        member = scene.members[number // 3 % len(scene.members)]
        await discord.say(member, scene.channels[0], SAID.format(number=number))


@asynccontextmanager
async def _page(path: str, profile: Path) -> AsyncIterator[tuple[Page, CDPSession]]:
    """Open a page of a browser that has never seen the playground."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=ARGUMENTS, locale="en-US"
        )
        await context.add_init_script(WATCH)
        try:
            page = await context.new_page()
            inside = await context.new_cdp_session(page)
            await inside.send("Performance.enable", {"timeDomain": "threadTicks"})
            yield page, inside
        finally:
            await context.close()


async def _worked_ms(inside: CDPSession) -> float:
    """Return the CPU time of the page's own thread, independent of the machine's load."""
    metrics = (await inside.send("Performance.getMetrics"))["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration") * 1e3


async def _typed(page: Page) -> list[dict[str, Any]]:
    """Type a whole command, each key after the last was handled; return the time of each."""
    strokes = ["/", *"image", " ", *PROMPT, "Tab", *"nu", "ArrowDown", "ArrowUp", "Escape"]
    for count, stroke in enumerate(strokes, 1):
        await page.keyboard.press(stroke)
        await page.wait_for_function(ANSWERED, arg=count)
    keys: list[dict[str, Any]] = await page.evaluate("() => measured.keys")
    return keys

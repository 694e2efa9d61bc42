"""The browser of the tests: where it is, how it is started, and what it must never report."""

import shutil
from typing import Final

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

ARGUMENTS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


def chromium() -> str | None:
    """The browser of the system, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Watch:
    """Notes errors and requests to elsewhere, on every page of a browser."""

    def __init__(self, browser: BrowserContext, url: str) -> None:
        self._own = url
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        browser.on("console", self._console)
        browser.on("weberror", lambda error: self.errors.append(str(error.error)))
        browser.on("request", self._request)

    def check(self) -> None:
        """Nothing went wrong in the page, and it asked nobody but its own server."""
        assert self.errors == []
        assert self.elsewhere == []

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._own, "blob:")):
            self.elsewhere.append(request.url)


async def opened(browser: BrowserContext, url: str) -> Page:
    """The page, drawn and with its composer ready."""
    page = await browser.new_page()
    await page.goto(url)
    await page.wait_for_function("() => document.activeElement?.id === 'message-box'")
    return page

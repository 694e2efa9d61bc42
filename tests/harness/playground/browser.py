"""The browser of the tests: where it is, how it is started, and what it must never report."""

import asyncio
import base64
import shutil
from collections.abc import Awaitable, Callable
from typing import Any, Final

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Request,
    Route,
    WebSocketRoute,
    expect,
)

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
    # The address bar's lists are pages of their own, made anew for every reader, and never seen.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
]


BOUND_MS: Final = 180_000
"""How long anything may take, also where a machine stands still; only a failure takes that long."""
expect.set_options(timeout=BOUND_MS)

AT_END: Final = """() => {
  const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".scroller");
  return scrollHeight - scrollTop - clientHeight < 2;
}"""
"""Whether the newest message is in sight."""

DROP: Final = """(target, files) => {
  const data = new DataTransfer();
  for (const [name, type, encoded] of files) {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
    target.dispatchEvent(event);
  }
}"""

PASTE: Final = """(target, [name, type, encoded]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  data.items.add(new File([bytes], name, { type }));
  const event = new ClipboardEvent("paste", {
    bubbles: true, cancelable: true, clipboardData: data,
  });
  target.dispatchEvent(event);
}"""

HERE: Final = "http://127.0.0.1:"
DESKTOP: Final[dict[str, Any]] = {
    "viewport": {"width": 1200, "height": 800},
    "locale": "en-US",
    "color_scheme": "dark",
}
PHONE: Final[dict[str, Any]] = DESKTOP | {
    "viewport": {"width": 360, "height": 640},
    "has_touch": True,
    "is_mobile": True,
}

NewReader = Callable[..., Awaitable[BrowserContext]]


def chromium() -> str | None:
    """The browser of the system, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Watch:
    """Notes errors and requests to elsewhere, on every page of the browsers that it watches."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []

    def over(self, browser: BrowserContext) -> None:
        """Watch this browser too, and give its waits the same bound."""
        browser.set_default_timeout(BOUND_MS)
        browser.on("console", self._console)
        browser.on("weberror", lambda error: self.errors.append(str(error.error)))
        browser.on("request", self._request)

    def forgive(self, text: str) -> None:
        """Take out the errors with this text: the test itself has caused them."""
        self.errors = [error for error in self.errors if text not in error]

    def check(self) -> None:
        """Nothing went wrong in a page, and none asked anybody but this machine."""
        assert self.errors == [], self.errors
        assert self.elsewhere == [], self.elsewhere

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((HERE, "blob:")):
            self.elsewhere.append(request.url)


async def opened(browser: BrowserContext, url: str) -> Page:
    """The page, drawn and with its composer ready."""
    page = await browser.new_page()
    await page.goto(url)
    await page.wait_for_function("() => document.activeElement?.id === 'message-box'")
    return page


async def command(page: Page, name: str) -> None:
    """Use a command without required options, by keyboard."""
    await page.locator("#message-box").press_sequentially(f"/{name} ")
    await expect(page.get_by_role("group", name=f"/{name}")).to_be_visible()
    await page.keyboard.press("Enter")


def messages(page: Page) -> Locator:
    """The messages that are there, oldest first."""
    return page.locator(".message")


async def opened_to_be_cut(browser: BrowserContext, url: str) -> tuple[Page, WebSocketRoute]:
    """The page, ready, and its websocket, which `close` cuts; the page reconnects."""
    page = await browser.new_page()
    sockets: list[WebSocketRoute] = []

    def joined(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket("**/playground/socket", joined)
    await page.goto(url)
    await expect(page.get_by_label("Message #studio")).to_be_focused()
    return page, sockets[0]


async def hold_uploads(page: Page) -> asyncio.Event:
    """From now on files stay on their way to the server until the event is set."""
    return await hold(page, "**/playground/uploads*")


async def hold_samples(page: Page) -> asyncio.Event:
    """From now on sample files stay on their way to the page until the event is set."""
    return await hold(page, "**/playground/samples/*")


async def hold(page: Page, address: str) -> asyncio.Event:
    """From now on requests to an address wait until the event is set."""
    go = asyncio.Event()

    async def wait(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route(address, wait)
    return go


async def drop(page: Page, *files: FilePayload) -> None:
    """Drop files onto the channel."""
    given = [
        [file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()]
        for file in files
    ]
    await page.locator("#messages").evaluate(DROP, given)


async def paste(target: Locator, file: FilePayload) -> None:
    """Paste a file where the keyboard is."""
    encoded = base64.b64encode(file["buffer"]).decode()
    await target.evaluate(PASTE, [file["name"], file["mimeType"], encoded])

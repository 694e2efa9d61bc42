"""What axe-core says of a page."""

from typing import Any, Final

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.async_api import Page

GRAVE: Final = {"serious", "critical"}


async def grave(page: Page) -> list[Any]:
    """Return the serious and critical findings, as rule and elements."""
    found = (await Axe().run(page)).response["violations"]
    return [
        (finding["id"], [node["html"] for node in finding["nodes"]])
        for finding in found
        if finding["impact"] in GRAVE
    ]

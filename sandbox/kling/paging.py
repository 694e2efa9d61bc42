"""Which page of a list is asked for (GET)."""

from typing import NamedTuple

from aiohttp import web

from sandbox.kling.errors import invalid

PAGE_MAX = 1000
PAGE_SIZE_MAX = 500
PAGE_SIZE_DEFAULT = 30


class PageAsked(NamedTuple):
    """A page, from 1, and how many rows it has."""

    number: int
    size: int


def page_asked(request: web.Request) -> PageAsked:
    """Return it; raise Refusal 1201 for numbers out of range."""
    return PageAsked(
        _bounded(request, "pageNum", 1, PAGE_MAX),
        _bounded(request, "pageSize", PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX),
    )


def _bounded(request: web.Request, name: str, default: int, most: int) -> int:
    said = request.query.get(name, str(default))
    if not said.isdecimal() or not 1 <= int(said) <= most:
        raise invalid(name, said)
    return int(said)

"""Elements on the gateway: what callers may send, deleting one, and Kling's own."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError, to_json

from bot.domain.operations.character import DESCRIPTION_CHARACTERS_MAX, IMAGES
from bot.kling.dialects import DELETE_ELEMENT, Dialect
from bot.kling.exchange import Exchange
from bot.web.gateway_reading import Reader
from bot.web.gateway_schemas import Address, Body, BodyRefused, File, Objects, Order
from storage.character import NAME_CHARACTERS_MAX

PRESETS: Final = "/api/v1/general/advanced-presets-elements"
KLINGS_PRESETS: Final = "/v1/general/advanced-presets-elements"
DELETES: Final = (
    DELETE_ELEMENT[Dialect.GATEWAY],
    "/api/v1/general/delete-elements",
)
"""Kling has both, and either takes any element (seen live, 2026-09)."""

PAGES: Final = {"pageNum": 1_000, "pageSize": 500}
"""How a list is asked for page by page, and how far (Kling's API documentation, 2026-09)."""
PAGE_DIGITS_MAX: Final = 4

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ReferImage(Body):
    """Another view."""

    image_url: File


class ElementImages(Body):
    """How an element looks from the front, and from elsewhere."""

    frontal_image: File
    refer_images: Annotated[list[ReferImage], Field(min_length=1, max_length=len(IMAGES) - 1)]


class ReferVideo(Body):
    """A clip of 3 to 8 s."""

    video_url: Address


class ElementVideos(Body):
    """The clip that shows an element."""

    refer_videos: Annotated[list[ReferVideo], Field(min_length=1, max_length=1)]


class CustomElement(Order):
    """Body of advanced-custom-elements: images or a video, as `reference_type` says."""

    element_name: Annotated[str, Field(max_length=NAME_CHARACTERS_MAX)]
    element_description: Annotated[str, Field(max_length=DESCRIPTION_CHARACTERS_MAX)]
    reference_type: Literal["image_refer", "video_refer"]
    element_image_list: ElementImages | None = None
    element_video_list: ElementVideos | None = None
    element_voice_id: str = ""
    tag_list: Objects = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_what_it_says(self) -> Self:
        of_video = self.reference_type == "video_refer"
        if (self.element_video_list if of_video else self.element_image_list) is None:
            words = "reference_type needs its element_image_list or element_video_list"
            raise PydanticCustomError("one_of", words)
        return self


class DeleteElement(Body):
    """Body of the paths that delete an element."""

    element_id: str | int


def add_elements(router: web.UrlDispatcher, upstream: Exchange, reader: Reader) -> None:
    """Mount the paths beside those that make and query one."""

    async def presets(request: web.Request) -> web.Response:
        return _answer(await upstream.ask(KLINGS_PRESETS + _page(request)))

    for path in DELETES:
        router.add_post(path, _delete(upstream, reader, path))
    router.add_get(PRESETS, presets)


def _delete(upstream: Exchange, reader: Reader, path: str) -> Handler:
    async def delete(request: web.Request) -> web.Response:
        body = await reader.body(request, DeleteElement)
        return _answer(await upstream.order(path.removeprefix("/api"), body))

    return delete


def _page(request: web.Request) -> str:
    """Return the query for Kling; raises `BodyRefused` for what is no page."""
    said = {name: request.query[name] for name in PAGES if name in request.query}
    problems = [
        {"type": "int_parsing", "loc": ["query", name], "msg": msg, "input": text}
        for name, text in said.items()
        for msg in [f"must be a whole number from 1 to {PAGES[name]}"]
        if not (_is_whole(text) and 1 <= int(text) <= PAGES[name])
    ]
    if problems:
        raise BodyRefused(problems)
    return f"?{urlencode(said)}" if said else ""


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= PAGE_DIGITS_MAX


def _answer(data: Any) -> web.Response:
    """Return Kling's data; a deletion may have none."""
    said = {"message": "success", "raw_data": {} if data is None else data}
    return web.Response(body=to_json(said), content_type="application/json")

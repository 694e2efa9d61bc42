"""The paths of elements beside making and asking for one: deleting, and Kling's own."""

from aiohttp import web

from sandbox.kling import fields
from sandbox.kling.errors import bad_value, granted
from sandbox.kling.paging import page_asked
from sandbox.kling.preset_elements import PRESET_ELEMENTS, preset_page
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.tasks import Account

DELETES = ("/v1/general/delete-advanced-elements", "/v1/general/delete-elements")
PRESETS = "/v1/general/advanced-presets-elements"


class ElementRoutes:
    """The handlers."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount every path."""
        for path in DELETES:
            router.add_post(path, self._delete)
        router.add_get(PRESETS, self._presets)

    async def _delete(self, request: web.Request) -> web.Response:
        """As seen live: a second time it is refused; the answer has no data."""
        body = fields.given(json_object(await request.read()))
        element_id = str(body.get("element_id", ""))
        if element_id in self._account.deleted_elements:
            raise bad_value(f"Element {element_id} already be deleted")
        if element_id in PRESET_ELEMENTS or self._account.element(element_id) is None:
            raise bad_value(f"Element not found by id: {element_id}")
        self._account.deleted_elements.append(element_id)
        return granted(None, request_id())

    async def _presets(self, request: web.Request) -> web.Response:
        """Kling's own, page by page."""
        return granted(preset_page(*page_asked(request)), request_id())

"""Elements through the gateway: made, cited, deleted; and Kling's own."""

from typing import Any

import pytest

from sandbox.kling import LocalKling
from sandbox.kling.orders import PictureDrawing
from sandbox.kling.preset_elements import PRESET_ELEMENTS
from tests.harness import shelf
from tests.harness.kling_caller import PICTURE
from tests.harness.manual_clock import ManualClock
from tests.harness.plain_results import PlainResults
from tests.web.gateway.conftest import Caller, Said

CREATE = "/api/v1/general/advanced-custom-elements"
ROUTE = "general/advanced-custom-elements"
DELETES = ("/api/v1/general/delete-advanced-elements", "/api/v1/general/delete-elements")
PRESETS = "/api/v1/general/advanced-presets-elements"
IMAGES = "/api/v1/images/generations"
LONG_S = 600.0
ANA: dict[str, Any] = {
    "element_name": "Ana",
    "element_description": "a girl in red",
    "reference_type": "image_refer",
    "element_image_list": {
        "frontal_image": f"data:image/png;base64,{PICTURE}",
        "refer_images": [{"image_url": PICTURE}],
    },
}


@pytest.fixture
async def local(clock: ManualClock) -> Any:
    """A local Kling that paints little."""
    async with LocalKling(clock, media_for=PlainResults(), draw=shelf.result) as world:
        yield world


async def an_element(gateway: Caller, clock: ManualClock) -> int:
    """Make one and return Kling's id of it."""
    made = await gateway.post(CREATE, ANA)
    clock.advance(LONG_S)
    found = await gateway.get(f"/api/v1/tasks/{ROUTE}/{made.body['task_id']}")
    [element] = found.body["raw_data"]["task_result"]["elements"]
    return int(element["element_id"])


async def shown(gateway: Caller, element_id: int, doing: str = "reads") -> Said:
    """Ask for an image that cites it; the same words again would be answered with its task."""
    cites = {"prompt": f"<<<element_1>>> {doing}", "element_list": [{"element_id": element_id}]}
    return await gateway.post(IMAGES, {"model_name": "kling-v3", **cites})


@pytest.mark.parametrize("path", DELETES)
async def test_an_element_is_deleted_once(
    gateway: Caller, local: LocalKling, clock: ManualClock, path: str
) -> None:
    """Cited until then; a second time, or for one that is not one's own, Kling's no is told."""
    element = await an_element(gateway, clock)
    assert (await shown(gateway, element)).status == 200
    deleted = await gateway.post(path, {"element_id": element})
    assert (deleted.status, deleted.body) == (200, {"message": "success", "raw_data": {}})
    assert local.deleted_elements == [str(element)]
    again = await gateway.post(path, {"element_id": str(element)})
    assert again.status == 400
    assert "already be deleted" in again.text
    for unknown in (17, int(next(iter(PRESET_ELEMENTS)))):
        assert "not found" in (await gateway.post(path, {"element_id": unknown})).text
    gone = await shown(gateway, element, "sleeps")
    assert gone.status == 400
    assert str(element) in gone.text
    assert local.deleted_elements == [str(element)]


@pytest.mark.parametrize("body", [{}, {"element_id": None}, {"element_id": [1]}, {"id": 1}])
async def test_a_deletion_names_one_element(
    gateway: Caller, local: LocalKling, body: dict[str, Any]
) -> None:
    """Without one it is refused before Kling is asked."""
    asked = len(local.requests)
    assert (await gateway.post(DELETES[0], body)).status == 422
    assert len(local.requests) == asked


async def test_klings_own_are_listed_page_by_page_and_cited(
    gateway: Caller, local: LocalKling
) -> None:
    """Their ids come through exactly; what is no page is refused before Kling is asked."""
    pages = [await gateway.get(f"{PRESETS}?pageNum={n}&pageSize=2") for n in (1, 2, 3)]
    listed = [one["element_id"] for page in pages for one in page.body["raw_data"]]
    assert listed == [int(one) for one in PRESET_ELEMENTS]
    every = await gateway.get(PRESETS)
    assert [one["element_id"] for one in every.body["raw_data"]] == listed
    assert (await shown(gateway, listed[-1])).status == 200
    drawing = local.creates[-1].order.drawing
    assert isinstance(drawing, PictureDrawing)
    assert len(drawing.sources) == 1
    asked = len(local.requests)
    for wrong in ("pageNum=0", "pageSize=501", "pageNum=1001", "pageSize=x", "pageNum=%D9%A1"):
        refused = await gateway.get(f"{PRESETS}?{wrong}")
        assert refused.status == 422
        assert wrong.partition("=")[0] in refused.text
    assert len(local.requests) == asked

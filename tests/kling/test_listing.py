"""The account's tasks of a stretch of time: whether they are surely all."""

from typing import Any, Final

import pytest

from bot.kling.dialects import Dialect
from bot.kling.listing import LIST_PAGES_MAX
from tests.harness.kling.stub import Answer, Stub, says
from tests.kling.conftest import MakeKling

NAMELESS: Final[dict[str, Any]] = {"status": "succeeded"}


def page(*ids: str, more: bool | None = None, cursor: str = "", **extra: Any) -> Answer:
    entries: list[dict[str, Any]] = [{"id": name, "status": "succeeded"} for name in ids]
    data: dict[str, Any] = {"result": [*entries, *extra.get("beside", ())]}
    if more is not None:
        data["has_more"] = more
    if cursor:
        data["next_cursor"] = cursor
    return says({"code": 0, "data": data})


@pytest.mark.parametrize(
    ("pages", "found", "complete"),
    [
        ([page("1", more=False)], ["1"], True),
        ([page(more=False)], [], True),
        ([page("1", more=True, cursor="a"), page("2", more=False)], ["1", "2"], True),
        ([page("1", more=True)], ["1"], False),
        ([page("1")], ["1"], False),
        ([page("1", more=True, cursor="a")], ["1", "1"], False),
        ([page("1", more=False, beside=[NAMELESS])], ["1"], False),
        ([page("1", more=False, beside=["a task"])], ["1"], False),
    ],
)
async def test_a_list_is_complete_only_if_kling_says_so(
    make_kling: MakeKling, pages: list[Answer], found: list[str], *, complete: bool
) -> None:
    """The last page is named as such, and every entry was a task; else there may be more."""
    async with Stub(*pages) as stub:
        kling = await make_kling(stub.base_url, dialect=Dialect.OFFICIAL)
        listed = await kling.made_between("video", 1_000.0, 2_000.5)
    assert [task.task_id for task in listed.tasks] == found
    assert listed.complete is complete
    assert stub.asked[0].body["start_time"] == 1_000_000
    assert stub.asked[0].body["end_time"] == 2_000_500
    cursors = [asked.body.get("cursor") for asked in stub.asked]
    assert cursors in ([None], [None, "a"])


async def test_a_list_without_end_is_left(make_kling: MakeKling) -> None:
    """After so many pages it is not complete, and no more of it is asked for."""
    endless = [page(str(place), more=True, cursor=f"c{place}") for place in range(LIST_PAGES_MAX)]
    async with Stub(*endless, page("too far", more=False)) as stub:
        kling = await make_kling(stub.base_url, dialect=Dialect.OFFICIAL)
        listed = await kling.made_between("video", 0.0, 60.0)
    assert (len(listed.tasks), listed.complete) == (LIST_PAGES_MAX, False)
    assert len(stub.asked) == LIST_PAGES_MAX

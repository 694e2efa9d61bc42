"""Bodies with files in them: the same bytes as if written whole, a piece at a time."""

import asyncio
import base64
import random
from collections.abc import Mapping
from itertools import product

import pytest
from pydantic_core import to_json

from bot.domain.requests import ImageRequest
from bot.errors import OrderCutShort
from bot.kling.bodies import PIECE_BYTES, Body, File, body_of
from tests.harness.kling.stub import Stub, yes
from tests.kling.conftest import MakeKling


class Kept:
    """A file of so many bytes, of which only so many are there; it notes what is read."""

    def __init__(self, size_bytes: int, there_bytes: int | None = None) -> None:
        self.size_bytes = size_bytes
        self.data = random.Random(size_bytes).randbytes(size_bytes)[:there_bytes]  # noqa: S311 - not a secret
        self.read_bytes: list[int] = []

    async def read(self, start: int, most: int) -> bytes:
        """Return the piece."""
        self.read_bytes.append(most)
        return self.data[start : start + most]


async def sent(body: Body) -> bytes:
    """What goes over the line."""
    return b"".join([piece async for piece in body.sending()])


def _json(files: Mapping[str, str]) -> bytes:
    return to_json({"prompt": 'a "-0000" b', "list": [*files.values()], "again": files["a"]})


SIZES = (0, 1, 2, 3, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 1)


async def test_a_body_is_what_it_would_be_written_whole() -> None:
    """Whatever the sizes, files at hand or kept, it is sent in the same bytes, as many as said."""
    for first, second in product(SIZES, SIZES[1::2]):
        kept = Kept(second)
        files: dict[str, File] = {"a": bytes(first), "b": kept}
        body = body_of(_json, files)
        whole = _json(
            {
                "a": base64.b64encode(bytes(first)).decode(),
                "b": base64.b64encode(kept.data).decode(),
            }
        )
        assert await sent(body) == whole
        assert await sent(body) == whole
        assert len(body) == len(whole)
        assert b'"again"' in body


async def test_no_more_than_a_piece_is_read_ahead() -> None:
    """However many orders are under way, each holds the one piece that its line waits for."""
    files = [Kept(20 * PIECE_BYTES + 1) for _ in range(9)]
    sending = [body_of(_json, {"a": file}).sending() for file in files]
    for taken in range(1, 20):
        pieces = [await anext(one) for one in sending]
        assert max(map(len, pieces)) <= PIECE_BYTES // 3 * 4
        assert [file.read_bytes for file in files] == [[PIECE_BYTES] * (taken - 1)] * 9


async def test_a_file_that_went_meanwhile_ends_the_sending() -> None:
    """What is shorter than it was is never made up for, and the reason is kept."""
    for there in (0, 5, PIECE_BYTES):
        sending = body_of(_json, {"a": Kept(2 * PIECE_BYTES, there)}).sending()
        with pytest.raises(OrderCutShort):
            await asyncio.gather(*[anext(sending) for _ in range(4)])
        assert isinstance(sending.failure, OrderCutShort)


async def test_an_order_cut_short_was_never_sent(make_kling: MakeKling) -> None:
    """Kling got no whole JSON: it makes nothing, and that is known."""
    async with Stub(yes(task_id="1")) as stub:
        kling = await make_kling(stub.base_url)
        request = ImageRequest(prompt="a boat", model="kling-v3", images=("image",))
        cut = Kept(3 * PIECE_BYTES, PIECE_BYTES)
        with pytest.raises(OrderCutShort):
            await kling.create(request, external_id="abc", inputs={"image": cut})
        assert stub.asked == []
        whole = Kept(3 * PIECE_BYTES)
        await kling.create(request, external_id="abc", inputs={"image": whole})
        [asked] = stub.asked
        assert base64.b64decode(asked.body["image"]) == whole.data

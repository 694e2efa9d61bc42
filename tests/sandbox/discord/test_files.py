"""The content network: links that are signed and expire, types, sizes, ranges."""

import io

import aiohttp
import av
import pytest
from PIL import Image

from sandbox.discord import Answer, Attachment, Upload
from sandbox.discord.files import measure
from tests.harness.discord_scene import Scene
from tests.harness.manual_clock import ManualClock


async def posted(scene: Scene, upload: Upload) -> Attachment:
    message = await scene.world.say(scene.member, scene.channel, "", upload)
    return message.attachments[0]


async def get(url: str, **headers: str) -> tuple[int, bytes, str | None]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.read(), response.headers.get("Content-Range")


async def test_links_expire(scene: Scene, clock: ManualClock) -> None:
    """A link serves its bytes for a day; a fresh one is made on every request."""
    file = await posted(scene, Upload(b"hello", "a.txt"))
    old = file.url
    assert await get(old) == (200, b"hello", None)
    clock.advance(24 * 3600 + 1)
    assert (await get(old))[0] == 404
    assert (await get(file.url))[0] == 200


async def test_links_are_signed(scene: Scene) -> None:
    """A link with another name, time or seal is 404."""
    url = (await posted(scene, Upload(b"hello", "a.txt"))).url
    for bad in (url.replace("a.txt", "b.txt"), url[:-1] + "x", url.partition("?")[0]):
        assert (await get(bad))[0] == 404


async def test_ranges(scene: Scene) -> None:
    """Players may read a part; a part beyond the end is 416."""
    url = (await posted(scene, Upload(b"0123456789", "a.bin"))).url
    assert await get(url, Range="bytes=2-4") == (206, b"234", "bytes 2-4/10")
    assert await get(url, Range="bytes=-3") == (206, b"789", "bytes 7-9/10")
    assert (await get(url, Range="bytes=20-"))[0] == 416


async def test_deleted_files_are_gone(scene: Scene) -> None:
    """With the message go its files."""
    file = await posted(scene, Upload(b"x", "a.bin"))
    scene.world.posts.delete(scene.world.messages(scene.channel)[0])
    assert (await get(file.url))[0] == 404


async def test_a_name_with_anything_in_it(scene: Scene) -> None:
    """Names are stored without unusual characters, as Discord does."""
    file = await posted(scene, Upload(b"x", "a b/100%?#.png"))
    assert file.filename == "a_b100.png"
    assert (await get(file.url))[0] == 200


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.PNG", "image/png"), ("a.heic", "image/heic"), ("a.mp4", "video/mp4"), ("a", None)],
)
async def test_types_follow_names(scene: Scene, name: str, content_type: str | None) -> None:
    """The declared type follows the name, not the bytes."""
    assert (await posted(scene, Upload(b"nonsense", name))).content_type == content_type


def test_measuring() -> None:
    """Pictures and clips are measured; what cannot be read has no size."""
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "WEBP")
    assert measure(picture.getvalue(), "image/webp") == (30, 20)
    clip = io.BytesIO()
    with av.open(clip, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 48
        frame = av.VideoFrame(64, 48, "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert measure(clip.getvalue(), "video/mp4") == (64, 48)
    for data, kind in ((b"", "image/png"), (b"x" * 99, "video/mp4"), (b"x", None)):
        assert measure(data, kind) == (None, None)


async def test_faults_reach_the_network(scene: Scene) -> None:
    """A download can be made to fail like any request."""
    url = (await posted(scene, Upload(b"x", "a.bin"))).url
    route = "/attachments/{channel_id}/{attachment_id}/{filename}"
    scene.world.fault("GET", route, Answer(500))
    assert [(await get(url))[0] for _ in range(2)] == [500, 200]
    assert [r.status for r in scene.world.sent("GET", route)] == [500, 200]

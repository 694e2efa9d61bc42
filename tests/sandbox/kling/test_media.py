"""Media: real files, of the asked shape and length, from which the input can be told."""

import asyncio
import io
from collections.abc import Iterator

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.kling import mark_of, read_mark, sounds, source_boxes
from sandbox.kling.clips import frame_at
from sandbox.kling.mark import ribbon_height
from sandbox.kling.samples import portrait, speech
from tests.harness.kling_caller import LONG_S, Caller, Files, picture, raw64

T2V, I2V = "videos/text2video", "videos/image2video"
GEN, OMNI = "images/generations", "images/omni-image"
NEAR = 6.0  # mean difference per channel, of 255
PROMPTS = ["A fox in the snow", "猫がピアノを弾く 🎹", "x" * 2500, "word " * 300]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures above their ribbons."""
    size = one.size
    above = (0, 0, size[0], size[1] - ribbon_height(size) - 2)
    pair = (one.convert("RGB").crop(above), other.convert("RGB").resize(size).crop(above))
    return max(ImageStat.Stat(ImageChops.difference(*pair)).mean)


@pytest.mark.sweep
@pytest.mark.parametrize("prompt", PROMPTS)
async def test_a_picture_tells_its_prompt(kling: Caller, prompt: str) -> None:
    """The mark in the pixels is that of the prompt, in any script and length."""
    (content,) = await kling.drawn(GEN, prompt=prompt)
    assert read_mark(content) == mark_of(prompt)
    assert read_mark(content) != mark_of(prompt + "!")


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("body", "ratio", "area_px"),
    [
        ({"model_name": "kling-v3", "aspect_ratio": "21:9"}, 21 / 9, 1024**2),
        ({"model_name": "kling-v3", "aspect_ratio": "2:3", "resolution": "2k"}, 2 / 3, 2048**2),
        ({"aspect_ratio": "1:1"}, 1, 1024**2),
        ({}, 16 / 9, 1024**2),
    ],
)
async def test_a_picture_has_the_asked_shape(
    kling: Caller, body: dict[str, str], ratio: float, area_px: int
) -> None:
    """Ratio and resolution are as requested."""
    (content,) = await kling.drawn(GEN, prompt="x", **body)
    width, height = opened(content).size
    assert width / height == pytest.approx(ratio, rel=0.01)
    assert width * height == pytest.approx(area_px, rel=0.02)


@pytest.mark.sweep
async def test_pictures_of_a_task_differ(kling: Caller) -> None:
    """Each of n pictures is another composition of the same prompt; drawing is repeatable."""
    three = await kling.drawn(GEN, prompt="a forest", n=3)
    assert len(set(three)) == 3
    assert await kling.drawn(GEN, prompt="a forest", n=3) == three


@pytest.mark.sweep
async def test_sources_hang_in_the_picture_in_order(kling: Caller) -> None:
    """Every source is found at its rectangle, at `auto` in the shape of the first."""
    colours = ["#cc2222", "#22cc22", "#2222cc", "#cccc22", "#22cccc"]
    given = [picture((400, 300), colour) for colour in colours]
    (content,) = await kling.drawn(
        OMNI, prompt="<<<image_1>>>", image_list=[{"image": raw64(g)} for g in given]
    )
    image = opened(content)
    assert image.width / image.height == pytest.approx(4 / 3, rel=0.01)
    boxes = source_boxes(image.size, [(400, 300)] * 5)
    for box, source in zip(boxes, given, strict=True):
        part = image.crop(box)
        assert apart(part, opened(source).resize(part.size)) < NEAR


@pytest.mark.sweep
async def test_image_to_image_shows_its_source(kling: Caller) -> None:
    """A detailed source survives, and restyling keeps the source's size."""
    source = portrait(size=(480, 600))
    (content,) = await kling.drawn(
        GEN, prompt="as a king", model_name="kling-v2", image=raw64(source)
    )
    image = opened(content)
    assert image.size == (480, 600)
    (box,) = source_boxes(image.size, [(480, 600)])
    shown = opened(source).resize((box[2] - box[0], box[3] - box[1]))
    assert apart(image.crop(box), shown) < NEAR


@pytest.mark.sweep
async def test_a_series_has_its_own_list(kling: Caller) -> None:
    """A series comes as `series_images`, as many as were asked for."""
    body = {"model_name": "kling-v3-omni", "result_type": "series", "series_amount": 3}
    result = (await kling.done(OMNI, prompt="x", **body))["task_result"]
    assert (result["result_type"], result["images"]) == ("series", [])
    assert [image["index"] for image in result["series_images"]] == [0, 1, 2]


def stream_facts(content: bytes) -> tuple[str, str | None, float, bool]:
    with av.open(io.BytesIO(content), "r") as container:
        video = container.streams.video[0]
        count = sum(1 for _ in container.decode(video=0))
        context = video.codec_context
        return context.name, context.pix_fmt, count / 24, bool(container.streams.audio)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("body", "ratio", "seconds", "sound"),
    [
        ({}, 16 / 9, 5, False),
        ({"aspect_ratio": "9:16", "duration": "10"}, 9 / 16, 10, False),
        (
            {"model_name": "kling-v3", "duration": "3", "aspect_ratio": "1:1", "sound": "on"},
            1,
            3,
            True,
        ),
    ],
)
async def test_a_clip_has_the_asked_shape(
    kling: Caller, body: dict[str, str], ratio: float, seconds: int, *, sound: bool
) -> None:
    """H.264 in yuv420p, index first, of the asked ratio and length, with sound where asked."""
    (content,) = await kling.drawn(T2V, prompt="A ship at sea", **body)
    codec, pixels, length_s, has_sound = stream_facts(content)
    assert (codec, pixels, has_sound) == ("h264", "yuv420p", sound)
    assert length_s == pytest.approx(seconds, abs=0.05)
    assert content.index(b"moov") < content.index(b"mdat")
    first, last = frame_at(content, 0), frame_at(content, seconds * 1000)
    assert first.width / first.height == pytest.approx(ratio, rel=0.01)
    assert read_mark(first) == read_mark(last) == mark_of("A ship at sea")
    assert apart(first, last) > NEAR
    assert read_mark(first.resize((first.width // 2, first.height // 2))) == mark_of(
        "A ship at sea"
    )


async def test_a_clip_begins_and_ends_with_its_pictures(kling: Caller) -> None:
    """The first frame is the image, the last is the tail, and the ratio follows the image."""
    begin, end = portrait("one", (400, 500)), portrait("two", (400, 500))
    (content,) = await kling.drawn(I2V, image=raw64(begin), image_tail=raw64(end), prompt="turn")
    first, last = frame_at(content, 0), frame_at(content, 5000)
    assert first.width / first.height == pytest.approx(0.8, rel=0.01)
    assert apart(first, opened(begin)) < NEAR < apart(first, opened(end))
    assert apart(last, opened(end)) < NEAR < apart(last, opened(begin))
    assert read_mark(frame_at(content, 2500)) == mark_of("turn")


@pytest.mark.sweep
async def test_a_clip_moves_its_picture(kling: Caller) -> None:
    """With one image the clip begins with it and moves; a tail alone is reached at the end."""
    image = portrait("one", (400, 500))
    short = {"model_name": "kling-v3", "duration": "3", "prompt": "x"}
    (content,) = await kling.drawn(I2V, image=raw64(image), **short)
    assert apart(frame_at(content, 0), opened(image)) < NEAR
    assert apart(frame_at(content, 3000), opened(image)) > apart(
        frame_at(content, 0), opened(image)
    )
    body = {"image_tail": raw64(image), "model_name": "kling-v1-6", "mode": "pro"}
    (content,) = await kling.drawn(I2V, **body)
    assert apart(frame_at(content, 5000), opened(image)) < NEAR


def likeness(one: sounds.Samples, other: sounds.Samples) -> float:
    """The correlation of two stretches of sound, 1 for the same."""
    pairs = list(zip(one[::4], other[::4], strict=False))
    both = sum(a * b for a, b in pairs)
    alone = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return float(both / alone**0.5) if alone else 0.0


def stretch(samples: sounds.Samples, start_ms: int, end_ms: int) -> sounds.Samples:
    per_ms = sounds.RATE_HZ // 1000
    return samples[start_ms * per_ms : end_ms * per_ms]


def packets(content: bytes) -> Iterator[bytes]:
    with av.open(io.BytesIO(content), "r") as container:
        for packet in container.demux(video=0):
            if packet.size:
                yield bytes(packet)


async def dubbed(kling: Caller, files: Files, duo: bytes, voice: bytes, **changes: float) -> bytes:
    url = files.put("duo.mp4", duo)
    session = (await kling.post("videos/identify-face", video_url=url)).data["session_id"]
    face = {
        "face_id": "1",
        "sound_file": raw64(voice),
        "sound_start_time": 500,
        "sound_end_time": 2700,
        "sound_insert_time": 1000,
    } | changes
    path = "videos/advanced-lip-sync"
    made = await kling.created(path, session_id=session, face_choose=[face])
    kling.clock.advance(LONG_S)
    video = (await kling.get(f"{path}/{made}")).data["task_result"]["videos"][0]
    return (await kling.fetch(video["url"]))[1]


@pytest.mark.sweep
async def test_a_lip_sync_carries_the_sound_where_it_belongs(
    kling: Caller, files: Files, duo: bytes
) -> None:
    """The trimmed sound is heard at its place, nothing before it, and the frames are untouched."""
    voice = speech(3, "mp3")
    content = await dubbed(kling, files, duo, voice, original_audio_volume=0)
    heard, said = sounds.decode(content), sounds.decode(voice)
    assert likeness(stretch(heard, 1000, 3200), stretch(said, 500, 2700)) > 0.95
    assert likeness(stretch(heard, 1000, 3200), stretch(said, 0, 2200)) < 0.5
    assert max(map(abs, stretch(heard, 0, 900))) < 300
    assert list(packets(content)) == list(packets(duo))
    assert len(heard) / sounds.RATE_HZ == pytest.approx(4.0, abs=0.1)


@pytest.mark.sweep
async def test_a_lip_sync_keeps_the_clip_s_own_sound_beside_it(
    kling: Caller, files: Files, duo: bytes
) -> None:
    """Volumes say how loud each part is; the clip's own sound goes on outside the speech."""
    content = await dubbed(kling, files, duo, speech(3, "wav"), sound_volume=0)
    heard, own = sounds.decode(content), sounds.decode(duo)
    assert likeness(stretch(heard, 0, 3000), stretch(own, 0, 3000)) > 0.95


@pytest.mark.sweep
async def test_drawing_leaves_the_loop_alive(kling: Caller) -> None:
    """While a clip is drawn, other requests are answered."""
    url = (await kling.done(T2V, prompt="x"))["task_result"]["videos"][0]["url"]
    kling.world.requests.clear()
    drawing = asyncio.create_task(kling.fetch(url))
    await kling.world.until(lambda: bool(kling.world.requests))
    await kling.get(T2V)
    assert not drawing.done()
    await drawing
